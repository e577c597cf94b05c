"""A database that the release before wrote keeps everything when this one opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lib.store import LOCAL, Store
from tests.store import releases
from tests.store.chats.test_files import PLAN, ask
from tests.store.helpers import CHOICE, calls, execute

KEPT = {
    "conversations": "id, title, owner, endpoint, model, params, session_id, created_at, updated_at, deleted_at",
    "messages": "id, conversation_id, role, text, reasoning, state, created_at, updated_at, endpoint, model, params,"
    " images, error_kind, error, hint, finish_reason, usage_id, instance",
    "images": "id, media_type, content, created_at",
    "message_images": "message_id, position, image_id, url, detail",
    "usage": "*",
    "usage_sums": "*",
    "usage_zones": "*",
}
NEWER = {  # what the release after that has besides
    **KEPT,
    "conversations": f"{KEPT['conversations']}, purpose, leaf_id",
    "messages": f"{KEPT['messages']}, parent_id",
    "processes": "id, host, pid, started_at, seen_at",
}
NEWEST = {  # and the one before this
    **NEWER,
    "conversations": f"{NEWER['conversations']}, part_of, position",
    "messages": f"{NEWER['messages']}, extras",
    "message_images": f"{KEPT['message_images']}, note",
}
TREE = "SELECT id, conversation_id, turn, role, superseded_at FROM messages ORDER BY conversation_id, turn, id"


@dataclass(frozen=True)
class Release:
    """What a database had before: its rows by table, and how its messages belonged together."""

    rows: dict[str, list[tuple[Any, ...]]]
    tree: list[Any]


def rows(url: str, kept: dict[str, str] = KEPT) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of what is kept, by table."""
    return {
        table: sorted((tuple(row) for row in execute(url, f"SELECT {columns} FROM {table}")), key=repr)
        for table, columns in kept.items()
    }


@pytest.fixture
def before(blank: str) -> Release:
    """What is in it."""
    releases.restore(blank, "0003")
    return Release(rows(blank), list(execute(blank, TREE)))


@pytest.fixture
def store(blank: str, before: Release, opened: Callable[..., Store]) -> Store:
    """It, opened by this release."""
    return opened(blank)


def shown(tree: list[Any]) -> dict[str, list[int]]:
    """Return the ids of the messages that the release before showed, by conversation."""
    found: dict[str, list[int]] = {}
    for row in tree:
        if row.superseded_at is None:
            found.setdefault(row.conversation_id, []).append(row.id)
    return found


def test_size(before: Release) -> None:
    """The database has something of everything."""
    assert {table: len(found) for table, found in before.rows.items()} == {
        "conversations": 47,
        "messages": 409,
        "images": 2,
        "message_images": 12,
        "usage": 10_000,
        "usage_sums": 13_663,
        "usage_zones": 62,
    }


def test_nothing_is_lost(before: Release, store: Store, blank: str) -> None:
    """Every row is there as it was, text by text and figure by figure."""
    after = rows(blank)

    for table, found in before.rows.items():
        assert after[table] == found, table


def test_branches(before: Release, store: Store) -> None:
    """What was shown of each conversation is shown, in its order."""
    chats = store.chats(LOCAL)
    mine = {chat.id: [message.id for message in chats.path(chat.id)] for chat in chats.recent(1000)}

    assert len(mine) == 45
    assert mine == {id: ids for id, ids in shown(before.tree).items() if id in mine}


def test_siblings(before: Release, store: Store, blank: str) -> None:
    """Answers of one prompt, those that a retry replaced too, are siblings: they answer that prompt."""
    prompts = {(row.conversation_id, row.turn): row.id for row in before.tree if row.role == "user"}
    expected = {row.id: prompts[row.conversation_id, row.turn] for row in before.tree if row.role == "assistant"}
    found = {row.id: row.parent_id for row in execute(blank, "SELECT * FROM messages WHERE role = 'assistant'")}

    assert found == expected
    assert len(expected) > len(prompts)


def test_purposes(before: Release, store: Store) -> None:
    """A conversation that was begun with images is one."""
    assert sorted(chat.purpose for chat in store.chats(LOCAL).recent(1000)).count("image") == 1


def test_images(before: Release, store: Store, blank: str) -> None:
    """Images are there to be shown and sent again."""
    chats = store.chats(LOCAL)
    ids = [row.id for row in execute(blank, "SELECT id FROM images")]

    assert all(chats.image(id) for id in ids)


def test_leftovers(before: Release, store: Store, blank: str) -> None:
    """What the release before never finished is marked, and can be tried again."""
    assert store.upkeep.recover() == 1
    (left,) = execute(blank, "SELECT * FROM messages WHERE state = 'interrupted' AND text = 'Half an ans'")

    assert store.chats(LOCAL).retry(left.id, CHOICE, provider="openai")


def test_sums(before: Release, store: Store) -> None:
    """The sums are what the ledger adds up to."""
    assert len(calls(store, 20_000)) == 10_000
    assert store.upkeep.differences() == 0


def test_two_left_in_one(blank: str, opened: Callable[..., Store]) -> None:
    """Where two processes were answering in one conversation, the later answer counts as running."""
    releases.restore(blank, "0003")
    execute(blank, "UPDATE messages SET state = 'streaming', instance = 'a/1/b' WHERE role = 'assistant'")
    opened(blank)
    running = execute(blank, "SELECT conversation_id FROM messages WHERE state = 'streaming'")

    assert len(running) == len({row.conversation_id for row in running}) == 47


def test_release_with_a_tree(blank: str, opened: Callable[..., Store]) -> None:
    """So does a database of the release in between, which had the tree: every row, every branch, every sum."""
    releases.restore(blank, "0004")
    before = rows(blank, NEWER)
    store = opened(blank)
    chats = store.chats(LOCAL)

    assert {table: len(found) for table, found in before.items() if found} == {
        "conversations": 27,
        "messages": 246,
        "images": 2,
        "message_images": 12,
        "usage": 996,
        "usage_sums": 1_595,
        "usage_zones": 62,
        "processes": 1,
    }
    assert rows(blank, NEWER) == before
    assert len(chats.recent(1000)) == 25
    assert all(chats.path(chat.id)[-1].role == "assistant" for chat in chats.recent(1000))
    assert store.upkeep.differences() == 0


def test_release_before(blank: str, opened: Callable[..., Store]) -> None:
    """So does one of the release before, with its parts and what came beside answers; its branches can be copied."""
    releases.restore(blank, "0006")
    before = rows(blank, NEWEST)
    store = opened(blank)
    chats = store.chats(LOCAL)
    last = [chats.path(chat.id)[-1] for chat in chats.recent(1000) if chat.purpose != "batch"]

    assert {table: len(found) for table, found in before.items()} == {
        "conversations": 31,
        "messages": 251,
        "images": 2,
        "message_images": 14,
        "usage": 998,
        "usage_sums": 1_595,
        "usage_zones": 62,
        "processes": 1,
    }
    assert rows(blank, NEWEST) == before
    assert all(chats.fork(answer.id) for answer in last if answer.state != "streaming")
    assert store.upkeep.differences() == 0


SEARCHED = {  # of the release that has search, ratings and tags
    **NEWEST,
    "conversations": f"{NEWEST['conversations']}, pinned_at, archived_at, expires_at",
    "conversation_tags": "*",
    "messages": f"{NEWEST['messages']}, continues_id, deleted_at, deleted_with, search_parts, rating, rating_note",
}


def test_release_with_search(blank: str, opened: Callable[..., Store]) -> None:
    """So does one with search, ratings and tags; its prompts have no files, and new ones keep theirs."""
    releases.restore(blank, "0007")
    before = rows(blank, SEARCHED)
    store = opened(blank)
    chats = store.chats(LOCAL)

    assert rows(blank, SEARCHED) == before
    assert all(before.values())
    assert all(message.files == () for chat in chats.recent(1000) for message in chats.path(chat.id))
    assert chats.search("otherwise")
    turn = ask(store, PLAN)
    assert chats.path(turn.conversation_id)[0].files
