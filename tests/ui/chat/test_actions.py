"""What a conversation came to, in words."""

from __future__ import annotations

from lib.store import Figures
from lib.ui.chat.actions import summary


def test_summary() -> None:
    """Calls, tokens, coverage and cost have a line each."""
    figures = Figures(
        calls=2,
        prompt_tokens=7,
        completion_tokens=20,
        total_tokens=27,
        counted=2,
        priced=1,
        reported_tokens=27,
        costs=(("USD", 5 * 10**9),),
    )

    assert summary(figures).replace("\u2009", " ").split("  \n") == [
        "2 calls that have ended",
        "27 tokens: 7 of prompts, 20 of answers",
        "100 % of the tokens reported",
        "5.00 USD · 1 call unpriced",
    ]


def test_summary_of_estimates() -> None:
    """What is estimated says so; without a price there is no line of cost."""
    said = summary(Figures(calls=1, total_tokens=27, counted=1, priced=1))

    assert said.startswith("1 call that has ended")
    assert "~27 tokens" in said
    assert "the rest estimated (~)" in said
    assert said.count("\n") == 2
