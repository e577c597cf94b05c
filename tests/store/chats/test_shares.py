"""Links: what a visitor sees, and that a token that opens nothing opens nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lib.errors import StoreError
from lib.messages import Message
from lib.store import LOCAL, Scope, Store
from tests.store.chats.test_images import PIXEL
from tests.store.helpers import CHOICE, DONE, begin, chat, texts


def seen(store: Store, token: str) -> list[str] | None:
    """Return the texts that a visitor reads, None where there is nothing."""
    found = store.visitors.visit(token)
    return [message.text for message in found.messages] if found else None


def test_snapshot(store: Store) -> None:
    """A link shows what was there when it was made; one that goes on shows what comes later too."""
    chats, id = store.chats(LOCAL), chat(store, "one")
    then, always = chats.share(id), chats.share(id, goes_on=True, with_params=True)
    store.chats(LOCAL).finish(begin(store, "two", id), DONE)

    assert len(then) >= 22
    assert seen(store, then) == ["one", DONE.text]
    assert seen(store, always) == texts(store, id) == ["one", DONE.text, "two", DONE.text]
    shares = {share.token: share for share in chats.shares()}
    assert (shares[then].title, shares[then].with_params, shares[always].with_params) == ("one", False, True)


def test_nothing(store: Store) -> None:
    """A token that was guessed, has expired or was revoked, and one whose conversation is gone, open nothing."""
    chats, id = store.chats(LOCAL), chat(store, "one")
    late = chats.share(id, datetime.now(UTC) - timedelta(seconds=1))
    revoked, gone = chats.share(id), chats.share(id, datetime.now(UTC) + timedelta(days=1))
    chats.revoke(revoked)
    assert seen(store, gone)
    chats.delete(id)

    for token in ("", "guessed", late, revoked, gone, gone + "x" * 100, "\0"):
        assert seen(store, token) is None
    assert chats.shares() == []
    chats.restore(id)
    assert seen(store, gone)


def test_deleted_messages(store: Store) -> None:
    """What is deleted from a conversation is not shown any more either."""
    chats, id = store.chats(LOCAL), chat(store, "one", "two")
    token = chats.share(id)
    chats.remove(chats.path(id)[2].id)

    assert seen(store, token) == ["one", DONE.text]


def test_only_the_owner(store: Store) -> None:
    """Nobody shares what is another's, sees the links to it, or revokes them."""
    id = chat(store, "one", owner="anna")
    anna, ben = store.chats(Scope("anna")), store.chats(Scope("ben"))
    token = anna.share(id)
    with pytest.raises(StoreError):
        ben.share(id)
    ben.revoke(token)

    assert ben.shares() == []
    assert seen(store, token) == ["one", DONE.text]


def test_images(store: Store) -> None:
    """A visitor gets the images of what is shown, and no others."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "look", (PIXEL,)), CHOICE, provider="openai")
    chats.finish(turn, DONE)
    visit, other = (
        store.visitors.visit(chats.share(id)) for id in (turn.conversation_id, chat(store, "without a picture"))
    )
    assert visit
    assert other
    (image,) = visit.messages[0].images

    assert store.visitors.image(visit, image.id or "")
    assert store.visitors.image(other, image.id or "") is None
