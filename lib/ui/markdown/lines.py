"""What the lines of a text are: code or prose, and which of their ends are meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise

from lib.ui.markdown.safety import language

Kind = Enum("Kind", "BLANK PROSE INDENTED NESTED OPEN INSIDE CLOSE")
VERBATIM = {Kind.INDENTED, Kind.NESTED, Kind.OPEN, Kind.INSIDE, Kind.CLOSE}
ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
FENCE = re.compile(
    r"(?P<lead>(?:[ \t>]|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*)(?P<run>`{3,}+(?!.*`)|~{3,}+)[ \t]*(?P<word>[^ \t]*)"
)
MARKDOWN = {"markdown", "md", "mdx"}
FORMULA = re.compile(r"[ \t>]*(?:\$\$(?!.*\$\$)|\\\[(?!.*\\\]))")
FORMULA_END = re.compile(r"(?:\$\$|\\\])[ \t]*$")
MAX_FORMULA_LINES = 60

# Hard-wrapped prose: the widths of its longest line, in characters.
NARROWEST, WIDEST = 55, 100
STARTS = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]|[ \t]*(?:#{1,6}[ \t]|\|)|[ \t>]*(?:\$\$|\\\[)")
PAIR = re.compile(r"[ \t>*_-]{0,8}[^\s:][^:\n]{0,30}:(?:[*_]{0,2}[ \t]|$)")
QUOTE = re.compile(r"[ \t]*(?:>[ \t]?)*")


class Scanner:
    """Tell what each line of a text is, one after the other.

    A fence at the top level is OPEN, INSIDE, CLOSE; one in a list or a quote is NESTED. Between two lines, `last`
    is what the last one was, `fences` the open fence and those of examples in it, `language` its language, `listed` how
    far the text of the last item of a list is indented while the list goes on, `formula` for how many lines a formula
    has been open.
    """

    def __init__(self) -> None:
        self.last = Kind.BLANK
        self.listed = 0
        self.fences: list[str] = []
        self.language = ""
        self.formula = 0
        self._top = False

    def read(self, line: str) -> Kind:
        """Return what this line is."""
        if self.fences and not self._left(line):
            self.last = self._fenced(line)
        else:
            self.fences = []
            self.last = self._open(line) or self._unfenced(line)
        return self.last

    def _left(self, line: str) -> bool:
        # What is not indented is outside the list, and so outside its fence.
        return not self._top and line[:1] not in ("", " ", "\t", ">")

    def _fenced(self, line: str) -> Kind:
        inside = Kind.INSIDE if self._top else Kind.NESTED
        run, fence = line.strip(" \t" if self._top else " \t>"), self.fences[-1]
        if self._top and line.startswith(("    ", "\t")):
            return inside
        if run.startswith(fence) and not run.strip(fence[0]):
            self.fences.pop()
            return inside if self.fences else Kind.CLOSE if self._top else Kind.NESTED
        if self._top and self.language.lower() in MARKDOWN and (found := FENCE.match(line)) and found["word"]:
            self.fences.append(found["run"])
        return inside

    def _open(self, line: str) -> Kind | None:
        found = FENCE.match(line)
        if not found:
            return None
        lead = found["lead"]
        self.fences, self.language, self.formula = [found["run"]], language(found["word"]), 0
        self._top = not lead.strip(" ") and len(lead) < (self.listed or 4)
        self.listed = 0 if self._top else self.listed
        return Kind.OPEN if self._top else Kind.NESTED

    def _unfenced(self, line: str) -> Kind:
        self._count(line)
        if not line.strip():
            return Kind.BLANK
        deep = line.startswith(("    ", "\t"))
        if deep and not self.listed and self.last in (Kind.BLANK, Kind.INDENTED):
            return Kind.INDENTED
        if item := ITEM.match(line):
            self.listed = min(item.end(), self.listed or item.end())
        elif self.last is Kind.BLANK and not line[0].isspace():
            self.listed = 0
        return Kind.PROSE

    def _count(self, line: str) -> None:
        if not self.formula:
            self.formula = int(bool(FORMULA.match(line)))
        elif self.formula > MAX_FORMULA_LINES or FORMULA_END.search(line):
            self.formula = 0
        else:
            self.formula += 1


def is_row(line: str) -> bool:
    """Say whether a line is one of a table that has bars at its edges."""
    return line.lstrip(" \t>").startswith("|")


def kept_ends(lines: Sequence[str]) -> Iterator[bool]:
    """Say of each line of prose whether its end is one: a poem's is, that of hard-wrapped prose is not."""
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or _begins(lines, number):
            kept = not is_wrapped([QUOTE.sub("", line, count=1) for line in lines[start:number]])
            yield from (kept for _ in range(start, number - 1))
            yield False
            start = number


def begins(line: str) -> bool:
    """Say whether a line does not go on with the paragraph above it."""
    return not line.strip() or bool(STARTS.match(line))


def _begins(lines: Sequence[str], number: int) -> bool:
    before = lines[number - 1].lstrip(" \t>")
    return begins(lines[number]) or not before or before.startswith(("|", "#"))


def is_wrapped(lines: Sequence[str]) -> bool:
    """Say whether a paragraph was broken to fit a width: one from 55 to 100 columns explains all its line ends.

    It does if no line is longer, and the first word of no line would have fitted behind the line before it. Somewhere
    a sentence has to go on over a line end, and most lines must not be a word with a colon and a value.
    """
    if len(lines) < 2 or sum(bool(PAIR.match(line)) for line in lines) * 2 > len(lines):
        return False
    widths = [len(line.rstrip()) for line in lines]
    words = ((line.split(None, 1) or [""])[0] for line in lines[1:])  # of a quotation, a line may be empty
    fitting = (width + 1 + len(word) for width, word in zip(widths, words, strict=False))
    longest = max(widths)
    if not (NARROWEST <= longest <= WIDEST and longest < min(fitting)):
        return False
    return any(_goes_on(before, after) for before, after in pairwise(lines))


def _goes_on(before: str, after: str) -> bool:
    first = after.lstrip()[:1]
    continues = first.islower() or "\u0590" <= first < "\u0e00"  # scripts without capitals, but with spaces
    return continues and before.rstrip()[-1:] not in ".!?:;"
