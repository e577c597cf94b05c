"""Column types: text, times and counts go in and come out alike on both databases."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from lib.errors import StoreError
from lib.messages import Usage
from lib.store import LOCAL, FailedAttempt, Store
from lib.store.engine import connect
from lib.store.schema import conversations
from tests.store.helpers import DONE, begin, calls, chat, texts


def test_hostile_texts(store: Store) -> None:
    """NUL and lone surrogates in a prompt or an answer are repaired, not refused."""
    turn = begin(store, "pro\0mpt \ud800")
    store.chats(LOCAL).save(turn, "par\0tial \ud83d", "rea\0son")
    store.chats(LOCAL).finish(turn, replace(DONE, text="an\0swer \udfff"))

    assert texts(store, turn.conversation_id) == ["pro\ufffdmpt \ufffd", "an\ufffdswer \ufffd"]


def test_hostile_id(store: Store) -> None:
    """An id that no database can hold is simply not found."""
    assert store.chats(LOCAL).get("\ud800\0") is None


def test_moments_are_utc(store: Store) -> None:
    """A moment given in another zone comes back as the same moment in UTC."""
    auckland = datetime(2026, 3, 1, 23, 30, 0, 123456, timezone(timedelta(hours=13)))
    store.chats(LOCAL).finish(begin(store), replace(DONE, attempts=(FailedAttempt(auckland),)))
    found = calls(store)[0].created_at

    assert auckland == found
    assert found.tzinfo is UTC


def test_moments_are_now(store: Store) -> None:
    """Rows carry the time at which they were written."""
    before = datetime.now(UTC)
    turn = begin(store)

    assert before <= store.chats(LOCAL).path(turn.conversation_id)[1].created_at <= datetime.now(UTC)


def test_naive_moment(store: Store) -> None:
    """A datetime without a zone is refused."""
    with pytest.raises(StoreError):
        store.upkeep.purge(datetime(2026, 1, 1))  # noqa: DTZ001  # that is the point


def test_no_moment(store: Store, url: str) -> None:
    """A moment that has not come is None."""
    chat(store, "hello")
    with closing(connect(url)) as database, database.read("health") as db:
        assert db.scalar(select(conversations.c.deleted_at)) is None


def test_absurd_counts(store: Store) -> None:
    """Counts that cannot be true become unknown, and the answer is kept."""
    turn = begin(store)
    store.chats(LOCAL).finish(
        turn, replace(DONE, usage=Usage(prompt_tokens=10**30, completion_tokens=-1, total_tokens=10**9))
    )

    assert Usage(total_tokens=10**9) == store.chats(LOCAL).path(turn.conversation_id)[1].usage


def test_paging_time(store: Store) -> None:
    """A time that came out can be used to ask for what is older."""
    ids = [chat(store, "first"), chat(store, "second")]
    latest, *_ = store.chats(LOCAL).recent()

    assert [ids[0]] == [found.id for found in store.chats(LOCAL).recent(before=latest.updated_at)]
