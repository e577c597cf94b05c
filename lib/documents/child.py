"""A document read in a process of its own, which has no secrets, and so much memory and time: `-m lib.documents.child`.

The file comes by standard input; one JSON object goes out: `text` and `note`, or `error` and `hint`; of a PDF also how
many `pages` it has, and as `scans` the pixels of the pictures that they are. Asked for `pictures`, it says these.
"""

from __future__ import annotations

import base64
import io
import json
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, TextIO

from lib.documents import kinds, office, pdf
from lib.documents.collect import Source, collect
from lib.errors import DocumentError

MAX_MEMORY = 1_000_000_000  # bytes, libraries included
MAX_SECONDS = 30  # of a processor
MAX_OUTPUT = 40_000_000  # bytes
SOURCES: Mapping[str, Callable[[BinaryIO], Source]] = {kinds.PDF: pdf.source, kinds.OFFICE: office.source}
DAMAGED = "The file is damaged: it cannot be read."
TOO_MUCH = "It takes more memory to read than there is for one file."


def confine(bind: Callable[[int, tuple[int, int]], object] = resource.setrlimit) -> None:
    """Bound what this process may take; where a system knows no such bound, the time that is waited for it remains."""
    bounds = {
        resource.RLIMIT_AS: MAX_MEMORY,
        resource.RLIMIT_CPU: MAX_SECONDS,
        resource.RLIMIT_FSIZE: MAX_OUTPUT,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in bounds.items():
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS has no bound of memory
            bind(what, (bound, bound))


def main(arguments: Sequence[str], file: BinaryIO, out: TextIO, confine: Callable[[], None] = confine) -> None:
    """Read a document of the kind that is said, and write what came of it."""
    confine()
    json.dump(answer(arguments[0], file), out)


def answer(kind: str, file: BinaryIO, sources: Mapping[str, Callable[[BinaryIO], Source]] = SOURCES) -> dict[str, Any]:
    """Return what came of reading a document."""
    try:
        given = io.BytesIO(file.read())
        return _pictures(given) if kind == kinds.PICTURES else _said(sources[kind](given))
    except DocumentError as error:
        return {"error": str(error), "hint": error.hint}
    except MemoryError:
        return {"error": TOO_MUCH, "hint": "Attach a part of it."}
    except Exception:  # noqa: BLE001  # libraries fail with whatever comes to hand
        return {"error": DAMAGED, "hint": "Load or save it anew, then attach that."}


def _said(source: Source) -> dict[str, Any]:
    about = {"pages": source.total or 0, "scans": source.scans}
    try:
        text, note = collect(source)
    except DocumentError as error:
        return {"error": str(error), "hint": error.hint, **about}
    return {"text": text, "note": note, **about}


def _pictures(file: BinaryIO) -> dict[str, Any]:
    return {"pictures": [base64.b64encode(each).decode() for each in pdf.pictures(file)]}


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout)
