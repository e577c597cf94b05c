"""Files read as text: what is text as it is, documents in a child process, for they are written by anyone."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from lib.documents import kinds
from lib.documents.collect import cut
from lib.documents.document import Document
from lib.errors import DocumentError

ROOT = Path(__file__).parents[2]
MAX_SIZE = 20_000_000  # bytes of a file
MAX_WAIT = 40.0  # seconds for a file; the child itself makes do with less
MAX_OUTPUT = 40_000_000  # bytes of what a child says
# Children at a time: each has memory of its own.
_places = threading.BoundedSemaphore(2)
CHILD = (sys.executable, "-s", "-m", "lib.documents.child")


def read(name: str, data: bytes, child: Sequence[str] = CHILD, seconds: float = MAX_WAIT) -> Document:
    """Return what a file says. `child` is the command that reads documents; it has `seconds`.

    Raises DocumentError for what cannot be read; a document without text has that as its `problem`.
    """
    if len(data) > MAX_SIZE:
        raise DocumentError(f"The file has more than {MAX_SIZE // 1_000_000} MB.", hint="Attach a part of it.")
    kind = kinds.kind(data)
    if kind:
        return _document(name, _apart(data, [*child, kind], seconds))
    text, guess = kinds.decoded(data)
    if not text.strip():
        raise DocumentError("There is nothing in the file.", hint="Attach it again once there is.")
    said, note = cut(text)
    return Document(name, said, " ".join(filter(None, (note, guess))))


def pictures(data: bytes, child: Sequence[str] = CHILD, seconds: float = MAX_WAIT) -> list[bytes]:
    """Return the files of the pictures that the pages of a PDF are. Raises DocumentError."""
    found = _apart(data, [*child, kinds.PICTURES], seconds).get("pictures", [])
    return [base64.b64decode(each) for each in found]


def _document(name: str, said: dict[str, Any]) -> Document:
    problem = DocumentError(said["error"], hint=said["hint"]) if "error" in said else None
    scans = tuple((width, height) for width, height in said.get("scans", ()))
    return Document(name, said.get("text", ""), said.get("note", ""), problem, said.get("pages", 0), scans)


def _apart(data: bytes, command: Sequence[str], seconds: float) -> dict[str, Any]:
    """Return what a child process says of a document."""
    with _places, tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as came:
        given.write(data)
        given.seek(0)
        _run(command, given, came, seconds)
        came.seek(0)
        return _answer(came.read(MAX_OUTPUT))


def _run(command: Sequence[str], given: IO[bytes], came: IO[bytes], seconds: float) -> None:
    """Run a child that knows nothing of this process: no environment, no key."""
    own = {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        subprocess.run(
            command,
            stdin=given,
            stdout=came,
            stderr=subprocess.DEVNULL,
            env=own,
            cwd=ROOT,
            timeout=seconds,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            f"It takes longer than {seconds:.0f} s to read.", hint="Attach a part of it, or save it as plain text."
        ) from error


def _answer(said: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(said)
    except ValueError as error:  # it ended before it could say anything: bounds, or a fault in a library
        raise DocumentError("The file cannot be read: reading it took too much, or failed.") from error
    if "error" in answer and not answer.get("pages"):
        raise DocumentError(answer["error"], hint=answer["hint"])
    return answer
