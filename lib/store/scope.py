"""Whose data is meant: the store's doors are opened with a scope, and every statement behind them carries its owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from lib.store.schema import conversations, messages

# By other names than where they are asked for: there they may stand beside themselves.
_ROOT = conversations.alias("own_conversations")
_PART = messages.alias("own_messages")


@dataclass(frozen=True)
class Scope:
    """One person, and what that person may see: `sees_usage` of all, in the ledger, else only of their own calls.

    Conversations, messages and images are only ever the owner's. `names` are what rules may name the person by.
    """

    owner: str
    sees_usage: bool = field(default=False, compare=False)  # a role may change while something is running
    names: frozenset[str] = field(default=frozenset(), compare=False)

    def owns(self, table: Any) -> ColumnElement[bool]:
        """Return that a row of a table with owners is this person's."""
        found: ColumnElement[bool] = table.c.owner == self.owner
        return found

    def sees(self, table: Any) -> tuple[ColumnElement[bool], ...]:
        """Return what a row of the ledger, or of its sums, must be like for this person to see it."""
        return () if self.sees_usage else (self.owns(table),)

    def owns_conversation(self, id: Any) -> ColumnElement[bool]:
        """Return that the conversation `id`, which may be a column, is this person's."""
        return in_conversation_of(self.owner, id)

    def owns_message(self, id: Any) -> ColumnElement[bool]:
        """Return that the message `id`, which may be a column, is in a conversation of this person."""
        inside = _PART.join(_ROOT, _ROOT.c.id == _PART.c.conversation_id)
        return exists(select(1).select_from(inside).where(_PART.c.id == id, self.owns(_ROOT)))


def in_conversation_of(owner: Any, id: Any) -> ColumnElement[bool]:
    """Return that the conversation `id` is `owner`'s; either may be a column or a parameter."""
    return exists(select(1).where(_ROOT.c.id == id, _ROOT.c.owner == owner))


# Whose everything is while Parley has no accounts: one person, who also sees what other programs' users used.
LOCAL = Scope("local", sees_usage=True)
