"""A file as text, and the text of a prompt that has files: what was typed, and each file in a fence behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from lib.errors import DocumentError
from lib.messages import Attached, WholeFile
from lib.text import as_name, repair

GAP = "\n\n"  # before each file, and nowhere between its name and its text
FENCE = "`"


@dataclass(frozen=True)
class Document:
    """What a file says. `note` says what of it was left out, "" where nothing was.

    `problem` is why there is no text to send. Of a PDF, `pages` are how many it has, and `scans` the pixels of the
    pictures that its pages are, if they all are one. `whole` is what goes in place of the text.
    """

    name: str
    text: str = field(repr=False)
    note: str = ""
    problem: DocumentError | None = None
    pages: int = 0
    scans: tuple[tuple[int, int], ...] = ()
    whole: WholeFile | None = None


def joined(words: str, documents: Sequence[Document]) -> tuple[str, tuple[Attached, ...]]:
    """Return the text of a prompt with files, and where in it each of them stands."""
    text, files = repair(words).rstrip(), []
    for document in documents:
        name, said = as_name(document.name), repair(document.text, line_ends=True)
        fence = FENCE * max(3, 1 + max(map(len, re.findall(f"{FENCE}+", said)), default=0))
        text += f"{GAP}File: {name}\n{fence}\n"
        whole = (document.whole.id, document.whole.pages) if document.whole else (None, None)
        files.append(Attached(name, len(text), len(text) + len(said), document.note, *whole))
        text += f"{said}\n{fence}"
    return text, tuple(files)


def typed(text: str, files: Sequence[Attached]) -> str:
    """Return what was typed of the text of a prompt."""
    return text[: _end(text, files)]


def retyped(words: str, text: str, files: Sequence[Attached]) -> tuple[str, tuple[Attached, ...]]:
    """Return the text of a prompt with other words before the same files, and where these stand."""
    if not files:
        return words, ()
    before, end = repair(words).rstrip(), _end(text, files)
    further = len(before) - end
    moved = (replace(file, begin=file.begin + further, end=file.end + further) for file in files)
    return before + text[end:], tuple(moved)


def changed(text: str, files: Sequence[Attached], change: Callable[[str], str]) -> tuple[str, tuple[Attached, ...]]:
    """Return a text with every part of it changed, and where its files stand then."""
    made, place, moved = "", 0, []
    for file in files:
        made += change(text[place : file.begin])
        begin, place = len(made), file.end
        made += change(text[file.begin : file.end])
        moved.append(replace(file, begin=begin, end=len(made)))
    return made + change(text[place:]), tuple(moved)


def _end(text: str, files: Sequence[Attached]) -> int:
    """Return where the words end; without files, that is the end of the text."""
    return max(0, text.rfind(GAP, 0, files[0].begin)) if files else len(text)
