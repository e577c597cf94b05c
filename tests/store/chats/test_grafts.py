"""Conversations from elsewhere: whole or not at all, never twice, and nobody else's."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.chats.exports import json_of
from lib.chats.imports import Importer
from lib.errors import StoreError
from lib.messages import Extras, Image, LinkedImage, Source
from lib.store import LOCAL, Chats, ForeignConversation, ForeignMessage, Scope, Store
from lib.store.chats import grafts
from tests.chats.exports import (
    PNG,
    claude,
    every_claude,
    every_kind,
    every_librechat,
    every_openwebui,
    librechat,
    octets,
    packed,
)
from tests.store.helpers import chat, execute, texts

THEN = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=UTC)
IMAGE = Image(b"png", "image/png", "low", note="laid on white")
# A prompt with two answers, of which the first goes on.
TREE = (
    ForeignMessage("user", "Which?", THEN, THEN, images=(IMAGE, LinkedImage("https://a.b/c.png"))),
    ForeignMessage("assistant", "A", THEN, THEN, parent=0, model="m", reasoning="Hm.", extras=Extras((Source("S"),))),
    ForeignMessage("assistant", "B", THEN, THEN, parent=0, state="failed", error="No.", error_kind="upstream"),
    ForeignMessage("user", "Why?", THEN + timedelta(days=1), THEN, parent=1),
)
GIVEN = ForeignConversation("abc", "Colours", THEN, THEN, TREE, 3, endpoint="ChatGPT", model="m")


@pytest.fixture
def chats(store: Store) -> Chats:
    """The door to the local person's conversations."""
    return store.chats(LOCAL)


def test_taken_in(chats: Chats) -> None:
    """A conversation is there as it was, with its branches, times, images and extras."""
    taken = chats.take_in(GIVEN)
    prompt, one, other, why = chats.whole("abc")
    conversation = chats.get("abc")

    assert (taken.id, taken.is_new, taken.messages, taken.images) == ("abc", True, 4, 2)
    assert (conversation.title, conversation.endpoint, conversation.created_at) == ("Colours", "ChatGPT", THEN)
    assert [(image.detail, image.note, image.url) for image in prompt.images] == [
        ("low", "laid on white", None),
        ("auto", "", "https://a.b/c.png"),
    ]
    assert chats.image(prompt.images[0].id).content == b"png"
    assert (one.reasoning, one.model, one.extras.sources, one.created_at) == ("Hm.", "m", (Source("S"),), THEN)
    assert (other.state, other.error) == ("failed", "No.")
    assert (one.parent_id, other.parent_id, why.parent_id) == (prompt.id, prompt.id, one.id)
    assert (why.created_at, why.updated_at) == (THEN + timedelta(days=1), THEN)
    assert [message.text for message in chats.path("abc")] == ["Which?", "A", "Why?"]
    assert chats.leaf("abc") == why.id


def test_again(chats: Chats) -> None:
    """Taken in again nothing is added, and what was renamed here keeps its name."""
    chats.take_in(GIVEN)
    chats.rename("abc", "Mine")
    taken = chats.take_in(replace(GIVEN, leaf=2))

    assert (taken.is_new, taken.messages, taken.images) == (False, 0, 0)
    assert len(chats.whole("abc")) == 4
    assert chats.get("abc").title == "Mine"
    assert [message.text for message in chats.path("abc")] == ["Which?", "A", "Why?"]


def test_grown(chats: Chats) -> None:
    """What has gone on there since is added, as a branch beside what has gone on here."""
    chats.take_in(replace(GIVEN, messages=TREE[:2], leaf=1))
    chats.take_in(replace(GIVEN, messages=(*TREE[:2], replace(TREE[3], text="Mine", parent=1)), leaf=2))
    taken = chats.take_in(GIVEN)

    assert (taken.is_new, taken.messages) == (False, 2)
    assert [message.text for message in chats.whole("abc")] == ["Which?", "A", "Mine", "B", "Why?"]
    assert [message.text for message in chats.path("abc")] == ["Which?", "A", "Why?"]


def test_same_words(chats: Chats) -> None:
    """Of answers with the same words each is one; text is compared as it is kept."""
    twins = (TREE[0], TREE[1], TREE[1], replace(TREE[1], text="\ud800"))
    chats.take_in(replace(GIVEN, messages=twins))

    assert chats.take_in(replace(GIVEN, messages=(*twins, TREE[1]), leaf=4)).messages == 1
    assert len(chats.whole("abc")) == 5


def test_deleted(chats: Chats) -> None:
    """One that was deleted is there again."""
    chats.take_in(GIVEN)
    chats.delete("abc")
    chats.take_in(GIVEN)

    assert chats.get("abc")
    assert len(chats.whole("abc")) == 4


def test_foreign(store: Store, chats: Chats) -> None:
    """An id that is somebody else's leads to a conversation of one's own, the same one each time."""
    theirs = chat(store, "Theirs", owner="ben")
    given = replace(GIVEN, id=theirs)
    taken, again = chats.take_in(given), chats.take_in(given)

    assert taken.id == again.id != theirs
    assert (again.is_new, again.messages) == (False, 0)
    assert [message.text for message in store.chats(Scope("ben")).path(theirs)] == ["Theirs", "Hi there"]
    assert chats.get(theirs) is None


def test_all_taken(store: Store, chats: Chats) -> None:
    """Where every id that follows from one is somebody else's, there is still another."""
    id = "abc"
    for _ in range(grafts.MAX_TRIES):
        store.chats(Scope("ben")).take_in(replace(GIVEN, id=id, messages=()))
        id = grafts.derived("local", id)
    taken = chats.take_in(GIVEN)

    assert taken.is_new
    assert len(chats.whole(taken.id)) == 4


def test_parts(chats: Chats) -> None:
    """Parts come with their conversation, in their order, and are not listed."""
    parts = tuple(
        replace(GIVEN, id=f"part{number}", title=f"{number}.png", messages=TREE[:2], leaf=1) for number in range(2)
    )
    whole = replace(GIVEN, parts=parts, purpose="batch")
    taken, again = chats.take_in(whole), chats.take_in(whole, dry=True)

    assert (taken.messages, taken.images, again.messages) == (8, 6, 0)
    assert [part.conversation.title for part in chats.parts("abc")] == ["0.png", "1.png"]
    assert chats.all() == ["abc"]


def test_dry(chats: Chats) -> None:
    """A dry run says the same and does nothing."""
    dry = chats.take_in(GIVEN, dry=True)

    assert chats.all() == []
    assert dry == chats.take_in(GIVEN)


def test_all_or_nothing(chats: Chats, url: str) -> None:
    """What fails on the way leaves nothing behind."""
    broken = replace(GIVEN, messages=(*TREE, replace(TREE[3], role=None)))
    with pytest.raises(StoreError):
        chats.take_in(broken)

    assert execute(url, "SELECT count(*) FROM messages")[0][0] == 0
    assert execute(url, "SELECT count(*) FROM conversations")[0][0] == 0
    assert execute(url, "SELECT count(*) FROM images")[0][0] == 0


def test_many(chats: Chats) -> None:
    """A long conversation comes in pieces, each message behind the one it follows."""
    chain = tuple(
        ForeignMessage(
            "user", f"{number}" * (1 + 900_000 * (number == 7)), THEN, THEN, parent=number - 1 if number else None
        )
        for number in range(2 * grafts.ROWS + 1)
    )
    chats.take_in(replace(GIVEN, messages=chain, leaf=len(chain) - 1))

    assert len(chats.path("abc")) == len(chain)


def test_text_of_megabytes(chats: Chats, store: Store) -> None:
    """Texts of megabytes are written a few at a time."""
    long = tuple(ForeignMessage("user", "a" * grafts.CHARACTERS, THEN, THEN) for _ in range(2))
    chats.take_in(replace(GIVEN, messages=long, leaf=None))

    assert texts(store, "abc") == []
    assert len(chats.whole("abc")) == 2


def test_empty(chats: Chats) -> None:
    """A conversation without messages is one."""
    assert chats.take_in(replace(GIVEN, messages=(), leaf=None)).messages == 0
    assert chats.path("abc") == []


def test_figures_from_elsewhere(chats: Chats) -> None:
    """What is known of a call that was made elsewhere stands where the ledger's figures do."""
    call = {"usage": {"completion_tokens": 5}, "source": "reported", "ttft_ms": 12.5, "served_model": "m-1"}
    answers = (TREE[0], replace(TREE[1], extras=Extras(call=call)), replace(TREE[2], extras=Extras(call={"cost": 3})))
    chats.take_in(replace(GIVEN, messages=answers, leaf=None))
    _, one, other = chats.whole("abc")

    assert (one.usage.completion_tokens, one.usage.prompt_tokens) == (5, None)
    assert (one.source, one.ttft_ms, one.served_model) == ("reported", 12.5, "m-1")
    assert (other.usage, other.cost) == (None, 3)


def test_ids() -> None:
    """Ids that are derived look like all ids, and never like an option on a command line."""
    made = [grafts.derived("local", str(number)) for number in range(300)]

    assert len(set(made)) == 300
    assert {len(id) for id in made} == {16}
    assert not any(id.startswith("-") for id in made)


def test_every_export(store: Store) -> None:
    """What other programs export comes in whole on either database, and goes out and comes back as the same JSON."""
    chats, ben = store.chats(LOCAL), store.chats(Scope("ben"))
    exported = [every_kind(), every_openwebui(), claude(every_claude())]
    files = [packed({"conversations.json": octets(exported), "file-Abc123-a.png": PNG})]
    files += [octets(librechat(every_librechat(), recursive=True))]
    reports = [Importer(chats).take(io.BytesIO(file), "export") for file in files]
    before = "".join(json_of(chats, chats.all()))
    back = Importer(ben).take(io.BytesIO(before.encode()), "parley.json")

    assert [(report.conversations, report.refused) for report in (*reports, back)] == [(3, []), (1, []), (4, [])]
    assert back.messages == sum(report.messages for report in reports)
    assert _nameless("".join(json_of(ben, ben.all()))) == _nameless(before)


def _nameless(exported: str) -> list[dict[str, Any]]:
    """Return the conversations of an export in order, without the ids, which are other people's."""
    found: list[dict[str, Any]] = json.loads(exported)["conversations"]
    return sorted(({**each, "id": ""} for each in found), key=str)
