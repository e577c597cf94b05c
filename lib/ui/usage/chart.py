"""Usage over time as a chart: one metric, by a dimension, by day, week or month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from lib import dates
from lib.store import ChartLine, Metric, Selection, Series
from lib.store.usage.figures import METRICS
from lib.ui.numbers import count, money, seconds
from lib.ui.palette import REST, apart

LABELS = {
    "total_tokens": "Total tokens",
    "prompt_tokens": "Prompt tokens",
    "completion_tokens": "Completion tokens",
    "reasoning_tokens": "Reasoning tokens",
    "cached_tokens": "Cached tokens",
    "calls": "Calls",
    "cost": "Cost",
    "ttft_median": "First token, median",
    "ttft_p95": "First token, 95 %",
}
OTHER = "Other"
PACE = "#C2574C"  # seen on every bar, and on light and dark
FAINT = "rgba(128, 128, 128, 0.16)"  # of lines behind bars, on light and dark
HEIGHT = 296  # pixels; its end is within the first 500 of the page
MAX_DAYS = 400  # that are shown one by one
TICKS, FEW = 8, 7  # days with a label; steps that the chart is wide enough for at least
EMPTY = "–"  # of a model or an endpoint without a name


@dataclass(frozen=True)
class Look:
    """How a chart is drawn: its metric and currency, its steps, bars or lines, and the colours of names.

    `pace` is what a budget allows in one step, None without one.
    """

    metric: Metric
    currency: str
    step: str
    lines: bool
    colours: Mapping[str, str]
    pace: Decimal | None = None

    @property
    def title(self) -> str:
        """What the numbers are, with their unit."""
        unit = {"money": f", {self.currency}", "ms": ", s"}
        return LABELS[self.metric.name] + unit.get(self.metric.unit, "")

    def shown(self, value: float) -> str:
        """Return a value as a person reads it."""
        if self.metric.unit == "money":
            return f"{money(value)} {self.currency}"
        return seconds(value) if self.metric.unit == "ms" else count(round(value))


def draw(series: Series, look: Look) -> None:
    """Draw the chart."""
    st.vega_lite_chart(spec=spec(series, look), width="stretch", height=HEIGHT, key="usage-chart", alt=look.title)


def auto(selection: Selection) -> str:
    """Return the step that suits a range of days."""
    days = _length(selection)
    return "day" if days <= 62 else "week" if days <= MAX_DAYS else "month"


def steps(selection: Selection) -> list[str]:
    """Return the steps that can be chosen for a range of days: a chart has fewer points than the screen."""
    return ["day", "week", "month"] if _length(selection) <= MAX_DAYS else ["week", "month"]


def _length(selection: Selection) -> int:
    return (selection.last - selection.first).days + 1


def spec(series: Series, look: Look) -> dict[str, Any]:
    """Return the chart in Vega-Lite; names are only ever values of its data."""
    names = {line.name: _name(line, series) for line in series.lines}
    points = list(_points(series, look, names))
    return {
        **_title(look),
        "data": {"values": points},
        "layer": [_marks(look, names, is_flat=not any(point["value"] for point in points)), *_pace(look)],
        "encoding": {"x": _x(look, series.starts)},
        "config": {"view": {"stroke": None}, "axis": {"gridColor": FAINT, "domain": False, "ticks": False}},
        "autosize": {"type": "fit", "contains": "padding"},
    }


def _name(line: ChartLine, series: Series) -> str:
    if line.name is not None:
        return line.name or EMPTY
    taken = {each.name for each in series.lines}
    return OTHER if OTHER not in taken else f"{OTHER} (all the rest)"


def _points(series: Series, look: Look, names: Mapping[str | None, str]) -> Iterator[dict[str, Any]]:
    heights: dict[date, float] = defaultdict(float)
    for line in series.lines:
        for start, value in zip(series.starts, line.values, strict=True):
            if value or (look.lines and value is not None):
                low = 0.0 if look.lines else heights[start]
                heights[start] += value
                yield {"name": names[line.name], **_time(start, look.step), **_value(value, low, look)}


def _time(start: date, step: str) -> dict[str, Any]:
    moments = {"start": _milliseconds(start), "end": _milliseconds(_end(start, step))}
    day = dates.day(start, named=step == "day")
    words = {"day": day, "week": f"week from {day}", "month": dates.month(start)}
    return {**moments, "when": words[step]}


def _end(start: date, step: str) -> date:
    if step == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if step == "week" else 1)


def _milliseconds(day: date) -> float:
    # Moments of UTC, shown as such: text would be read as moments of the browser's zone, or have no type.
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000


def _value(value: float, low: float, look: Look) -> dict[str, Any]:
    unit = 1000 if look.metric.unit == "ms" else 1
    return {"low": low, "value": low + value / unit, "shown": look.shown(value)}


def _x(look: Look, starts: Sequence[date]) -> dict[str, Any]:
    axis = {
        "title": None,
        "grid": False,
        "labelOverlap": True,
        # Of the steps themselves: between those of a single day Vega would write the day again and again.
        "values": [_named(start) for start in starts[:: -(-len(starts) // TICKS)]],
        "format": "%b %Y" if look.step == "month" else "%-d %b",
        "labelAlign": "center" if look.lines else "left",  # a bar begins where its day does
    }
    scale = {"type": "utc", "domain": _domain(starts[0], _end(starts[-1], look.step), len(starts))}
    return {"field": "start", "type": "temporal", "scale": scale, "axis": axis}


def _named(day: date) -> dict[str, Any]:
    """Return a day as Vega-Lite has it among the values of an axis and the ends of a scale.

    On an axis it takes no numbers; for ends it does, but draws lines by them as if all days were one.
    """
    return {"year": day.year, "month": day.month, "date": day.day, "utc": True}


def _domain(first: date, end: date, steps: int) -> list[dict[str, Any]]:
    """Return all that was asked for, with or without calls; a few steps stand in the middle, no wider than usual."""
    low, high = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, end))
    margin = (high - low) / steps * max(0, FEW - steps) / 2
    return [{**_named(moment), "hours": moment.hour} for moment in (low - margin, high + margin)]


def _marks(look: Look, names: Mapping[str | None, str], *, is_flat: bool) -> dict[str, Any]:
    """Return the bars or lines; where all is nothing, `is_flat`, the axis needs an end of its own."""
    # Not Vega's own bars: those have a width or begin and end somewhere, but are not stacked as well.
    bars = {"type": "rect", "x2Offset": -1}
    lines = {"type": "line", "point": {"size": 24}, "strokeWidth": 2, "interpolate": "linear"}
    tips = [{"field": field, "title": title} for field, title in (("name", " "), ("when", "When"), ("shown", "Value"))]
    encoding = {
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": look.title,
            "stack": None,
            **({"scale": {"domain": [0, 1]}} if is_flat else {}),
            "axis": {"format": ".7~g" if look.metric.unit == "money" else "~s", "tickCount": 5},
        },
        "color": _colour(look, names),
        "tooltip": tips,
        **({} if look.lines else {"x2": {"field": "end"}, "y2": {"field": "low"}}),
    }
    return {"mark": lines if look.lines else bars, "encoding": encoding}


def _colour(look: Look, names: Mapping[str | None, str]) -> dict[str, Any]:
    usual = apart([name for name in names if name is not None], look.colours)
    domain = list(names.values())
    colours = [REST if name is None else usual[name] for name in names]
    # Of Vega's legends none knows how wide it may be.
    columns = {"expr": "width < 560 ? 2 : 6"}
    legend = {"orient": "bottom", "title": None, "columns": columns, "labelLimit": 130, "symbolType": "circle"}
    return {
        "field": "name",
        "type": "nominal",
        "scale": {"domain": domain, "range": colours},
        "legend": legend,
        "sort": domain,
    }


def _pace(look: Look) -> list[dict[str, Any]]:
    """Return the line of what a budget allows in one step."""
    if look.pace is None:
        return []
    data = {"values": [{"pace": float(look.pace)}]}
    y = {"field": "pace", "type": "quantitative"}
    rule = {
        "mark": {"type": "rule", "strokeDash": [6, 4], "strokeWidth": 2, "color": PACE},
        "encoding": {"y": y, "x": None},
    }
    return [{"data": data, **rule}]


def _title(look: Look) -> dict[str, Any]:
    """Return what the line means: above the chart, where no bar is behind it."""
    text = "" if look.pace is None else f"- - -  budget: {money(look.pace)} {look.currency} a {look.step}"
    font = {"fontSize": 12, "fontWeight": "normal", "color": PACE}
    return {"title": {"text": text, "anchor": "start", **font}} if text else {}


def metric() -> Metric:
    """Draw the choice of what is shown, and return it."""
    common: dict[str, Any] = {"label_visibility": "collapsed", "bind": "query-params", "width": 152}
    name = st.selectbox("Show", list(LABELS), format_func=LABELS.__getitem__, key="metric", **common)
    return METRICS[name or "total_tokens"]


def dimension(names: Sequence[str]) -> str:
    """Draw the choice of a dimension, and return it."""
    common: dict[str, Any] = {"label_visibility": "collapsed", "bind": "query-params", "width": 112}
    return st.selectbox("By", names, format_func=lambda name: f"By {name}", key="by", **common) or names[0]


def view(names: Sequence[str], selection: Selection) -> tuple[str, str | None, str]:
    """Draw what is chosen seldom: bars or lines, a dimension within the other, the steps; return them."""
    with st.popover("View", icon=":material/tune:"):
        shape = st.selectbox("As", ["Bars", "Lines"], key="as", bind="query-params")
        rest = [EMPTY, *names]
        then = st.selectbox("Then by", rest, format_func=str.capitalize, key="then", bind="query-params")
        every = ["auto", *steps(selection)]
        step = st.selectbox("Every", every, format_func=str.capitalize, key="every", bind="query-params")
    return (
        shape or "Bars",
        None if then in (None, EMPTY) else then,
        step if step in steps(selection) else auto(selection),
    )
