"""Numbers as a person reads them: thin-space thousands, "–" for unknown, "~" for about."""

from __future__ import annotations

from decimal import Decimal

UNKNOWN = "–"
THIN_SPACE = "\u2009"
NO_BREAK = "\u00a0"  # a space where no line ends
JOINER = "\u2060"  # no space, and no line ends there
LEAST = 0.0001  # of any currency; less is shown as such
SHORT = 0.1  # of any currency, from which on cents say enough
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
SHORTEST = 20.0  # milliseconds; a speed over less says nothing


def kept(figure: str) -> str:
    """Return a figure with its unit as what stays in one line: one may end behind a dash too, whatever follows."""
    joined = figure.replace(THIN_SPACE, f"{JOINER}{THIN_SPACE}{JOINER}").replace(UNKNOWN, f"{UNKNOWN}{JOINER}")
    return joined.replace(" ", NO_BREAK)


def many(number: int | None, one: str, several: str = "", about: str = "") -> str:
    """Return how many there are of something, in words: 1 call, 2 calls; `several` where that is not `one` and an s."""
    return f"{count(number, about)} {one if number == 1 else several or f'{one}s'}"


def count(number: int | None, about: str = "") -> str:
    """Return a whole number: 12 345."""
    return UNKNOWN if number is None else f"{about}{number:,}".replace(",", THIN_SPACE)


def seconds(milliseconds: float | None) -> str:
    """Return a duration in seconds, with as many digits as matter."""
    if milliseconds is None:
        return UNKNOWN
    value = milliseconds / 1000
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"


def rate(tokens: int | None, milliseconds: float | None, about: str = "") -> str:
    """Return tokens per second; unknown for a time too short to divide by."""
    if tokens is None or milliseconds is None or milliseconds < SHORTEST:
        return UNKNOWN
    return count(round(tokens * 1000 / milliseconds), about)


def money(amount: Decimal | float | None) -> str:
    """Return an amount without its currency: 1 234.50, and 0.0042 where cents say too little."""
    if amount is None:
        return UNKNOWN
    value = float(amount)
    if 0 < value < LEAST:
        return f"< {LEAST}"
    digits = 2 if value == 0 or value >= 1 else 4
    return f"{amount:,.{digits}f}".replace(",", THIN_SPACE)


def cost(amount: Decimal | float | None, currency: str) -> str:
    """Return an amount with its currency, where there is room for one of them: $0.25, 0.0042 CHF."""
    if amount is None:
        return UNKNOWN
    shown = f"{amount:.2f}" if SHORT <= amount < 1 else money(amount)
    sign, least = SIGNS.get(currency), shown.startswith("<")
    if sign is None:
        return f"{shown} {currency}"
    return f"< {sign}{shown.removeprefix('< ')}" if least else f"{sign}{shown}"


def percent(share: float | None) -> str:
    """Return a share as a percentage: 97 %; what is almost all, or almost nothing, is not rounded to all or nothing."""
    if share is None:
        return UNKNOWN
    if 0.99 < share < 1 or 0 < share < 0.01:
        return f"{min(max(share * 100, 0.1), 99.9):.1f}{THIN_SPACE}%"
    return f"{share * 100:.0f}{THIN_SPACE}%"


def change(now: float | None, before: float | None) -> str | None:
    """Return by how much something is more, +12 %, or less, -12 %, than before; None where that cannot be said."""
    if now is None or not before:
        return None
    more = round((now / before - 1) * 100)
    if more >= 900:
        return f"×{now / before:.0f}"
    return f"{more:+}{THIN_SPACE}%" if more else f"±0{THIN_SPACE}%"
