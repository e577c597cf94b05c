"""What is on the usage page as files: the table, the chart, or the calls, exactly as they are filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from lib.files.tables import FORMATS, Table
from lib.store import Call, Figures, Ledger, Selection
from lib.ui import mine
from lib.ui.numbers import count
from lib.ui.usage.table import entries
from lib.usage import tables

LABELS = {"csv": "CSV", "json": "JSON", "parquet": "Parquet", "xlsx": "Excel"}
MIME = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAX_CALLS = 100_000  # calls in a file: they are put together in memory
BATCH = 1000


@dataclass(frozen=True)
class Shape:
    """What the page shows: which calls, by which dimension and which within it, by which steps."""

    selection: Selection
    by: str
    then: str | None
    step: str

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of the table that have names."""
        return (self.by, self.then) if self.then else (self.by,)


def draw(shape: Shape, whole: Figures) -> None:
    """Draw the menu of files; each is made when it is asked for."""
    with st.popover("Download", icon=":material/download:"):
        name = st.selectbox("What", list(KINDS), key="download")
        if name == CALLS and whole.calls > MAX_CALLS:
            st.caption(
                f"A file takes {count(MAX_CALLS)} calls at most; these are {count(whole.calls)}. Choose fewer days."
            )
            return
        st.caption("Filters, time zone, coverage and the version of prices are in the file.")
        with st.container(horizontal=True, gap="small"):
            for form in FORMATS:
                _button(form, name, shape)


def _button(form: str, name: str, shape: Shape) -> None:
    ledger = mine.usage()  # not in the thread that makes the file, which is Streamlit's
    st.download_button(
        LABELS[form],
        lambda: FORMATS[form](KINDS[name](ledger, shape)),
        file_name=f"usage-{name.lower()}-{shape.selection.first}-{shape.selection.last}.{form}",
        mime=MIME[form],
        key=f"download-{form}",
        on_click="ignore",
    )


def table(ledger: Ledger, shape: Shape) -> Table:
    """Return the table's rows in its order; sums of them are left to the reader, who would count them twice."""
    pivot = ledger.table(shape.selection, *shape.dimensions)
    order = {entry.names: number for number, entry in enumerate(entries(pivot, within=shape.then is not None))}
    cells = ledger.cells(shape.selection, shape.dimensions, with_ttft=True)
    ordered = sorted(cells, key=lambda cell: order[cell.names])
    return tables.figures(ordered, shape.selection, shape.dimensions)


def chart(ledger: Ledger, shape: Shape) -> Table:
    """Return every figure of the chart, with all lines: also those that it shows as one."""
    cells = ledger.cells(shape.selection, (shape.by,), shape.step, with_ttft=True)
    return tables.figures(cells, shape.selection, (shape.by,), shape.step)


def calls(ledger: Ledger, shape: Shape) -> Table:
    """Return the calls, the latest first; MAX_CALLS of them."""
    return tables.calls(list(_calls(ledger, shape.selection)), shape.selection, ledger.figures(shape.selection))


def _calls(ledger: Ledger, selection: Selection) -> Iterator[Call]:
    after: tuple[datetime, int] | None = None
    for _ in range(MAX_CALLS // BATCH):
        page = ledger.calls(selection, BATCH, after)
        yield from page.calls
        after = page.after
        if after is None:
            return


CALLS = "Calls"
KINDS: dict[str, Callable[[Ledger, Shape], Table]] = {"Table": table, "Chart": chart, CALLS: calls}
