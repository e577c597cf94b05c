"""The doors to what is the person's whose page this is; pages ask the store by no other."""

from __future__ import annotations

from lib import runtime
from lib.store import LOCAL, Chats, Ledger, Library, Scope, Votes


def scope() -> Scope:
    """Return who that is: without accounts, the one person there is."""
    return LOCAL


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
