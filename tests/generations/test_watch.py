"""What is seen of calls from outside."""

from __future__ import annotations

import logging
from decimal import Decimal
from types import SimpleNamespace

import pytest

from lib import metrics
from lib.generations import watch
from lib.messages import Usage
from lib.net import spans
from lib.net.spans import Span
from lib.pricing.prices import Cost
from lib.store import Outcome

DONE = Outcome("completed", usage=Usage(prompt_tokens=3, completion_tokens=4), cost=Cost(Decimal(2), "EUR", "", ""))


def test_lines(caplog: pytest.LogCaptureFixture) -> None:
    """The lines of a call have the ids of its row, its conversation and its answer, where it belongs to one."""
    caplog.set_level(logging.INFO, "parley")
    answer = SimpleNamespace(usage_id=7, turn=SimpleNamespace(conversation_id="c", message_id=5))

    watch.begun(answer, "work")
    watch.ended(SimpleNamespace(usage_id=8, turn=None), "work", "gpt", DONE)

    first, second = caplog.records
    assert (first.call, first.conversation, first.answer) == (7, "c", 5)
    assert (second.call, second.model, second.status, second.prompt_tokens) == (8, "gpt", "completed", 3)
    assert not hasattr(second, "conversation")


def test_counts() -> None:
    """What a call comes to is counted."""
    counted = metrics.start()
    watch.ended(SimpleNamespace(usage_id=8, turn=None), "work", "gpt", DONE)
    said = counted.text({}, {"build": "", "schema": ""}).decode()
    metrics.end()

    assert 'parley_tokens_total{endpoint="work",kind="completion",model="gpt"} 4.0' in said
    assert 'parley_cost_total{currency="EUR",endpoint="work",model="gpt"} 2.0' in said


def test_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is a span by the names of the GenAI conventions, with nothing that was said; one may have failed."""
    sent: list[Span] = []
    monkeypatch.setattr(spans, "ended", sent.append)
    failed = Outcome("failed", "the text", error_kind="server", error="the text", http_status=500, duration_ms=20.0)
    watch.ended(SimpleNamespace(usage_id=8, turn=None), "work", "gpt", DONE)
    watch.ended(SimpleNamespace(usage_id=9, turn=None), "work", "", failed)
    first, second = sent

    assert (first.name, first.failed, first.attributes["gen_ai.usage.output_tokens"]) == ("chat gpt", False, 4)
    assert (second.name, second.failed, second.attributes["error.type"]) == ("chat", True, "server")
    assert "the text" not in str(sent)
