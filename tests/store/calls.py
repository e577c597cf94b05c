"""Calls at given moments, put into a ledger as calls from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from lib.messages import Usage
from lib.pricing.prices import Cost
from lib.store import ForeignCall, Store

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday
_numbers = count()


def foreign(at: datetime = NOON, **columns: Any) -> ForeignCall:
    """Return a call with an id of its own."""
    columns = {"endpoint": "work", "model": "gpt-x", "usage": tokens(), **columns}
    return ForeignCall(**{"origin": "elsewhere", "origin_id": str(next(_numbers)), "created_at": at, **columns})


def tokens(prompt: int | None = 100, completion: int | None = 10, **others: int) -> Usage:
    """Return token counts with their total."""
    total = None if prompt is None or completion is None else prompt + completion
    return Usage(prompt, completion, total, **others)


def dollars(amount: str, currency: str = "USD") -> Cost:
    """Return a cost."""
    return Cost(Decimal(amount), currency, "configuration", "")


def put(store: Store, *calls: ForeignCall) -> None:
    """Put calls into a ledger."""
    assert store.upkeep.take_in(calls) == len(calls)
