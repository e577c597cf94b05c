"""Two answers, word by word: what both have, and what only one has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MAX_WORDS = 1_500  # of each that are compared: the work grows with the square
PIECES = re.compile(r"\S+\s*")

Side = Literal["both", "left", "right"]


@dataclass(frozen=True)
class Piece:
    """Words that stand on one side, or on both."""

    side: Side
    text: str


def differences(left: str, right: str) -> list[Piece]:
    """Return the pieces of two texts in their order; behind `MAX_WORDS` words of each nothing is compared."""
    return list(_pieces(*(PIECES.findall(f"{text} ")[:MAX_WORDS] for text in (left, right))))


def _pieces(left: list[str], right: list[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, [word.strip() for word in left], [word.strip() for word in right], autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("both", "".join(left[i:j]))
            continue
        if i < j:
            yield Piece("left", "".join(left[i:j]))
        if k < m:
            yield Piece("right", "".join(right[k:m]))
