"""Votes: blind before the names are shown, once for each voter and round, and never on what is another's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lib.errors import StoreError
from lib.store import LOCAL, PROJECT, Entry, Scope, Store, Votes
from lib.store.votes import GONE, SEEN
from tests.store.helpers import chat


def cast(votes: Votes, id: str, ballot: str = "x", round: str = "r", voter: str = "me") -> None:
    """Vote without names."""
    votes.hide(id, round, voter)
    votes.cast(id, round, voter, ballot)


def test_blind(store: Store) -> None:
    """A vote that is given without names is blind, and can be changed until they are shown."""
    votes, id = store.votes(LOCAL), chat(store, "one")
    cast(votes, id, "first")
    votes.hide(id, "r", "me")
    votes.cast(id, "r", "me", "second")
    votes.cast(id, "r", "you", "open")

    mine, yours = votes.of(id)
    assert (mine.ballot, mine.blind, mine.is_hidden, mine.owner) == ("second", True, True, LOCAL.owner)
    assert (yours.ballot, yours.blind, yours.is_hidden) == ("open", False, False)
    assert [vote.ballot for vote in votes.blind()] == ["second"]


def test_after_the_names(store: Store) -> None:
    """Once the names are shown a blind vote stands; one that is given then is kept, and is not blind."""
    votes, id = store.votes(LOCAL), chat(store, "one")
    cast(votes, id)
    votes.hide(id, "r", "late")
    for voter in ("me", "late"):
        votes.reveal(id, "r", voter)
    first = votes.of(id)[0].revealed_at
    votes.reveal(id, "r", "me")
    for change in (lambda: votes.cast(id, "r", "me", "other"), lambda: votes.take_back(id, "r", "me")):
        with pytest.raises(StoreError, match=SEEN):
            change()
    votes.cast(id, "r", "late", "y")
    votes.cast(id, "r", "late", "z")

    assert [(vote.ballot, vote.blind) for vote in votes.of(id)] == [("x", True), ("z", False)]
    assert votes.of(id)[0].revealed_at == first
    assert [vote.voter for vote in votes.blind()] == ["me"]


def test_take_back(store: Store) -> None:
    """A vote can be taken back before the names are shown."""
    votes, id = store.votes(LOCAL), chat(store, "one")
    cast(votes, id)
    votes.take_back(id, "r", "me")

    assert [vote.ballot for vote in votes.of(id)] == [None]
    assert votes.blind() == []


def test_tag_and_time(store: Store) -> None:
    """The votes are narrowed by a tag of their comparison, and by when they were given."""
    votes, now = store.votes(LOCAL), datetime.now(UTC)
    tagged, other = chat(store, "one"), chat(store, "two")
    store.chats(LOCAL).tag(tagged, ["board"])
    cast(votes, tagged, "a")
    cast(votes, other, "b")

    def found(*within: object) -> list[str | None]:
        return sorted(vote.ballot or "" for vote in votes.blind(*within))  # type: ignore[arg-type]

    assert found("board") == ["a"]
    assert found("never") == []
    assert found("", now - timedelta(days=1)) == found("", None, now + timedelta(days=1)) == ["a", "b"]
    assert found("", now + timedelta(days=1)) == found("", None, now - timedelta(days=1)) == []


def test_project(store: Store) -> None:
    """The votes are narrowed by a project."""
    votes, inside, outside = store.votes(LOCAL), chat(store, "one"), chat(store, "two")
    project = store.library(LOCAL).keep(Entry(PROJECT, "board"))
    store.chats(LOCAL).move(inside, project)
    cast(votes, inside, "a")
    cast(votes, outside, "b")

    assert [vote.ballot for vote in votes.blind(project=project)] == ["a"]
    assert votes.blind("never", project=project) == []


def test_gone(store: Store) -> None:
    """Votes on a comparison that is deleted do not count, and none is given there; those of an erased one are gone."""
    votes, chats, id = store.votes(LOCAL), store.chats(LOCAL), chat(store, "one")
    cast(votes, id)
    chats.delete(id)
    assert votes.blind() == []
    with pytest.raises(StoreError, match=GONE):
        votes.cast(id, "r", "you", "x")
    chats.restore(id)
    assert len(votes.blind()) == 1
    chats.delete(id)
    chats.erase(id)

    assert votes.of(id) == []


def test_only_the_owner(store: Store) -> None:
    """Nobody votes on, reads, or changes what is another's; it reads as what never was."""
    id, others = chat(store, "one"), store.votes(Scope("somebody"))
    cast(store.votes(LOCAL), id)
    for change in (lambda: others.hide(id, "r", "me"), lambda: others.cast(id, "r", "me", "z")):
        with pytest.raises(StoreError, match=GONE):
            change()
    with pytest.raises(StoreError):
        others.take_back(id, "r", "me")
    others.reveal(id, "r", "me")

    assert others.of(id) == others.blind() == []
    assert store.votes(LOCAL).of(id)[0].is_hidden
