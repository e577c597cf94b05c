"""Rooms: who has the link of a round votes on it, once a device, until it is closed, and on nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lib.errors import StoreError
from lib.store import LOCAL, Room, Scope, Store
from lib.store.rooms import MAX_OPEN, MAX_VOTERS
from lib.store.votes import GONE
from tests.store import releases
from tests.store.helpers import chat, execute


@pytest.fixture
def id(store: Store) -> str:
    """A comparison."""
    return chat(store, "one")


def test_vote(store: Store, id: str) -> None:
    """A visitor's vote is blind and counts; it is taken back and given anew, and one device has one."""
    token, door = store.votes(LOCAL).open_room(id, "r"), store.visitors
    room = door.room(token)
    assert room == Room(id, "r", LOCAL.owner)
    assert len(token) >= 22
    assert door.voted(room, "phone") is None
    assert all(door.vote(token, "phone", ballot) for ballot in ("first", "second"))
    assert door.vote(token, "other", "third")
    assert door.voted(room, "phone") == "first"
    assert door.vote(token, "phone", None)
    assert door.vote(token, "phone", "fourth")

    assert sorted(vote.ballot or "" for vote in store.votes(LOCAL).blind()) == ["fourth", "third"]


def test_at_once(store: Store, id: str) -> None:
    """Ten votes of one device at the same moment are one."""
    token = store.votes(LOCAL).open_room(id, "r")
    threads = [threading.Thread(target=store.visitors.vote, args=(token, "phone", "x")) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [vote.ballot for vote in store.votes(LOCAL).blind()] == ["x"]


CLOSING: list[Callable[[Store, str], object]] = [
    lambda store, of: store.votes(LOCAL).close_room(of, "r"),
    lambda store, of: store.votes(LOCAL).close_room(of),
    lambda store, of: store.votes(LOCAL).reveal(of, "r", "me"),
    lambda store, of: store.chats(LOCAL).delete(of),
]


@pytest.mark.parametrize("close", CLOSING)
def test_closed(store: Store, id: str, close: Callable[[Store, str], object]) -> None:
    """Once its round is closed, the names are shown, or the comparison is gone, a link opens nothing, as a guess."""
    votes, token = store.votes(LOCAL), store.votes(LOCAL).open_room(id, "r")
    other = votes.open_room(id, "other")
    assert votes.has_room(id, "r")
    close(store, id)

    for tried in (token, "", "guessed", token + "x" * 100, "\0", "\ud800"):
        assert store.visitors.room(tried) is None
        assert not store.visitors.vote(tried, "phone", "x")
    assert votes.of(id) == []
    assert store.visitors.room(other) is None or votes.has_room(id, "other")


def test_forgotten(store: Store, id: str, url: str) -> None:
    """A link that nobody closed opens nothing after a day."""
    votes, token = store.votes(LOCAL), store.votes(LOCAL).open_room(id, "r")
    old = (datetime.now(UTC) - MAX_OPEN).isoformat(sep=" ")
    execute(url, f"UPDATE rooms SET created_at = '{old}'")

    assert store.visitors.room(token) is None
    assert not votes.has_room(id, "r")


def test_only_its_hash(store: Store, id: str, url: str) -> None:
    """The token of a link is not in the database."""
    token = store.votes(LOCAL).open_room(id, "r")
    (row,) = execute(url, "SELECT * FROM rooms")

    assert token not in "".join(map(str, row))


def test_full(store: Store, id: str, url: str) -> None:
    """So many devices vote on a round, and no more; those that have can still take their vote back."""
    token = store.votes(LOCAL).open_room(id, "r")
    assert store.visitors.vote(token, "phone", "x")
    number = "CAST(n AS TEXT)"
    count = f"WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < {MAX_VOTERS}) "
    columns = "conversation_id, round, voter, owner, blind, created_at"
    rest = f"SELECT conversation_id, round, {number}, owner, blind, created_at FROM votes, c"
    execute(url, f"INSERT INTO votes ({columns}) {count}{rest}")

    assert not store.visitors.vote(token, "one more", "x")
    assert store.visitors.vote(token, "phone", None)


def test_only_the_owner(store: Store, id: str) -> None:
    """Nobody opens or closes a room of another's comparison."""
    token, others = store.votes(LOCAL).open_room(id, "r"), store.votes(Scope("somebody"))
    with pytest.raises(StoreError, match=GONE):
        others.open_room(id, "r")
    others.close_room(id)

    assert not others.has_room(id, "r")
    assert store.visitors.room(token)


def test_release_before(blank: str, opened: Callable[..., Store]) -> None:
    """A database that a release without rooms wrote gets them."""
    releases.restore(blank, "0007")
    store = opened(blank)
    id = chat(store, "one")

    assert store.visitors.room(store.votes(LOCAL).open_room(id, "r")) == Room(id, "r", LOCAL.owner)
