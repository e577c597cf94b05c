"""Rounds: prompts with the answers of all lanes, however these were asked."""

from __future__ import annotations

from lib.compare import lanes
from lib.compare.rounds import Entry, Round, name, rounds
from lib.messages import Message
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Store
from tests.compare.test_lanes import PROMPT, answers, contender
from tests.fake_client import ENDPOINT


def said(round: Round) -> list[str | None]:
    return [entry.answer.text if entry.answer else None for entry in round.entries]


def test_rounds(store: Store) -> None:
    """Each prompt is a round, the same one twice is two, and one that a single lane was asked has one answer."""
    chats = store.chats(LOCAL)
    id, made = lanes.begin(chats, [contender("a", "b", "c", "d"), contender("e", "f", "g", model="n")], PROMPT)
    for prompt, asked in ((PROMPT, made), (PROMPT, made), (Message("user", "You"), made[:1])):
        lanes.ask(chats, asked, prompt, 9)
        assert all(answers(chats, lane) for lane in made)
    before = rounds(chats, id)
    lanes.ask(chats, made, Message("user", "Last"), 9)
    assert all(answers(chats, lane) for lane in made)
    found = rounds(chats, id)

    assert [said(each) for each in found] == [["a", "e"], ["b", "f"], ["c"], ["d", "g"]]
    assert [each.key for each in found[:3]] == [each.key for each in before]
    assert len({each.key for each in found}) == 4
    assert [entry.name for entry in found[0].entries] == ["m · fake", "n · fake"]
    assert all(each.is_over for each in found)


def test_unanswered(store: Store) -> None:
    """A prompt that stands alone in its lane has no answer, and the round is not over."""
    chats = store.chats(LOCAL)
    id, made = lanes.begin(chats, [contender("a"), contender("b")], PROMPT)
    lanes.ask(chats, made, PROMPT, 9)
    assert all(answers(chats, lane) for lane in made)
    chats.remove(chats.path(made[1].id)[1].id)
    (found,) = rounds(chats, id)

    assert said(found) == ["a", None]
    assert not found.is_over
    assert found.entries[1].name == "m · fake"


def test_order() -> None:
    """The order of a round is a voter's own, the same each time, and any answer may stand first."""
    entries = tuple(Entry(f"lane {number}", "", None) for number in range(3))
    made = [Round(str(key), None, entries) for key in range(40)]  # type: ignore[arg-type]
    firsts = {each.shuffled("me")[0].lane for each in made}

    assert firsts == {entry.lane for entry in entries}
    assert made[0].shuffled("me") == made[0].shuffled("me")
    assert any(each.shuffled("me") != each.shuffled("you") for each in made)
    assert {*made[0].shuffled("me")} == {*entries}


def test_names() -> None:
    """One who answers is called by model, endpoint and parameters; system prompts are told apart."""
    choice = ModelChoice(ENDPOINT.name, "", Parameters(temperature=0.5, max_tokens=9))
    other = [name("e", "m", Parameters(system=text)) for text in ("Be brief.", "Be long.")]

    assert name(choice.endpoint, choice.model, choice.parameters) == (
        "default model · fake · max tokens 9 · temperature 0.5"
    )
    assert other[0] != other[1]
    made = Parameters(effort="low", schema={"type": "array"})
    assert name("e", "m", made).startswith("m · e · reasoning effort low · JSON schema ")
    assert all(each.startswith("m · e · system prompt ") for each in other)
