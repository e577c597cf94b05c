"""Budgets: what of this month's is spent, where that leads, and the pace that a budget allows in the chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import streamlit as st

from lib import dates, runtime
from lib.pricing.budgets import Budget
from lib.store import Selection
from lib.ui import mine
from lib.ui.markdown import plain
from lib.ui.numbers import cost, many, money, percent
from lib.usage.spending import Spending, spending

STEPS = {"day": 1, "week": 7}


def months() -> list[Spending]:
    """Return each budget with its month so far."""
    now = datetime.now(UTC)
    return [spending(mine.usage(), budget, now) for budget in runtime.current().settings.budgets]


def draw_fine(months: Iterable[Spending]) -> None:
    """Draw a thin bar for each budget of which less than 80 % are spent, below the cost."""
    for month in months:
        if month.state == "fine":
            st.progress(min(1.0, month.share), short(month))


def warn(months: Iterable[Spending]) -> None:
    """Warn of each budget from 80 % on."""
    for month in months:
        if month.state != "fine":
            show = st.error if month.state == "spent" else st.warning
            show(sentence(month))


def short(month: Spending) -> str:
    """Return what is spent in a few words, as markdown."""
    budget = month.budget
    only = f" for {plain(scope(budget), 40)}" if budget.names else ""
    return f"{percent(month.share)} of {plain(cost(budget.amount, budget.currency))} this month{only}"


def sentence(month: Spending) -> str:
    """Return what is spent and where that leads, as markdown."""
    budget = month.budget
    spent = f"{money(month.spent)} of {money(budget.amount)} {budget.currency} ({percent(month.share)})"
    course = f"on course for {percent(month.forecast)} by {dates.day(month.last)}"
    unpriced = f", {many(month.unpriced, 'call')} unpriced" if month.unpriced else ""
    stop = ". Calls are refused until the month is over" if budget.stop and month.state == "spent" else ""
    return f"Budget for **{plain(scope(budget))}**: {spent}, {course}{unpriced}{stop}."


def scope(budget: Budget) -> str:
    """Return in words what a budget is for."""
    return " and ".join(f"{name} {value}" for name, value in budget.names.items()) or "all calls"


def pace(budgets: Sequence[Budget], selection: Selection, currency: str, step: str) -> Decimal | None:
    """Return what the budget for just these calls allows in one step, None if there is none in this currency."""
    exact = {name: values[0] if len(values) == 1 else None for name, values in selection.filters.items()}
    fitting = [budget for budget in budgets if budget.names == exact and budget.currency == currency]
    return _each(fitting[0].amount, step) if fitting else None


def _each(amount: Decimal, step: str) -> Decimal:
    return amount * STEPS[step] * 12 / Decimal("365.25") if step in STEPS else amount
