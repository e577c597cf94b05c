"""What has changed since a pack was recorded, in words; and a judge's opinion of it."""

from __future__ import annotations

import json
from dataclasses import replace

from lib.compare import judging
from lib.compare.drift import BETTER, BOTH, EQUAL, WORSE, judged, line
from lib.compare.lanes import Contender
from lib.compare.packs import Pack, Step
from lib.compare.stage import Drift
from lib.messages import Completion, Delta, Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Store
from tests.compare.test_performance import recording
from tests.fake_client import FakeClient, FakeStream
from tests.store.helpers import calls

LANE = ModelChoice("work", "m")
PACK = Pack("Show", (Step("Which?", (LANE,)),))
BEFORE, NOW = recording(text="before"), replace(recording(text="now"), cost=0.25, currency="USD")
OTHER = Drift(1, LANE, BEFORE, NOW)


def judge(*said: str) -> Contender:
    """Return a judge that says these."""
    streams = [FakeStream([Delta(text=text)], Completion(text=text, finish_reason="stop")) for text in said]
    return Contender(FakeClient(*streams), ModelChoice("fake", "judge"))  # type: ignore[arg-type]


def opinion(best: str) -> str:
    return json.dumps({"best": best, "reason": "Because."})


def test_line() -> None:
    """A line has length, first word, cost and model, now and before; and what the judge says."""
    assert line(replace(OTHER, now=None)) == "step 1, m · work: no answer"
    assert line(replace(OTHER, now=BEFORE)).startswith(
        "step 1, m · work: the same; 6 characters, 0.01 s to first, by m"
    )
    assert line(replace(OTHER, opinion="equally good: x")) == (
        "step 1, m · work: different; 3 characters, 0.01 s to first, 0.250000 USD, by m"
        " (before: 6 characters, 0.01 s to first, by m); judge: equally good: x"
    )
    assert "default model" in line(replace(OTHER, lane=ModelChoice("work", ""), now=replace(NOW, model="")))


def test_judged(store: Store) -> None:
    """Only what is different is judged; each opinion is a call of the ledger, and a judge that fails is told."""
    found = [replace(OTHER, now=BEFORE), replace(OTHER, now=None), *[OTHER] * 3]
    said = judged(store.usage(LOCAL), PACK, found, judge(opinion("tie"), opinion("none"), "no JSON"))

    assert [each.opinion for each in said[:4]] == ["", "", f"{EQUAL}: Because.", f"{BOTH}: Because."]
    assert said[4].opinion.startswith("no opinion: The judge did not answer")
    assert [call.purpose for call in calls(store)] == [judging.PURPOSE] * 3


def test_order_is_shuffled(store: Store) -> None:
    """Whichever order the judge sees, the better one is found."""
    texts, ledger = ["before", "now"], store.usage(LOCAL)
    for shuffle, place in ((lambda order: None, 0), (list.reverse, 1)):
        found = judging.weigh(ledger, Message("user", "?"), texts, judge(opinion("A")), shuffle)
        assert found == (place, "Because.")
    best = {judged(ledger, PACK, [OTHER], judge(opinion("A")))[0].opinion for _ in range(30)}

    assert best == {f"{BETTER}: Because.", f"{WORSE}: Because."}
