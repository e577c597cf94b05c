"""The text of a PDF, page by page, as pypdf finds it, and the pictures that scanned pages are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from lib.documents.collect import Source
from lib.errors import DocumentError

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

PICTURES = "There is no text in this PDF: its pages are pictures."
NO_SCANS = "The pages of this PDF are no pictures."
UNLOCK = "Save it without a password, then attach it again."
UNREADABLE = "(This page cannot be read.)"
MAX_SCANS = 20  # pages that are sent as pictures
MIN_SCAN = 400  # pixels that each side of a scanned page has at least


def source(file: BinaryIO) -> Source:
    """Return a PDF's pages. Raises DocumentError for one with a password."""
    reader = _opened(file)
    scans = tuple(_scans(reader))
    return Source("page", _pages(reader), len(reader.pages), has_marks=True, empty=PICTURES, scans=scans)


def pictures(file: BinaryIO) -> Iterator[bytes]:
    """Give the files of the pictures that the first pages are. Raises DocumentError for one with a password."""
    reader = _opened(file)
    for number in range(min(len(reader.pages), MAX_SCANS)):
        page = reader.pages[number]
        if found := _scan(page):
            yield page.images[found[0]].data


def _opened(file: BinaryIO) -> PdfReader:
    from pypdf import PdfReader  # read apart, and only for who attaches a PDF

    try:
        reader = PdfReader(file)
        # One that is encrypted only against being changed opens with the empty password.
        is_locked = reader.is_encrypted and not reader.decrypt("")
    except NotImplementedError as error:
        raise DocumentError("The PDF is encrypted in a way that is not known here.", hint=UNLOCK) from error
    if is_locked:
        raise DocumentError("The PDF has a password.", hint=UNLOCK)
    return reader


def _pages(reader: PdfReader) -> Iterator[str]:
    for number in range(len(reader.pages)):
        try:
            yield reader.pages[number].extract_text()
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: BLE001  # one page that is damaged costs that page
            yield UNREADABLE


def _scans(reader: PdfReader) -> list[tuple[int, int]]:
    """Return the pixels of the pictures that the first pages are; nothing where one of them is none."""
    try:
        found = [_scan(reader.pages[number]) for number in range(min(len(reader.pages), MAX_SCANS))]
    except Exception:  # noqa: BLE001  # what is damaged is no scan
        return []
    return [scan[1] for scan in found if scan] if all(found) else []


def _scan(page: PageObject) -> tuple[str, tuple[int, int]] | None:
    """Return the name and the pixels of the largest picture on a page, if it is large enough to be the page."""
    found = {name: (int(each["/Width"]), int(each["/Height"])) for name, each in _drawn(page)}
    name = max(found, key=lambda name: found[name][0] * found[name][1], default=None)
    return (name, found[name]) if name and min(found[name]) >= MIN_SCAN else None


def _drawn(page: PageObject) -> Iterator[tuple[str, Any]]:
    """Give the pictures of a page by their names."""
    resources: Any = page["/Resources"].get_object()
    objects = resources["/XObject"].get_object() if "/XObject" in resources else {}
    for name in objects:
        each = objects[name].get_object()
        if each.get("/Subtype") == "/Image":
            yield name, each
