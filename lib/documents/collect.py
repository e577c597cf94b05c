"""The text of a document, collected piece by piece until there is enough of it, or no time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lib.errors import DocumentError

MAX_CHARACTERS = 400_000  # of one file: some 100,000 tokens, all that most models take
MAX_SECONDS = 15.0  # that are read; what has been read by then is enough to go on with


@dataclass(frozen=True)
class Limits:
    """What is taken of a file."""

    characters: int = MAX_CHARACTERS
    seconds: float = MAX_SECONDS


@dataclass(frozen=True)
class Source:
    """A document that is open: its pieces, what one of them is called, and how many there are, if that is known.

    `has_marks`: whether each begins with its name and number. `empty` says what a document without text is. `scans`
    are the pixels of the pictures that its pages are.
    """

    unit: str
    pieces: Iterator[str]
    total: int | None = None
    has_marks: bool = False
    empty: str = "There is no text in it."
    scans: tuple[tuple[int, int], ...] = ()


LIMITS = Limits()


def collect(source: Source, limits: Limits = LIMITS, clock: Callable[[], float] = time.monotonic) -> tuple[str, str]:
    """Return the text, and a note of what is left out, "" if nothing is. Raises DocumentError if there is none."""
    end, taken, size, why, number = clock() + limits.seconds, [], 0, "", 0
    for number, piece in enumerate(source.pieces, 1):
        size += len(piece)
        taken += [_marked(source, number, piece)] if piece or source.has_marks else []
        why = _why(source, limits, number, size, is_late=clock() > end)
        if why:
            break
    if not size:
        raise DocumentError(source.empty, hint="Attach its pages as pictures, or save it with its text.")
    return cut("\n".join(taken), why, limits)


def _marked(source: Source, number: int, piece: str) -> str:
    return f"[{source.unit.capitalize()} {number}]\n{piece.strip()}\n" if source.has_marks else piece


def _why(source: Source, limits: Limits, number: int, size: int, *, is_late: bool) -> str:
    """Return why reading ends here, "" where it goes on, or this was the last piece anyway."""
    is_full = size > limits.characters
    if number == source.total or not (is_full or is_late):
        return ""
    of = f" of {source.total:,}" if source.total else ""
    because = f"more than {limits.characters:,} characters" if is_full else f"more than {limits.seconds:.0f} s to read"
    return f"Cut after {source.unit} {number:,}{of}: {because}."


def cut(text: str, note: str = "", limits: Limits = LIMITS) -> tuple[str, str]:
    """Return as much of a text as is taken, and a note that says so."""
    if len(text) <= limits.characters:
        return text, note
    said = f"Cut: the first {limits.characters:,} of {len(text):,} characters."
    return text[: limits.characters], note or said
