"""How much may be spent in a month, a week or a day: budgets, as secrets.toml has them.

[[budgets]]
amount = 200.0           # in money; or tokens = 1000000, or calls = 500
currency = "EUR"         # without it, USD; calls with costs in another currency do not count
period = "day"           # or "week", from Monday on; without it, a month
endpoint = "work"        # what it is for: any of endpoint, model, owner, group and project, or all calls
group = "research"       # a group, an e-mail address, or a role: user, analyst, admin
each = true              # for each person on their own; without it, for all of them together
zone = "Europe/Lisbon"   # whose days; without it, UTC
stop = true              # refuse calls once it is spent; without it, only warn
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lib.errors import ConfigError
from lib.pricing import money

WHERE = "[[budgets]] in secrets.toml"
EXAMPLE = '{ amount = 200.0, endpoint = "work", stop = true }'
MONEY, TOKENS, CALLS = UNITS = ("amount", "tokens", "calls")
PERIODS = ("month", "week", "day")
_expected = partial(ConfigError.expected, WHERE, example=EXAMPLE)


@dataclass(frozen=True)
class Budget:
    """An amount for each period, of all calls or of those of an endpoint, a model, a person, a group, a project.

    `unit` says what it is an amount of: money, tokens or calls. `each`: every person has as much, on their own.
    """

    amount: Decimal
    currency: str = "USD"
    endpoint: str = ""
    model: str = ""
    owner: str = ""
    zone: str = "UTC"
    stop: bool = False
    group: str = ""
    project: str = ""
    each: bool = False
    period: str = "month"
    unit: str = MONEY

    @property
    def names(self) -> dict[str, str]:
        """What it is for, by dimension of the ledger; nothing when it is for all calls."""
        names = {"endpoint": self.endpoint, "model": self.model, "owner": self.owner}
        return {name: value for name, value in names.items() if value}

    @property
    def all_names(self) -> dict[str, str]:
        """The same, and what else it is for."""
        names = {"group": self.group, "project": self.project}
        return {**self.names, **{name: value for name, value in names.items() if value}}

    @property
    def said(self) -> str:
        """How much it is, in words."""
        if self.unit == MONEY:
            return f"{self.amount.normalize():f} {self.currency}"
        return f"{self.amount:,f} {self.unit if self.amount != 1 else self.unit.removesuffix('s')}"

    def covers(self, groups: Collection[str] = (), **call: str) -> bool:
        """Say whether a call counts: `endpoint`, `model`, `owner` and `project` are those it is for.

        `groups` are what the person may be named by.
        """
        of_group = not self.group or self.group in groups
        return of_group and all(call.get(name) == value for name, value in self.all_names.items() if name != "group")


def parse(value: object) -> tuple[Budget, ...]:
    """Return the budgets of secrets.toml. Raises ConfigError for what is none."""
    if not isinstance(value, list):
        raise _expected("tables")
    return tuple(map(_budget, value))


def _budget(table: object) -> Budget:
    known = [item.name for item in fields(Budget) if item.name != "unit"]
    units = [unit for unit in UNITS if isinstance(table, Mapping) and unit in table]
    if not isinstance(table, Mapping) or len(units) != 1 or not set(table) <= {*known, *UNITS}:
        raise _expected("an amount (or tokens, or calls), and of " + ", ".join(known[1:]) + " what is needed")
    names = ("endpoint", "model", "owner", "group", "project")
    found: dict[str, Any] = {name: _text(table[name], name) for name in names if name in table}
    amount = money.amount(table[units[0]], WHERE, EXAMPLE, above_zero=True)
    currency = money.currency(table.get("currency", "USD"), WHERE, EXAMPLE)
    found |= {"zone": _zone(table.get("zone", "UTC")), "period": _period(table.get("period", "month"))}
    found |= {name: _flag(table, name) for name in ("stop", "each")}
    return Budget(amount, currency, unit=units[0], **found)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _expected(f"{name} in quotes")
    return value


def _zone(value: object) -> str:
    try:
        return ZoneInfo(_text(value, "zone")).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _expected("a zone such as Europe/Lisbon") from error


def _period(value: object) -> str:
    if value not in PERIODS:
        raise _expected("a period that is one of " + ", ".join(PERIODS))
    return str(value)


def _flag(table: Mapping[str, Any], name: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise _expected(f"{name} as true or false")
    return value
