"""Text is collected until there is enough of it, or no time left, and what is left out is said."""

from __future__ import annotations

from itertools import count

import pytest

from lib.documents.collect import Limits, Source, collect
from lib.errors import DocumentError

FEW = Limits(characters=10, seconds=5)


def test_whole() -> None:
    """A short document is there as it is, its pages by their numbers."""
    source = Source("page", iter(["One ", "", "Three"]), 3, has_marks=True)

    assert collect(source) == ("[Page 1]\nOne\n\n[Page 2]\n\n\n[Page 3]\nThree\n", "")


def test_nothing_between() -> None:
    """Pieces that have nothing leave nothing, where they have no numbers."""
    assert collect(Source("row", iter(["a", "", "", "b"]))) == ("a\nb", "")


@pytest.mark.parametrize(
    ("total", "note"),
    [(9, "Cut after page 2 of 9: more than 10 characters."), (None, "Cut after page 2: more than 10 characters.")],
)
def test_full(total: int | None, note: str) -> None:
    """A long one ends where it is full."""
    assert collect(Source("page", iter(["12345678"] * 9), total), FEW) == ("12345678\n1", note)


def test_full_at_the_end() -> None:
    """One whose last piece is too long is cut in that."""
    assert collect(Source("page", iter(["x" * 12]), 1), FEW) == ("x" * 10, "Cut: the first 10 of 12 characters.")


def test_late() -> None:
    """One that takes long ends when the time is over."""
    source = Source("page", iter("abcdef"), 6)

    assert collect(source, FEW, count(0, 2.0).__next__) == ("a\nb\nc", "Cut after page 3 of 6: more than 5 s to read.")


def test_empty() -> None:
    """One without text says so."""
    with pytest.raises(DocumentError, match="only pictures"):
        collect(Source("page", iter(["", ""]), 2, has_marks=True, empty="only pictures"))
