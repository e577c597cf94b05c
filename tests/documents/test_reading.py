"""Files read: text at once, documents by a child that is bounded, and a sentence for each that cannot be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lib.documents import reading
from lib.documents.child import MAX_MEMORY
from lib.documents.collect import MAX_CHARACTERS
from lib.errors import DocumentError
from tests import pictures
from tests.documents import made

PY = (sys.executable, "-c")


def test_text() -> None:
    """Text is read as it is."""
    found = reading.read("a.csv", b"a,b\r\n1,2\r\n")

    assert (found.name, found.text, found.note) == ("a.csv", "a,b\r\n1,2\r\n", "")


def test_long_text() -> None:
    """Of a long text the beginning is taken, and that is said, with the guess of its encoding."""
    found = reading.read("a.txt", "ü".encode("cp1252") * (MAX_CHARACTERS + 1))

    assert len(found.text) == MAX_CHARACTERS
    assert found.note == "Cut: the first 400,000 of 400,001 characters. Not UTF-8: read as Windows-1252."


@pytest.mark.parametrize(
    ("data", "why"), [(b" \n", "nothing in the file"), (b"0" * (reading.MAX_SIZE + 1), "more than 20 MB")]
)
def test_refused(data: bytes, why: str) -> None:
    """What has nothing to read is refused, and what is too much."""
    with pytest.raises(DocumentError, match=why):
        reading.read("a.txt", data)


def test_documents() -> None:
    """Each kind of document is read by the child; why it cannot be comes back from there."""
    assert "Hello" in reading.read("a.pdf", made.pdf("Hello")).text
    assert reading.read("a.docx", made.word("Hello")).text.strip() == "Hello"
    assert "Hello" in reading.read("a.pptx", made.slides("Hello")).text
    assert "1,2" in reading.read("a.xlsx", made.workbook(A=[[1, 2]])).text
    with pytest.raises(DocumentError, match="has a password"):
        reading.read("a.pdf", made.locked(made.pdf("Hello"), "secret"))


def test_scanned() -> None:
    """A PDF without text says so as its problem, with what its pages are; those come as files."""
    data = made.scanned(pictures.photo())
    found = reading.read("a.pdf", data)

    assert (found.text, found.pages, found.scans) == ("", 1, ((640, 480),))
    assert "its pages are pictures" in str(found.problem)
    assert [each[:2] for each in reading.pictures(data)] == [b"\xff\xd8"]
    assert reading.pictures(made.pdf("x")) == []
    with pytest.raises(DocumentError, match="has a password"):
        reading.pictures(made.locked(data, "secret", "AES-256"))


def test_many_pages() -> None:
    """A PDF of thousands of pages is read as far as time and room go, and what is left out is said."""
    found = reading.read("a.pdf", made.pdf(*["Word " * 200] * 3_000))

    assert found.text.startswith("[Page 1]\nWord")
    assert " of 3,000: more than" in found.note


def test_time() -> None:
    """A child that does not end is ended."""
    with pytest.raises(DocumentError, match="takes longer than 0 s"):
        reading.read("a.pdf", made.pdf("x"), (*PY, "import time; time.sleep(60)"), seconds=0.3)


def test_failure() -> None:
    """A child that ends without a word is told like any file that cannot be read."""
    with pytest.raises(DocumentError, match="took too much, or failed"):
        reading.read("a.pdf", made.pdf("x"), (*PY, "import os; os.abort()"))


def test_bounds() -> None:
    """The child is bounded in memory, and has nothing of this process's environment."""
    code = f"from lib.documents import child; child.confine(); bytearray({2 * MAX_MEMORY})"
    done = subprocess.run((*PY, code), capture_output=True, text=True, check=False, cwd=reading.ROOT)
    assert "MemoryError" in done.stderr
    shown = "import json, os; print(json.dumps({'text': ' '.join(os.environ), 'note': ''}))"

    assert "PATH" not in reading.read("a.pdf", made.pdf("x"), (*PY, shown)).text
