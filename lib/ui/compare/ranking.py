"""Which model is better, by all blind votes: the sentence, the chart with intervals, the pairs, and the filters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from lib.compare import votes
from lib.compare.ranking import Pair, Ranking, Standing, rank
from lib.ui import mine, navigation
from lib.ui.markdown import plain
from lib.ui.numbers import THIN_SPACE, UNKNOWN, count, many, percent
from lib.ui.palette import COLOURS, colours

TAG, TIME = "tag", "within"
ANY = "All tags"
DAYS = {"All time": None, "7 days": 7, "30 days": 30, "90 days": 90, "365 days": 365}
NO_BREAK = "\u202f"  # a narrow space where no line ends
ROW = 34  # pixels of a model in the chart
HINT = (
    "Ask several models with **Blind** on, and say which answer is better before their names are shown. "
    "All such votes are counted here."
)
ABOUT = (
    "How often a model would win against one of mean strength (Bradley-Terry). The line is where that lies with 95 %, "
    "by 1,000 draws of the votes. Ties and “all bad” count half for each side."
)


def draw() -> None:
    """Draw the ranking."""
    st.title("Ranking", anchor=False)
    st.page_link(navigation.compare(), label="Back to the lanes", icon=":material/arrow_back:", query_params={})
    with st.container(key="ranking-filters", horizontal=True, vertical_alignment="center", gap="small"):
        tag, days = _filters()
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    with st.spinner("Counting"):
        ranking = rank(votes.read(mine.votes().blind(tag, since)))
    if not ranking.standings:
        st.info("There are no blind votes here yet.")
        st.markdown(HINT)
        return
    st.markdown(f"#### {plain(ranking.sentence)}")
    st.caption(f"{many(ranking.votes, 'blind vote')}. {ABOUT}")
    _chart(ranking)
    _table(ranking)
    _pairs(ranking)


def _filters() -> tuple[str, int | None]:
    common: dict[str, Any] = {"label_visibility": "collapsed", "width": 180}
    tags = mine.chats().tags()
    tag = st.selectbox("Tag", [ANY, *tags], key="ranking_tag", **common) if tags else ANY
    name = st.selectbox("Time", list(DAYS), key="ranking_time", **common)
    return "" if tag in (None, ANY) else tag, DAYS[name or "All time"]


def share(strength: float) -> float:
    """Return how often one of a strength wins against one of mean strength."""
    return 1 / (1 + math.exp(-strength))


def _chart(ranking: Ranking) -> None:
    height = ROW * len(ranking.standings) + 46
    st.vega_lite_chart(spec=spec(ranking), width="stretch", height=height, key="ranking-chart", alt=ranking.sentence)


def spec(ranking: Ranking) -> dict[str, Any]:
    """Return the chart in Vega-Lite: for each model a point, and a line for the interval."""
    order = [each.name for each in ranking.standings]
    known = colours(sorted(order))
    x = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "title": None, "tickCount": 5}}
    y = {"field": "name", "type": "nominal", "sort": order, "axis": {"title": None, "labelLimit": 220}}
    colour = {
        "field": "name",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": order, "range": [known.get(name, COLOURS[0]) for name in order]},
    }
    tips = [{"field": name, "title": title} for name, title in (("name", " "), ("shown", "Wins"), ("votes", "Votes"))]
    base = {"y": y, "color": colour, "tooltip": tips}
    return {
        "data": {"values": [_point(each) for each in ranking.standings]},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55}, "encoding": _ends(base, x)},
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1}, "encoding": _middle(base, x)},
        ],
        "config": {"view": {"stroke": None}, "axis": {"domain": False, "ticks": False}},
        "autosize": {"type": "fit", "contains": "padding"},
    }


def _ends(base: dict[str, Any], x: dict[str, Any]) -> dict[str, Any]:
    return {**base, "x": {**x, "field": "low"}, "x2": {"field": "high"}}


def _middle(base: dict[str, Any], x: dict[str, Any]) -> dict[str, Any]:
    return {**base, "x": {**x, "field": "wins"}}


def _point(each: Standing) -> dict[str, Any]:
    low, wins, high = (share(value) for value in (each.low, each.strength, each.high))
    shown = f"{percent(wins)} ({percent(low)} to {percent(high)})"
    return {"name": each.name, "low": low, "wins": wins, "high": high, "shown": shown, "votes": each.votes}


def _table(ranking: Ranking) -> None:
    rows = [_row(each) for each in ranking.standings]
    st.markdown(_markdown(("Place", "Model", "Wins", "95 %", "Votes", "Length of answers"), rows))


def _row(each: Standing) -> Sequence[str]:
    first, last = each.places
    place = str(first) if first == last else f"{first}–{last}"
    length = UNKNOWN if each.characters is None else f"{count(round(each.characters))} characters"
    sure = f"{percent(share(each.low))} – {percent(share(each.high))}"
    return (place, plain(each.name, 120), percent(share(each.strength)), _kept(sure), count(each.votes), _kept(length))


def _kept(text: str) -> str:
    """Return a text that stays in one line."""
    return text.replace(" ", NO_BREAK).replace(THIN_SPACE, NO_BREAK)


def _pairs(ranking: Ranking) -> None:
    st.markdown("##### Two by two")
    names = ("Model", "against", "Better", "Equal", "Worse", "Is ahead")
    st.markdown(_markdown(names, [_against(pair) for pair in ranking.pairs]))


def _against(pair: Pair) -> Sequence[str]:
    counts = (count(number) for number in (pair.wins, pair.ties, pair.losses))
    return plain(pair.left, 80), plain(pair.right, 80), *counts, percent(pair.ahead)


def _markdown(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)
