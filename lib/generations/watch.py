"""What those who run Parley see of a call: it is counted, and its lines in the log name its row in the ledger."""

from __future__ import annotations

import logging
from typing import Any

from lib import metrics
from lib.generations.storage import Record
from lib.metrics import Ended
from lib.net import spans
from lib.net.spans import Span
from lib.store import Outcome

log = logging.getLogger("parley")

KINDS = ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens")


def begun(record: Record, endpoint: str) -> None:
    """Log that a call begins; where a page asks for it, this is the line that names both."""
    log.info("A call begins.", extra={**_ids(record), "endpoint": endpoint})


def ended(record: Record, endpoint: str, model: str, outcome: Outcome) -> None:
    """Count a call that has ended, and log how."""
    tokens = {kind: getattr(outcome.usage, kind, None) for kind in KINDS}
    times = {"ttft_ms": outcome.ttft_ms, "duration_ms": outcome.duration_ms}
    cost = {"cost": float(outcome.cost.amount), "currency": outcome.cost.currency} if outcome.cost else {}
    counted: dict[str, Any] = {**times, **cost, "attempts": len(outcome.attempts)}
    named = {kind.removesuffix("_tokens"): number for kind, number in tokens.items()}
    metrics.ended(Ended(endpoint, model, outcome.state, named, **counted))
    about = {"endpoint": endpoint, "model": model, "status": outcome.state, **times, **tokens}
    spans.ended(_span(record, endpoint, model, outcome))
    log.info("A call has ended.", extra={**_ids(record), **about, "error_kind": outcome.error_kind})


def _span(record: Record, endpoint: str, model: str, outcome: Outcome) -> Span:
    """Return a call as a span, by the names of the GenAI conventions."""
    usage = outcome.usage
    about = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": endpoint,
        "gen_ai.request.model": model or None,
        "gen_ai.response.model": outcome.model,
        "gen_ai.response.finish_reasons": outcome.finish_reason,
        "gen_ai.usage.input_tokens": usage.prompt_tokens if usage else None,
        "gen_ai.usage.output_tokens": usage.completion_tokens if usage else None,
        "error.type": outcome.error_kind,
        "http.response.status_code": outcome.http_status,
        "parley.status": outcome.state,
        "parley.call": record.usage_id,
        "parley.ttft_ms": outcome.ttft_ms,
    }
    return Span(f"chat {model}".strip(), outcome.duration_ms or 0.0, about, failed=outcome.error_kind is not None)


def _ids(record: Record) -> dict[str, object]:
    turn = record.turn
    of_answer = {"conversation": turn.conversation_id, "answer": turn.message_id} if turn else {}
    return {"call": record.usage_id, **of_answer}
