"""The text of PDFs, and those that have none to give."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from PIL import Image

from lib.documents import pdf
from lib.documents.collect import collect
from lib.errors import DocumentError
from tests import pictures
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


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_password(algorithm: str) -> None:
    """One with a password is refused; one that only may not be changed is read, however it is encrypted."""
    plain = made.pdf("Only for you")
    for read_it in (read, lambda data: list(pdf.pictures(io.BytesIO(data)))):
        with pytest.raises(DocumentError, match="has a password"):
            read_it(made.locked(plain, "secret", algorithm))
    assert "Only for you" in read(made.locked(plain, "", algorithm))[0]


def test_scans() -> None:
    """Pages that are each one large picture can be sent as such, the first of them; others cannot."""
    photo = pictures.photo()
    data = made.scanned(photo, photo)
    assert pdf.source(io.BytesIO(data)).scans == ((640, 480), (640, 480))
    assert [Image.open(io.BytesIO(each)).size for each in pdf.pictures(io.BytesIO(data))] == [photo.size] * 2
    many = made.scanned(*[photo] * (pdf.MAX_SCANS + 1))
    assert len(pdf.source(io.BytesIO(many)).scans) == pdf.MAX_SCANS
    for other in (made.pdf("words"), made.scanned(photo, pictures.quarters())):
        assert pdf.source(io.BytesIO(other)).scans == ()
    assert list(pdf.pictures(io.BytesIO(made.pdf("words")))) == []


def test_damaged_scans() -> None:
    """What is damaged is no scan."""
    assert pdf._scans(SimpleNamespace(pages=Failing(ValueError()))) == []  # type: ignore[arg-type]


def test_other_objects() -> None:
    """What is drawn on a page and is no picture is none of it."""
    form = made.pdf("x").replace(b"/Font << /F1 3 0 R >>", b"/XObject << /F 3 0 R >>")
    assert pdf.source(io.BytesIO(form)).scans == ()


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
