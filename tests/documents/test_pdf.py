"""The text of PDFs, and those that have none to give."""

from __future__ import annotations

import io

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


def test_damaged_page() -> None:
    """A page that is damaged costs that page only."""
    data = made.pdf("Good", "Bad").replace(b"/Contents 7 0 R", b"/Contents [8] R")
    text, _ = read(data)

    assert "Good" in text
    assert "Bad" not in text


def test_short_of_memory() -> None:
    """Where memory ends, reading ends."""

    class Short:
        pages = (0,)

        def __getattr__(self, name: str) -> object:
            raise MemoryError

    class Reader(Short):
        class Pages(list):
            def __getitem__(self, number: object) -> object:
                raise MemoryError

        pages = Pages([0])  # type: ignore[assignment]

    with pytest.raises(MemoryError):
        next(pdf._pages(Reader()))  # type: ignore[arg-type]
