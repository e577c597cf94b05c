"""What people may, as admins read it: budgets and what is spent, limits, models by role, how long things stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import streamlit as st

from lib import dates, runtime
from lib.config import Settings
from lib.config.rules import Access, Limit
from lib.pricing.budgets import MONEY, Budget
from lib.store import LOCAL, Known
from lib.ui.markdown import plain
from lib.ui.numbers import count, many, money, percent
from lib.usage.spending import Asking, Spending, scope, spending

WHERE = "These are set in secrets.toml and in the environment. What is changed there counts after a restart."
NONE = {
    "Budgets": "Nothing is limited by money, tokens or calls.",
    "Limits": "Everybody may ask as often as they like.",
    "Models": "Everybody may ask every model.",
}


def draw() -> None:
    """Draw all rules."""
    settings = runtime.current().settings
    st.caption(WHERE)
    _section("Budgets", map(_budget, settings.budgets))
    _section("Limits", map(_limit, settings.accounts.limits))
    _section("Models", map(_access, settings.accounts.access))
    _section("Retention", _retention(settings))


def of(each: Known) -> Iterator[str]:
    """Give what is spent of the budgets that each person has, by somebody, and what limits them."""
    parley, now = runtime.current(), datetime.now(UTC)
    for budget in parley.settings.budgets:
        about = {"endpoint": budget.endpoint, "model": budget.model, "project": budget.project}
        asking = Asking(**about, owner=each.owner, names=each.names)
        if asking.counts(budget) and (budget.each or budget.owner):
            found = spending(parley.store.usage(LOCAL), budget, now, each.owner, parley.store.people.members)
            yield _spent(found)
    yield from (_limit(limit) for limit in parley.settings.accounts.limits if limit.is_for(each.names))


def _section(name: str, lines: Iterable[str]) -> None:
    st.header(name, anchor=False)
    found = [f"- {plain(line, 300)}" for line in lines]
    if found:
        st.markdown("\n".join(found))
    else:
        st.caption(NONE[name])


def _budget(budget: Budget) -> str:
    if budget.each:
        ends = "then calls are refused" if budget.stop else "then only a warning"
        return f"{budget.said} a {budget.period} for {scope(budget)}, {ends}"
    parley = runtime.current()
    return _spent(spending(parley.store.usage(LOCAL), budget, datetime.now(UTC), "", parley.store.people.members))


def _spent(found: Spending) -> str:
    budget = found.budget
    spent = money(found.spent) if budget.unit == MONEY else count(int(found.spent))
    ends = "calls are refused once it is spent" if budget.stop else "it only warns"
    return f"{found.what}: {spent} spent ({percent(found.share)}) until {dates.day(found.last)}; {ends}"


def _limit(limit: Limit) -> str:
    each = f"each of {limit.group}" if limit.group else "everybody"
    numbers = [
        *([f"{many(limit.calls_a_minute, 'call')} a minute"] if limit.calls_a_minute else []),
        *([f"{many(limit.answers_at_once, 'answer')} at once"] if limit.answers_at_once else []),
    ]
    return f"{' and '.join(numbers)} for {each}"


def _access(access: Access) -> str:
    models = "all models" if access.models == ("*",) else ", ".join(access.models)
    return f"{models} of {access.endpoint}: only {', '.join(sorted(access.only))}"


def _retention(settings: Settings) -> list[str]:
    conversations = settings.conversation_days
    stay = f"go {many(conversations, 'day')} after the last prompt" if conversations else "stay"
    ledger = f"goes after {many(settings.retention_days, 'day')}" if settings.retention_days else "stays"
    return [
        f"Conversations {stay}",
        f"What was deleted goes for good after {many(settings.deleted_days, 'day')}",
        "Temporary chats go when they are closed, or an hour after the last prompt",
        f"The ledger {ledger}",
    ]
