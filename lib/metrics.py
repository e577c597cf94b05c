"""What is counted for those who watch from outside, in the form that Prometheus reads.

Nothing is counted, and the library is not loaded, before `start`. Label values come from outside, too: model names that
people type. So there is a bound to how many are told apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

MAX_SERIES = 200  # pairs of endpoint and model that are told apart; what comes later is "other"
MAX_LABEL = 100  # characters of a label's value
OTHER = ("other", "other")
FIRST_TOKEN = (0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 30, 60)  # seconds, as all that follow
DURATION = (0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600)
STORE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True)
class Ended:
    """A call that has ended, as it is counted: `tokens` by kind; times in milliseconds; what is not known is None."""

    endpoint: str
    model: str
    status: str
    tokens: Mapping[str, int | None]
    cost: float | None = None
    currency: str = ""
    ttft_ms: float | None = None
    duration_ms: float | None = None
    attempts: int = 0  # that failed before it


class Metrics:
    """The counts of this process; any number of threads may use them."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each is nobody's wish
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        asked = ("endpoint", "model")
        self._calls = Counter("parley_calls", "Upstream calls that have ended.", (*asked, "status"), registry=registry)
        self._tokens = Counter("parley_tokens", "Tokens of these calls.", (*asked, "kind"), registry=registry)
        self._cost = Counter("parley_cost", "What they cost.", (*asked, "currency"), registry=registry)
        self._first = Histogram(
            "parley_first_token_seconds", "Time to the first token.", asked, buckets=FIRST_TOKEN, registry=registry
        )
        self._duration = Histogram(
            "parley_call_seconds", "Time to the end.", asked, buckets=DURATION, registry=registry
        )
        self._store = Histogram(
            "parley_store_seconds", "Time with the database.", ("access",), buckets=STORE, registry=registry
        )
        self._seen: set[tuple[str, str]] = set()

    def ended(self, call: Ended) -> None:
        """Count a call."""
        asked = self._told_apart(call.endpoint, call.model)
        self._calls.labels(*asked, call.status).inc()
        if call.attempts:
            self._calls.labels(*asked, "failed").inc(call.attempts)
        for kind, number in call.tokens.items():
            if number:
                self._tokens.labels(*asked, kind).inc(number)
        if call.cost:
            self._cost.labels(*asked, call.currency).inc(call.cost)
        for histogram, took in ((self._first, call.ttft_ms), (self._duration, call.duration_ms)):
            if took is not None:
                histogram.labels(*asked).observe(took / 1000)

    def stored(self, access: str, seconds: float) -> None:
        """Count a read or a write of the database."""
        self._store.labels(access).observe(seconds)

    def text(self, gauges: Mapping[str, float], build: Mapping[str, str]) -> bytes:
        """Return all counts, with what is so at this moment, and what runs here."""
        from prometheus_client import CollectorRegistry, Gauge, generate_latest

        now = CollectorRegistry()
        for name, value in gauges.items():
            Gauge(f"parley_{name}", f"{name.replace('_', ' ').capitalize()} now.", registry=now).set(value)
        Gauge("parley_build_info", "What runs here.", tuple(build), registry=now).labels(**build).set(1)
        return generate_latest(self._registry) + generate_latest(now)

    def _told_apart(self, endpoint: str, model: str) -> tuple[str, str]:
        pair = (endpoint[:MAX_LABEL], model[:MAX_LABEL])
        if pair not in self._seen and len(self._seen) >= MAX_SERIES:
            return OTHER
        self._seen.add(pair)
        return pair


_current: Metrics | None = None


def start() -> Metrics:
    """Count from now on; what was counted stays."""
    global _current
    _current = _current or Metrics()
    return _current


def end() -> None:
    """Count no longer, and forget what was."""
    global _current
    _current = None


def ended(call: Ended) -> None:
    """Count a call, if anybody wants to know."""
    if _current:
        _current.ended(call)


@contextmanager
def stored(access: str) -> Iterator[None]:
    """Count how long the block takes, which reads from the database or writes to it, if anybody wants to know."""
    begun = time.monotonic()
    try:
        yield
    finally:
        if _current:
            _current.stored(access, time.monotonic() - begun)
