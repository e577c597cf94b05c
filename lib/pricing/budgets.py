"""How much may be spent in a month: budgets, as secrets.toml has them.

[[budgets]]
amount = 200.0           # a month
currency = "EUR"         # without it, USD; calls with costs in another currency do not count
endpoint = "work"        # what it is for: any of endpoint, model and owner, or all calls
zone = "Europe/Lisbon"   # whose months; without it, UTC
stop = true              # refuse calls once it is spent; without it, only warn
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lib.errors import ConfigError
from lib.pricing import money

WHERE = "[[budgets]] in secrets.toml"
EXAMPLE = '{ amount = 200.0, endpoint = "work", stop = true }'
_expected = partial(ConfigError.expected, WHERE, example=EXAMPLE)


@dataclass(frozen=True)
class Budget:
    """An amount for each month, of all calls or of those of an endpoint, a model, a person."""

    amount: Decimal
    currency: str = "USD"
    endpoint: str = ""
    model: str = ""
    owner: str = ""
    zone: str = "UTC"
    stop: bool = False

    @property
    def names(self) -> dict[str, str]:
        """What it is for, by dimension; nothing when it is for all calls."""
        names = {"endpoint": self.endpoint, "model": self.model, "owner": self.owner}
        return {name: value for name, value in names.items() if value}

    def covers(self, **call: str) -> bool:
        """Say whether a call counts: `endpoint`, `model` and `owner` are those it is for."""
        return all(call.get(name) == value for name, value in self.names.items())


def parse(value: object) -> tuple[Budget, ...]:
    """Return the budgets of secrets.toml. Raises ConfigError for what is none."""
    if not isinstance(value, list):
        raise _expected("tables")
    return tuple(map(_budget, value))


def _budget(table: object) -> Budget:
    known = [item.name for item in fields(Budget)]
    if not isinstance(table, Mapping) or "amount" not in table or not set(table) <= set(known):
        raise _expected("an amount, and of " + ", ".join(known[1:]) + " what is needed")
    names = {name: _text(table[name], name) for name in ("endpoint", "model", "owner") if name in table}
    amount = money.amount(table["amount"], WHERE, EXAMPLE, above_zero=True)
    currency = money.currency(table.get("currency", "USD"), WHERE, EXAMPLE)
    return Budget(amount, currency, **names, zone=_zone(table.get("zone", "UTC")), stop=_stop(table))


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _expected(f"{name} in quotes")
    return value


def _zone(value: object) -> str:
    try:
        return ZoneInfo(_text(value, "zone")).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _expected("a zone such as Europe/Lisbon") from error


def _stop(table: Mapping[str, Any]) -> bool:
    stop = table.get("stop", False)
    if not isinstance(stop, bool):
        raise _expected("stop as true or false")
    return stop
