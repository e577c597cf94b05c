"""Calls as spans of OpenTelemetry, sent to a collector: figures and names, nothing that people say, and no keys.

The protocol is OTLP as JSON by HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), the names are those of the
GenAI conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/). Nothing is sent before `start`.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from lib.net import redaction

log = logging.getLogger("parley")

MAX_WAITING = 2_000  # spans; of more the oldest are given up
BATCH = 200  # spans that are sent at once
PAUSE_SECONDS = 2.0  # between two looks whether any wait
TIMEOUT = (5, 10)  # seconds to connect, and between bytes
TAKEN = range(200, 300)  # statuses; redirects are not followed
CLIENT = 3  # the kind of a span that asks another service
FAILED = 2  # the status of one that failed
NANO, MILLI = 1_000_000_000, 1_000_000


@dataclass(frozen=True)
class Span:
    """A call that has ended. `attributes` are numbers and names; what is None of them is left out."""

    name: str
    duration_ms: float
    attributes: Mapping[str, str | int | float | None]
    failed: bool = False


class Exporter:
    """Sends spans to the collector at `url`, in a thread of its own; one that fails is logged and costs no call."""

    def __init__(self, url: str, headers: Mapping[str, str], service: str, pause: float = PAUSE_SECONDS) -> None:
        self._url = url
        self._headers = headers
        self._service = service
        self._pause = pause
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING)
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="spans", daemon=True).start()

    def add(self, span: Span) -> None:
        """Send a span that ends now, soon."""
        self._waiting.append(written(span, time.time_ns()))

    def close(self) -> None:
        """Send what waits, and no more."""
        self._ended.set()
        self._send_all()

    def _run(self) -> None:
        while not self._ended.wait(self._pause):
            self._send_all()

    def _send_all(self) -> None:
        while batch := self._batch():
            if not self._send(batch):
                return

    def _batch(self) -> list[dict[str, Any]]:
        batch: list[dict[str, Any]] = []
        while self._waiting and len(batch) < BATCH:
            batch.append(self._waiting.popleft())
        return batch

    def _send(self, batch: Sequence[Mapping[str, Any]]) -> bool:
        try:
            answer = requests.post(
                self._url,
                json=document(self._service, batch),
                headers=dict(self._headers),
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            log.warning("Spans could not be sent: %s", type(error).__name__)
            return False
        taken = answer.status_code in TAKEN
        if not taken:
            log.warning("Spans were refused by the collector: status %s", answer.status_code)
        return taken


def written(span: Span, end: int) -> dict[str, Any]:
    """Return a span in the protocol's form; `end` is in nanoseconds."""
    begun = end - int(span.duration_ms * MILLI)
    return {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": redaction.redact(span.name),
        "kind": CLIENT,
        "startTimeUnixNano": str(begun),
        "endTimeUnixNano": str(end),
        "attributes": attributes(span.attributes),
        "status": {"code": FAILED} if span.failed else {},
    }


def attributes(of: Mapping[str, str | int | float | None]) -> list[dict[str, Any]]:
    """Return names and values in the protocol's form."""
    return [{"key": name, "value": _value(value)} for name, value in of.items() if value is not None]


def _value(value: str | float) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": redaction.redact(value)}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}


def document(service: str, spans: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is sent."""
    resource = {"attributes": attributes({"service.name": service})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "parley"}, "spans": spans}]}]}


_exporter: Exporter | None = None


def start(url: str, headers: Mapping[str, str], service: str) -> None:
    """Send spans from now on."""
    global _exporter
    stop()
    _exporter = Exporter(url, headers, service)


def stop() -> None:
    """Send what waits, and no more."""
    global _exporter
    ending, _exporter = _exporter, None
    if ending:
        ending.close()


def ended(span: Span) -> None:
    """Send a span, if anybody wants any."""
    if exporter := _exporter:
        exporter.add(span)
