"""Tables as files: CSV, JSON, Parquet and Excel, each with what a reader must know to trust it.

Everything that writes a table does it here. Cells come from outside, and a spreadsheet runs what begins with "=". In
CSV and Excel such a text gets an apostrophe in front, as a person would type it there. So does what only begins a cell
where another sign than the comma separates them, as in many countries: then quotes do not hold a cell together, and a
line end within one begins a row. CSV has a byte order mark, without which Excel takes UTF-8 for the local code page.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

# Also what a spreadsheet may read as one of these: https://owasp.org/www-community/attacks/CSV_Injection
_SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"
_UNSEEN = " \u00a0\u200b-\u200f\u2060\u3000\ufeff\"'"  # what a spreadsheet may leave out before them
FORMULA = re.compile(rf"[\t\r\n]|[{_UNSEEN}\s]*+[{_SIGNS}]|sep=", re.IGNORECASE)
_INNER = re.compile(rf"(?<=[;|\t\r\n])([{_UNSEEN}]{{0,8}})(?=[{_SIGNS}])")
# What no XML may have, and with that no workbook: https://www.w3.org/TR/xml/#charsets
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER = re.compile(r"[-+]?[.,]?\d[\d.,' \u00a0\u202f]*%?", re.ASCII)
MAX_CELL = 32_767  # characters of a cell in Excel
EXCEL_ROWS = 1_048_576


@dataclass(frozen=True)
class Table:
    """Rows of text, numbers, dates, moments and None under the names of their columns.

    `about` says what they are: filters, time zone, coverage, the version of prices. `zone` is where moments are shown
    that a file has without their zone.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    about: Mapping[str, str]
    zone: str = "UTC"


class Figure(str):
    """A number as somebody wrote it."""

    __slots__ = ()


def written(text: str) -> str:
    """Return the text of a cell that somebody wrote, as a Figure where it is a number: such a one is no formula."""
    return Figure(text) if _NUMBER.fullmatch(text) else text


def to_csv(table: Table) -> bytes:
    """Return UTF-8 with a byte order mark, as spreadsheets want it: first what it is about, a line each, after "# "."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([inert(" ".join(f"# {name}: {value}".split()))] for name, value in table.about.items())
    writer.writerow(map(inert, table.columns))
    writer.writerows([inert(_plain(cell)) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def to_json(table: Table) -> bytes:
    """Return an object: what it is about, and a list of rows as objects."""
    rows = [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows]
    return json.dumps({"about": dict(table.about), "rows": rows}, ensure_ascii=False, indent=1).encode()


def to_parquet(table: Table) -> bytes:
    """Return a Parquet file; what it is about is in the metadata of its schema."""
    import pyarrow as pa  # slow to import, like all that follows
    import pyarrow.parquet as pq

    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    arrays = [pa.array([_number(cell) for cell in column]) for column in columns]
    made = pa.table(arrays, names=list(table.columns)).replace_schema_metadata(dict(table.about))
    sink = pa.BufferOutputStream()
    pq.write_table(made, sink)
    return bytes(sink.getvalue().to_pybytes())


def to_excel(table: Table) -> bytes:
    """Return a workbook with the rows on one sheet, and what they are about on another."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    rows = ([_timed(cell, ZoneInfo(table.zone)) for cell in row] for row in table.rows[: EXCEL_ROWS - 1])
    _sheet(book.create_sheet("Usage"), [table.columns, *rows])
    times = (
        {"Times": f"in {table.zone}"} if any(isinstance(cell, datetime) for row in table.rows for cell in row) else {}
    )
    _sheet(book.create_sheet("About"), {**table.about, **times}.items())
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _timed(cell: Any, zone: ZoneInfo) -> Any:
    """Return a cell as Excel has it, whose moments know of no zone."""
    if isinstance(cell, datetime):
        return (cell if cell.tzinfo else cell.replace(tzinfo=UTC)).astimezone(zone).replace(tzinfo=None)
    return cell


def _sheet(sheet: Any, rows: Iterable[Iterable[Any]]) -> None:
    for row in rows:
        sheet.append([_fitting(inert(_number(cell))) for cell in row])


def _fitting(cell: Any) -> Any:
    return f"{cell[: MAX_CELL - 1]}…" if isinstance(cell, str) and len(cell) > MAX_CELL else cell


FORMATS: Mapping[str, Callable[[Table], bytes]] = {
    "csv": to_csv,
    "json": to_json,
    "parquet": to_parquet,
    "xlsx": to_excel,
}


def inert(cell: Any) -> Any:
    """Return a cell in which no spreadsheet finds a formula: numbers as they are, also negative ones."""
    if not isinstance(cell, str) or isinstance(cell, Figure):
        return cell
    text = _INNER.sub(r"\1'", _CONTROL.sub("\ufffd", cell))
    return f"'{text}" if FORMULA.match(text) else text


def _plain(cell: Any) -> Any:
    """Return a cell as what JSON has: dates and moments as text."""
    return cell.isoformat() if isinstance(cell, date) else _number(cell)


def _number(cell: Any) -> Any:
    """Return a number as every file has it, and None for one that no file has."""
    number = float(cell) if isinstance(cell, Decimal) else cell
    return None if isinstance(number, float) and not isfinite(number) else number
