"""Spans go to a collector in its protocol's form, with no keys, and a collector that fails costs nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.net import redaction, spans
from lib.net.spans import Exporter, Span
from tests.served import Asked, Handler, Served
from tests.waiting import until

KEY = "sk-span-0123456789abcdef"
CALL = Span("chat m", 1_500.0, {"model": "m", "tokens": 7, "share": 0.5, "none": None, "said": KEY})


class Collector(Served):
    """Takes what comes, or refuses it with `status`."""

    status = 200

    def answer(self, asked: Asked, reply: Handler) -> None:
        """Answer as told."""
        reply.json(self.status, {})

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All that came."""
        return [span for asked in self.asked for span in asked.body["resourceSpans"][0]["scopeSpans"][0]["spans"]]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One on loopback."""
    collector = Collector()
    yield collector
    spans.stop()
    collector.stop()


def test_sent(collector: Collector) -> None:
    """A span has its ids, times and attributes, keys masked; who sends it, and with which headers, is as it was set."""
    redaction.hide(KEY)
    before = time.time_ns()
    spans.start(f"{collector.root}/v1/traces", {"api-key": "k"}, "chat.example")
    spans.ended(CALL)
    spans.stop()
    spans.ended(CALL)
    [asked] = collector.asked
    [span] = collector.spans
    found = {each["key"]: each["value"] for each in span["attributes"]}

    assert (asked.path, asked.headers["api-key"]) == ("/v1/traces", "k")
    assert "chat.example" in str(asked.body["resourceSpans"][0]["resource"])
    assert (len(span["traceId"]), len(span["spanId"]), span["kind"], span["status"]) == (32, 16, 3, {})
    assert int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]) == 1_500_000_000
    assert int(span["endTimeUnixNano"]) >= before
    assert found["tokens"] == {"intValue": "7"}
    assert found["share"] == {"doubleValue": 0.5}
    assert "none" not in found
    assert KEY not in str(asked.body)


def test_many(collector: Collector) -> None:
    """Many go in batches, by themselves."""
    exporter = Exporter(f"{collector.root}/v1/traces", {}, "parley", pause=0.01)
    for _ in range(spans.BATCH + 1):
        exporter.add(CALL)
    until(lambda: len(collector.spans) == spans.BATCH + 1)
    exporter.close()

    assert len(collector.asked) > 1


@pytest.mark.parametrize("status", [500, 307])
def test_refused(collector: Collector, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """A collector that refuses is told in the log; what it was sent is not kept."""
    collector.status = status
    exporter = Exporter(f"{collector.root}/v1/traces", {}, "parley", pause=3600)
    exporter.add(Span("chat m", 0, {}, failed=True))
    exporter.close()

    assert f"refused by the collector: status {status}" in caplog.text
    assert collector.spans[0]["status"] == {"code": 2}


def test_nobody_there(caplog: pytest.LogCaptureFixture) -> None:
    """So is one that is not there."""
    exporter = Exporter("http://127.0.0.1:9/v1/traces", {}, "parley", pause=3600)
    exporter.add(CALL)
    exporter.close()

    assert "could not be sent: ConnectionError" in caplog.text
