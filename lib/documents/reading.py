"""Files read as text: what is text as it is, documents in a child process, for they are written by anyone."""

from __future__ import annotations

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
MAX_OUTPUT = 10_000_000  # bytes of what a child says
# Children at a time: each has memory of its own.
_places = threading.BoundedSemaphore(2)
CHILD = (sys.executable, "-s", "-m", "lib.documents.child")


def read(name: str, data: bytes, child: Sequence[str] = CHILD, seconds: float = MAX_WAIT) -> Document:
    """Return what a file says. `child` is the command that reads documents; it has `seconds`.

    Raises DocumentError for what cannot be read.
    """
    if len(data) > MAX_SIZE:
        raise DocumentError(f"The file has more than {MAX_SIZE // 1_000_000} MB.", hint="Attach a part of it.")
    kind = kinds.kind(data)
    if kind:
        return Document(name, *_apart(data, [*child, kind], seconds))
    text, guess = kinds.decoded(data)
    if not text.strip():
        raise DocumentError("There is nothing in the file.", hint="Attach it again once there is.")
    said, note = cut(text)
    return Document(name, said, " ".join(filter(None, (note, guess))))


def _apart(data: bytes, command: Sequence[str], seconds: float) -> tuple[str, str]:
    """Return the text and the note that a child process finds."""
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


def _answer(said: bytes) -> tuple[str, str]:
    try:
        answer: dict[str, Any] = json.loads(said)
    except ValueError as error:  # it ended before it could say anything: bounds, or a fault in a library
        raise DocumentError("The file cannot be read: reading it took too much, or failed.") from error
    if "error" in answer:
        raise DocumentError(answer["error"], hint=answer["hint"])
    return answer["text"], answer["note"]
