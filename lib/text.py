"""Text repaired at the edge, once: what databases refuse and pages cannot show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Self

MAX_DEPTH = 64  # levels of a JSON value; deeper ones are no use to a person
MAX_NAME = 300  # characters of a name
BROKEN = re.compile("[\ud800-\udfff\0]")
LINE_END = re.compile("\r\n?")


class Number(float):
    """A number with a fraction, and the digits it was written in: 0.10 is not 0.1 to a reader."""

    def __new__(cls, written: str) -> Self:
        """Read a number of a JSON document."""
        number = super().__new__(cls, written)
        number.written = written
        return number

    written: str


def repair(text: str, *, line_ends: bool = False) -> str:
    r"""Return `text` with surrogate pairs joined, and U+FFFD for lone surrogates and for NUL, which databases refuse.

    With `line_ends`, a CR and a CR LF become LF as well.
    """
    if BROKEN.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
    return LINE_END.sub("\n", text) if line_ends else text


def as_name(text: str) -> str:
    """Return a name that another program gave, of a model or a person: one line of at most MAX_NAME characters."""
    line = " ".join(repair(text[: 4 * MAX_NAME]).split())
    return line if len(line) <= MAX_NAME else line[: MAX_NAME - 1] + "…"


class PairJoiner:
    """Repairs a text that comes in pieces, cut anywhere: a pair of surrogates may come in two, and so may CR and LF."""

    def __init__(self, *, line_ends: bool = False) -> None:
        self._line_ends = line_ends
        self._half = ""

    def feed(self, text: str) -> str:
        """Return `text` repaired; the first half of a pair at its end is kept for the next."""
        text = self._half + text
        self._half = text[-1] if self._opens_pair(text[-1:]) else ""
        return repair(text[: len(text) - len(self._half)], line_ends=self._line_ends)

    def flush(self) -> str:
        """Return what was kept, which has no other half."""
        half, self._half = self._half, ""
        return repair(half, line_ends=self._line_ends)

    def _opens_pair(self, sign: str) -> bool:
        return "\ud800" <= sign <= "\udbff" or (self._line_ends and sign == "\r")


def map_strings(value: Any, change: Callable[[str], str], depth: int = MAX_DEPTH) -> Any:
    """Return a JSON value with every text in it changed, names too; what lies deeper than `depth` is left out."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (dict, list)) and not depth:
        return None
    if isinstance(value, dict):
        return {change(key): map_strings(item, change, depth - 1) for key, item in value.items()}
    return [map_strings(item, change, depth - 1) for item in value] if isinstance(value, list) else value
