"""The usage page from top to bottom: days and filters, six numbers, budgets, a chart and a table, the latest calls."""

from __future__ import annotations

from datetime import date

import streamlit as st

from lib import runtime
from lib.store import Figures, Selection
from lib.ui import (
    navigation,
    usage_calls,
    usage_chart,
    usage_filters,
    usage_table,
    usage_tiles,
)

GROUPS = ("model", "endpoint", "owner", "purpose", "status")
PURPOSE = (
    "Every call that Parley makes is counted here: what it was for, how it ended, its tokens, what it cost and how "
    "long it took. Deleting a conversation leaves its figures. Have a first conversation, and this page is about it."
)
EVER = (date(2015, 1, 1), date(2099, 12, 31))


def draw() -> None:
    """Draw the page."""
    with st.container(key="usage"):
        st.title("Usage", anchor=False)
        if conversation := st.query_params.get("conversation"):
            usage_calls.of_conversation(conversation)
            return
        with st.spinner("Adding up …"):  # the first time in a time zone: all that there is
            choices = runtime.current().store.reports.choices(usage_filters.zone())
        if choices["endpoint"]:
            _report(choices)
        else:
            _welcome()


def _welcome() -> None:
    st.markdown(PURPOSE)
    st.page_link(navigation.chat(), label="Start a conversation", query_params={})


def _report(choices: dict[str, list[str]]) -> None:
    with st.container(key="filters", horizontal=True, vertical_alignment="center"):
        selection = usage_filters.draw(choices)
    st.caption(" · ".join(part for part in (_days(selection), usage_filters.words(selection)) if part))
    reports = runtime.current().store.reports
    now, before = reports.figures(selection), reports.figures(selection.before)
    currency = main_currency(now)
    usage_tiles.draw(now, before, selection, currency)
    _comparison(selection, currency)
    usage_calls.draw(selection)


def _days(selection: Selection) -> str:
    return f"{usage_tiles.span(selection)}, days of {selection.zone}"


def _comparison(selection: Selection, currency: str) -> None:
    """Draw the chart and the table beside it, both by the same dimension."""
    with st.container(key="shape", horizontal=True):
        metric, shape = usage_chart.controls()
        by, then, step = usage_chart.grouping(GROUPS)
    step = usage_chart.auto(selection) if step == "auto" else step
    reports, lines = runtime.current().store.reports, shape == "Lines" or metric.startswith("ttft")
    look = usage_chart.Look(metric, currency, step, lines, colours(selection, by))
    left, right = st.columns([11, 9], gap="medium")
    with left:
        usage_chart.draw(reports.series(selection, by, step, metric, currency=currency), look)
    with right:
        usage_table.draw(reports.table(selection, by, then), by, then, currency)


def colours(selection: Selection, by: str) -> dict[str, str]:
    """Return the colour of each name that there ever was; in the order of first calls, so each keeps its own."""
    from lib.ui import palette

    cells = runtime.current().store.reports.cells(Selection(*EVER, selection.zone), (by,), "month")
    return palette.colours(list(dict.fromkeys(cell.names[0] for cell in cells)))


def main_currency(figures: Figures) -> str:
    """Return the currency that costs are shown in: dollars if there are some, else the first there is."""
    known = [currency for currency, _ in figures.costs]
    return "USD" if "USD" in known or not known else known[0]
