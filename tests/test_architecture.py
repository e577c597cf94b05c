"""The drawings of docs/architecture.md have the arrows that the imports have."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from lib.config import ROOT
from tests.test_layers import FILES, FLAT, imports

TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DRAWINGS = re.findall(r"```mermaid\nflowchart TD\n(.*?)```", TEXT, re.DOTALL)
GROUND = FLAT - {"runtime"}


def drawn(drawing: str) -> set[tuple[str, str]]:
    """Return the arrows of a drawing."""
    lines = (line.strip().split(" --> ") for line in drawing.strip().splitlines())
    return {(start, end) for start, ends in lines for end in ends.split(" & ")}


def house(name: str) -> str:
    """Return the room of the house that a module is in; "" for the ground."""
    first, *rest = name.split(".")
    return first if first == "pages" else next(iter(rest), "") if rest[:1] and rest[0] not in GROUND else ""


def floor(name: str) -> str:
    """Return the room of `lib.ui` that a module is in; "" for those elsewhere."""
    parts = name.split(".")
    if parts[:2] != ["lib", "ui"]:
        return ""
    return parts[2] if len(parts) > 2 and (ROOT / "lib" / "ui" / parts[2]).is_dir() else "ui"


def imported(room: Callable[[str], str]) -> set[tuple[str, str]]:
    """Return the arrows between rooms that the imports are."""
    arrows = ((room(name), room(found)) for name in FILES for found in imports(name))
    return {(start, end) for start, end in arrows if start and end and start != end}


@pytest.mark.parametrize(("number", "room"), [(0, house), (1, floor)])
def test_arrows(number: int, room: Callable[[str], str]) -> None:
    """Each arrow is an import, and each import between rooms an arrow."""
    assert drawn(DRAWINGS[number]) == imported(room)


def test_rooms_are_told() -> None:
    """Each room of the drawing has its line in the table."""
    told = set(re.findall(r"`([a-z]+)(?:/|\.py)`", TEXT))

    assert {room for arrow in drawn(DRAWINGS[0]) for room in arrow} <= told


def test_files_are_there() -> None:
    """Every file that is named is there."""
    named = re.findall(r"`((?:lib|pages|tests|docs)/[\w./]*)`", TEXT)

    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []
