"""What of a budget is spent, where that leads by the end of its period, and whether a call may still be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from lib import dates
from lib.config import rules
from lib.config.rules import Limit
from lib.errors import BudgetError, LimitError
from lib.pricing.budgets import MONEY, TOKENS, Budget
from lib.store import Figures, Ledger, Selection
from lib.store.usage.charts import total
from lib.store.usage.days import begin, zone

WARNING = 0.8
MINUTE = timedelta(minutes=1)
AGAIN_SECONDS = 1.0  # after which it may be asked again whether there is room for another answer
WHEN = {"month": "This month's", "week": "This week's", "day": "Today's"}
Members = Callable[[str], Sequence[str]]  # of a group, or of a role: owners


def nobody(_: str) -> Sequence[str]:
    """Return the members of a group where there are no accounts."""
    return ()


@dataclass(frozen=True)
class Asking:
    """A call that is about to be made: of what, by whom, and in which project. `names` are what rules name them by."""

    endpoint: str
    model: str
    owner: str
    names: frozenset[str] = frozenset()
    project: str = ""

    def counts(self, budget: Budget) -> bool:
        """Return whether the call is one that a budget is for."""
        about = {"endpoint": self.endpoint, "model": self.model, "owner": self.owner, "project": self.project}
        return budget.covers(self.names, **about)


@dataclass(frozen=True)
class Spending:
    """A period of a budget so far: `first` and `last` are its days, `passed` is the share of it that is over.

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
        """The part that will be spent by the end of the period, if it goes on like this."""
        return self.share / self.passed

    @property
    def state(self) -> str:
        """One of "fine", "warning" (80 % are spent) and "spent"."""
        if self.share >= 1:
            return "spent"
        return "warning" if self.share >= WARNING else "fine"

    @property
    def what(self) -> str:
        """In words: which budget it is."""
        return f"{WHEN[self.budget.period]} budget of {self.budget.said} for {scope(self.budget)}"

    @property
    def told(self) -> str:
        """The same, in words for the person whom it concerns."""
        return f"{WHEN[self.budget.period]} budget of {self.budget.said} for you" if self.budget.each else self.what


def scope(budget: Budget) -> str:
    """Return in words what a budget is for."""
    names = " and ".join(f"{name} {value}" for name, value in budget.all_names.items())
    if budget.each:
        return f"each person of {names}" if names else "each person"
    return names or "all calls"


def spending(ledger: Ledger, budget: Budget, now: datetime, owner: str = "", members: Members = nobody) -> Spending:
    """Return the period of a budget that the moment `now` is in, as far as calls have ended. Raises StoreError.

    Of one that each person has it is that of `owner`.
    """
    first, last = _period(now.astimezone(zone(budget.zone)).date(), budget.period)
    found = _figures(ledger, budget, Selection(first, last, budget.zone), owner, members)
    since, until = begin(first, budget.zone), begin(last + timedelta(days=1), budget.zone)
    # Of the first hour nothing can be told: one call would lead to a thousand budgets.
    passed = max((now - since) / (until - since), timedelta(hours=1) / (until - since))
    unpriced = found.unpriced if budget.unit == MONEY else 0
    return Spending(budget, first, last, _spent(found, budget), passed, unpriced)


def _figures(ledger: Ledger, budget: Budget, days: Selection, owner: str, members: Members) -> Figures:
    only: dict[str, Sequence[str]] = {name: (value,) for name, value in budget.names.items()}
    if budget.each:
        only["owner"] = (owner,)
    elif budget.group:
        only["owner"] = tuple(members(budget.group)) or ("",)  # none is not any
    selection = days.where(**only)
    if budget.project:
        cells = (cell for cell in ledger.projects(selection) if cell.names[0] == budget.project)
        return total(cell.figures for cell in cells)
    return total(cell.figures for cell in ledger.cells(selection))


def _spent(found: Figures, budget: Budget) -> Decimal:
    if budget.unit == MONEY:
        return found.cost(budget.currency) or Decimal(0)
    return Decimal((found.total_tokens or 0) if budget.unit == TOKENS else found.calls)


def covering(
    ledger: Ledger, budgets: Iterable[Budget], now: datetime, asking: Asking, members: Members = nobody
) -> Iterator[Spending]:
    """Give what is spent of the budgets that a call would count in. Raises StoreError."""
    for budget in budgets:
        if asking.counts(budget):
            yield spending(ledger, budget, now, asking.owner, members)


def check(ledger: Ledger, budgets: Iterable[Budget], now: datetime, asking: Asking, members: Members = nobody) -> None:
    """Raise BudgetError if a budget that stops is spent and this call would count; StoreError if nobody knows.

    Calls that are running at the moment are not in what is spent: a budget may be passed by as much as they cost.
    """
    for found in covering(ledger, (budget for budget in budgets if budget.stop), now, asking, members):
        if found.state == "spent":
            hint = f"It begins anew after {dates.day(found.last)}. Choose another model, or ask for a larger budget."
            raise BudgetError(f"{found.told} is spent.", hint=hint)


def check_limits(ledger: Ledger, limits: Iterable[Limit], now: datetime, asking: Asking) -> None:
    """Raise LimitError if somebody has asked too often, or for too much at once; StoreError if nobody knows."""
    limit = rules.limit(limits, asking.names)
    if limit.calls_a_minute:
        _check_minute(ledger.latest(asking.owner, now - MINUTE, limit.calls_a_minute), limit.calls_a_minute, now)
    if limit.answers_at_once and ledger.running(asking.owner) >= limit.answers_at_once:
        count = limit.answers_at_once
        said = "An answer is being written for you" if count == 1 else f"{count} answers are being written for you"
        hint = "Wait until one of them has ended, then send again. Nothing was sent."
        raise LimitError(f"{said} already, as many as may be at once.", hint=hint, retry_after=AGAIN_SECONDS)


def _check_minute(latest: Sequence[datetime], most: int, now: datetime) -> None:
    if len(latest) >= most:
        seconds = max(1, round((latest[-1] + MINUTE - now).total_seconds()))
        said = f"You have made {most} {'call' if most == 1 else 'calls'} within a minute, as many as you may."
        hint = f"The next one can go out in {seconds} s. Nothing was sent."
        raise LimitError(said, hint=hint, retry_after=float(seconds))


def _period(day: date, period: str) -> tuple[date, date]:
    if period == "day":
        return day, day
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
