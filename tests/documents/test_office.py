"""The text of Word, PowerPoint and Excel files, and what is not unpacked."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from lib.documents import office
from lib.documents.collect import collect
from lib.errors import DocumentError
from tests.documents import made

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><w>&b;</w>"""


def read(data: bytes) -> str:
    return collect(office.source(io.BytesIO(data)))[0]


def test_word() -> None:
    """A Word document's headings, paragraphs and tables stand in their order."""
    data = made.word("First.", "Second\tone\nline.", heading="Results", rows=[["a", "b"], ["1", "2"]])

    assert read(data).strip() == "## Results\nFirst.\nSecond\tone\nline.\na | b\n1 | 2"


def test_slides() -> None:
    """Slides have their numbers, with tables, groups and notes."""
    data = made.slides("Hello", "Bye", notes="Say it slowly.", rows=[["x", "y"]])

    assert read(data) == "[Slide 1]\nHello\n\n[Slide 2]\nBye\nIn a group\nx | y\nNotes: Say it slowly.\n"


def test_no_notes() -> None:
    """Notes with nothing in them are none, and shapes with nothing in them say nothing."""
    assert read(made.slides("Hello", "")) == "[Slide 1]\nHello\n\n[Slide 2]\n\n"
    assert read(made.slides("Hello", notes=" ")) == "[Slide 1]\nHello\nIn a group\n"


def test_workbook() -> None:
    """Sheets are CSV under their names; rows with nothing and cells behind the last are left out."""
    data = made.workbook(Sales=[["day", "sum"], [None, None], [date(2026, 1, 2), 1.5, None]], Empty=[], Two=[["a,b"]])

    assert read(data) == '[Sheet: Sales]\nday,sum\n2026-01-02 00:00:00,1.5\n[Sheet: Two]\n"a,b"'


def test_sparse() -> None:
    """A sheet that says it is as large as can be is read as far as it goes."""
    plain = made.workbook(A=[["x"]])
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    lying = sheet.replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>', 1)

    assert read(made.changed(plain, "xl/worksheets/sheet1.xml", lying)) == "[Sheet: A]\nx"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (made.zipped({"a.txt": b"a"}), "A ZIP is not read."),
        (made.zipped({"xl/workbook.bin": b"a"}), "binary workbooks"),
        (made.zipped({"word/document.xml": LAUGHS}), "declares entities"),
        (made.zipped({"word/document.xml": LAUGHS.decode().encode("utf-16")}), "declares entities"),
        (made.zipped({"word/document.xml": b"0" * 30_000_000}), "far more than it is"),
        (made.zipped({f"word/{number}": b"" for number in range(office.MAX_ENTRIES + 1)}), "far more than it is"),
    ],
)
def test_refused(data: bytes, why: str) -> None:
    """What is no Office file, or is one that does harm, is refused before anything is made of it."""
    with pytest.raises(DocumentError, match=why) as raised:
        read(data)
    assert raised.value.hint


def test_password() -> None:
    """A ZIP with a password is refused."""
    data = bytearray(made.zipped({"word/document.xml": b"a"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DocumentError, match="password"):
        read(bytes(data))


def test_template() -> None:
    """A Word file with macros, which python-docx does not take, is named."""
    plain = made.word("x")
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        types = archive.read("[Content_Types].xml")
    macros = types.replace(b"wordprocessingml.document.main+xml", b"wordprocessingml.template.main+xml")
    with pytest.raises(DocumentError, match="no plain Word document"):
        read(made.changed(plain, "[Content_Types].xml", macros))
