"""Text that databases and pages can take: models split signs over chunks, and then each half is none."""

from __future__ import annotations

import re

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
