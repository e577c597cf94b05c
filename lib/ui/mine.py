"""The doors to what is the person's whose page this is; pages ask the store by no other."""

from __future__ import annotations

from datetime import UTC, datetime

from lib import runtime
from lib.accounts import identity
from lib.accounts.identity import Person
from lib.errors import SignInError
from lib.store import LOCAL, Chats, Ledger, Library, Scope, Votes
from lib.ui import standing, streamlit_internals


def scope() -> Scope:
    """Return who that is: without accounts, the one person there is. Raises SignInError for nobody."""
    if not runtime.current().settings.accounts.is_on:
        return LOCAL
    if who := person():
        return Scope(who.owner, who.sees_usage, who.names)
    raise SignInError("You are not signed in any more.")


def person() -> Person | None:
    """Return who signed in and may be here; None for nobody, and without accounts. Raises StoreError."""
    who = _claimed() if runtime.current().settings.accounts.is_on else None
    return who if who and standing.is_in(who, runtime.current().store) else None


def is_switched_off() -> bool:
    """Return whether whoever signed in was switched off."""
    who = _claimed()
    return who is not None and standing.is_off(who)


def _claimed() -> Person | None:
    return identity.person(streamlit_internals.claims(), runtime.current().settings.accounts, datetime.now(UTC))


def chats() -> Chats:
    """Return the door to their conversations."""
    return runtime.current().store.chats(scope())


def usage() -> Ledger:
    """Return the door to what they used."""
    return runtime.current().store.usage(scope())


def library() -> Library:
    """Return the door to what they keep to use it again."""
    return runtime.current().store.library(scope())


def votes() -> Votes:
    """Return the door to votes on their comparisons."""
    return runtime.current().store.votes(scope())
