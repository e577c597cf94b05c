"""An answer on a stage: live as long as it makes sense to wait for it, then from its recording, at that one's pace.

A recording goes on where the live answer ended, at the very sign, if that answer began as the recording does. One that
did not is taken away; what takes its place begins with the words that both have. Nothing is told twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lib.compare.packs import MAX_SECONDS, MAX_TEXT, Recording
from lib.generations import Generation
from lib.messages import Delta

TICK = 0.05  # seconds between two looks at whether there is still time


@dataclass(frozen=True)
class Patience:
    """How long a live answer may be silent: before anything comes, and later on; in seconds."""

    first: float = 4.0
    later: float = 6.0


ENDLESS = Patience(MAX_SECONDS, MAX_SECONDS)


class Performance:
    """An answer that is followed as a generation is. `begin` it; `stop` ends it.

    `generation` is the live one, None to play the recording alone. That begins with the wait for its first word, but
    where the live one has had it before, and behind `told` of its characters, which come at once. `is_recorded` tells
    whether what comes is from the recording, `follower` is another performance that takes this one's place: what was
    said here is not to stay. `failed`: it has come to no good end, and there is no recording.
    """

    pause = None
    unsaved = None

    def __init__(
        self,
        generation: Generation | None,
        recording: Recording | None,
        patience: Patience = Patience(),
        *,
        told: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self.recording = recording
        self.received = threading.Event()
        self.is_recorded = False
        self.follower: Performance | None = None
        self.failed = False
        self._generation = generation
        self._patience = patience
        self._told = told
        self._clock = clock
        self._begun = clock()
        self._deltas: list[Delta] = []
        self._times: list[float] = []
        self._news = threading.Condition()
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait

    def begin(self) -> Performance:
        """Play, in a thread of its own."""
        threading.Thread(target=self.play, name="performance", daemon=True).start()
        return self

    def play(self) -> None:
        """Play, here, until all has come."""
        try:
            well = self._live(self._generation) if self._generation else False
            if not well and not self._stopped.is_set():
                self._fall_back()
        finally:
            self.received.set()
            self._tell()

    def read(self, position: int = 0) -> list[Delta]:
        """Return what has come since `position`, a count of deltas."""
        return self._deltas[position:]

    def wait_for_more(self, position: int, timeout: float) -> bool:
        """Wait until there are more than `position` deltas, or no more will come; False after `timeout` seconds."""
        with self._news:
            return self._news.wait_for(lambda: len(self._deltas) > position or self.received.is_set(), timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all has come; False after `timeout` seconds."""
        return self.received.wait(timeout)

    def stop(self) -> None:
        """End it; what came stays."""
        self._stopped.set()
        if self._generation:
            self._generation.stop()
        if self.follower:
            self.follower.stop()

    @property
    def is_asked(self) -> bool:
        """Whether somebody was asked: not where nobody could be, or was to be."""
        return self._generation is not None

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(delta.text for delta in self._deltas)

    @property
    def last(self) -> Performance:
        """What stays on the stage: this one, or what took its place."""
        return self.follower.last if self.follower else self

    @property
    def chunks(self) -> tuple[tuple[float, str], ...]:
        """What has come, each piece with the seconds from the beginning to it."""
        pairs = zip(self._times, (delta.text for delta in self._deltas), strict=False)
        return tuple((at, text) for at, text in pairs if text)

    def recorded(self) -> Recording | None:
        """Return a live answer that has ended well as a recording; None for any other, and for one that is too long."""
        chunks, generation = self.chunks, self._generation
        if generation is None or not self.received.is_set() or self.last.is_recorded or self.failed or not chunks:
            return None
        if self._stopped.is_set() or len(self.text) > MAX_TEXT or chunks[-1][0] > MAX_SECONDS:
            return None
        outcome, cost = generation.result(), generation.result().cost
        return Recording(
            datetime.now(UTC),
            outcome.model or "",
            chunks,
            outcome.usage.completion_tokens if outcome.usage else None,
            float(cost.amount) if cost else None,
            cost.currency if cost else "",
            generation.usage_id,
        )

    def _live(self, generation: Generation) -> bool:
        """Pass on what comes; return whether it came to a good end before anybody lost patience."""
        due, seen = self._begun + self._patience.first, 0
        while not self._stopped.is_set():
            ended = generation.received.is_set()  # looked at first: what came before it is then sure to be read
            new = generation.read(seen)
            seen += len(new)
            for delta in new:
                self._add(delta)
            if new:
                due = self._clock() + self._patience.later
            if ended:
                return generation.result().state == "completed" and bool(self.text)
            if self._clock() > due:
                generation.stop()
                return False
            generation.wait_for_more(seen, TICK)
        return True

    def _fall_back(self) -> None:
        recording, said = self.recording, self.text
        if recording is None:
            self.failed = True
        elif recording.text.startswith(said):
            self.is_recorded = True
            self._play(recording, len(said) if self._told is None else self._told)
        else:
            self.follower = Performance(None, recording, told=common(said, recording.text)).begin()
            if self._stopped.is_set():
                self.follower.stop()

    def _play(self, recording: Recording, past: int) -> None:
        """Play a recording from where `past` of its characters are told; those that are not yet come at once."""
        if missing := recording.text[len(self.text) : past]:
            self._add(Delta(text=missing))
        began = self._begun if self._generation is None and self._told is None else None
        for at, text in recording.chunks:
            rest = text[past:]
            past = max(0, past - len(text))
            if not rest:
                continue
            began = self._clock() - at if began is None else began
            if self._wait(max(0.0, began + at - self._clock())):
                return
            self._add(Delta(text=rest))

    def _add(self, delta: Delta) -> None:
        self._times.append(self._clock() - self._begun)
        self._deltas.append(delta)
        self._tell()

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()


def common(left: str, right: str) -> int:
    """Return how many characters two texts have in common from their beginnings, in whole words."""
    pairs = enumerate(zip(left, right, strict=False))
    both = left[: next((at for at, (one, other) in pairs if one != other), min(len(left), len(right)))]
    return max(both.rfind(" "), both.rfind("\n")) + 1
