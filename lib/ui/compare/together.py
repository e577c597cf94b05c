"""What grows on a page beside each other and is likely to end together: the last words of each come first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from lib.ui.chat.stream import Beside, Followed
from lib.ui.streamlit_internals import FLUSH

LAST_WORDS = 0.5  # seconds that the end of one answer leaves for the last words of the others


class Together(Beside):
    """The answers that stand beside each other, as the one in `lane` sees them; `answers` returns those of now."""

    def __init__(self, lane: str, size: int, answers: Callable[[], Iterable[Followed]]) -> None:
        super().__init__(lane, size)
        self._answers = answers
        self._growing: set[Followed] = set()

    def has_ended(self) -> bool:
        """Return whether one has ended since this was asked before."""
        before, self._growing = self._growing, {each for each in self._answers() if not each.received.is_set()}
        return bool(before - self._growing)

    def wait(self) -> None:
        """Let the last words of those that end now come first: what stands below an answer takes long to draw."""
        until, answers = time.monotonic() + LAST_WORDS, list(self._answers())
        for each in answers:
            each.received.wait(max(0.0, until - time.monotonic()))
        if answers:
            time.sleep(FLUSH)
