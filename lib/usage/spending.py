"""What of a budget is spent, where that leads by the end of the month, and whether a call may still be made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from lib import dates
from lib.errors import BudgetError
from lib.pricing.budgets import Budget
from lib.store import Ledger, Selection
from lib.store.usage.charts import total
from lib.store.usage.days import begin, zone

WARNING = 0.8


@dataclass(frozen=True)
class Spending:
    """A month of a budget so far: `first` and `last` are its days, `passed` is the share of it that is over.

    `unpriced` calls have tokens but no price: what they cost is not in `spent`.
    """

    budget: Budget
    first: date
    last: date
    spent: Decimal
    passed: float
    unpriced: int

    @property
    def share(self) -> float:
        """The part of the budget that is spent; 1 is all of it."""
        return float(self.spent / self.budget.amount)

    @property
    def forecast(self) -> float:
        """The part that will be spent by the end of the month, if it goes on like this."""
        return self.share / self.passed

    @property
    def state(self) -> str:
        """One of "fine", "warning" (80 % are spent) and "spent"."""
        if self.share >= 1:
            return "spent"
        return "warning" if self.share >= WARNING else "fine"


def spending(ledger: Ledger, budget: Budget, now: datetime) -> Spending:
    """Return the month of a budget that the moment `now` is in, as far as calls have ended. Raises StoreError."""
    first, last = _month(now.astimezone(zone(budget.zone)).date())
    only = {name: (value,) for name, value in budget.names.items()}
    found = total(cell.figures for cell in ledger.cells(Selection(first, last, budget.zone).where(**only)))
    since, until = begin(first, budget.zone), begin(last + timedelta(days=1), budget.zone)
    # Of the first hour nothing can be told: one call would lead to a thousand budgets.
    passed = max((now - since) / (until - since), timedelta(hours=1) / (until - since))
    return Spending(budget, first, last, found.cost(budget.currency) or Decimal(0), passed, found.unpriced)


def check(ledger: Ledger, budgets: Iterable[Budget], now: datetime, *, endpoint: str, model: str, owner: str) -> None:
    """Raise BudgetError if a budget that stops is spent and this call would count; StoreError if nobody knows.

    Calls that are running at the moment are not in what is spent: a budget may be passed by as much as they cost.
    """
    for budget in budgets:
        if budget.stop and budget.covers(endpoint=endpoint, model=model, owner=owner):
            _allow(spending(ledger, budget, now))


def _allow(spending: Spending) -> None:
    if spending.state == "spent":
        budget = spending.budget
        what = " and ".join(f"{name} {value}" for name, value in budget.names.items()) or "all calls"
        raise BudgetError(
            f"This month's budget of {budget.amount:g} {budget.currency} for {what} is spent.",
            hint=f"It begins anew after {dates.day(spending.last)}. Choose another model, or ask for a larger budget.",
        )


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
