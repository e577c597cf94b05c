"""Who used how much, and in which projects: by name, without a word of what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib import runtime
from lib.store import Figures, Selection
from lib.ui import mine
from lib.ui.numbers import UNKNOWN, count, money
from lib.ui.usage.frames import frame, styled

ROW_PIXELS, MAX_ROWS = 35, 8  # of one row; rows that are shown before it scrolls
NONE = "In no project"


def draw(selection: Selection, currency: str) -> None:
    """Draw people, for who sees the usage of all, and projects where there are some."""
    ledger, names = mine.usage(), _names()
    rows: list[tuple[tuple[str, ...], Figures]]
    if names:
        people = ledger.cells(selection, ("owner",))
        rows = [((names.get(cell.names[0], cell.names[0]),), cell.figures) for cell in people]
        _table("People", ("Person",), rows, currency)
    projects = ledger.projects(selection)
    if any(cell.names[0] for cell in projects):
        found = [(cell.names[0] or NONE, names.get(cell.names[1], cell.names[1])) for cell in projects]
        columns = ("Project", "Person") if names else ("Project",)
        rows = [(row[: len(columns)], cell.figures) for row, cell in zip(found, projects, strict=True)]
        _table("Projects", columns, rows, currency)


def _names() -> dict[str, str]:
    """Return what people are called; nothing for who sees only what is their own."""
    parley = runtime.current()
    if not (parley.settings.accounts.is_on and mine.scope().sees_usage):
        return {}
    return {each.owner: each.name for each in parley.store.people.all()}


def _table(title: str, names: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], Figures]], currency: str) -> None:
    cost = f"Cost, {currency}"
    ordered = sorted(rows, key=lambda row: -row[1].calls)
    found = frame((*names, "Calls", "Tokens", cost), ((*row, *_figures(figures, currency)) for row, figures in ordered))
    height = ROW_PIXELS * (min(len(rows), MAX_ROWS) + 1) + 3
    about = styled(found, {"Calls": count, "Tokens": count, cost: money}, {})
    with st.expander(title):
        st.dataframe(about, hide_index=True, key=f"shares-{title}", height=height, placeholder=UNKNOWN, lazy=False)


def _figures(figures: Figures, currency: str) -> tuple[Any, ...]:
    cost = figures.cost(currency)
    return figures.calls, figures.total_tokens, None if cost is None else float(cost)
