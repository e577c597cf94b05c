"""The ledger: one row for every upstream call, written before the call and completed after it.

It has no content, and nothing here deletes from it.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from lib.messages import Usage
from lib.store.schema import add, usage
from lib.store.values import Call, FailedAttempt, Outcome, Target

TOKENS = tuple(item.name for item in fields(Usage))
_CALL = select(*(usage.c[item.name] for item in fields(Call)))
# What the attempts of a turn have in common with the call that ended it.
_SHARED = ("endpoint", "provider", "model", "purpose", "conversation_id", "message_id", "owner")
_MEASURED = ("source", "ttft_ms", "duration_ms", "cost_usd", "finish_reason")
_ENDED = ("error_kind", "http_status", "deltas", "closed_ms")


def start(db: Connection, target: Target, conversation_id: str | None = None, message_id: int | None = None) -> int:
    """Note a call that is about to be made; return the id of its row."""
    about = {"conversation_id": conversation_id, "message_id": message_id}
    return add(db, usage, status="started", source="missing", **about, **target.call)


def close(db: Connection, usage_id: int, outcome: Outcome) -> None:
    """Complete the row of a call, and add one for each attempt that failed before it; once only."""
    values = {name: getattr(outcome, name) for name in (*_MEASURED, *_ENDED)}
    tokens = asdict(outcome.usage) if outcome.usage else {}
    still_open = update(usage).where(usage.c.id == usage_id, usage.c.instance.is_not(None))
    ended = {"status": outcome.state, "served_model": outcome.model, "instance": None}
    if db.execute(still_open.values(**ended, **values, **tokens)).rowcount:
        _add_attempts(db, usage_id, outcome.attempts)


def _add_attempts(db: Connection, usage_id: int, attempts: tuple[FailedAttempt, ...]) -> None:
    if not attempts:
        return
    shared = db.execute(select(*(usage.c[name] for name in _SHARED)).where(usage.c.id == usage_id)).mappings().one()
    db.execute(insert(usage), [{**shared, **_failed(attempt)} for attempt in attempts])


def _failed(attempt: FailedAttempt) -> dict[str, Any]:
    values = asdict(attempt)
    return {"created_at": values.pop("started_at"), "status": "failed", "source": "missing", **values}


def calls(db: Connection, limit: int) -> list[Call]:
    """Return the latest calls, the newest row first."""
    return [Call(**row) for row in db.execute(_CALL.order_by(usage.c.id.desc()).limit(limit)).mappings()]


def figures(row: RowMapping) -> Usage | None:
    """Return the token counts of a row; `None` when not one is known."""
    found = Usage(**{name: row[name] for name in TOKENS})
    return None if found == Usage() else found
