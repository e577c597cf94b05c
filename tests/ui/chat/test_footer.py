"""What stands under an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from lib.messages import Usage
from lib.store import StoredMessage
from lib.ui.chat.footer import figures, receipt

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ANSWER = StoredMessage(
    id=1,
    conversation_id="c",
    parent_id=None,
    role="assistant",
    text="Paris.",
    reasoning="",
    state="completed",
    created_at=NOW,
    updated_at=NOW,
    endpoint="default",
    model="gpt-4o-mini",
    params=None,
    images=(),
    served_model=None,
    error_kind=None,
    error=None,
    hint=None,
    finish_reason="stop",
    usage=Usage(prompt_tokens=1200, completion_tokens=150, total_tokens=1350),
    source="reported",
    ttft_ms=310.0,
    duration_ms=3310.0,
    deltas=143,
    closed_ms=None,
)


def read(message: StoredMessage) -> str:
    """Return the figures as they are read, wherever a line may end."""
    return figures(message).replace("\u00a0", " ").replace("\u2060", "")


def test_figures() -> None:
    """Model, time and cost always; then, to be shown on hover, tokens, time to the first, speed."""
    more = "*· 1\u2009200 / 150 tokens · 0.31 s to first · 50 tokens/s*"

    assert read(ANSWER) == f"gpt-4o-mini · 3.3 s {more}"
    assert read(replace(ANSWER, cost=1_200_000, currency="USD")) == f"gpt-4o-mini · 3.3 s · \\$0.0012 {more}"


def test_a_figure_stays_in_one_line() -> None:
    """A narrow page breaks the line between two figures alone, and behind the dot that stands there."""
    line = figures(replace(ANSWER, cost=1_200_000, currency="CHF", model="a b"))
    parts = re.split("[ \u2009](?!\u2060)", line)
    assert [part.replace("\u00a0", " ").replace("\u2060", "") for part in parts] == [
        *("a", "b ·", "3.3 s ·", r"0\.0012 CHF *·"),
        *("1\u2009200 / 150 tokens ·", "0.31 s to first ·", "50 tokens/s*"),
    ]


def test_the_model_that_answered_is_named() -> None:
    """Where an endpoint says which model answered, that is the one in the line."""
    assert read(replace(ANSWER, served_model="gpt-4o-mini-2026")).startswith("gpt-4o-mini-2026 · ")


def test_estimated_figures() -> None:
    """Estimates are marked, each of them."""
    assert "~1\u2009200 / ~150 tokens" in read(replace(ANSWER, source="estimated"))
    assert "~50 tokens/s" in read(replace(ANSWER, source="estimated"))


def test_unknown_figures() -> None:
    """What is not known is a dash."""
    unknown = replace(ANSWER, usage=None, source="missing", ttft_ms=None, model=None)
    assert read(unknown) == "unknown model · 3.3 s *· – / – tokens · – to first · – tokens/s*"


def test_hostile_model() -> None:
    """A model's name is shown as it is written."""
    assert "![" not in figures(replace(ANSWER, model="![x](http://127.0.0.1/)"))


def test_receipt() -> None:
    """After Stop: when the connection was closed, what had come, and what it probably cost."""
    stopped = replace(ANSWER, state="stopped", source="estimated", closed_ms=200.0)
    expected = "Stopped: connection closed after 0.20 s, ~150 tokens received (usage not reported: an estimate)."
    assert receipt(stopped) == expected


def test_receipt_with_usage() -> None:
    """An endpoint that reported before it was stopped is taken at its word."""
    assert receipt(replace(ANSWER, state="stopped", closed_ms=10.0)).endswith(
        "s, 150 tokens received (usage reported)."
    )


def test_receipt_without_anything() -> None:
    """Where nothing is known, nothing is made up."""
    unknown = replace(ANSWER, state="stopped", usage=None, source="missing", deltas=None)

    assert receipt(unknown).startswith("Stopped: connection closed after –, – tokens received")
    assert ", ~1 token received" in receipt(replace(unknown, deltas=1))
