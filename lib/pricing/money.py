"""Amounts of money and currencies, as secrets.toml has them."""

from __future__ import annotations

import re
from decimal import Decimal

from lib.errors import ConfigError


def amount(value: object, what: str, example: str, *, above_zero: bool = False) -> Decimal:
    """Return an amount of money. Raises ConfigError, with `what` the amount is and an example, for what is none."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    found = Decimal(str(value)) if number else Decimal(-1)
    if not found.is_finite() or found < 0 or (above_zero and not found):
        raise ConfigError.expected(what, "an amount above 0" if above_zero else "an amount, 0 or more", example)
    return found


def currency(value: object, what: str, example: str) -> str:
    """Return the ISO 4217 code of a currency. Raises ConfigError as `amount` does."""
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise ConfigError.expected(what, "a currency in three capital letters", example)
    return value
