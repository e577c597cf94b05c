"""Tables as files: CSV, JSON, Parquet and Excel, each with what a reader must know to trust it.

Names come from outside, and a spreadsheet runs what begins with "=". In CSV and Excel such a text gets an apostrophe in
front, as a person would type it there.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

# Also what a spreadsheet may read as one of these: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # what no XML may have
EXCEL_ROWS = 1_048_576


@dataclass(frozen=True)
class Table:
    """Rows of text, numbers, dates, moments and None under the names of their columns.

    `about` says what they are: filters, time zone, coverage, the version of prices.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    about: Mapping[str, str]


def to_csv(table: Table) -> bytes:
    """Return UTF-8 with a byte order mark, as spreadsheets want it: first what it is about, a line each, after "# "."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([" ".join(f"# {name}: {value}".split())] for name, value in table.about.items())
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
    _sheet(book.create_sheet("Usage"), [table.columns, *table.rows[: EXCEL_ROWS - 1]])
    _sheet(book.create_sheet("About"), table.about.items())
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _sheet(sheet: Any, rows: Iterable[Iterable[Any]]) -> None:
    for row in rows:
        sheet.append([inert(_number(_plain(cell))) for cell in row])


FORMATS: Mapping[str, Callable[[Table], bytes]] = {
    "csv": to_csv,
    "json": to_json,
    "parquet": to_parquet,
    "xlsx": to_excel,
}


def inert(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: numbers as they are, also negative ones."""
    if not isinstance(cell, str):
        return cell
    text = _CONTROL.sub("�", cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(cell: Any) -> Any:
    """Return a cell as what JSON has: dates and moments as text."""
    return cell.isoformat() if isinstance(cell, date) else _number(cell)


def _number(cell: Any) -> Any:
    return float(cell) if isinstance(cell, Decimal) else cell
