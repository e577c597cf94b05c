"""The charts beside the ranking: what answers cost against how often they win, and how soon each of them came."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from lib.compare.figures import Figures, currency
from lib.compare.ranking import Ranking, Standing
from lib.store import Ledger
from lib.ui import hues
from lib.ui.numbers import cost, percent, seconds
from lib.ui.palette import REST, apart

ROW = 34  # pixels of a model
MAX_STRIPES = 300  # of a model, the latest answers
CONFIG = {"view": {"stroke": None}, "axis": {"domain": False, "ticks": False}}
SIZE = {"type": "fit", "contains": "padding"}
# Of Vega's legends none knows how wide it may be.
COLUMNS = {"expr": "width < 560 ? 2 : 5"}
LIMIT = {"expr": "width < 560 ? 120 : 220"}
MARK = {"symbolType": "circle", "symbolOpacity": 1, "symbolStrokeWidth": 0}
LEGEND = {"orient": "bottom", "title": None, "columns": COLUMNS, "labelLimit": LIMIT, **MARK}
COSTS = "What an answer costs in the mean, and how often its model wins. Up and to the left is better."
FIRST = "Each stripe is an answer: how long it took to its first token. The thick one is the median."


def usual(names: list[str], zone: str = "", ledger: Ledger | None = None) -> dict[str, str]:
    """Return the colour of each name: that which its model has on every page. Where they are unknown, see `hues`."""
    models = hues.colours("model", zone, ledger)
    return apart(names, {name: models.get(name.split(" · ")[0], REST) for name in names})


def draw(ranking: Ranking, figures: Mapping[str, Figures], colours: Mapping[str, str]) -> None:
    """Draw both, each if there is anything to see."""
    unit = currency(figures.values())
    if points := list(_points(ranking, figures, unit)):
        said = "; ".join(f"{point['name']}: {point['price']}, wins {point['shown']}" for point in points)
        about: dict[str, Any] = {"height": 340, "key": "ranking-costs", "alt": f"Cost against quality. {said}"}
        st.markdown("### Cost against quality")
        st.caption(COSTS)
        st.vega_lite_chart(spec=costs(points, unit, colours), width="stretch", **about)
    timed = {each.name: figures[each.name] for each in ranking.standings if each.name in figures}
    if timed := {name: each for name, each in timed.items() if each.first}:
        said = "; ".join(f"{name}: {seconds(each.median)}" for name, each in timed.items())
        about = {"height": ROW * len(timed) + 60, "key": "ranking-first", "alt": f"First token, medians. {said}"}
        st.markdown("### First token")
        st.caption(FIRST)
        st.vega_lite_chart(spec=stripes(timed, colours), width="stretch", **about)


def share(strength: float) -> float:
    """Return how often one of a strength wins against one of mean strength."""
    return 1 / (1 + math.exp(-strength))


def _points(ranking: Ranking, figures: Mapping[str, Figures], unit: str) -> Iterator[dict[str, Any]]:
    for each in ranking.standings:
        amount = figures.get(each.name, Figures()).cost(unit)
        if amount is not None:
            yield {**point(each), "cost": amount, "price": cost(amount, unit)}


def point(each: Standing) -> dict[str, Any]:
    """Return where a model stands as a chart has it: shares of wins, and in words."""
    low, wins, high = (share(value) for value in (each.low, each.strength, each.high))
    shown = f"{percent(wins)} ({percent(low)} to {percent(high)})"
    return {"name": each.name, "low": low, "wins": wins, "high": high, "shown": shown, "votes": each.votes}


def colour(order: list[str], colours: Mapping[str, str]) -> dict[str, Any]:
    """Return how names have their colours in Vega-Lite; the chart itself names them."""
    scale = {"domain": order, "range": [colours.get(name, REST) for name in order]}
    return {"field": "name", "type": "nominal", "legend": None, "scale": scale}


def costs(points: list[dict[str, Any]], unit: str, colours: Mapping[str, str]) -> dict[str, Any]:
    """Return the chart of costs in Vega-Lite; names are only ever values of its data."""
    top = max(point["cost"] for point in points)
    titles = {"name": " ", "price": "An answer", "shown": "Wins"}
    tips = [{"field": name, "title": title} for name, title in titles.items()]
    axis = {"format": ".3~g", "title": f"{unit} an answer", "tickCount": 5, "grid": False}
    x = {"field": "cost", "type": "quantitative", "scale": {"domain": [0, top * 1.1 or 1]}, "axis": axis}
    wins = {"format": ".0%", "title": "Wins", "tickCount": 5}
    y: dict[str, Any] = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": wins}
    named = colour([each["name"] for each in points], colours)
    base: dict[str, Any] = {"x": x, "color": {**named, "legend": LEGEND}, "tooltip": tips}
    middle = {**base, "y": {**y, "field": "wins"}}
    ends = {**base, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    return {
        "data": {"values": points},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55}, "encoding": ends},
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1}, "encoding": middle},
        ],
        "config": CONFIG,
        "autosize": SIZE,
    }


def stripes(figures: Mapping[str, Figures], colours: Mapping[str, str]) -> dict[str, Any]:
    """Return the chart of first tokens in Vega-Lite."""
    order = list(figures)
    answers = [
        {"name": name, "at": time / 1000, "shown": seconds(time)}
        for name in order
        for time in figures[name].first[-MAX_STRIPES:]
    ]
    middles = [{"name": name, "at": (figures[name].median or 0) / 1000} for name in order]
    x = {"field": "at", "type": "quantitative", "scale": {"zero": True}, "axis": {"title": "s", "tickCount": 6}}
    y = {"field": "name", "type": "nominal", "sort": order, "axis": {"title": None, "labelLimit": 220}}
    tips = [{"field": "name", "title": " "}, {"field": "shown", "title": "First token"}]
    base: dict[str, Any] = {"x": x, "y": y, "color": colour(order, colours)}
    thin = {"type": "tick", "thickness": 2, "size": 20, "opacity": 0.65}
    return {
        "layer": [
            {"data": {"values": answers}, "mark": thin, "encoding": {**base, "tooltip": tips}},
            {"data": {"values": middles}, "mark": {"type": "tick", "thickness": 4, "size": 26}, "encoding": base},
        ],
        "config": CONFIG,
        "autosize": SIZE,
    }
