"""The text of Word, PowerPoint and Excel files.

All three are ZIPs of XML. What a ZIP says of itself is looked at before anything is unpacked, and XML that declares
entities, which no Office program writes, is not read at all.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from lib.documents.collect import Source
from lib.errors import DocumentError

MAX_UNPACKED = 300_000_000  # bytes of all that is in the ZIP
MAX_RATIO, SMALL = 200, 20_000_000  # times its size that a part may unpack to, beyond so many bytes
MAX_ENTRIES = 20_000  # parts
MAX_DEPTH = 20  # of shapes in shapes
PROLOG = 4_096  # bytes of a part in which entities are declared
ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
XML = (".xml", ".rels")
AGAIN = "Save it anew with the program it comes from, then attach that."


def source(file: BinaryIO) -> Source:
    """Return the pieces of an Office file. Raises DocumentError for what is none, or is not safe to unpack."""
    read = _reader(_checked(file))
    file.seek(0)
    return read(file)


def _checked(file: BinaryIO) -> list[str]:
    """Return the names of the parts, all of which may be unpacked."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if any(entry.flag_bits & 0x1 for entry in entries):
            raise DocumentError("The file has a password.", hint="Save it without one, then attach it again.")
        if len(entries) > MAX_ENTRIES or any(map(_is_bomb, entries)) or sum(map(_size, entries)) > MAX_UNPACKED:
            raise DocumentError("The file unpacks to far more than it is.", hint=AGAIN)
        if any(_has_entities(archive, entry) for entry in entries if entry.filename.lower().endswith(XML)):
            raise DocumentError("The file declares entities, as no Office program writes them.", hint=AGAIN)
        return [entry.filename for entry in entries]


def _size(entry: zipfile.ZipInfo) -> int:
    return entry.file_size


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > SMALL and entry.file_size > MAX_RATIO * entry.compress_size


def _has_entities(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    with archive.open(entry) as part:
        return ENTITIES.search(part.read(PROLOG).replace(b"\0", b"")) is not None  # in UTF-16 as well


def _reader(names: list[str]) -> Callable[[BinaryIO], Source]:
    if "xl/workbook.bin" in names:
        raise DocumentError("Parley does not read binary workbooks.", hint="Save it as .xlsx, then attach that.")
    for folder, read in (("word/", _word), ("ppt/", _slides), ("xl/", _workbook)):
        if any(name.startswith(folder) for name in names):
            return read
    raise DocumentError("A ZIP is not read.", hint="Attach the files that are in it.")


def _word(file: BinaryIO) -> Source:
    from docx import Document

    try:
        document = Document(file)
    except ValueError as error:  # python-docx takes neither templates nor what has macros
        raise DocumentError(
            "The file is no plain Word document.", hint="Save it as .docx, then attach that."
        ) from error
    return Source("paragraph", _paragraphs(document.element.body))


def _paragraphs(body: Any) -> Iterator[str]:
    """Give what stands in a document, tables by their rows, headings with their marks."""
    from docx.oxml.ns import qn

    for element in body:
        if element.tag == qn("w:tbl"):
            for row in element.iter(qn("w:tr")):
                yield " | ".join(" ".join(_said(cell, qn).split()) for cell in row.iterchildren(qn("w:tc")))
        else:
            yield _heading(element, qn) + _said(element, qn)


def _said(element: Any, qn: Callable[[str], str]) -> str:
    signs = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:p"): "\n"}
    found = (each.text or "" if each.tag == qn("w:t") else signs.get(each.tag, "") for each in element.iter())
    return "".join(found).strip("\n")


def _heading(element: Any, qn: Callable[[str], str]) -> str:
    style = next((each.get(qn("w:val")) or "" for each in element.iter(qn("w:pStyle"))), "")
    level = re.fullmatch(r"Heading([1-6])", style)
    return f"{'#' * int(level[1])} " if level else ""


def _slides(file: BinaryIO) -> Source:
    from pptx import Presentation

    slides = Presentation(file).slides
    return Source("slide", map(_slide, slides), len(slides), has_marks=True)


def _slide(slide: Any) -> str:
    lines = [line for shape in slide.shapes for line in _shape(shape)]
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
        lines += [f"Notes: {notes.text}"] if notes.text.strip() else []
    return "\n".join(lines)


def _shape(shape: Any, depth: int = MAX_DEPTH) -> Iterator[str]:
    if depth and hasattr(shape, "shapes"):
        for inner in shape.shapes:
            yield from _shape(inner, depth - 1)
    elif getattr(shape, "has_table", False):
        for row in shape.table.rows:
            yield " | ".join(" ".join(cell.text.split()) for cell in row.cells)
    elif getattr(shape, "has_text_frame", False) and shape.text_frame.text.strip():
        yield shape.text_frame.text


def _workbook(file: BinaryIO) -> Source:
    from openpyxl import load_workbook

    return Source("row", _rows(load_workbook(file, read_only=True, data_only=True)))


def _rows(book: Any) -> Iterator[str]:
    """Give the rows that have something, as CSV, each sheet under its name."""
    for sheet in book.worksheets:
        head = f"[Sheet: {sheet.title}]\n"
        sheet.reset_dimensions()  # what a file says of them is not believed
        for row in sheet.iter_rows(values_only=True):
            if line := _line(row):
                yield head + line
                head = ""
            else:
                yield ""


def _line(row: tuple[Any, ...]) -> str:
    last = next((place for place in range(len(row), 0, -1) if row[place - 1] is not None), 0)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(["" if cell is None else cell for cell in row[:last]])
    return text.getvalue() if last else ""
