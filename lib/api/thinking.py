"""Reasoning inside the text, as models write it that have no field for it."""

from __future__ import annotations

MAX_BLANKS = 1_000  # characters before a tag; after more of them none is expected


class Think:
    """Tells reasoning in a <think> element from the text after it. Only at the very start: later it is text."""

    OPEN, CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self.over = False
        self._phase = self._before
        self._held = ""

    def feed(self, text: str) -> tuple[str, str]:
        """Return the text and the reasoning in `text`; what may be part of a tag is held back."""
        text, self._held = self._held + text, ""
        return self._phase(text)

    def flush(self) -> tuple[str, str]:
        """Return what was held back."""
        held, self._held = self._held, ""
        return ("", held) if self._phase == self._inside else (held, "")

    def skip(self) -> None:
        """Reasoning came in a field of its own: tags in the text are text."""
        if self._phase == self._before and not self._held:
            self._end("")

    def _before(self, text: str) -> tuple[str, str]:
        start = text.lstrip()
        if start.startswith(self.OPEN):
            self._phase = self._inside
            return self._inside(start[len(self.OPEN) :])
        if self.OPEN.startswith(start) and len(text) <= MAX_BLANKS:
            self._held = text
            return "", ""
        return self._end(text)

    def _inside(self, text: str) -> tuple[str, str]:
        thought, tag, rest = text.partition(self.CLOSE)
        if tag:
            self._phase = self._after
            return self._after(rest)[0], thought
        keep = next((size for size in range(len(self.CLOSE) - 1, 0, -1) if text.endswith(self.CLOSE[:size])), 0)
        self._held = text[len(text) - keep :]
        return "", text[: len(text) - keep]

    def _after(self, text: str) -> tuple[str, str]:
        """Drop the blank lines between the reasoning and the text."""
        text = text.lstrip("\r\n")
        return self._end(text) if text else ("", "")

    def _end(self, text: str) -> tuple[str, str]:
        self.over = True
        self._phase = self._end
        return text, ""
