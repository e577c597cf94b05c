"""The process that reads documents: what it says of each, and what it may take."""

from __future__ import annotations

import base64
import io
import json
import resource
import subprocess
import sys
from typing import Any

from lib.documents import child
from lib.documents.collect import Source
from lib.documents.reading import ROOT
from tests import pictures
from tests.documents import made


def said(kind: str, data: bytes) -> dict[str, Any]:
    out = io.StringIO()
    child.main([kind], io.BytesIO(data), out, confine=lambda: None)
    return json.loads(out.getvalue())


def test_says() -> None:
    """It says the text, or why there is none."""
    assert said("pdf", made.pdf("Hello")) == {"text": "[Page 1]\nHello\n", "note": "", "pages": 1, "scans": []}
    assert said("office", made.zipped({"a": b"a"}))["error"] == "A ZIP is not read."
    assert said("pdf", b"%PDF-1.7 and no more")["error"] == child.DAMAGED
    scanned = made.scanned(pictures.photo())
    assert said("pdf", scanned) == {**said("pdf", made.pdf("")), "scans": [[640, 480]]}
    assert base64.b64decode(said("pictures", scanned)["pictures"][0])[:2] == b"\xff\xd8"


def test_as_a_command() -> None:
    """As a process of its own it reads what comes in, and writes what came of it."""
    command = [sys.executable, "-m", "lib.documents.child", "pdf"]
    done = subprocess.run(command, input=made.pdf("Hello"), capture_output=True, check=True, cwd=ROOT)

    assert json.loads(done.stdout)["text"] == "[Page 1]\nHello\n"


def test_memory() -> None:
    """It says so where a document takes more memory than there is."""

    def short(file: object) -> Source:
        raise MemoryError

    assert child.answer("pdf", io.BytesIO(), {"pdf": short})["error"] == child.TOO_MUCH


def test_bounds() -> None:
    """It bounds its memory, its time and what it writes; a system that knows no such bound is no fault."""
    bound: dict[int, tuple[int, int]] = {}

    def bind(what: int, most: tuple[int, int]) -> None:
        if what == resource.RLIMIT_AS:
            raise ValueError
        bound[what] = most

    child.confine(bind)

    assert bound[resource.RLIMIT_CPU] == (child.MAX_SECONDS, child.MAX_SECONDS)
    assert resource.RLIMIT_FSIZE in bound
