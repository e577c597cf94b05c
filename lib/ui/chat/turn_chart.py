"""What each turn's prompt was made of: what had been said before, what was new, and what the endpoint had cached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from lib.generations.context import Context
from lib.store import StoredMessage
from lib.ui.numbers import count
from lib.ui.palette import COLOURS, REST

KEY = "meter-turns"
MAX_TURNS = 24  # the latest; a bar of one turn is to be seen
CACHED, BEFORE, NEW = "From its cache", "Said before", "New"
LOOKS = {CACHED: COLOURS[1], BEFORE: REST, NEW: COLOURS[0]}
HEIGHT = 180  # pixels
TITLE = "Tokens of each turn's prompt"


def draw(said: Sequence[StoredMessage], context: Context) -> None:
    """Draw a chart of the turns whose prompts were counted, once it is wanted; nothing of fewer than two."""
    found = list(points(said, context))
    if len({point["turn"] for point in found}) > 1 and st.toggle("Turn by turn", key=KEY):
        st.vega_lite_chart(spec=_spec(found), width="stretch", height=HEIGHT, key="turns-chart", alt=TITLE)


def points(said: Sequence[StoredMessage], context: Context) -> Iterator[dict[str, Any]]:
    """Give the parts of each turn's prompt, for the latest turns."""
    pairs = [pair for pair in pairwise(said) if pair[1].role == "assistant"]
    for number, (prompt, answer) in list(enumerate(pairs, 1))[-MAX_TURNS:]:
        for order, (name, tokens) in enumerate(_parts(answer, context.tokens(prompt)).items()):
            yield {"turn": number, "part": name, "order": order, "tokens": tokens, "shown": count(tokens)}


def _parts(answer: StoredMessage, new: int) -> dict[str, int]:
    """Return what a prompt was made of; an endpoint's cache holds the beginning of it."""
    usage = answer.usage
    if usage is None or usage.prompt_tokens is None:
        return {}
    all_, cached = usage.prompt_tokens, min(usage.cached_tokens or 0, usage.prompt_tokens)
    fresh = min(new, all_ - cached)
    return {CACHED: cached, BEFORE: all_ - cached - fresh, NEW: fresh}


def _spec(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the chart in Vega-Lite."""
    axis = {"title": None, "labelAngle": 0, "grid": False}
    colours = {"domain": list(LOOKS), "range": list(LOOKS.values())}
    tips = [
        {"field": "turn", "title": "Turn"},
        {"field": "part", "title": "Part"},
        {"field": "shown", "title": "Tokens"},
    ]
    return {
        "data": {"values": found},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "turn", "type": "ordinal", "axis": axis},
            "y": {"field": "tokens", "type": "quantitative", "axis": {"title": None, "tickCount": 3, "format": "~s"}},
            "color": {"field": "part", "scale": colours, "legend": {"title": None, "orient": "top", "offset": 6}},
            "order": {"field": "order"},
            "tooltip": tips,
        },
        "config": {"view": {"stroke": None}, "axis": {"domain": False, "ticks": False}},
        "autosize": {"type": "fit", "contains": "padding"},
    }
