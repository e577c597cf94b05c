"""What an attached file is, told by its bytes: text as it is, a document that is read apart, or neither."""

from __future__ import annotations

import codecs
import re

from lib.errors import DocumentError

READ = "PDF, Word, PowerPoint and Excel files are read, and whatever is plain text."
PDF, OFFICE = "pdf", "office"
PICTURES = "pictures"  # what is asked of a PDF for those of its pages
PDF_SIGN, PDF_TYPE = b"%PDF-", "application/pdf"
HEAD = 1_024  # bytes in which a PDF begins
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PACKAGE = "EncryptedPackage".encode("utf-16-le")  # where Office keeps a document that has a password
# Longest first: the mark of UTF-16 begins that of UTF-32.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What no text has: of the control characters, it may have tabs, line ends, form feeds and those that colour a terminal.
CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
LOCAL = "cp1252"  # what old Windows programs write


def kind(data: bytes) -> str:
    """Return `pdf` or `office` for what is read apart, "" for text. Raises DocumentError for what is neither."""
    if not data:
        raise DocumentError("The file is empty.", hint="Attach it again once it has something in it.")
    if is_pdf(data):
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return OFFICE
    if data.startswith(OLE):
        raise _old(data)
    if not is_text(data):
        raise DocumentError("This is no kind of file that Parley reads.", hint=READ)
    return ""


def _old(data: bytes) -> DocumentError:
    if PACKAGE in data:
        return DocumentError("The file has a password.", hint="Save it without one, then attach it again.")
    return DocumentError(
        "The file is of an Office of before 2007.", hint="Save it as .docx, .xlsx, .pptx or PDF, then attach that."
    )


def is_pdf(data: bytes) -> bool:
    """Whether a file is a PDF."""
    return PDF_SIGN in data[:HEAD]


def is_text(data: bytes) -> bool:
    """Whether a file is text, in whatever encoding."""
    return _mark(data) != "" or not CONTROL.search(data)


def _mark(data: bytes) -> str:
    return next((name for mark, name in MARKS.items() if data.startswith(mark)), "")


def decoded(data: bytes) -> tuple[str, str]:
    """Return the text that bytes are, and a note where its encoding is a guess."""
    if name := _mark(data):
        return data.decode(name, "replace").removeprefix("\ufeff"), ""
    try:
        return data.decode(), ""
    except UnicodeDecodeError:
        return data.decode(LOCAL, "replace"), "Not UTF-8: read as Windows-1252."
