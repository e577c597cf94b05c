"""What a file is, by its bytes; text in whatever encoding."""

from __future__ import annotations

import pytest

from lib.documents import kinds
from lib.errors import DocumentError


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\n%PDF-1.7\n", "pdf"),
        (b"PK\x03\x04rest", "office"),
        (b"a,b\n1,2\n", ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
        ("Grüße".encode("utf-16"), ""),
        ("Grüße".encode("cp1252"), ""),
        (b"\x1b[31mred\x1b[0m\f", ""),
    ],
)
def test_kind(data: bytes, kind: str) -> None:
    """Documents that are read apart are known by how they begin; all else that can be read is text."""
    assert kinds.kind(data) == kind


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The file is empty."),
        (b"\x7fELF\0\0", "This is no kind of file that Parley reads."),
        (kinds.OLE + b"\0" * 600, "The file is of an Office of before 2007."),
        (kinds.OLE + kinds.PACKAGE, "The file has a password."),
    ],
)
def test_refused(data: bytes, why: str) -> None:
    """What is neither is refused in a sentence, with what to do."""
    with pytest.raises(DocumentError, match=why) as raised:
        kinds.kind(data)
    assert raised.value.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_decoded(encoding: str) -> None:
    """Text is read in the encoding that it has, without its mark."""
    assert kinds.decoded("Grüße, 世界".encode(encoding)) == ("Grüße, 世界", "")


def test_guessed() -> None:
    """What is not UTF-8 is read as Windows writes it, and that is said."""
    assert kinds.decoded("Grüße".encode("cp1252")) == ("Grüße", "Not UTF-8: read as Windows-1252.")
