"""The usage page from top to bottom: days and filters, six numbers, budgets, a chart and a table, the latest calls."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from lib import runtime
from lib.store import Metric, Selection
from lib.ui import hues, mine, navigation, palette
from lib.ui.usage import budgets as usage_budgets
from lib.ui.usage import calls, chart, downloads, filters, shares, table, tiles, whatif
from lib.ui.usage import zone as usage_zone
from lib.ui.usage.chart import Look
from lib.ui.usage.downloads import Shape

GROUPS = ("model", "endpoint", "owner", "purpose", "status")
PURPOSE = (
    "Every call that Parley makes is counted here: what it was for, how it ended, its tokens, what it cost and how "
    "long it took. Deleting a conversation leaves its figures. Have a first conversation, and this page is about it."
)


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
    ledger, said = mine.usage(), st.container(gap=None)
    with st.container(key="controls", horizontal=True, vertical_alignment="center", gap="small"):
        selection = filters.draw(choices, zone)
        metric, shape, lines = _shape(selection)
        now = ledger.figures(selection)
        st.space("stretch")
        downloads.draw(shape, now)
    before, currency = ledger.figures(selection.previous_period), now.main_currency
    with said:
        st.markdown(tiles.sentence(now, before, selection, currency))
        st.caption(" · ".join(part for part in (_days(selection), filters.words(selection)) if part))
    _chart(shape, metric, currency, lines=lines)
    months = usage_budgets.months()
    tiles.draw(now, before, selection, currency, months)
    usage_budgets.warn(months)
    table.draw(ledger.table(selection, shape.by, shape.then), shape.by, shape.then, currency)
    shares.draw(selection, currency)
    whatif.draw(now, choices["model"])
    calls.draw(selection)


def _days(selection: Selection) -> str:
    return f"{tiles.span(selection)}, days of {selection.zone}"


def _shape(selection: Selection) -> tuple[Metric, Shape, bool]:
    """Draw the choices of what is shown and how; return them, and whether it is by lines."""
    metric, by = chart.metric(), chart.dimension(GROUPS)
    drawn_as, then, step = chart.view([name for name in GROUPS if name != by], selection)
    return metric, Shape(selection, by, then, step), drawn_as == "Lines" or not metric.is_additive


def _chart(shape: Shape, metric: Metric, currency: str, *, lines: bool) -> None:
    selection, by, step = shape.selection, shape.by, shape.step
    known, pace = hues.colours(by, selection.zone), _pace(selection, metric, currency, step)
    look = Look(metric, currency, step, lines, known, pace)
    most = len(palette.COLOURS)
    chart.draw(mine.usage().series(selection, by, step, metric, most=most, currency=currency), look)


def _pace(selection: Selection, metric: Metric, currency: str, step: str) -> Decimal | None:
    budgets = runtime.current().settings.budgets if metric.unit == "money" else ()
    return usage_budgets.pace(budgets, selection, currency, step)
