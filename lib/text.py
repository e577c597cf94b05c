"""Text that databases and pages can take: models split signs over chunks, and then each half is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

DEPTH = 64  # of JSON values; deeper ones are no use to a person
SURROGATE = re.compile("[\ud800-\udfff\0]")


class Mender:
    """Joins surrogate pairs that were split over chunks; lone surrogates become U+FFFD."""

    def __init__(self) -> None:
        self._high = ""

    def feed(self, text: str) -> str:
        """Return `text` mended, a high surrogate at its end kept for the next."""
        if text.isascii() and not self._high and "\0" not in text:
            return text
        text, self._high = self._high + text, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        return mend(text)

    def flush(self) -> str:
        """Return what was kept, which has no other half."""
        high, self._high = self._high, ""
        return mend(high)


def mend(text: str) -> str:
    """Return `text` with surrogate pairs joined, and U+FFFD for lone ones and for NUL, which databases refuse."""
    if not SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def each(value: Any, change: Callable[[str], str], depth: int = DEPTH) -> Any:
    """Return a JSON value with every text in it changed, names too; what lies deeper than `depth` is left out."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (dict, list)) and not depth:
        return None
    if isinstance(value, dict):
        return {change(key): each(item, change, depth - 1) for key, item in value.items()}
    return [each(item, change, depth - 1) for item in value] if isinstance(value, list) else value
