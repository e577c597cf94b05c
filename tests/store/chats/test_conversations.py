"""Conversations: listed, opened, renamed, deleted, and their messages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from lib.messages import Message
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Scope, Store
from lib.store.chats import conversations as module
from tests.store.helpers import CHOICE, DONE, begin, calls, chat, execute, texts


def listed(store: Store, owner: str = LOCAL.owner, **arguments: object) -> list[str]:
    """Return the titles of conversations."""
    return [found.title for found in store.chats(Scope(owner)).recent(**arguments)]


def test_ids() -> None:
    """Ids cannot be guessed, fit into a URL, and are never taken for an option."""
    ids = {module._new_id() for _ in range(500)}

    assert len(ids) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{15}", made) for made in ids)


def test_none(store: Store) -> None:
    """A new store has no conversations."""
    assert store.chats(LOCAL).recent() == []


def test_latest_first(store: Store) -> None:
    """The conversation with the latest activity comes first."""
    first = chat(store, "first")
    chat(store, "second")
    begin(store, "more", first)

    assert listed(store) == ["first", "second"]


def test_limit(store: Store) -> None:
    """No more than the asked for number is listed."""
    for title in ("a", "b", "c"):
        chat(store, title)

    assert listed(store, limit=2) == ["c", "b"]


def test_owner(store: Store) -> None:
    """Each owner sees their own."""
    chat(store, "hers", owner="anna")
    chat(store, "mine")

    assert listed(store) == ["mine"]
    assert listed(store, owner="anna") == ["hers"]


def test_missing(store: Store) -> None:
    """A conversation that does not exist is None."""
    assert store.chats(LOCAL).get("missing") is None


def test_rename(store: Store) -> None:
    """A conversation takes the title that a person gives it."""
    made = chat(store, "hello")
    store.chats(LOCAL).rename(made, " My\nchat ")

    assert store.chats(LOCAL).get(made).title == "My chat"


def test_rename_keeps_place(store: Store) -> None:
    """Another title is no activity."""
    first = chat(store, "first")
    chat(store, "second")
    store.chats(LOCAL).rename(first, "renamed")

    assert listed(store) == ["second", "renamed"]


def test_delete_hides(store: Store) -> None:
    """A deleted conversation is not listed and cannot be opened."""
    made = chat(store, "hello")
    store.chats(LOCAL).delete(made)

    assert store.chats(LOCAL).recent() == []
    assert store.chats(LOCAL).get(made) is None


def test_delete_leaves_ledger(store: Store) -> None:
    """Deleting a conversation, for good too, leaves the ledger as it was."""
    made = chat(store, "hello", "again")
    before = calls(store)
    store.chats(LOCAL).delete(made)
    store.upkeep.purge(datetime.now(UTC))

    assert before == calls(store)


def test_restore(store: Store) -> None:
    """A deleted conversation comes back as it was, in its place."""
    first = chat(store, "first")
    chat(store, "second")
    before = store.chats(LOCAL).recent()
    store.chats(LOCAL).delete(first)
    store.chats(LOCAL).restore(first)

    assert before == store.chats(LOCAL).recent()
    assert ["first", DONE.text] == texts(store, first)


def test_purge(store: Store) -> None:
    """A conversation deleted long ago goes for good, with its messages."""
    made = chat(store, "hello")
    store.chats(LOCAL).delete(made)

    assert store.upkeep.purge(datetime.now(UTC)) == 1
    assert store.chats(LOCAL).path(made) == []


def test_purge_spares_recent(store: Store) -> None:
    """A conversation deleted a moment ago can still be restored after a purge."""
    made = chat(store, "hello")
    store.chats(LOCAL).delete(made)

    assert store.upkeep.purge(datetime.now(UTC) - timedelta(hours=1)) == 0
    store.chats(LOCAL).restore(made)
    assert store.chats(LOCAL).get(made)


def test_purge_spares_living(store: Store) -> None:
    """A conversation that is not deleted is never purged."""
    chat(store, "hello")

    assert store.upkeep.purge(datetime.now(UTC) + timedelta(days=1)) == 0


def test_numbers_not_used_again(store: Store) -> None:
    """A message never gets the number of a purged one, which the ledger still names."""
    turn = begin(store)
    store.chats(LOCAL).delete(turn.conversation_id)
    store.upkeep.purge(datetime.now(UTC))

    assert begin(store).user_id > turn.message_id


def test_roles(store: Store) -> None:
    """Prompts and answers take turns."""
    assert [found.role for found in store.chats(LOCAL).path(chat(store, "a", "b"))] == ["user", "assistant"] * 2


def test_last_messages(store: Store) -> None:
    """A limit gives the last messages, oldest first."""
    assert [DONE.text, "c", DONE.text] == [
        found.text for found in store.chats(LOCAL).path(chat(store, "a", "b", "c"), limit=3)
    ]


def test_prompt_has_no_figures(store: Store) -> None:
    """A prompt has no call, and so no figures."""
    prompt = store.chats(LOCAL).path(chat(store, "hello"))[0]

    assert (prompt.usage, prompt.source, prompt.state) == (None, None, "completed")


def test_without_ledger(store: Store, url: str) -> None:
    """Messages outlive the figures of their calls."""
    made = chat(store, "hello")
    execute(url, "DELETE FROM usage")
    answer = store.chats(LOCAL).path(made)[1]

    assert (DONE.text, "stop", None, None) == (answer.text, answer.finish_reason, answer.usage, answer.source)


def test_message_missing(store: Store) -> None:
    """A message that does not exist is None."""
    assert store.chats(LOCAL).message(999) is None


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "SELECT 1 FROM conversations WHERE owner=1 AND deleted_at IS NULL AND part_of IS NULL ORDER BY updated_at",
            "ix_conversations_recent",
        ),
        ("SELECT * FROM conversations WHERE part_of = 'x' ORDER BY position", "ix_conversations_parts"),
        ("SELECT * FROM messages WHERE conversation_id = 'x' ORDER BY id DESC LIMIT 9", "ix_messages_conversation"),
        ("SELECT * FROM messages WHERE parent_id = 1", "ix_messages_parent"),
        ("SELECT instance FROM messages WHERE instance IS NOT NULL AND state = 'streaming'", "ix_messages_open"),
        ("SELECT * FROM usage WHERE created_at > '2026'", "ix_usage_created"),
        ("SELECT * FROM usage WHERE message_id = 1", "ix_usage_message"),
        ("SELECT instance FROM usage WHERE instance IS NOT NULL AND status = 'started'", "ix_usage_status"),
    ],
)
def test_indexes(file: object, statement: str, index: str) -> None:
    """The frequent questions are answered from an index, without sorting."""
    plan = " ".join(str(row) for row in execute(f"sqlite:///{file}", f"EXPLAIN QUERY PLAN {statement}"))

    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_choice_is_kept_with_the_prompt(store: Store) -> None:
    """What was chosen for a turn is the conversation's choice."""
    choice = ModelChoice("home", "gpt-y", Parameters(temperature=0.0), "s-1")
    turn = begin(store, choice=choice)

    conversation = store.chats(LOCAL).get(turn.conversation_id)

    assert conversation
    assert conversation.choice == choice


def test_choice_can_be_made_before_it_is_used(store: Store) -> None:
    """A choice is kept without a prompt."""
    conversation_id = chat(store, "hello")
    choice = ModelChoice("home", "gpt-y", Parameters(seed=1))

    store.chats(LOCAL).choose(conversation_id, choice)

    conversation = store.chats(LOCAL).get(conversation_id)
    assert conversation
    assert conversation.choice == choice


def test_answer_has_the_parameters_it_was_asked_for_with(store: Store) -> None:
    """A later choice does not change what is known of an answer."""
    turn = begin(store, choice=ModelChoice("home", "gpt-y", Parameters(seed=1)))
    store.chats(LOCAL).choose(turn.conversation_id, CHOICE)

    message = store.chats(LOCAL).message(turn.message_id)

    assert message
    assert Parameters.load(message.params) == Parameters(seed=1)


def test_purpose(store: Store) -> None:
    """A conversation is of the purpose that it was begun with, whatever follows."""
    turn = store.chats(LOCAL).begin(Message("user", "look"), CHOICE, provider="p", purpose="image")
    store.chats(LOCAL).finish(turn, DONE)
    store.chats(LOCAL).finish(
        store.chats(LOCAL).begin(Message("user", "more"), CHOICE, provider="p", conversation_id=turn.conversation_id),
        DONE,
    )

    assert [each.purpose for each in store.chats(LOCAL).recent()] == ["image"]
    assert store.chats(LOCAL).get(turn.conversation_id).purpose == "image"


def test_pinned(store: Store) -> None:
    """What is pinned can be asked for on its own, the latest pin first, until it is unpinned."""
    chats = store.chats(LOCAL)
    first, second, third = chat(store, "a"), chat(store, "b"), chat(store, "c")
    for id in (second, first, third):
        chats.pin(id)
    chats.pin(third, on=False)

    assert [each.id for each in chats.pinned()] == [first, second]
    assert chats.get(first).pinned_at
    assert len(chats.recent()) == 3


def test_archived(store: Store) -> None:
    """What is archived is not listed, pinned or not, and found nevertheless, until it is taken back."""
    chats, id = store.chats(LOCAL), chat(store, "needle")
    chats.pin(id)
    chats.archive(id)
    assert (chats.recent(), chats.pinned()) == ([], [])
    assert chats.search("needle")

    chats.archive(id, on=False)
    assert [each.id for each in chats.recent()] == [id]


def test_rating(store: Store) -> None:
    """What a person thinks of an answer is kept with it, and taken back; the answer is not changed by it."""
    chats, id = store.chats(LOCAL), chat(store, "hello")
    answer = chats.path(id)[-1]
    chats.rate(answer.id, -1, " too short ")
    found = chats.message(answer.id)

    assert (found.rating, found.rating_note, found.updated_at) == (-1, "too short", answer.updated_at)
    chats.rate(answer.id, None)
    assert chats.message(answer.id) == answer
