"""Steps of a demo pack on the stage, and in rehearsal; and what is different from what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lib import generations
from lib.compare.lanes import Contender
from lib.compare.packs import Pack, Recording, Step
from lib.compare.performance import ENDLESS, Patience, Performance
from lib.errors import ChatError
from lib.generations import Generation, request_for
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import Ledger

PURPOSE = "demo"
TICK = 0.2  # seconds between two looks at whether a rehearsal is to go on
Cast = Callable[[ModelChoice], Contender]  # who answers as a lane wants it; raises ChatError where nobody does
Said = Sequence[Sequence[str]]  # what was said in each step, lane by lane
GoOn = Callable[[float], bool]  # is told how much is done, and says whether to go on


@dataclass(frozen=True)
class Drift:
    """An answer beside the one that was recorded, `now` is None where none came.

    `opinion` is what a judge says of the two, "" without one.
    """

    step: int
    lane: ModelChoice
    before: Recording
    now: Recording | None
    opinion: str = ""

    @property
    def is_same(self) -> bool:
        """Whether it is the same, sign by sign."""
        return self.now is not None and self.now.text == self.before.text


def perform(
    ledger: Ledger, steps: Sequence[Step], number: int, said: Said, cast: Cast, patience: Patience, *, live: bool = True
) -> list[Performance]:
    """Begin a step: an answer for each of its lanes. Where nobody can be asked, or nobody is to be, recordings play.

    `said` is what was answered in the steps before it.
    """
    step = steps[number]
    return [
        Performance(
            _asked(ledger, step, lane, history(steps, number, at, said), cast) if live else None,
            step.recorded(at),
            patience,
        ).begin()
        for at, lane in enumerate(step.lanes)
    ]


def history(steps: Sequence[Step], number: int, lane: int, said: Said) -> list[Message]:
    """Return what was said in a lane before a step that follows others; nothing before one that follows none."""
    first = number
    while first > 0 and steps[first].follows:
        first -= 1
    found: list[Message] = []
    for step, answers in zip(steps[first:number], said[first:number], strict=False):
        at = _place(step, steps[number].lanes[lane], lane)
        if at < len(answers) and answers[at]:
            found += [step.message, Message("assistant", answers[at])]
    return found


def _place(step: Step, lane: ModelChoice, at: int) -> int:
    """Return where a lane stands in another step: in its place, or wherever else there is one like it."""
    is_there = at < len(step.lanes) and step.lanes[at] == lane
    return at if is_there or lane not in step.lanes else step.lanes.index(lane)


def _asked(ledger: Ledger, step: Step, lane: ModelChoice, before: Sequence[Message], cast: Cast) -> Generation | None:
    try:
        who = cast(lane)
        who.allow()
        parameters = replace(who.choice.parameters, system=who.choice.parameters.system or step.system)
        choice = replace(who.choice, parameters=parameters)
        request = request_for(who.client.endpoint, choice, [*before, step.message])
        return generations.call(ledger, who.client, request, purpose=PURPOSE)
    except ChatError:
        return None  # the recording says so, by its label


def rehearse(ledger: Ledger, pack: Pack, cast: Cast, go_on: GoOn, only: int | None = None) -> Pack:
    """Return a pack with what its steps are answered now; where nothing is, the recording that there was stays.

    `only` one step, None for all: it is asked behind what is recorded of those before it.
    """
    if only is not None:
        return _rehearsed(ledger, pack, only, cast, go_on)
    found = _asked_all(ledger, pack, cast, go_on)
    steps = [replace(step, recordings=_newest(step, now)) for step, now in zip(pack.steps, found, strict=False)]
    return replace(pack, steps=(*steps, *pack.steps[len(steps) :]))


def _rehearsed(ledger: Ledger, pack: Pack, number: int, cast: Cast, go_on: GoOn) -> Pack:
    step, steps = pack.steps[number], [*pack.steps]
    said = [[each.text if each else "" for each in before.recordings] for before in steps[:number]]
    now = _asked_now(ledger, steps, number, said, cast, lambda: go_on(0.0))
    steps[number] = replace(step, recordings=_newest(step, now))
    return replace(pack, steps=tuple(steps))


def _newest(step: Step, now: Sequence[Recording | None]) -> tuple[Recording | None, ...]:
    return tuple(each or step.recorded(at) for at, each in enumerate(now))


def drifts(ledger: Ledger, pack: Pack, cast: Cast, go_on: GoOn = lambda _: True) -> list[Drift]:
    """Return each recorded answer beside what comes now."""
    return [
        Drift(number, lane, before, now)
        for number, (step, answers) in enumerate(
            zip(pack.steps, _asked_all(ledger, pack, cast, go_on), strict=False), 1
        )
        for at, (lane, now) in enumerate(zip(step.lanes, answers, strict=True))
        if (before := step.recorded(at))
    ]


def _asked_all(ledger: Ledger, pack: Pack, cast: Cast, go_on: GoOn) -> list[list[Recording | None]]:
    """Return what all steps are answered now, as far as it is to go on; None for each lane that is not."""
    found: list[list[Recording | None]] = []
    for number in range(len(pack.steps)):
        goes_on = partial(go_on, number / len(pack.steps))
        if not goes_on():
            break
        said = [[each.text if each else "" for each in answers] for answers in found]
        found.append(_asked_now(ledger, pack.steps, number, said, cast, goes_on))
    return found


def _asked_now(
    ledger: Ledger, steps: Sequence[Step], number: int, said: Said, cast: Cast, goes_on: Callable[[], bool]
) -> list[Recording | None]:
    """Return what a step is answered now; None for each lane that is not."""
    bare = [replace(step, recordings=()) for step in steps]
    playing = perform(ledger, bare, number, said, cast, ENDLESS)
    for each in playing:
        while not each.wait(TICK):
            if not goes_on():
                each.stop()
    return [each.recorded() for each in playing]
