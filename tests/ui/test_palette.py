"""Colours: the same name, the same colour."""

from __future__ import annotations

from lib.ui.palette import COLOURS, apart, colours


def test_colours_stay() -> None:
    """A name that comes later changes no other's colour."""
    assert colours(["a", "b"]).items() <= colours(["a", "b", "c"]).items()


def test_colours_differ() -> None:
    """As many names as there are colours have one each."""
    assert len(set(colours([str(number) for number in range(5)]).values())) == len(COLOURS)


def test_apart() -> None:
    """In one chart, no two names have the same colour; the first keeps its own."""
    usual = colours([str(number) for number in range(6)])
    found = apart(["0", "5", "1"], usual)

    assert usual["0"] == usual["5"]
    assert found["0"] == usual["0"]
    assert found["1"] != found["5"]
    assert len(set(found.values())) == 3


def test_six_apart() -> None:
    """Six models, as many as there are lanes, have six colours."""
    names = [str(number) for number in range(6)]

    assert len(set(apart(names, colours(names)).values())) == 6


def test_more_than_there_are() -> None:
    """With more names than colours all have one."""
    names = [str(number) for number in range(10)]

    assert set(apart(names, {})) == set(names)
