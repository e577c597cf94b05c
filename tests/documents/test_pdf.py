"""The text of PDFs, and those that have none to give."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from lib.documents import pdf
from lib.documents.collect import collect
from lib.errors import DocumentError
from tests.documents import made


def read(data: bytes) -> tuple[str, str]:
    return collect(pdf.source(io.BytesIO(data)))


def test_pages() -> None:
    """Each page is there by its number."""
    assert read(made.pdf("First page", "Second page")) == ("[Page 1]\nFirst page\n\n[Page 2]\nSecond page\n", "")


def test_pictures() -> None:
    """A PDF without text says that it is pictures."""
    with pytest.raises(DocumentError, match="its pages are pictures"):
        read(made.pdf("", ""))


def test_password() -> None:
    """One with a password is refused; one that only may not be changed is read."""
    plain = made.pdf("Only for you")
    with pytest.raises(DocumentError, match="has a password"):
        read(made.locked(plain, "secret"))
    assert "Only for you" in read(made.locked(plain, ""))[0]


def test_unknown_encryption() -> None:
    """One that is encrypted in a way that nobody knows is refused, too."""
    odd = made.locked(made.pdf("x"), "").replace(b"/Filter /Standard", b"/Filter /Nonsense")
    with pytest.raises(DocumentError, match="in a way that is not known here"):
        read(odd)


class Failing(list[int]):
    """Pages that cannot be had, for some reason."""

    def __init__(self, error: Exception) -> None:
        super().__init__([0])
        self.error = error

    def __getitem__(self, number: object) -> int:  # type: ignore[override]
        raise self.error


def pages(error: Exception) -> list[str]:
    return list(pdf._pages(SimpleNamespace(pages=Failing(error))))  # type: ignore[arg-type]


def test_damaged_page() -> None:
    """A page that is damaged costs that page only; where memory ends, reading ends."""
    assert pages(ValueError()) == [pdf.UNREADABLE]
    with pytest.raises(MemoryError):
        pages(MemoryError())
