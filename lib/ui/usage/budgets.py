"""Budgets: what of this month's is spent, where that leads, and the pace that a budget allows in the chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import streamlit as st

from lib import dates, runtime
from lib.pricing.budgets import MONEY, Budget
from lib.store import LOCAL, Scope, Selection
from lib.ui import mine
from lib.ui.markdown import plain
from lib.ui.numbers import cost, count, many, money, percent
from lib.usage.spending import Spending, scope, spending

STEPS = {"day": 1, "week": 7}
NOW = {"month": "this month", "week": "this week", "day": "today"}


def months() -> list[Spending]:
    """Return each budget that is this person's, with its period so far; of all, for who sees the usage of all.

    What others share of it is in it: whether calls are refused depends on that.
    """
    parley, who, now = runtime.current(), mine.scope(), datetime.now(UTC)
    ledger, members = parley.store.usage(LOCAL), parley.store.people.members
    budgets = [each for each in parley.settings.budgets if _concerns(each, who)]
    return [spending(ledger, budget, now, who.owner, members) for budget in budgets]


def _concerns(budget: Budget, who: Scope) -> bool:
    about = {"endpoint": budget.endpoint, "model": budget.model, "owner": who.owner, "project": budget.project}
    return budget.covers(who.names, **about) or (who.sees_usage and not budget.each)


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
    only = f" for {plain(_scope(budget), 40)}" if budget.all_names or budget.each else ""
    of = cost(budget.amount, budget.currency) if budget.unit == MONEY else _said(budget.amount, budget)
    return f"{percent(month.share)} of {plain(of)} {NOW[budget.period]}{only}"


def sentence(month: Spending) -> str:
    """Return what is spent and where that leads, as markdown."""
    budget = month.budget
    of = f"{money(month.spent)} of {money(budget.amount)} {budget.currency}"
    if budget.unit != MONEY:
        of = f"{count(int(month.spent))} of {_said(budget.amount, budget)}"
    spent = f"{of} ({percent(month.share)})"
    course = f"on course for {percent(month.forecast)} by {dates.day(month.last)}"
    unpriced = f", {many(month.unpriced, 'call')} unpriced" if month.unpriced else ""
    over = f". Calls are refused until the {budget.period} is over"
    stop = over if budget.stop and month.state == "spent" else ""
    return f"Budget for **{plain(_scope(budget))}**: {spent}, {course}{unpriced}{stop}."


def _scope(budget: Budget) -> str:
    return "you" if budget.each else scope(budget)


def _said(amount: Decimal, budget: Budget) -> str:
    return many(int(amount), budget.unit.removesuffix("s"))


def pace(budgets: Sequence[Budget], selection: Selection, currency: str, step: str) -> Decimal | None:
    """Return what the budget for just these calls allows in one step, None if there is none in this currency."""
    exact = {name: values[0] if len(values) == 1 else None for name, values in selection.filters.items()}
    plain_ones = (each for each in budgets if each.unit == MONEY and each.period == "month" and not each.each)
    fitting = [budget for budget in plain_ones if budget.all_names == exact and budget.currency == currency]
    return _each(fitting[0].amount, step) if fitting else None


def _each(amount: Decimal, step: str) -> Decimal:
    return amount * STEPS[step] * 12 / Decimal("365.25") if step in STEPS else amount
