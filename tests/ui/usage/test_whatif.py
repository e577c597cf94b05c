"""What-if prices in words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from lib.config import Endpoint
from lib.pricing.prices import parse
from lib.store import Figures
from lib.ui.usage.whatif import answer

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PRICES = parse({"m": {"input": 2.0, "output": 10.0, "currency": "EUR"}}, "work")
ENDPOINT = Endpoint("work", "http://127.0.0.1:9/v1", prices=PRICES)
FIGURES = Figures(calls=3, prompt_tokens=1_000_000, completion_tokens=100_000, total_tokens=1_100_000, counted=2)


def test_answer() -> None:
    """A million prompt tokens at 2 and a tenth of completion tokens at 10 are 3; nothing had a price."""
    assert Decimal(2) + Decimal(10) / 10 == 3
    assert answer(FIGURES, ENDPOINT, "m", NOW) == (
        "The 2 calls with tokens would have cost **3.00 EUR** with m at the prices of configuration; "
        "none of them has a price."
    )


def test_no_price() -> None:
    """An unknown model has no price here, and its name shows as written."""
    assert answer(FIGURES, ENDPOINT, "*x*", NOW) == "There is no price for **\\*x\\*** here."
