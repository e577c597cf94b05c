"""The table beside the chart: rows by one dimension, or by one within another with subtotals, and the total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lib.store import Figures, Pivot
from lib.ui.numbers import UNKNOWN, count, money, percent
from lib.ui.usage import filters
from lib.ui.usage.frames import Format, frame, styled

TOTAL = "Total"
COUNTS = ("Tokens", "Prompt", "Completion")
COUNTED: dict[str, Format] = dict.fromkeys(("Calls", *COUNTS), count)
ROW_PIXELS, MAX_ROWS = 35, 10  # of one row; rows that are shown before it scrolls


@dataclass(frozen=True)
class Entry:
    """One row: the names of its dimensions, none for the total, and its figures."""

    names: tuple[str, ...]
    figures: Figures


def entries(pivot: Pivot, *, within: bool) -> Iterator[Entry]:
    """Give the rows from top to bottom: the total, then each with its parts below it where there are some."""
    yield Entry((), pivot.total)
    for row in pivot.rows:
        yield Entry((row.name,), row.total)
        if within:
            parts = sorted(row.parts.items(), key=lambda part: (-part[1].calls, part[0]))
            yield from (Entry((row.name, name), figures) for name, figures in parts)


def draw(pivot: Pivot, by: str, then: str | None, currency: str) -> None:
    """Draw the table; a click on a row shows only what is in it."""
    rows = list(entries(pivot, within=then is not None))
    cost = f"Cost, {currency}"
    columns = (by.capitalize(), "Calls", "Tokens", cost, "Prompt", "Completion", "Reported")
    found = frame(columns, (_cells(row, currency) for row in rows))
    uncertain = [number for number, row in enumerate(rows) if (row.figures.coverage or 1) < 1]
    formats: dict[str, Format] = {**COUNTED, cost: money, "Reported": percent}
    key = f"table-{st.session_state.setdefault('table-clicks', 0)}"
    st.dataframe(
        styled(found, formats, dict.fromkeys(COUNTS, uncertain)),
        hide_index=True,
        key=key,
        height=ROW_PIXELS * (min(len(rows), MAX_ROWS) + 1) + 3,
        column_config={columns[0]: st.column_config.TextColumn(width=240)},
        on_select=lambda: _click(key, rows, (by, then)),
        selection_mode="single-row",
        placeholder=UNKNOWN,
        lazy=False,
    )


def _cells(row: Entry, currency: str) -> tuple[Any, ...]:
    figures, cost = row.figures, row.figures.cost(currency)
    tokens = (figures.prompt_tokens, figures.completion_tokens, figures.coverage)
    return (_name(row), figures.calls, figures.total_tokens, None if cost is None else float(cost), *tokens)


def _name(row: Entry) -> str:
    if not row.names:
        return TOTAL
    return f"{'    ' * (len(row.names) - 1)}{row.names[-1] or '–'}"


def _click(key: str, rows: list[Entry], dimensions: tuple[str, str | None]) -> None:
    chosen = st.session_state[key].selection.rows
    st.session_state["table-clicks"] += 1  # drawn anew, without the selection
    for number in chosen:
        for dimension, name in zip(dimensions, rows[number].names, strict=False):
            if dimension in filters.FILTERS:
                filters.set_filter(dimension, name)
