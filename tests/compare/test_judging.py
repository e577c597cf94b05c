"""The judge: what it is asked, what is made of its opinion, and that each of its calls is in the ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from lib.compare import judging, lanes, votes
from lib.compare.judging import BAD, FORM, PURPOSE, TIE, UNREADABLE
from lib.compare.lanes import Contender
from lib.compare.rounds import Entry, Round, rounds
from lib.errors import AnswerError, BudgetError, ChatError, ConfigError
from lib.messages import Message
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Store, StoredImage
from tests.compare.test_lanes import answers, contender, spent
from tests.fake_client import ENDPOINT, FakeClient, FakeStream, answer
from tests.store.helpers import calls
from tests.waiting import until

PROMPT = Message("user", "Which one?")


def judge(*said: FakeStream | str) -> Contender:
    """Return a judge that says these, one after the other."""
    streams = [answer(each) if isinstance(each, str) else each for each in said]
    return Contender(FakeClient(*streams), ModelChoice(ENDPOINT.name, "judge", Parameters(system="Be nice.")))  # type: ignore[arg-type]


def says(best: str, reason: str = "Because.") -> str:
    return json.dumps({"best": best, "reason": reason}, separators=(",", ":"))


def asked(store: Store) -> tuple[str, Round]:
    """Return a comparison of two lanes with one round that has ended."""
    chats = store.chats(LOCAL)
    id, made = lanes.begin(chats, [contender("first"), contender("second", model="n")], PROMPT)
    lanes.ask(chats, made, PROMPT, 9)
    assert all(answers(chats, lane) for lane in made)
    return id, rounds(chats, id)[0]


def opinion(store: Store, round: Round, who: Contender) -> str:
    """Return an opinion of answers in their own order."""
    return judging.opinion(store.usage(LOCAL), round, who, shuffle=lambda entries: None)


def body(who: Contender, number: int = 0) -> tuple[list[Message], dict[str, Any]]:
    messages, _, params = who.client.asked[number]  # type: ignore[attr-defined]
    return messages, params


def test_opinion(store: Store) -> None:
    """The judge reads the prompt and the answers, not who gave them, and answers in a fixed form; its reason stays."""
    _, round = asked(store)
    who = judge(says("B"))
    kept = opinion(store, round, who)
    messages, params = body(who)

    assert votes.places(kept)[0] == [round.entries[1].lane]
    assert (votes.in_words(kept), votes.reason(kept)) == ("n · fake > m · fake", "Because.")
    assert [message.role for message in messages] == ["system", "user"]
    assert messages[1].text == "# Prompt\n\nWhich one?\n\n# Answer A\n\nfirst\n\n# Answer B\n\nsecond"
    assert params["response_format"] == FORM
    assert calls(store)[0].purpose == PURPOSE


def test_order(store: Store) -> None:
    """The answers are shuffled, and the letter is that of the order in which they were read."""
    _, round = asked(store)
    kept = judging.opinion(store.usage(LOCAL), round, judge(says("A")), shuffle=list.reverse)

    assert votes.places(kept)[0] == [round.entries[1].lane]


@pytest.mark.parametrize(("best", "words"), [(TIE, "m · fake = n · fake"), (BAD, "all bad")])
def test_nobody_is_best(store: Store, best: str, words: str) -> None:
    """Several may be equally good, and all may be bad."""
    _, round = asked(store)

    assert votes.in_words(opinion(store, round, judge(says(best)))) == words


@pytest.mark.parametrize("said", ["Theyareallnice.", says("C"), says("Z"), '{"best":"A"}', "[1]"])
def test_unreadable(store: Store, said: str) -> None:
    """An answer that is not in the form is no opinion."""
    _, round = asked(store)
    with pytest.raises(AnswerError, match=UNREADABLE):
        opinion(store, round, judge(said))


def refusal(kind: str) -> FakeStream:
    stream = answer("never")
    stream._script = [AnswerError("No.", kind=kind)]
    return stream


def test_without_forms(store: Store) -> None:
    """An endpoint that knows no forms is asked once more without; each call is in the ledger."""
    _, round = asked(store)
    who = judge(refusal("bad_request"), says("A"))
    opinion(store, round, who)

    assert "response_format" not in body(who, 1)[1]
    assert [call.purpose for call in calls(store)[:2]] == [PURPOSE] * 2


def test_failure(store: Store) -> None:
    """A judge that does not answer is not asked again."""
    _, round = asked(store)
    who = judge(refusal("auth"), says("A"))
    with pytest.raises(AnswerError):
        opinion(store, round, who)

    assert len(who.client.asked) == 1  # type: ignore[attr-defined]


def test_images_and_files(store: Store) -> None:
    """The judge is told of images that it does not see."""
    _, round = asked(store)
    prompt = replace(round.prompt, images=(StoredImage("x", None, "auto"),) * 2)
    who = judge(says("A"))
    opinion(store, replace(round, prompt=prompt), who)

    assert "2 images, which you do not see" in body(who)[0][1].text


def test_in_the_background(store: Store) -> None:
    """An opinion is kept beside the votes under the model's name, is not blind, and counts in no ranking."""
    id, round = asked(store)
    kept = store.votes(LOCAL)
    judging.begin(store.usage(LOCAL), kept, id, round, judge(says("A")))
    until(lambda: not judging.is_asked(id, round))

    assert [(vote.voter, vote.blind) for vote in kept.of(id)] == [("model: judge · fake", False)]
    assert kept.blind() == []
    assert judging.failure(id, round) is None


@pytest.mark.parametrize("said", ["nothing", refusal("auth")])
def test_failure_in_the_background(store: Store, said: str | FakeStream) -> None:
    """Why an opinion did not come is known until another one is asked for."""
    id, round = asked(store)
    judging.begin(store.usage(LOCAL), store.votes(LOCAL), id, round, judge(said))
    until(lambda: not judging.is_asked(id, round))

    assert judging.failure(id, round)
    assert store.votes(LOCAL).of(id) == []


def test_fault(store: Store) -> None:
    """A fault of Parley's own is told, and nothing waits for ever."""
    id, round = asked(store)
    judging.begin(store.usage(LOCAL), store.votes(LOCAL), id, round, judge())
    until(lambda: not judging.is_asked(id, round))
    broken = SimpleNamespace(cast=None)
    judging.begin(store.usage(LOCAL), broken, id, round, judge(says("A")))  # type: ignore[arg-type]
    until(lambda: not judging.is_asked(id, round))

    assert isinstance(judging.failure(id, round), ChatError)


def test_nothing_to_judge(store: Store) -> None:
    """Nobody judges a round without two answers, or when nobody may be asked."""
    id, round = asked(store)
    first = round.entries[0]
    alone = replace(round, entries=(first, Entry("x", "x", None), Entry("y", "y", replace(first.answer, text=""))))  # type: ignore[type-var]
    with pytest.raises(ConfigError):
        judging.begin(store.usage(LOCAL), store.votes(LOCAL), id, alone, judge(says("A")))
    poor = replace(judge(says("A")), allow=spent)
    with pytest.raises(BudgetError):
        judging.begin(store.usage(LOCAL), store.votes(LOCAL), id, round, poor)
