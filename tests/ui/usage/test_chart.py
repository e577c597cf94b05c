"""The chart in Vega-Lite: what stands on what, when, in which colour."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lib.store import ChartLine, Selection, Series
from lib.store.usage.figures import METRICS
from lib.ui.palette import REST
from lib.ui.usage.chart import Look, auto, spec, steps

DAY = 86_400_000.0
SERIES = Series(
    (date(2026, 5, 1), date(2026, 5, 2)), (ChartLine("a", (5, 0)), ChartLine("b", (3, 4)), ChartLine(None, (1, None)))
)
USUAL = {"a": "#111111", "b": "#222222"}


def look(metric: str = "calls", *, step: str = "day", lines: bool = False, pace: Decimal | None = None) -> Look:
    """Return how a chart is drawn."""
    return Look(METRICS[metric], "USD", step, lines, USUAL, pace)


def points(chart: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return name, lower and upper end of each point."""
    return [(point["name"], point["low"], point["value"]) for point in chart["data"]["values"]]


def test_stack() -> None:
    """Bars stand on those below; what is nothing or unknown is not there."""
    assert points(spec(SERIES, look())) == [("a", 0, 5), ("b", 5, 8), ("b", 0, 4), ("Other", 8, 9)]


def test_lines() -> None:
    """Lines begin at nothing, and go through zeros; where a value is unknown there is a gap."""
    found = points(spec(SERIES, look(lines=True)))

    assert found == [("a", 0, 5), ("a", 0, 0), ("b", 0, 3), ("b", 0, 4), ("Other", 0, 1)]


def test_seconds() -> None:
    """First-token times are in seconds."""
    series = Series((date(2026, 5, 1),), (ChartLine("a", (480.0,)),))
    chart = spec(series, look("ttft_median", lines=True))

    assert points(chart) == [("a", 0, 0.48)]
    assert chart["data"]["values"][0]["shown"] == "0.48 s"
    assert look("ttft_median").title == "First token, median, s"


@pytest.mark.parametrize(
    ("step", "days", "words"), [("day", 1, "Fri 1 May"), ("week", 7, "week"), ("month", 31, "May")]
)
def test_time(step: str, days: int, words: str) -> None:
    """A bar begins with its step and ends with it, as moments of UTC."""
    point = spec(SERIES, look(step=step))["data"]["values"][0]

    assert point["end"] - point["start"] == days * DAY
    assert point["start"] % DAY == 0
    assert point["when"].startswith(words)


def x(series: Series, step: str = "day") -> tuple[list[float], list[int]]:
    """Return what the time axis goes from and to, in days from 1 May, and where it has labels."""
    found = spec(series, look(step=step))["encoding"]["x"]
    labels = [int(days(day)) for day in found["axis"]["values"]]
    return [days(end) + end["hours"] / 24 for end in found["scale"]["domain"]], labels


def days(named: dict[str, Any]) -> float:
    """Return how many days after 1 May a day is."""
    return float((date(named["year"], named["month"], named["date"]) - date(2026, 5, 1)).days)


def test_all_days_are_there() -> None:
    """The axis is as long as what was asked for, however few of its days have calls; eight of them have labels."""
    starts = tuple(date(2026, 5, number) for number in range(1, 31))

    assert x(Series(starts, ())) == ([0, 30], [0, 4, 8, 12, 16, 20, 24, 28])


def test_a_single_day_stands_in_the_middle() -> None:
    """One bar is no wider than one of seven would be, and its day is written once."""
    assert x(Series((date(2026, 5, 1),), ())) == ([-3, 4], [0])


@pytest.mark.parametrize(("values", "ends"), [((0, 0), [0, 1]), ((None, None), [0, 1]), ((0, 3), None)])
def test_nothing(values: tuple[int | None, ...], ends: list[int] | None) -> None:
    """Where all is nothing the axis has an end of its own: between nothing and nothing there is no number."""
    series = Series((date(2026, 5, 1), date(2026, 5, 2)), (ChartLine("a", values),))

    for lines in (True, False):
        marks = spec(series, look(lines=lines))["layer"][0]
        assert marks["encoding"]["y"].get("scale", {}).get("domain") == ends


def test_colours() -> None:
    """Each name has its usual colour, everything else a grey."""
    scale = spec(SERIES, look())["layer"][0]["encoding"]["color"]["scale"]

    assert scale == {"domain": ["a", "b", "Other"], "range": ["#111111", "#222222", REST]}


def test_a_model_called_other() -> None:
    """A model that is called like the rest is told from it."""
    series = Series((date(2026, 5, 1),), (ChartLine("Other", (1,)), ChartLine(None, (1,))))

    assert [name for name, _, _ in points(spec(series, look()))] == ["Other", "Other (all the rest)"]


def test_pace() -> None:
    """What a budget allows is a line of its own."""
    chart = spec(SERIES, look("cost", pace=Decimal("1.5")))

    assert chart["layer"][1]["data"]["values"] == [{"pace": 1.5}]
    assert chart["title"]["text"].endswith("budget: 1.50 USD a day")
    assert len(spec(SERIES, look("cost"))["layer"]) == 1


@pytest.mark.parametrize(("last", "step"), [(1, "day"), (31, "day"), (200, "week"), (700, "month")])
def test_auto(last: int, step: str) -> None:
    """The step suits the range."""
    assert auto(Selection(date(2025, 1, 1), date.fromordinal(date(2025, 1, 1).toordinal() + last))) == step


def test_days_of_a_long_range() -> None:
    """Days are told apart where a chart has room for them."""
    assert steps(Selection(date(2025, 1, 1), date(2026, 2, 4))) == ["day", "week", "month"]
    assert steps(Selection(date(2025, 1, 1), date(2026, 2, 5))) == ["week", "month"]
