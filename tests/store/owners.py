"""A watch over every statement: what is of one person is asked for with its owner, or it says why it is not."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Engine, event

TABLE = r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(?:{})"?(?!\w)'
OF_CONVERSATIONS = "conversations|conversation_tags|messages|message_images|queued_prompts|queued_images"
# What has an owner, and the condition that names it: messages and their images belong to whom the conversation does.
OWNED = {
    re.compile(TABLE.format(OF_CONVERSATIONS)): re.compile(r"conversations\.owner (?:=|IN) "),
    re.compile(TABLE.format("shares")): re.compile(r"\bshares\.owner (?:=|IN) "),
    re.compile(TABLE.format("library")): re.compile(r"\blibrary\.owner (?:=|IN) "),
    re.compile(TABLE.format("votes")): re.compile(r"\bvotes\.owner (?:=|IN) "),
    re.compile(TABLE.format("rooms")): re.compile(r"\brooms\.owner (?:=|IN) "),
    re.compile(TABLE.format("usage")): re.compile(r'\busage"?\.owner (?:=|IN) '),
}
NAMED = re.compile(r'^INSERT INTO "?(?:conversations|shares|library|usage|votes|rooms)"? \([^)]*\bowner\b')
# Why a statement may be about everyone: see Database.read.
REASONS = {
    "recovery",
    "purge",
    "import",
    "sums",
    "role",
    "health",
    "migration",
    "search",
    "share",
    "accounts",
    "metrics",
}


def is_owned(statement: str) -> bool:
    """Whether a statement leaves alone what has an owner, or names the owner."""
    asked = (condition for table, condition in OWNED.items() if table.search(statement))
    return bool(NAMED.search(statement)) or all(condition.search(statement) for condition in asked)


def check(
    connection: Connection, _cursor: Any, statement: str, _values: Any, _context: Any, _executemany: bool
) -> None:
    """Refuse a statement of the store without an owner; those of a test's own connection are its own business."""
    reason = connection.get_execution_options().get("everyone")
    if reason is None or reason in REASONS:
        return
    assert not reason, f"{reason!r} is no reason to ask for everyone's data"
    assert is_owned(statement), f"No owner in: {statement}"


def watch() -> None:
    """Look at every statement of this process from now on."""
    if not event.contains(Engine, "before_cursor_execute", check):
        event.listen(Engine, "before_cursor_execute", check)
