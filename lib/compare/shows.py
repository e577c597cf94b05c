"""Demonstrations that are open in this process: each a pack, and what is on its stage, for every window that looks.

They are kept in memory, so a page that is loaded anew finds what it had; the pack itself is kept as a file.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace

from lib.compare import stage
from lib.compare.lanes import Contender
from lib.compare.packs import Pack, Step
from lib.compare.performance import Patience, Performance
from lib.errors import ChatError, ConfigError
from lib.model_choice import ModelChoice
from lib.store import Ledger, Scope

MAX_SHOWS = 10  # of a person in this process: the one that was opened first goes
MAX_UNDO = 50  # changes that can be taken back

_open: dict[str, Show] = {}


class Troupe:
    """Who answers in the lanes of a pack, looked up beforehand: an answer may begin where nobody can look."""

    def __init__(self, found: Sequence[tuple[ModelChoice, Contender | ChatError]]) -> None:
        self._found = found

    def __call__(self, lane: ModelChoice) -> Contender:
        """Return who answers in a lane. Raises ChatError where nobody does."""
        who = next((who for known, who in self._found if known == lane), None)
        if isinstance(who, Contender):
            return who
        raise who or ConfigError("Nobody was asked to answer here.")


class Show:
    """A demonstration. `step` is the one on the stage, None for none; `playing` is the pack as it is presented.

    `number` tells its pack from the ones before it, `live` whether anybody is asked.
    """

    def __init__(self, ledger: Ledger, pack: Pack) -> None:
        self.id = secrets.token_urlsafe(12)
        self.pack = pack
        self.playing = pack
        self.step: int | None = None
        self.performances: list[Performance] = []
        self.patience = Patience()
        self.live = True
        self.stand_in: ModelChoice | None = None
        self.number = 0
        self.ledger = ledger
        self._said: dict[int, list[str]] = {}
        self._cast: stage.Cast = Troupe(())
        self._before: list[Pack] = []
        self._lock = threading.Lock()

    @property
    def current(self) -> Step:
        """The step on the stage. Raises LookupError for none."""
        if self.step is None:
            raise LookupError("There is nothing on the stage.")
        return self.playing.steps[self.step]

    @property
    def following(self) -> Step | None:
        """The step that comes next."""
        after = 0 if self.step is None else self.step + 1
        return self.playing.steps[after] if after < len(self.playing.steps) else None

    def present(self, cast: stage.Cast, step: int = 0) -> None:
        """Begin to present, with a step; `cast` is who answers."""
        with self._lock:
            self._clear()
            self._cast, self.playing, self._said = cast, self.pack, {}
        self.go(step)

    def go(self, step: int, *, again: bool = False) -> None:
        """Go to a step and begin it. One that is on the stage already goes on: two windows ask nobody twice."""
        with self._lock:
            if step == self.step and not again:
                return
            self._clear()
            self.step = step
            steps, said = self.playing.steps, [self._words(number) for number in range(step)]
            self.performances = stage.perform(self.ledger, steps, step, said, self._cast, self.patience, live=self.live)

    def leave(self) -> None:
        """End what is on the stage."""
        with self._lock:
            self._clear()
            self.step = None

    def change(self, pack: Pack) -> None:
        """Have another pack from now on; the one before can be had back."""
        if pack != self.pack:
            self._before = [*self._before, self.pack][-MAX_UNDO:]
            self.pack = pack
            self.number += 1

    @property
    def is_changed(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._before)

    def undo(self) -> None:
        """Take the last change back."""
        if self._before:
            self.pack = self._before.pop()
            self.number += 1

    def _clear(self) -> None:
        for performance in self.performances:
            performance.stop()
        if self.step is not None:
            self._said[self.step] = [each.last.text for each in self.performances]
        self.performances = []

    def _words(self, number: int) -> Sequence[str]:
        """Return what was said in a step; in one that was not shown, what was recorded."""
        recorded = (each.text if each else "" for each in self.playing.steps[number].recordings)
        return self._said.get(number) or [*recorded]


def begin(ledger: Ledger, pack: Pack) -> Show:
    """Open a demonstration of whoever the ledger is."""
    show = Show(ledger, pack)
    own = [each for each in list(_open.values()) if each.ledger.scope.owner == ledger.scope.owner]
    for old in own[: max(0, len(own) + 1 - MAX_SHOWS)]:
        close(old)
    _open[show.id] = show
    return show


def find(scope: Scope, id: str) -> Show | None:
    """Return an open demonstration of a person."""
    show = _open.get(id)
    return show if show and show.ledger.scope.owner == scope.owner else None


def shows(scope: Scope) -> list[Show]:
    """Return all that are open of a person, the last one first."""
    return [each for each in reversed(list(_open.values())) if each.ledger.scope.owner == scope.owner]


def close(show: Show) -> None:
    """Forget a demonstration."""
    show.leave()
    _open.pop(show.id, None)


def changed(pack: Pack, number: int, step: Step) -> Pack:
    """Return a pack with another step in a place; recordings of what is asked no more are gone."""
    before = pack.steps[number]
    asked = ("prompt", "system", "images", "files", "follows")
    same = all(getattr(before, name) == getattr(step, name) for name in asked)
    kept = [
        before.recorded(at) if same and at < len(before.lanes) and before.lanes[at] == lane else None
        for at, lane in enumerate(step.lanes)
    ]
    steps = [*pack.steps]
    steps[number] = replace(step, recordings=tuple(kept))
    return replace(pack, steps=tuple(steps))


def without(step: Step, lane: int) -> Step:
    """Return a step without one of its lanes, and that one's recording."""
    lanes = tuple(each for at, each in enumerate(step.lanes) if at != lane)
    recordings = tuple(step.recorded(at) for at in range(len(step.lanes)) if at != lane)
    return replace(step, lanes=lanes, recordings=recordings)


def moved(pack: Pack, number: int, to: int) -> Pack:
    """Return a pack with a step in another place; the first step follows none."""
    steps = [*pack.steps]
    steps.insert(to, steps.pop(number))
    return replace(pack, steps=(replace(steps[0], follows=False), *steps[1:]))
