"""A document read in a process of its own, which has no secrets, and so much memory and time: `-m lib.documents.child`.

The file comes by standard input; one JSON object goes out: `text` and `note`, or `error` and `hint`.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO, TextIO

from lib.documents import kinds, office, pdf
from lib.documents.collect import Source, collect
from lib.errors import DocumentError

MAX_MEMORY = 1_000_000_000  # bytes, libraries included
MAX_SECONDS = 30  # of a processor
MAX_OUTPUT = 10_000_000  # bytes
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


def answer(kind: str, file: BinaryIO, sources: Mapping[str, Callable[[BinaryIO], Source]] = SOURCES) -> dict[str, str]:
    """Return what came of reading a document."""
    try:
        text, note = collect(sources[kind](io.BytesIO(file.read())))
    except DocumentError as error:
        return {"error": str(error), "hint": error.hint}
    except MemoryError:
        return {"error": TOO_MUCH, "hint": "Attach a part of it."}
    except Exception:  # noqa: BLE001  # libraries fail with whatever comes to hand
        return {"error": DAMAGED, "hint": "Load or save it anew, then attach that."}
    return {"text": text, "note": note}


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout)
