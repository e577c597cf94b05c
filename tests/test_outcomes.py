"""How a call ended, told from its stream."""

from __future__ import annotations

from datetime import UTC, datetime

from lib.api import Attempt
from lib.errors import AnswerError
from lib.messages import Completion, Message
from lib.outcomes import conclude
from lib.store import FailedAttempt
from tests.fake_client import FakeStream

MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
HELLO = [Message("user", "hello")]


def test_attempts_before_it_are_told() -> None:
    """Each attempt that was refused before has its time, kind and status."""
    error = AnswerError("Too many requests.", kind="rate_limit", status=429)
    stream = FakeStream([], Completion(), attempts=(Attempt(error, MOMENT, 20.0),))

    assert conclude(stream, HELLO).attempts == (FailedAttempt(MOMENT, 20.0, "rate_limit", 429),)  # type: ignore[arg-type]


def test_failure_after_words_has_an_estimate() -> None:
    """What came before it failed has been paid for, about this much."""
    stream = FakeStream([], Completion(text="some words"))
    stream.deltas = 2

    outcome = conclude(stream, HELLO, AnswerError("It broke off.", kind="truncated"))  # type: ignore[arg-type]

    assert (outcome.state, outcome.source) == ("failed", "estimated")
