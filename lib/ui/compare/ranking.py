"""Which model is better, by all blind votes: the sentence, the chart with intervals, the pairs, and the filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from lib.compare import votes
from lib.compare.figures import Figures, currency, figures
from lib.compare.ranking import Pair, Ranking, Standing, rank
from lib.store import PROJECT
from lib.ui import mine, navigation
from lib.ui.compare import charts
from lib.ui.markdown import plain
from lib.ui.numbers import THIN_SPACE, UNKNOWN, cost, count, many, percent, seconds

TAG, TIME = "tag", "within"
ANY = "All tags"
DAYS = {"All time": None, "7 days": 7, "30 days": 30, "90 days": 90, "365 days": 365}
NO_BREAK = "\u202f"  # a narrow space where no line ends
ROW = 34  # pixels of a model in the chart
HINT = (
    "Ask several models with **Blind** on, and say which answer is better before their names are shown. "
    "All such votes are counted here."
)
ALONE = "All blind votes here were between a model and itself: they rank none."
ABOUT = (
    "How often a model would win against one of mean strength (Bradley-Terry). The line is where that lies with 95 %, "
    "by 1,000 draws of the votes. Ties and “all bad” count half for each side."
)


def draw() -> None:
    """Draw the ranking."""
    st.title("Ranking", anchor=False)
    st.page_link(navigation.compare(), label="Back to the lanes", icon=":material/arrow_back:", query_params={})
    with st.container(key="ranking-filters", horizontal=True, vertical_alignment="center", gap="small"):
        tag, project, days = _filters()
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    with st.spinner("Counting"):
        given = mine.votes().blind(tag, since, project=project)
        ranking = rank(votes.read(given))
    if not ranking.standings:
        st.info(ALONE if given else "There are no blind votes here yet.")
        st.markdown(HINT)
        return
    st.markdown(f"## {plain(ranking.sentence)}")
    st.caption(f"{many(ranking.votes, 'blind vote')}. {ABOUT}")
    known = figures(given, mine.usage())
    colours = charts.usual([each.name for each in ranking.standings])
    _chart(ranking, colours)
    _table(ranking, known)
    charts.draw(ranking, known, colours)
    _pairs(ranking)


def _filters() -> tuple[str, int | None, int | None]:
    common: dict[str, Any] = {"label_visibility": "collapsed", "width": 180}
    tags = mine.chats().tags()
    tag = st.selectbox("Tag", [ANY, *tags], key="ranking_tag", **common) if tags else ANY
    names = {0: "All projects", **{entry.id or 0: entry.name for entry in mine.library().all(PROJECT)}}
    about = {**common, "format_func": names.__getitem__}
    project = st.selectbox("Project", list(names), key="ranking_project", **about) if names.keys() > {0} else 0
    name = st.selectbox("Time", list(DAYS), key="ranking_time", **common)
    return "" if tag in (None, ANY) else tag, project or None, DAYS[name or "All time"]


def _chart(ranking: Ranking, colours: Mapping[str, str]) -> None:
    height = ROW * len(ranking.standings) + 46
    said = "; ".join(f"{each.name}: wins {charts.point(each)['shown']}" for each in ranking.standings)
    about: dict[str, Any] = {"height": height, "key": "ranking-chart", "alt": f"{ranking.sentence} {said}"}
    st.vega_lite_chart(spec=spec(ranking, colours), width="stretch", **about)


def spec(ranking: Ranking, colours: Mapping[str, str]) -> dict[str, Any]:
    """Return the chart in Vega-Lite: for each model a point, and a line for the interval."""
    order = [each.name for each in ranking.standings]
    x = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "title": None, "tickCount": 5}}
    y = {"field": "name", "type": "nominal", "sort": order, "axis": {"title": None, "labelLimit": 220}}
    tips = [{"field": name, "title": title} for name, title in (("name", " "), ("shown", "Wins"), ("votes", "Votes"))]
    base = {"y": y, "color": charts.colour(order, colours), "tooltip": tips}
    return {
        "data": {"values": [charts.point(each) for each in ranking.standings]},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55}, "encoding": _ends(base, x)},
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1}, "encoding": _middle(base, x)},
        ],
        "config": charts.CONFIG,
        "autosize": charts.SIZE,
    }


def _ends(base: dict[str, Any], x: dict[str, Any]) -> dict[str, Any]:
    return {**base, "x": {**x, "field": "low"}, "x2": {"field": "high"}}


def _middle(base: dict[str, Any], x: dict[str, Any]) -> dict[str, Any]:
    return {**base, "x": {**x, "field": "wins"}}


def _table(ranking: Ranking, known: Mapping[str, Figures]) -> None:
    unit = currency(known.values())
    rows = [_row(each, known.get(each.name, Figures()), unit) for each in ranking.standings]
    names = ("Place", "Model", "Wins", "95 %", "Votes", "Length of answers", "Cost of one", "First token")
    with st.container(key="ranking-table"):
        st.markdown(_markdown(names, rows))


def _row(each: Standing, known: Figures, unit: str) -> Sequence[str]:
    first, last = each.places
    place = str(first) if first == last else f"{first}–{last}"
    length = UNKNOWN if each.characters is None else f"{count(round(each.characters))} characters"
    low, wins, high = (percent(charts.share(value)) for value in (each.low, each.strength, each.high))
    paid = (plain(cost(known.cost(unit), unit)), seconds(known.median))
    return (place, plain(each.name, 120), wins, *map(_kept, (f"{low} – {high}", count(each.votes), length, *paid)))


def _kept(text: str) -> str:
    """Return a text that stays in one line."""
    return text.replace(" ", NO_BREAK).replace(THIN_SPACE, NO_BREAK)


def _pairs(ranking: Ranking) -> None:
    st.markdown("### Two by two")
    names = ("Model", "against", "Better", "Equal", "Worse", "Is ahead")
    with st.container(key="ranking-pairs"):
        st.markdown(_markdown(names, [_against(pair) for pair in ranking.pairs]))


def _against(pair: Pair) -> Sequence[str]:
    counts = (count(number) for number in (pair.wins, pair.ties, pair.losses))
    return plain(pair.left, 80), plain(pair.right, 80), *counts, percent(pair.ahead)


def _markdown(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)
