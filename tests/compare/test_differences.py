"""Two answers word by word: put together again, the pieces are the answers."""

from __future__ import annotations

import random

import pytest

from lib.compare.differences import MAX_WORDS, Piece, differences


def side(pieces: list[Piece], name: str) -> str:
    return "".join(piece.text for piece in pieces if piece.side in (name, "both"))


def test_pieces() -> None:
    """What both have stands once, what one has stands on its side."""
    pieces = differences("the red fox ran", "the brown fox ran away")

    assert [(piece.side, piece.text) for piece in pieces] == [
        ("both", "the "),
        ("left", "red "),
        ("right", "brown "),
        ("both", "fox ran "),
        ("right", "away "),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost(seed: int) -> None:
    """The words of each side are all there, in their order."""
    chance = random.Random(seed)
    texts = [" ".join(chance.choices(["one", "two", "three", "four"], k=chance.randrange(40))) for _ in range(2)]
    pieces = differences(*texts)

    assert [side(pieces, name).split() for name in ("left", "right")] == [text.split() for text in texts]


def test_bound() -> None:
    """Behind so many words nothing is compared."""
    assert len(side(differences("a " * 2 * MAX_WORDS, "a"), "left").split()) == MAX_WORDS
