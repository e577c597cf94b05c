"""Figures: what adds up, what stays unknown, and times read back from bins."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.store.schema import BINS
from lib.store.usage.figures import COST, EDGES, METRICS, Figures, Selection


def histogram(*times: float) -> tuple[int, ...]:
    """Return first-token times in bins."""
    bounds = list(zip((0, *EDGES), (*EDGES, 1e300), strict=True))
    return tuple(sum(low <= time < high for time in times) for low, high in bounds)


def test_sum() -> None:
    """Counts are added up; what one side does not know is what the other has."""
    both = Figures(1, prompt_tokens=5, counted=1) + Figures(2, prompt_tokens=6, cached_tokens=3)

    assert both == Figures(3, prompt_tokens=11, cached_tokens=3, counted=1)


def test_unknown() -> None:
    """What neither knows stays unknown."""
    assert (Figures(1) + Figures(1)).total_tokens is None


def test_currencies() -> None:
    """Currencies are kept apart."""
    both = Figures(costs=(("USD", 5),)) + Figures(costs=(("EUR", 7), ("USD", 1)))

    assert both.costs == (("EUR", 7), ("USD", 6))


def test_cost() -> None:
    """A cost is in whole units of its currency; one that is not there is unknown."""
    figures = Figures(costs=(("EUR", 1_500_000_000),))

    assert (figures.cost("EUR"), figures.cost()) == (Decimal("1.5"), None)


def test_histogram() -> None:
    """Bins are added up, and go with none."""
    both = Figures(ttft_histogram=histogram(30)) + Figures(ttft_histogram=histogram(30, 50)) + Figures()

    assert both.ttft_histogram == histogram(30, 30, 50)


def test_coverage() -> None:
    """Coverage is the reported share of the tokens; unknown where there are none."""
    assert (Figures(total_tokens=200, reported_tokens=50).coverage, Figures().coverage) == (0.25, None)


def test_unpriced() -> None:
    """Calls with tokens but without a price are counted."""
    assert Figures(calls=5, counted=4, priced=1).unpriced == 3


def test_no_times() -> None:
    """Without a first-token time there is no median."""
    assert Figures(ttft_histogram=histogram()).ttft_quantile(0.5) is None


@given(st.lists(st.floats(16, 110_000), min_size=1), st.sampled_from([0.5, 0.95, 1.0]))
def test_error(times: list[float], share: float) -> None:
    """A time read back is at most a quarter off."""
    exact = sorted(times)[-(-int(share * 1000) * len(times) // 1000) - 1]
    found = Figures(ttft_histogram=histogram(*times)).ttft_quantile(share)

    assert found
    assert exact / 1.2501 <= found <= exact * 1.2501


def test_typical_error() -> None:
    """Of many times the median is read back to a few per cent."""
    times = [100 + number for number in range(1000)]

    assert Figures(ttft_histogram=histogram(*times)).ttft_quantile(0.5) == pytest.approx(600, rel=0.03)


@pytest.mark.parametrize(
    ("metric", "value"),
    [("calls", 2), ("total_tokens", 9), ("cached_tokens", None), ("cost", 0.5), ("ttft_median", 20 / 1.25**0.5)],
)
def test_value(metric: str, value: float | None) -> None:
    """A figure is found by its name."""
    figures = Figures(2, total_tokens=9, costs=(("USD", 500_000_000),), ttft_histogram=(2, *[0] * (len(BINS) - 1)))

    assert figures.value(METRICS[metric]) == pytest.approx(value)


def test_value_currency() -> None:
    """Money in a currency that was not used is unknown."""
    assert Figures(costs=(("USD", 1),)).value(COST, "EUR") is None


def test_usage() -> None:
    """The tokens are what a what-if price takes."""
    assert Figures(prompt_tokens=4, completion_tokens=2, total_tokens=6).usage.total_tokens == 6


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        (date(2026, 5, 4), date(2026, 5, 10), (date(2026, 4, 27), date(2026, 5, 3))),
        (date(2026, 5, 4), date(2026, 5, 4), (date(2026, 5, 3), date(2026, 5, 3))),
        (date(2026, 3, 1), date(2026, 3, 31), (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2026, 1, 1), date(2026, 2, 28), (date(2025, 11, 1), date(2025, 12, 31))),
    ],
)
def test_previous_period(first: date, last: date, before: tuple[date, date]) -> None:
    """The period before is as many days, or as many months where these are whole."""
    found = Selection(first, last, "Asia/Tokyo", owners=("anna",)).previous_period

    assert found == Selection(*before, "Asia/Tokyo", owners=("anna",))
