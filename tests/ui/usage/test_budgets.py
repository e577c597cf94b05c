"""Budgets in words, and the pace they allow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lib.pricing.budgets import Budget
from lib.store import Selection
from lib.ui.usage.budgets import pace, sentence
from lib.usage.spending import Spending

MAY = (date(2026, 5, 1), date(2026, 5, 31))
BUDGET = Budget(Decimal(200), "EUR", endpoint="work")


def test_sentence() -> None:
    """What is spent, where it leads, and what is not in it are told."""
    said = sentence(Spending(BUDGET, *MAY, Decimal(140), 0.5, unpriced=3)).replace("\u2009", " ")

    assert said == (
        "Budget for **endpoint work**: 140.00 of 200.00 EUR (70 %), on course for 140 % by 31 May 2026, "
        "3 calls unpriced."
    )


def test_stopped() -> None:
    """That a budget stops calls is told once it is spent."""
    budget = Budget(Decimal(1), stop=True)

    assert "Calls are refused" in sentence(Spending(budget, *MAY, Decimal(1), 1, 0))
    assert "Calls are refused" not in sentence(Spending(budget, *MAY, Decimal("0.5"), 1, 0))


@pytest.mark.parametrize(("step", "amount"), [("month", 200), ("week", 46), ("day", 6.57)])
def test_pace(step: str, amount: float) -> None:
    """A budget for just the calls on the page allows so much in one step."""
    found = pace([BUDGET], Selection(*MAY, endpoints=("work",)), "EUR", step)

    assert float(found or 0) == pytest.approx(amount, abs=0.01)


@pytest.mark.parametrize("selection", [Selection(*MAY), Selection(*MAY, endpoints=("work",), models=("m",))])
def test_no_pace(selection: Selection) -> None:
    """A budget for other calls, or in another currency, is no measure of these."""
    assert pace([BUDGET], selection, "EUR", "day") is None
    assert pace([BUDGET], Selection(*MAY, endpoints=("work",)), "USD", "day") is None
