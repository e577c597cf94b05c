"""The text of a PDF, page by page, as pypdf finds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from lib.documents.collect import Source
from lib.errors import DocumentError

if TYPE_CHECKING:
    from pypdf import PdfReader

PICTURES = "There is no text in this PDF: its pages are pictures."
UNLOCK = "Save it without a password, then attach it again."
UNREADABLE = "(This page cannot be read.)"


def source(file: BinaryIO) -> Source:
    """Return a PDF's pages. Raises DocumentError for one with a password."""
    from pypdf import PdfReader  # read apart, and only for who attaches a PDF
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(file)
        # One that is encrypted only against being changed opens with the empty password.
        is_locked = reader.is_encrypted and not reader.decrypt("")
    except (NotImplementedError, DependencyError) as error:
        raise DocumentError("The PDF is encrypted in a way that is not known here.", hint=UNLOCK) from error
    if is_locked:
        raise DocumentError("The PDF has a password.", hint=UNLOCK)
    return Source("page", _pages(reader), len(reader.pages), has_marks=True, empty=PICTURES)


def _pages(reader: PdfReader) -> Iterator[str]:
    for number in range(len(reader.pages)):
        try:
            yield reader.pages[number].extract_text()
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: BLE001  # one page that is damaged costs that page
            yield UNREADABLE
