"""What of a budget is spent: by month, by what it is for, and what happens at its end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lib.errors import BudgetError, ChatError
from lib.pricing.budgets import Budget
from lib.store import LOCAL, Store
from lib.usage.spending import Asking, check, spending
from tests.store.calls import dollars, foreign, put

NOW = datetime(2026, 6, 16, tzinfo=UTC)  # half of June is over
HUNDRED = Decimal(100)
CALL = {"endpoint": "work", "model": "gpt-x", "owner": "anna"}


def spend(store: Store, amount: str, at: datetime = NOW, currency: str = "USD", **names: str) -> None:
    """Make a call that costs so much."""
    put(store, foreign(at, cost=dollars(amount, currency), **{**CALL, **names}))


def test_nothing(store: Store) -> None:
    """Before the first call nothing is spent."""
    found = spending(store.usage(LOCAL), Budget(HUNDRED), NOW)

    assert (found.first, found.last) == (date(2026, 6, 1), date(2026, 6, 30))
    assert (found.spent, found.share, found.forecast, found.state) == (0, 0.0, 0.0, "fine")


@pytest.mark.parametrize(
    ("amount", "state"), [("79.99", "fine"), ("80", "warning"), ("99", "warning"), ("100", "spent")]
)
def test_state(store: Store, amount: str, state: str) -> None:
    """From 80 % on there is a warning."""
    spend(store, amount)

    assert spending(store.usage(LOCAL), Budget(HUNDRED), NOW).state == state


def test_pace(store: Store) -> None:
    """70 % in half of a month leads to 140 %."""
    spend(store, "70")

    assert spending(store.usage(LOCAL), Budget(HUNDRED), NOW).forecast == pytest.approx(1.4)


def test_pace_at_first(store: Store) -> None:
    """In the first minute of a month the pace is that of an hour."""
    moment = datetime(2026, 6, 1, 0, 0, 1, tzinfo=UTC)
    spend(store, "1", moment)

    assert spending(store.usage(LOCAL), Budget(HUNDRED), moment).forecast == pytest.approx(7.2)


def test_month(store: Store) -> None:
    """A month is one of the budget's time zone."""
    spend(store, "5", datetime(2026, 5, 31, 22, 0, tzinfo=UTC))
    budgets = [Budget(HUNDRED, zone=zone) for zone in ("UTC", "Europe/Lisbon", "Europe/Berlin")]

    assert [spending(store.usage(LOCAL), budget, NOW).spent for budget in budgets] == [0, 0, 5]


def test_december(store: Store) -> None:
    """The last month of a year ends with it."""
    found = spending(store.usage(LOCAL), Budget(HUNDRED), datetime(2026, 12, 31, 23, tzinfo=UTC))

    assert (found.first, found.last) == (date(2026, 12, 1), date(2026, 12, 31))


def test_names(store: Store) -> None:
    """Only what a budget is for counts, and only in its currency."""
    spend(store, "1")
    spend(store, "2", owner="ben")
    spend(store, "4", model="other")
    spend(store, "8", endpoint="home")
    spend(store, "16", currency="EUR")
    budgets = [
        Budget(HUNDRED),
        Budget(HUNDRED, owner="anna"),
        Budget(HUNDRED, model="gpt-x", endpoint="work"),
        Budget(HUNDRED, "EUR"),
    ]

    assert [spending(store.usage(LOCAL), budget, NOW).spent for budget in budgets] == [15, 13, 3, 16]


def test_unpriced(store: Store) -> None:
    """Calls whose cost nobody knows are counted beside it."""
    put(store, foreign(NOW, **CALL))

    assert spending(store.usage(LOCAL), Budget(HUNDRED), NOW).unpriced == 1


def test_stop(store: Store) -> None:
    """A spent budget that stops refuses the call, and says when it begins anew."""
    spend(store, "100")
    with pytest.raises(BudgetError, match="100 USD for owner anna is spent") as caught:
        check(store.usage(LOCAL), [Budget(HUNDRED, owner="anna", stop=True)], NOW, Asking(**CALL))

    assert "30 Jun 2026" in caught.value.hint


def test_stop_all(store: Store) -> None:
    """A budget may be for all calls."""
    spend(store, "200")
    with pytest.raises(BudgetError, match="for all calls"):
        check(store.usage(LOCAL), [Budget(HUNDRED, stop=True)], NOW, Asking(**CALL))


@pytest.mark.parametrize(
    "budget",
    [
        Budget(HUNDRED),
        Budget(HUNDRED, stop=True, owner="ben"),
        Budget(HUNDRED * 3, stop=True),
        Budget(HUNDRED, "EUR", stop=True),
    ],
)
def test_go(store: Store, budget: Budget) -> None:
    """A call goes on when the budget only warns, is someone else's, or is not spent."""
    spend(store, "200")

    check(store.usage(LOCAL), [budget], NOW, Asking(**CALL))


def test_next_month(store: Store) -> None:
    """In the next month calls go on."""
    spend(store, "200")

    check(store.usage(LOCAL), [Budget(HUNDRED, stop=True)], datetime(2026, 7, 1, tzinfo=UTC), Asking(**CALL))


def test_no_zone(store: Store) -> None:
    """A budget in a time zone that there is not is an error fit to show."""
    with pytest.raises(ChatError, match="time zone"):
        spending(store.usage(LOCAL), Budget(HUNDRED, zone="Mars/Olympus"), NOW)
