"""The usage page from top to bottom: days and filters, six numbers, budgets, a chart and a table, the latest calls."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import streamlit as st

from lib import runtime
from lib.store import Figures, Metric, Selection
from lib.ui import mine, navigation
from lib.ui.usage import budgets as usage_budgets
from lib.ui.usage import calls, chart, downloads, filters, table, tiles, whatif
from lib.ui.usage import zone as usage_zone
from lib.ui.usage.chart import Look
from lib.ui.usage.downloads import Shape

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
            calls.of_conversation(conversation)
            return
        zone = usage_zone.draw()
        if zone is None:
            return
        choices = mine.usage().choices(zone)
        if choices["endpoint"]:
            _report(choices, zone)
        else:
            _welcome()


def _welcome() -> None:
    st.markdown(PURPOSE)
    st.page_link(navigation.chat(), label="Start a conversation", query_params={})


def _report(choices: dict[str, list[str]], zone: str) -> None:
    with st.container(key="filters", horizontal=True, vertical_alignment="center"):
        selection = filters.draw(choices, zone)
    st.caption(" · ".join(part for part in (_days(selection), filters.words(selection)) if part))
    ledger = mine.usage()
    now, before = ledger.figures(selection), ledger.figures(selection.previous_period)
    currency = now.main_currency
    tiles.draw(now, before, selection, currency)
    usage_budgets.draw()
    _comparison(selection, now, currency)
    whatif.draw(now, choices["model"])
    calls.draw(selection)


def _days(selection: Selection) -> str:
    return f"{tiles.span(selection)}, days of {selection.zone}"


def _comparison(selection: Selection, whole: Figures, currency: str) -> None:
    """Draw the chart and the table beside it, both by the same dimension, and the way to have them as files."""
    with st.container(key="shape", horizontal=True, vertical_alignment="bottom"):
        metric, drawn_as = chart.controls()
        by, then, step = chart.grouping(GROUPS, selection)
        st.space("stretch")
        downloads.draw(Shape(selection, by, then, step), whole)
    ledger = mine.usage()
    left, right = st.columns([11, 9], gap="medium")
    with left:
        lines = drawn_as == "Lines" or not metric.is_additive
        look = Look(metric, currency, step, lines, colours(selection, by), _pace(selection, metric, currency, step))
        chart.draw(ledger.series(selection, by, step, metric, currency=currency), look)
    with right:
        table.draw(ledger.table(selection, by, then), by, then, currency)


def _pace(selection: Selection, metric: Metric, currency: str, step: str) -> Decimal | None:
    budgets = runtime.current().settings.budgets if metric.unit == "money" else ()
    return usage_budgets.pace(budgets, selection, currency, step)


def colours(selection: Selection, by: str) -> dict[str, str]:
    """Return the colour of each name that there ever was; in the order of first calls, so each keeps its own."""
    from lib.ui import palette

    cells = mine.usage().cells(Selection(*EVER, selection.zone), (by,), "month")
    return palette.colours(list(dict.fromkeys(cell.names[0] for cell in cells)))
