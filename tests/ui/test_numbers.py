"""Numbers as a person reads them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lib.ui.numbers import change, cost, count, many, money, percent, rate, seconds


@pytest.mark.parametrize(
    ("number", "text"), [(None, "–"), (0, "0"), (999, "999"), (1000, "1\u2009000"), (1234567, "1\u2009234\u2009567")]
)
def test_count(number: int | None, text: str) -> None:
    """Thousands are set apart by a thin space; unknown is a dash, not a zero."""
    assert count(number) == text


def test_about() -> None:
    """An estimate has its mark before the number."""
    assert count(50, "~") == "~50"


@pytest.mark.parametrize(("milliseconds", "text"), [(None, "–"), (4, "0.00 s"), (456, "0.46 s"), (12345, "12.3 s")])
def test_seconds(milliseconds: float | None, text: str) -> None:
    """Durations have as many digits as matter."""
    assert seconds(milliseconds) == text


@pytest.mark.parametrize(
    ("tokens", "milliseconds", "text"),
    [(100, 2000, "50"), (None, 2000, "–"), (100, None, "–"), (100, 5, "–")],
)
def test_rate(tokens: int | None, milliseconds: float | None, text: str) -> None:
    """A speed is told where there is something to divide by."""
    assert rate(tokens, milliseconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "–"),
        (0, "0.00"),
        (Decimal("0.00421"), "0.0042"),
        (0.00000001, "< 0.0001"),
        (1.005, "1.00"),
        (Decimal("1234.5"), "1\u2009234.50"),
    ],
)
def test_money(amount: Decimal | float | None, text: str) -> None:
    """An amount has as many digits as matter, and none is shown as nothing that is something."""
    assert money(amount) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0, "0\u2009%"),
        (1, "100\u2009%"),
        (0.5, "50\u2009%"),
        (0.99999, "99.9\u2009%"),
        (0.00001, "0.1\u2009%"),
    ],
)
def test_percent(share: float | None, text: str) -> None:
    """What is almost all is not shown as all."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (None, 1, None),
        (1, None, None),
        (1, 0, None),
        (3, 2, "+50\u2009%"),
        (1, 2, "-50\u2009%"),
        (2, 2, "±0\u2009%"),
        (20, 1, "×20"),
    ],
)
def test_change(now: float | None, before: float | None, text: str | None) -> None:
    """A change is told in percent, a large one as a multiple, one from nothing not at all."""
    assert change(now, before) == text


def test_many() -> None:
    """One of something has no s."""
    assert [many(1, "call"), many(1200, "call"), many(2, "entry", "entries"), many(1, "token", about="~")] == [
        "1 call",
        "1\u2009200 calls",
        "2 entries",
        "~1 token",
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0.25, "USD", "$0.25"),
        (0.0042, "USD", "$0.0042"),
        (3, "EUR", "€3.00"),
        (2, "CHF", "2.00 CHF"),
        (0.00001, "USD", "< $0.0001"),
        (None, "", "–"),
    ],
)
def test_cost(amount: float | None, currency: str, text: str) -> None:
    """An amount has the sign of its currency before it, or its name behind it."""
    assert cost(amount, currency) == text
