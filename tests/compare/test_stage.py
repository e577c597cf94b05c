"""Steps on the stage and in rehearsal: who is asked, what is recorded, what has changed since."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from lib.compare.lanes import Contender
from lib.compare.packs import Pack, Step
from lib.compare.performance import ENDLESS
from lib.compare.stage import PURPOSE, drifts, history, perform, rehearse
from lib.errors import ConfigError
from lib.messages import Completion, Delta, Image
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Store
from tests.compare.test_lanes import contender, spent
from tests.compare.test_performance import recording
from tests.fake_client import FakeClient, FakeStream
from tests.store.chats.test_images import PIXEL
from tests.store.helpers import calls

LANES = (ModelChoice("a", "m"), ModelChoice("b", "n", Parameters(temperature=0.5)))
STEP = Step("Which?", LANES, system="Be brief.", images=(Image(PIXEL.data, PIXEL.media_type),))


class Troupe:
    """Who answers, by endpoint."""

    def __init__(self, **members: Contender) -> None:
        self._members = members

    def __call__(self, lane: ModelChoice) -> Contender:
        found = self._members.get(lane.endpoint)
        if found is None:
            raise ConfigError("Nobody is there.")
        return replace(found, choice=replace(lane, endpoint="fake"))


def test_perform(store: Store) -> None:
    """Each lane is asked the prompt with its images, the instructions and its parameters; its call is in the ledger."""
    cast = Troupe(a=contender("one"), b=contender("two"))
    found = perform(store.usage(LOCAL), [STEP], 0, [], cast, ENDLESS)
    assert all(each.wait(20) for each in found)
    messages, model, params = cast(LANES[1]).client.asked[0]  # type: ignore[attr-defined]

    assert [each.text for each in found] == ["one", "two"]
    assert [message.role for message in messages] == ["system", "user"]
    assert (messages[1].text, len(messages[1].images), model) == ("Which?", 1, "n")
    assert params["temperature"] == 0.5
    assert [call.purpose for call in calls(store)] == [PURPOSE] * 2


def test_without_anybody(store: Store) -> None:
    """Where nobody can be asked, or nobody is to be, recordings play."""
    step = replace(STEP, recordings=(recording(), recording(text="two")))
    poor = replace(contender("never"), allow=spent)
    for found in (
        perform(store.usage(LOCAL), [step], 0, [], Troupe(a=poor), ENDLESS),
        perform(store.usage(LOCAL), [step], 0, [], Troupe(a=contender("never")), ENDLESS, live=False),
    ):
        assert all(each.wait(20) for each in found)
        assert [each.text for each in found] == [recording().text, "two"]
    assert calls(store) == []


def test_history() -> None:
    """A step that follows has what was asked and said before it, back to one that follows none; lane by lane."""
    steps = [
        Step("Zero", LANES),
        Step("One", LANES),
        Step("Two", LANES, follows=True),
        Step("Three", LANES[1:], follows=True),
    ]
    said = [["0a", "0b"], ["1a", "1b"], ["", "2b"]]

    assert history(steps, 1, 0, said) == []
    assert [each.text for each in history(steps, 2, 0, said)] == ["One", "1a"]
    assert [each.text for each in history(steps, 3, 0, said)] == ["One", "1b", "Two", "2b"]
    assert [
        each.text for each in history([*steps[:2], replace(STEP, lanes=LANES[:1] * 3, follows=True)], 2, 2, said)
    ] == [
        "One",
        "1a",
    ]
    assert history([Step("One", LANES[1:]), Step("Two", (LANES[1], LANES[0]), follows=True)], 1, 1, [["a"]]) == []


def test_rehearse(store: Store) -> None:
    """A rehearsal records every answer; where none comes, the recording that there was stays."""
    follows = replace(STEP, recordings=(recording(), recording(text="old")), follows=True)
    pack = Pack("Show", (STEP, follows))
    told: list[float] = []
    cast = Troupe(a=contender("one", "new"))
    made = rehearse(store.usage(LOCAL), pack, cast, lambda done: not told.append(done))
    first, second = (step.recordings for step in made.steps)
    messages, _, _ = cast(LANES[0]).client.asked[1]  # type: ignore[attr-defined]

    assert [each.text if each else None for each in first] == ["one", None]
    assert [each.text if each else None for each in second] == ["new", "old"]
    assert [message.text for message in messages] == ["Be brief.", "Which?", "one", "Which?"]
    assert set(told) == {0.0, 0.5}
    assert rehearse(store.usage(LOCAL), pack, Troupe(), lambda done: False) == pack


def test_rehearse_one(store: Store) -> None:
    """One step is rehearsed alone, behind what is recorded of those before it; the others keep what they have."""
    first = replace(STEP, recordings=(recording(text="said"), recording()))
    follows = replace(STEP, recordings=(recording(), recording(text="old")), follows=True)
    pack, cast = Pack("Show", (first, follows, STEP)), Troupe(a=contender("new"))
    made = rehearse(store.usage(LOCAL), pack, cast, lambda done: True, 1)
    messages, _, _ = cast(LANES[0]).client.asked[0]  # type: ignore[attr-defined]

    assert (made.steps[0], made.steps[2]) == (first, STEP)
    assert [each.text if each else None for each in made.steps[1].recordings] == ["new", "old"]
    assert [message.text for message in messages] == ["Be brief.", "Which?", "said", "Which?"]
    assert len(calls(store)) == 1


def test_stopped_rehearsal(store: Store) -> None:
    """A rehearsal that is stopped ends in mid-answer; what it had stays, and what was being said is no recording."""
    client: Any = FakeClient(FakeStream([Delta(text="One"), threading.Event()], Completion()))
    cast, answers = Troupe(a=Contender(client, LANES[0])), iter([True, True])
    pack = Pack("Show", (replace(STEP, lanes=LANES[:1], recordings=(recording(),)), STEP))

    assert rehearse(store.usage(LOCAL), pack, cast, lambda done: next(answers, False)) == pack


def test_drifts(store: Store) -> None:
    """What is recorded stands beside what comes now: the same, something else, or nothing."""
    recorded = tuple(recording(text=text) for text in ("same", "before"))
    pack = Pack("Show", (replace(STEP, recordings=recorded), replace(STEP, recordings=(recording(), None))))
    same, other, gone = drifts(store.usage(LOCAL), pack, Troupe(a=contender("same"), b=contender("now", "never")))

    assert (same.is_same, other.is_same, gone.is_same) == (True, False, False)
    assert (other.step, other.lane, other.now.text if other.now else None) == (1, LANES[1], "now")
    assert gone.now is None
