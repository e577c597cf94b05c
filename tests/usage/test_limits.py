"""Budgets of people, groups and projects, by money, tokens and calls; and how often somebody may ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lib.config.rules import Limit
from lib.errors import BudgetError, LimitError
from lib.pricing.budgets import Budget
from lib.store import LOCAL, Entry, Scope, Store
from lib.usage.spending import Asking, check, check_limits, covering, spending
from tests.store.calls import dollars, foreign, put, tokens
from tests.store.helpers import CHOICE, DONE, begin

NOW = datetime(2026, 6, 17, 12, tzinfo=UTC)  # a Wednesday
ANN = Asking("work", "gpt-x", "ann", frozenset({"user", "lab"}))


def spend(store: Store, amount: str, at: datetime = NOW, owner: str = "ann", **about: object) -> None:
    """Make a call that costs so much."""
    put(store, foreign(at, cost=dollars(amount), owner=owner, endpoint="work", model="gpt-x", **about))


def share(store: Store, budget: Budget, owner: str = "ann") -> float:
    """Return how much of a budget is spent."""
    return spending(store.usage(LOCAL), budget, NOW, owner, store.people.members).share


def test_each(store: Store) -> None:
    """What each person has is theirs: what others spend is not in it."""
    spend(store, "9")
    spend(store, "50", owner="ben")
    budget = Budget(Decimal(10), each=True, stop=True)

    assert [share(store, budget, owner) for owner in ("ann", "ben", "kim")] == [0.9, 5.0, 0.0]
    check(store.usage(LOCAL), [budget], NOW, ANN)
    with pytest.raises(BudgetError, match="This month's budget of 10 USD for you is spent"):
        check(store.usage(LOCAL), [budget], NOW, Asking("work", "gpt-x", "ben"))


def test_group(store: Store) -> None:
    """A group has one together; a role is a group; of nobody nothing is spent."""
    store.people.note("ann", name="A", email="", role="user", groups={"lab", "lab_2"})
    store.people.note("ben", name="B", email="", role="admin", groups={"lab"})
    store.people.note("kim", name="K", email="", role="user", groups={"la%"})
    for owner in ("ann", "ben", "kim"):
        spend(store, "2", owner=owner)
    found = {group: share(store, Budget(Decimal(10), group=group)) for group in ("lab", "user", "la%", "none")}

    assert spending(store.usage(LOCAL), Budget(Decimal(10), group="lab"), NOW).share == 0  # where nobody signs in
    assert found == {"lab": 0.4, "user": 0.4, "la%": 0.2, "none": 0.0}
    assert {each.owner: each.names for each in store.people.all()} == {
        "ann": {"lab", "lab_2", "user"},
        "ben": {"lab", "admin"},
        "kim": {"la%", "user"},
    }


@pytest.mark.parametrize(("period", "spent"), [("day", 1), ("week", 3), ("month", 7)])
def test_period(store: Store, period: str, spent: int) -> None:
    """A period is the day, the week from Monday on, or the month that it is."""
    for days, amount in ((0, "1"), (2, "2"), (3, "4"), (17, "8")):
        spend(store, amount, NOW - timedelta(days=days))

    assert share(store, Budget(Decimal(1), period=period)) == spent


def test_units(store: Store) -> None:
    """Tokens and calls are counted as well; what has no price is no matter then."""
    put(store, foreign(NOW, owner="ann", usage=tokens(30, 12)), foreign(NOW, owner="ann", usage=None))

    assert share(store, Budget(Decimal(84), unit="tokens")) == 0.5
    assert share(store, Budget(Decimal(4), unit="calls")) == 0.5
    assert spending(store.usage(LOCAL), Budget(Decimal(4), unit="calls"), NOW).unpriced == 0
    assert Budget(Decimal(1_000_000), unit="tokens").said == "1,000,000 tokens"


def test_project(store: Store) -> None:
    """A project's calls are those of the conversations in it, and of their lanes; others are in none."""
    chats, now = store.chats(LOCAL), datetime.now(UTC)
    project = store.library(LOCAL).keep(Entry("project", "Atlas"))
    turn = begin(store)
    chats.finish(turn, DONE)
    id, lanes = chats.collect("q", ["a"], CHOICE, provider="openai", purpose="compare", each="compare")
    chats.finish(begin(store, conversation_id=lanes[0]), DONE)
    chats.finish(begin(store), DONE)
    for each in (turn.conversation_id, id):
        chats.move(each, project)
    budget = Budget(Decimal(4), project="Atlas", unit="calls")

    assert spending(store.usage(LOCAL), budget, now).share == 0.5
    [found] = covering(store.usage(LOCAL), [budget], now, Asking("e", "m", "local", project="Atlas"))
    assert found.what == "This month's budget of 4 calls for project Atlas"
    assert not list(covering(store.usage(LOCAL), [budget], now, Asking("e", "m", "local")))
    own = store.usage(Scope("local")).projects
    assert [cell.names for cell in own(_today(now))] == [("", "local"), ("Atlas", "local")]
    assert store.usage(Scope("ben")).projects(_today(now)) == []


def _today(now: datetime):  # type: ignore[no-untyped-def]  # a selection
    from lib.store import Selection

    return Selection(now.date(), now.date())


def test_calls_a_minute(store: Store) -> None:
    """Who has asked as often as may be within a minute is told when the next call can go out; others go on."""
    ledger, now = store.usage(LOCAL), datetime.now(UTC)
    for _ in range(2):
        store.chats(Scope("ann")).finish(begin(store, owner="ann"), DONE)
    check_limits(ledger, [Limit(3)], now, ANN)
    with pytest.raises(LimitError, match="You have made 2 calls within a minute") as caught:
        check_limits(ledger, [Limit(2)], now, ANN)

    assert 50 <= (caught.value.retry_after or 0) <= 61
    assert f"in {caught.value.retry_after:.0f} s" in caught.value.hint
    check_limits(ledger, [Limit(2)], now, Asking("e", "m", "ben"))
    check_limits(ledger, [Limit(2, group="interns")], now, ANN)
    check_limits(ledger, [Limit(2)], now + timedelta(minutes=2), ANN)


@pytest.mark.parametrize(("most", "words"), [(1, "An answer is being written"), (2, "2 answers are being written")])
def test_answers_at_once(store: Store, most: int, words: str) -> None:
    """So many answers are written for somebody at once, by whichever process; what has ended is none."""
    store.lease.hold()
    turns = [begin(store, owner="ann") for _ in range(2)]
    with pytest.raises(LimitError, match=words):
        check_limits(store.usage(LOCAL), [Limit(answers_at_once=most)], NOW, ANN)
    check_limits(store.usage(LOCAL), [Limit(answers_at_once=3)], NOW, ANN)
    for turn in turns:
        store.chats(Scope("ann")).finish(turn, DONE)
    check_limits(store.usage(LOCAL), [Limit(answers_at_once=1)], NOW, ANN)
