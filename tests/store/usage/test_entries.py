"""The entries of the ledger: one row for every call, complete, and unknown where nothing is known."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from lib.messages import Usage
from lib.pricing.prices import Cost
from lib.store import LOCAL, Call, FailedAttempt, Store
from lib.store.schema import usage
from tests.store.helpers import CHOICE, DONE, begin, calls, chat

MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
ATTEMPTS = (
    FailedAttempt(MOMENT, 20.0, "rate_limit", 429),
    FailedAttempt(MOMENT, 30.0, "connection", None),
)


def finished(store: Store, **changes: object) -> Call:
    """Return the ledger's row of a turn that ended like this."""
    store.chats(LOCAL).finish(begin(store), replace(DONE, **changes))
    return calls(store)[0]


def test_mirror() -> None:
    """A Call has every column of the ledger, but the process that wrote it."""
    assert {column.name for column in usage.c} - {"instance"} == {item.name for item in fields(Call)}


def test_started(store: Store) -> None:
    """A call is in the ledger before it is made, and says for whom and what for."""
    turn = begin(store, owner="anna", purpose="image")
    (call,) = calls(store)

    assert ("started", "missing", "anna", "image", turn.message_id, turn.conversation_id) == (
        call.status,
        call.source,
        call.owner,
        call.purpose,
        call.message_id,
        call.conversation_id,
    )


def test_unknown(store: Store) -> None:
    """What is not known of a call is None, never zero."""
    begin(store)
    (call,) = calls(store)

    assert call.prompt_tokens is call.total_tokens is call.ttft_ms is call.cost_usd is call.served_model is None


def test_models(store: Store) -> None:
    """The model asked and the model that answered are both kept."""
    call = finished(store)

    assert (call.model, call.served_model) == ("gpt-x", "gpt-x-1")


def test_every_count(store: Store) -> None:
    """Every token count that an endpoint reports has its column."""
    counts = dict(zip((item.name for item in fields(Usage)), range(1, 8), strict=True))
    call = finished(store, usage=Usage(**counts))

    assert counts == {name: getattr(call, name) for name in counts}


def test_zero_is_known(store: Store) -> None:
    """A count of zero that was reported stays zero."""
    assert finished(store, usage=Usage(completion_tokens=0)).completion_tokens == 0


def test_no_usage(store: Store) -> None:
    """Without usage every count stays unknown."""
    call = finished(store, usage=None, source="missing")

    assert (call.prompt_tokens, call.completion_tokens, call.source) == (None, None, "missing")


@pytest.mark.parametrize("name", ["ttft_ms", "duration_ms", "closed_ms"])
def test_measures(store: Store, name: str) -> None:
    """Measures are kept to the last digit."""
    assert getattr(finished(store, **{name: 0.1234567890123}), name) == 0.1234567890123


def test_end(store: Store) -> None:
    """How a call ended is kept."""
    call = finished(store, error_kind="server", http_status=500, deltas=3)

    assert (call.finish_reason, call.error_kind, call.http_status, call.deltas) == ("stop", "server", 500, 3)


def test_sizes(store: Store) -> None:
    """What was sent and what came is kept by its size."""
    call = finished(store, images=2, request_bytes=4000, response_bytes=900)

    assert (call.images, call.request_bytes, call.response_bytes) == (2, 4000, 900)


def test_cost(store: Store) -> None:
    """A cost is kept in whole billionths, with its currency, and where its price comes from."""
    call = finished(store, cost=Cost(Decimal("0.0035"), "USD", "genai-prices", "0.2.3"))

    assert (call.cost, call.currency, call.cost_usd) == (3_500_000, "USD", 0.0035)
    assert (call.price_source, call.price_version) == ("genai-prices", "0.2.3")


def test_cost_elsewhere(store: Store) -> None:
    """A cost in another currency is not one in dollars."""
    call = finished(store, cost=Cost(Decimal(2), "EUR", "configuration", "2026-01-01"))

    assert (call.cost, call.currency, call.cost_usd) == (2 * 10**9, "EUR", None)


def test_absurd_cost(store: Store) -> None:
    """A cost that no call has is unknown."""
    call = finished(store, cost=Cost(Decimal(10**7), "USD", "configuration", ""))

    assert (call.cost, call.currency, call.cost_usd) == (None, None, None)


def test_refused(store: Store) -> None:
    """Counts that cannot be true are named, those that were refused before and those that are refused here."""
    used = Usage(prompt_tokens=-1, completion_tokens=5, total_tokens=10**10)
    call = finished(store, usage=used, implausible=("cached_tokens",))

    assert call.refused == "cached_tokens,prompt_tokens,total_tokens"
    assert (call.prompt_tokens, call.completion_tokens, call.total_tokens) == (None, 5, None)


def test_not_refused(store: Store) -> None:
    """Where every count can be true, none is named, and the row is from here."""
    call = finished(store)

    assert (call.refused, call.origin, call.origin_id, call.calls) == (None, "parley", None, 1)


def test_attempts(store: Store) -> None:
    """Each attempt that failed before the call that counts has a row of its own."""
    store.chats(LOCAL).finish(begin(store), replace(DONE, attempts=ATTEMPTS))
    rows = [(call.status, call.error_kind, call.http_status, call.duration_ms) for call in calls(store)]

    assert rows == [
        ("failed", "connection", None, 30.0),
        ("failed", "rate_limit", 429, 20.0),
        ("completed", None, None, None),
    ]


def test_attempts_belong(store: Store) -> None:
    """A failed attempt is of the same message, and has its own time."""
    turn = begin(store)
    store.chats(LOCAL).finish(turn, replace(DONE, attempts=ATTEMPTS[:1]))
    failed = calls(store)[0]

    assert (turn.message_id, "gpt-x", MOMENT) == (failed.message_id, failed.model, failed.created_at)


def test_attempts_not_shown(store: Store) -> None:
    """Failed attempts do not multiply the message, nor hide its figures."""
    turn = begin(store)
    store.chats(LOCAL).finish(turn, replace(DONE, attempts=ATTEMPTS))

    assert [None, DONE.usage] == [found.usage for found in store.chats(LOCAL).path(turn.conversation_id)]


def test_latest(store: Store) -> None:
    """The latest calls come first, as many as asked for."""
    chat(store, "a", "b", "c")

    assert [call.id for call in calls(store, limit=2)] == [3, 2]


def test_call_outside_conversations(store: Store) -> None:
    """A call that belongs to no conversation has a row of its own, completed once."""
    usage_id = store.usage(LOCAL).begin(CHOICE, provider="openai", purpose="doctor")
    store.usage(LOCAL).finish(usage_id, DONE)
    store.usage(LOCAL).finish(usage_id, replace(DONE, state="failed"))
    (call,) = calls(store)

    assert (call.status, call.purpose, call.conversation_id, call.total_tokens) == ("completed", "doctor", None, 8)
