"""Downloads: opened again they are the table that was on the screen, and nothing in them runs."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lib.files.tables import FORMATS, Table, inert, to_csv, to_excel, to_json, to_parquet, written

ABOUT = {"Days": "2026-05-01 to 2026-05-02", "Time zone": "Europe/Lisbon", "Coverage": "97 %"}
COLUMNS = ("day", "model", "calls", "cost", "median", "made")
MADE = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
TABLE = Table(
    COLUMNS,
    [
        (date(2026, 5, 1), "gpt-4o", 12, Decimal("1.25"), 480.5, MADE),
        (date(2026, 5, 2), 'größer, "feiner"\nund 🐦', 3, None, None, MADE),
    ],
    ABOUT,
    "Europe/Lisbon",
)
HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
    "＋1",
    "－1",
    "＠A1",
    "\ufeff=1",
    " =1",
    "\u200b\u3000=1",
    '"=1',
    "sep=;",
)
# Where another sign separates cells, quotes do not hold one together, and a line end begins a row.
SPLIT = (";=1", ";  =1", '|"=1', "\t+1", "x\n=1", "x\r\n@A1", "x;\ufeff＝1", "a;b|-1;c")


def bare(*parts: int) -> datetime:
    """Return a moment as Excel has it, which knows of no zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


def hostile() -> Table:
    """Return a table of texts that a spreadsheet would run, in its columns and notes as well."""
    return Table(("=a", "b"), [(text, -5) for text in HOSTILE], {"=x": "=y"})


def test_csv() -> None:
    """Pandas reads the CSV as it was."""
    frame = pd.read_csv(io.BytesIO(to_csv(TABLE)), skiprows=len(ABOUT))

    assert tuple(frame.columns) == COLUMNS
    assert frame.calls.tolist() == [12, 3]
    assert frame.model.tolist() == [row[1] for row in TABLE.rows]
    assert frame.cost.isna().tolist() == [False, True]
    assert (frame.cost[0], frame.day[0], frame.made[0]) == (1.25, "2026-05-01", MADE.isoformat())


def test_csv_about() -> None:
    """The CSV begins with what it is about."""
    lines = to_csv(TABLE).decode("utf-8-sig").splitlines()

    assert lines[:3] == ["# Days: 2026-05-01 to 2026-05-02", "# Time zone: Europe/Lisbon", "# Coverage: 97 %"]


def test_csv_about_lines() -> None:
    """Each thing that it is about is one line, whatever is in it."""
    lines = to_csv(Table(("a",), [("x",)], {"Models": "a\nb\r\n=c"})).decode("utf-8-sig").splitlines()

    assert lines == ["# Models: a b =c", "a", "x"]


def test_json() -> None:
    """JSON has the rows as objects, and null for what is unknown."""
    found = json.loads(to_json(TABLE))

    assert found["about"] == ABOUT
    assert found["rows"][1] == dict(
        zip(COLUMNS, ("2026-05-02", TABLE.rows[1][1], 3, None, None, MADE.isoformat()), strict=True)
    )


def test_parquet() -> None:
    """Pyarrow reads the Parquet file as it was, with dates as dates."""
    found = pq.read_table(io.BytesIO(to_parquet(TABLE)))

    assert found.to_pylist() == [dict(zip(COLUMNS, row, strict=True)) for row in TABLE.rows]
    assert found.schema.metadata[b"Time zone"] == b"Europe/Lisbon"


def test_excel() -> None:
    """Openpyxl reads the workbook as it was, with what it is about on a sheet of its own."""
    book = openpyxl.load_workbook(io.BytesIO(to_excel(TABLE)))

    assert list(book["Usage"].values) == [
        COLUMNS,
        (bare(2026, 5, 1), "gpt-4o", 12, 1.25, 480.5, bare(2026, 5, 1, 13, 30)),
        (bare(2026, 5, 2), TABLE.rows[1][1], 3, None, None, bare(2026, 5, 1, 13, 30)),
    ]
    assert dict(book["About"].values) == {**ABOUT, "Times": "in Europe/Lisbon"}


def test_excel_kinds() -> None:
    """Times are times and numbers are numbers for Excel; moments are those of the table's time zone."""
    rows = list(openpyxl.load_workbook(io.BytesIO(to_excel(TABLE)))["Usage"].rows)

    assert [cell.is_date for cell in rows[1]] == [True, False, False, False, False, True]
    assert [cell.data_type for cell in rows[1]] == ["d", "s", "n", "n", "n", "d"]


def test_excel_bare() -> None:
    """A moment without a zone is in UTC, and a number that is none is left out."""
    table = Table(("a", "b"), [(bare(2026, 5, 1, 12), float("nan")), (1, float("inf"))], {})
    book = openpyxl.load_workbook(io.BytesIO(to_excel(table)))

    assert list(book["Usage"].values)[1:] == [(bare(2026, 5, 1, 12), None), (1, None)]
    assert dict(book["About"].values) == {"Times": "in UTC"}


def test_excel_long() -> None:
    """A text that is longer than a cell may be is cut, and says so."""
    book = openpyxl.load_workbook(io.BytesIO(to_excel(Table(("a",), [("x" * 40_000,)], {}))))

    assert (len(book["Usage"]["A2"].value), book["Usage"]["A2"].value[-2:]) == (32_767, "x…")


@pytest.mark.parametrize("sign", ["\uffff", "\ufffe", "\x00", "\x1b", "\x0b", "\ud800"])
def test_excel_illegal(sign: str) -> None:
    """A sign that no XML may have does not make the workbook unreadable, nor the CSV."""
    table = Table((f"a{sign}",), [(f"x{sign}y",)], {f"n{sign}": f"v{sign}"})
    book = openpyxl.load_workbook(io.BytesIO(to_excel(table)))

    assert list(book["Usage"].values) == [("a\ufffd",), ("x\ufffdy",)]
    assert dict(book["About"].values) == {"n\ufffd": "v\ufffd"}
    assert "x\ufffdy" in to_csv(table).decode("utf-8-sig")


@pytest.mark.parametrize("text", HOSTILE)
def test_inert(text: str) -> None:
    """What would run gets an apostrophe in front."""
    assert inert(text).startswith("'")


@pytest.mark.parametrize("text", SPLIT)
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators(text: str, separator: str) -> None:
    """No cell is a formula where a semicolon, a tab or a bar separates cells, and quotes mean nothing."""
    content = to_csv(Table(("a", "b"), [("x", f"x{text}"), (f"x{text}", "y")], {"n": f"x{text}"})).decode("utf-8-sig")
    cells = [cell.lstrip('\ufeff "') for line in content.splitlines() for cell in line.split(separator)]

    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))]


@pytest.mark.parametrize("text", ["a - b", "x, -5", "a=b; c", "3-4", "e@x.org; f", "1 | 2"])
def test_untouched(text: str) -> None:
    """What begins no cell stays as it was written."""
    assert inert(text) == text


def test_written() -> None:
    """A number is none that somebody else wrote."""
    assert [inert(written(text)) for text in ("-3.5", "+1 %", "-1-2", "=1")] == ["-3.5", "+1 %", "'-1-2", "'=1"]


def test_inert_numbers() -> None:
    """Numbers are numbers, below zero too."""
    assert (inert(-5), inert(None), inert("a=b")) == (-5, None, "a=b")


def test_hostile_csv() -> None:
    """No cell of a CSV begins like a formula."""
    frame = pd.read_csv(io.BytesIO(to_csv(hostile())), skiprows=1)

    assert [text[0] for text in (*frame.columns, *frame["'=a"])] == ["'", "b", *"'" * len(HOSTILE)]
    assert frame.b.tolist() == [-5] * len(HOSTILE)


def test_hostile_excel() -> None:
    """No cell of a workbook is a formula, on either sheet."""
    book = openpyxl.load_workbook(io.BytesIO(to_excel(hostile())))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]

    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell for cell in cells if str(cell.value).startswith("=")]


def test_control_characters() -> None:
    """A character that no workbook may have does not spoil the others."""
    book = openpyxl.load_workbook(io.BytesIO(to_excel(Table(("a",), [("x\x00\x1by",)], {}))))

    assert book["Usage"]["A2"].value == "x��y"


@pytest.mark.parametrize("form", list(FORMATS))
def test_empty(form: str) -> None:
    """A table without rows is a file, too."""
    assert FORMATS[form](Table(COLUMNS, [], ABOUT))
