"""People: who has come in, who may not any more, and how they go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import Entry, Scope, Store
from tests.store import releases

ANN, BEN = Scope("https://id.example.org ann"), Scope("https://id.example.org ben")
CHOICE = ModelChoice("work", "m")


def came(store: Store, *scopes: Scope) -> None:
    """Have people come in."""
    for scope in scopes:
        name = scope.owner.rsplit(" ", 1)[-1]
        store.people.note(scope.owner, name=name.title(), email="shared@example.org", role="user")


def asked(store: Store, scope: Scope, text: str = "Where?") -> str:
    """Have somebody ask something; return the conversation."""
    return store.chats(scope).begin(Message("user", text), CHOICE, provider="openai").conversation_id


def test_note(store: Store) -> None:
    """Two people with one address are two; who comes again is the same, as whom they come now."""
    came(store, ANN, BEN, ANN)
    store.people.note(ANN.owner, name="Ann B.", email="a@b.c", role="admin")
    asked(store, BEN)
    known = {each.owner: each for each in store.people.all()}

    assert set(known) == {ANN.owner, BEN.owner}
    assert (known[ANN.owner].name, known[ANN.owner].role, known[ANN.owner].conversations) == ("Ann B.", "admin", 0)
    assert known[BEN.owner].conversations == 1
    assert datetime.now(UTC) >= known[ANN.owner].seen_at


def test_barred(store: Store) -> None:
    """Who was switched off, or signed out everywhere, is known; who is let in again is not."""
    came(store, ANN, BEN)
    assert store.people.barred() == {}
    store.people.switch(ANN.owner, on=False)
    store.people.sign_out(BEN.owner)

    assert store.people.barred()[ANN.owner].off_at
    assert store.people.barred()[BEN.owner].out_at
    store.people.switch(ANN.owner, on=True)
    assert set(store.people.barred()) == {BEN.owner}


def test_hand_over(store: Store) -> None:
    """Conversations go to somebody else with their links; others stay where they are."""
    came(store, ANN, BEN)
    first, own = asked(store, ANN), asked(store, BEN)
    token = store.chats(ANN).share(first, None)

    assert store.people.hand_over(ANN.owner, BEN.owner) == 1
    assert store.chats(ANN).get(first) is None
    assert {each.id for each in store.chats(BEN).recent(9)} == {first, own}
    assert [share.token for share in store.chats(BEN).shares()] == [token]
    assert store.visitors.visit(token)


def test_forget(store: Store) -> None:
    """Who is deleted is gone with texts, links and library; what was used stays, under a name that tells nobody."""
    came(store, ANN, BEN)
    gone, kept = asked(store, ANN, "a secret of Ann"), asked(store, BEN)
    store.library(ANN).keep(Entry("prompt", "Mine", "a secret as well"))
    token = store.chats(ANN).share(gone, None)
    store.people.record(ANN.owner, "signed in")
    store.people.record(BEN.owner, "signed somebody out", ANN.owner)
    pseudonym = store.people.forget(ANN.owner)

    assert pseudonym.startswith("former-")
    assert [each.owner for each in store.people.all()] == [BEN.owner]
    assert store.chats(ANN).get(gone) is None
    assert store.visitors.visit(token) is None
    assert store.library(ANN).all("prompt") == []
    assert store.chats(BEN).get(kept)
    assert {(each.actor, each.about) for each in store.people.events()} == {(pseudonym, ""), (BEN.owner, pseudonym)}
    with store._database.read("health") as db:
        owners = set(db.exec_driver_sql("SELECT owner FROM usage").scalars())
        texts = set(db.exec_driver_sql("SELECT text FROM messages").scalars())
    assert owners == {pseudonym, BEN.owner}
    assert "a secret of Ann" not in texts
    assert store.upkeep.differences() == 0


def test_is_foreign(store: Store) -> None:
    """It is known which conversation is another's."""
    own = asked(store, ANN)

    assert [store.people.is_foreign(*who) for who in [(BEN.owner, own), (ANN.owner, own), (BEN.owner, "none")]] == [
        True,
        False,
        False,
    ]


def test_log(store: Store) -> None:
    """The log has what was done, the latest first, each in bounded words."""
    store.people.record("ann", "signed in", detail="d" * 1_000)
    store.people.record("ann", "exported a person", "ben")
    latest, first = store.people.events()

    assert (latest.actor, latest.event, latest.about, latest.detail) == ("ann", "exported a person", "ben", "")
    assert len(first.detail) == 300
    assert store.people.events(1) == [latest]


def test_release(blank: str, opened: Callable[..., Store]) -> None:
    """A database of the release before has nobody, and takes people in."""
    releases.restore(blank, "0007")
    store = opened(blank)

    assert store.people.all() == store.people.events() == []
    came(store, ANN)
    store.people.record(ANN.owner, "signed in")
    assert [each.name for each in store.people.all()] == ["Ann"]
    assert store.people.forget(ANN.owner)


@pytest.mark.parametrize("text", ["<b>\u0000", "n" * 10_000])
def test_hostile(store: Store, text: str) -> None:
    """What a name has in it is kept as text."""
    store.people.note("x", name=text, email="", role="user")

    assert store.people.all()[0].name == text.replace("\0", "\ufffd")
