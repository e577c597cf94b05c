"""Conversations that are parts of another one: found through it, gone and back with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lib.errors import StoreError
from lib.messages import Message
from lib.pricing.prices import BILLION, Cost
from lib.store import LOCAL, Scope, Store
from tests.store.helpers import CHOICE, DONE, calls

NAMES = ["a.png", "*b*.png", ""]


def collect(store: Store, scope: Scope = LOCAL) -> tuple[str, list[str]]:
    return store.chats(scope).collect("What is it?", NAMES, CHOICE, provider="openai", purpose="batch", each="image")


def ask(store: Store, part: str) -> None:
    """Ask in a part, and have the answer."""
    chats = store.chats(LOCAL)
    about = {"provider": "openai", "conversation_id": part, "purpose": "image"}
    chats.finish(chats.begin(Message("user", "What is it?"), CHOICE, **about), DONE)


def test_order_and_names(store: Store) -> None:
    """Parts come in their order, by the names as they were given."""
    id, made = collect(store)
    parts = store.chats(LOCAL).parts(id)

    assert [part.conversation.id for part in parts] == made
    assert [part.conversation.title for part in parts] == ["a.png", "*b*.png", "New chat"]
    assert {(part.prompt, part.answer) for part in parts} == {(None, None)}


def test_question(store: Store) -> None:
    """The whole holds the question, and is the one that is listed."""
    id, _ = collect(store)
    chats = store.chats(LOCAL)

    assert [message.text for message in chats.path(id)] == ["What is it?"]
    assert [(each.id, each.purpose, each.title) for each in chats.recent()] == [(id, "batch", "What is it?")]


def test_answers(store: Store) -> None:
    """A part that was asked in has its latest prompt and answer, with the figures of its call."""
    id, made = collect(store)
    ask(store, made[1])
    ask(store, made[1])
    part = store.chats(LOCAL).parts(id)[1]

    assert part.prompt
    assert part.answer
    assert (part.prompt.role, part.answer.text, part.answer.usage) == ("user", "Hi there", DONE.usage)
    assert part.answer.parent_id == part.prompt.id
    assert len(store.chats(LOCAL).path(made[1])) == 4


def test_calls(store: Store) -> None:
    """What the parts used is what the whole used."""
    id, made = collect(store)
    for part in made:
        ask(store, part)

    assert store.usage(LOCAL).conversation(id).calls == 3
    assert len(store.usage(LOCAL).calls_of(id).calls) == 3
    assert store.usage(LOCAL).conversation(made[0]).calls == 1
    assert {call.purpose for call in calls(store)} == {"image"}


def test_deleted(store: Store) -> None:
    """Parts are deleted with the whole, come back with it, and go for good with it."""
    id, made = collect(store)
    chats = store.chats(LOCAL)
    chats.delete(id)
    assert chats.parts(id) == []
    assert chats.get(made[0]) is None
    chats.restore(id)
    assert len(chats.parts(id)) == 3
    chats.delete(id)
    store.upkeep.purge(datetime.now(UTC) + timedelta(days=1))
    chats.restore(id)

    assert chats.parts(id) == []


def test_deleted_alone(store: Store) -> None:
    """A part can be deleted alone."""
    id, made = collect(store)
    store.chats(LOCAL).delete(made[1])

    assert [part.conversation.id for part in store.chats(LOCAL).parts(id)] == [made[0], made[2]]


def test_someone_elses(store: Store) -> None:
    """What is someone else's has no parts."""
    id, _ = collect(store, Scope("someone else"))
    store.chats(LOCAL).delete(id)

    assert store.chats(LOCAL).parts(id) == []
    assert len(store.chats(Scope("someone else")).parts(id)) == 3


def test_collections(store: Store) -> None:
    """A list has of each how many parts and answers there are and what they cost; and only what is one's own."""
    first, made = collect(store)
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "?"), CHOICE, provider="openai", conversation_id=made[1], purpose="image")
    chats.finish(turn, replace(DONE, cost=Cost(Decimal("0.5"), "EUR", "here", "")))
    second, others = collect(store)
    chats.begin(Message("user", "?"), CHOICE, provider="openai", conversation_id=others[0], purpose="image")
    gone, _ = collect(store)
    chats.delete(gone)
    found = chats.collections("batch", 5)

    assert [(each.conversation.id, each.parts, each.answered) for each in found] == [(second, 3, 0), (first, 3, 1)]
    assert [each.costs for each in found] == [(), (("EUR", BILLION // 2),)]
    assert len(chats.collections("batch", 1)) == 1
    assert chats.answering() == {second}
    assert store.chats(Scope("someone else")).collections("batch", 5) == []
    assert store.chats(Scope("someone else")).answering() == set()


def test_join(store: Store) -> None:
    """A part that is opened later stands behind the others, also behind those that were deleted."""
    id, made = collect(store)
    chats = store.chats(LOCAL)
    chats.delete(made[-1])
    late = chats.join(id, "late", CHOICE, provider="openai", purpose="image")
    chats.restore(made[-1])

    assert [part.conversation.id for part in chats.parts(id)] == [*made, late]


def test_join_nothing(store: Store) -> None:
    """Nobody opens a part of what is not there, or is another's."""
    id, _ = collect(store, Scope("another"))
    with pytest.raises(StoreError):
        store.chats(LOCAL).join(id, "late", CHOICE, provider="openai", purpose="image")


def test_first_part(store: Store) -> None:
    """A conversation without parts can get its first one."""
    id = store.chats(LOCAL).begin(Message("user", "hi"), CHOICE, provider="openai").conversation_id
    part = store.chats(LOCAL).join(id, "one", CHOICE, provider="openai", purpose="image")

    assert [each.conversation.id for each in store.chats(LOCAL).parts(id)] == [part]


def test_parts_of_several_choices(store: Store) -> None:
    """Parts can have choices of their own."""
    choices = [replace(CHOICE, model="one"), replace(CHOICE, model="two")]
    about = {"provider": "openai", "purpose": "compare", "each": "lane"}
    id, _ = store.chats(LOCAL).collect("Which?", ["a", "b"], CHOICE, choices=choices, **about)

    assert [part.conversation.model for part in store.chats(LOCAL).parts(id)] == ["one", "two"]
