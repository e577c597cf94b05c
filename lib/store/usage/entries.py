"""The entries of the ledger: one row for every upstream call, written before the call and completed after it.

They have no content. What is written here of a call that has ended is in the sums of `rollups` as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, select, update

from lib.messages import Usage
from lib.pricing.prices import BILLION, Cost
from lib.store.schema import add, insert_into, usage
from lib.store.scope import Scope
from lib.store.usage import rollups
from lib.store.values import FailedAttempt, ForeignCall, Outcome, Target

TOKENS = tuple(item.name for item in fields(Usage))
# What the attempts of a turn have in common with the call that ended it.
_SHARED = ("endpoint", "provider", "model", "purpose", "conversation_id", "message_id", "owner")
_MEASURED = ("source", "ttft_ms", "duration_ms", "finish_reason", "images", "request_bytes", "response_bytes")
_ENDED = ("error_kind", "http_status", "deltas", "closed_ms")
PURGE = 10_000  # calls in one transaction
MAX_TOKENS = 10**9  # tokens of one call; more is a mistake, and would be one in every sum


def start(db: Connection, target: Target, conversation_id: str | None = None, message_id: int | None = None) -> int:
    """Note a call that is about to be made; return the id of its row."""
    about = {"conversation_id": conversation_id, "message_id": message_id}
    return add(db, usage, status="started", source="missing", **about, **target.call)


def close(db: Connection, scope: Scope, usage_id: int, outcome: Outcome) -> None:
    """Complete the row of a call, and add one for each attempt that failed before it; once only.

    Nothing else may be written after this in the same transaction: see rollups.add.
    """
    row = and_(usage.c.id == usage_id, scope.owns(usage))
    status = db.scalar(select(usage.c.status).where(row, usage.c.instance.is_not(None)).with_for_update())
    if status is None:
        return
    if status != "started":  # taken for dead, and summed up as such
        rollups.take(db, [usage_id], scope)
    db.execute(update(usage).where(row).values(_ended(outcome)))
    rollups.add(db, [usage_id, *_add_attempts(db, row, outcome.attempts)], scope)


def interrupt(db: Connection, which: ColumnElement[bool]) -> None:
    """Mark calls as interrupted; their rows stay open. Nothing else may be written after this: see rollups.add."""
    marked = update(usage).where(which).values(status="interrupted").returning(usage.c.id)
    rollups.add(db, list(db.scalars(marked)))


def take_in(db: Connection, calls: Sequence[ForeignCall]) -> int:
    """Add calls from elsewhere; return how many were new. Nothing may be written after this: see rollups.add."""
    # In one order for all: otherwise two who take in the same could wait for each other.
    rows = [_foreign(call) for call in sorted(calls, key=lambda call: (call.origin, call.origin_id))]
    new = insert_into(usage, db.dialect.name).on_conflict_do_nothing().returning(usage.c.id)
    ids = [id for row in rows for id in db.scalars(new, row)]
    rollups.add(db, ids)
    return len(ids)


def _foreign(call: ForeignCall) -> dict[str, Any]:
    own = {item.name: getattr(call, item.name) for item in fields(call) if item.name not in ("usage", "cost")}
    source = "reported" if call.usage else "missing"
    return {**own, "source": source, **_counts(call.usage), **(priced(call.cost) if call.cost else {})}


def purge(db: Connection, older_than: datetime) -> int:
    """Remove calls for good, from the sums as well; return how many. Those that are still running stay.

    Interrupted ones go, though their rows are open: who brings one home later than this finds nothing to complete.
    """
    old = select(usage.c.id).where(usage.c.created_at < older_than, usage.c.status != "started").order_by(usage.c.id)
    ids = list(db.scalars(old.limit(PURGE).with_for_update()))  # who else removes them must not take them away, too
    rollups.take(db, ids)
    for start in range(0, len(ids), 500):
        db.execute(delete(usage).where(usage.c.id.in_(ids[start : start + 500])))
    return len(ids)


def _ended(outcome: Outcome) -> dict[str, Any]:
    values = {name: getattr(outcome, name) for name in (*_MEASURED, *_ENDED)}
    ended = {"status": outcome.state, "served_model": outcome.model, "instance": None}
    return {
        **ended,
        **values,
        **_counts(outcome.usage, outcome.implausible),
        **(priced(outcome.cost) if outcome.cost else {}),
    }


def _counts(counted: Usage | None, others: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the counts that can be true, and the names of those that cannot, with `others` known before."""
    counts = asdict(counted) if counted else {}
    absurd = [name for name, count in counts.items() if count is not None and not 0 <= count <= MAX_TOKENS]
    return {**counts, **dict.fromkeys(absurd), "refused": ",".join([*others, *absurd]) or None}


def priced(cost: Cost) -> dict[str, Any]:
    """Return the columns that keep a cost; none for an amount that no call has."""
    amount = cost.billionths
    if not 0 <= amount <= 10**6 * BILLION:
        return {}
    dollars = float(cost.amount) if cost.currency == "USD" else None
    names = {"currency": cost.currency, "price_source": cost.source, "price_version": cost.version}
    return {"cost": amount, "cost_usd": dollars, **names}


def _add_attempts(db: Connection, row: ColumnElement[bool], attempts: tuple[FailedAttempt, ...]) -> list[int]:
    if not attempts:
        return []
    shared = db.execute(select(*(usage.c[name] for name in _SHARED)).where(row)).mappings().one()
    rows = [{**shared, **_failed(attempt)} for attempt in attempts]
    return list(db.scalars(insert(usage).returning(usage.c.id), rows))


def _failed(attempt: FailedAttempt) -> dict[str, Any]:
    values = asdict(attempt)
    return {"created_at": values.pop("started_at"), "status": "failed", "source": "missing", **values}


def figures(row: RowMapping) -> Usage | None:
    """Return the token counts of a row; `None` when not one is known."""
    found = Usage(**{name: row[name] for name in TOKENS})
    return None if found == Usage() else found
