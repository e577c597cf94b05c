"""Pictures that wait to be sent: their order, their bounds, and what is made of them."""

from __future__ import annotations

from weakref import WeakSet

import pytest

from lib.images import tray as trays
from lib.images.tray import MAX_IMAGES, Staged, Tray
from lib.messages import LinkedImage
from tests import pictures

RED = pictures.file(pictures.quarters(1200, 900))


def tray(*names: str) -> Tray:
    made = Tray()
    made.add(Staged(name, RED) for name in names)
    return made


def names(made: Tray) -> list[str]:
    return [item.name for item in made.items]


@pytest.mark.parametrize(
    ("which", "by", "order"), [(0, 1, "bac"), (2, -1, "acb"), (0, -1, "abc"), (2, 1, "abc"), (0, 2, "bca")]
)
def test_move(which, by, order):
    """A picture changes its place, and stays within the row."""
    made = tray("a", "b", "c")
    made.move(made.items[which].number, by)

    assert "".join(names(made)) == order


def test_unknown_number():
    """A click on what is gone already does nothing."""
    made = tray("a")
    made.move(-1, 1)
    made.remove(-1)

    assert names(made) == ["a"]


def test_remove_and_clear():
    """One picture is taken out, then all."""
    made = tray("a", "b")
    made.remove(made.items[0].number)
    assert names(made) == ["b"]
    made.clear()

    assert names(made) == []


def test_made_once():
    """A picture is read once for each way in which it is sent, and anew for another."""
    item = Staged("a", RED)
    auto = item.normalised("auto", "gpt-4o")

    assert item.normalised("high", "gpt-4o") is auto
    assert item.normalised("low", "gpt-4o").width == 512
    assert (auto.width, item.tokens("auto", "gpt-4o"), item.tokens("low", "gpt-4o")) == (1024, 765, 85)


def test_image():
    """A file goes as data with the detail, an address as it is."""
    near, far = Staged("a", RED), Staged("a", url="http://example.org/a.png")

    assert near.image("low", "") == near.normalised("low", "").image("low")
    assert far.image("high", "") == LinkedImage("http://example.org/a.png", "high")
    assert (far.tokens("auto", ""), far.normalised("auto", "")) == (None, None)


def test_what_cannot_be_read():
    """What is no picture is refused when it is read; the others stay."""
    made = tray("a")
    made.add([Staged("b", b"<svg>")])

    assert [item.name for item in made.settle("")] == ["a"]
    assert ([name for name, _ in made.refused], made.is_told) == (["b"], False)


def test_bounds():
    """Too many pictures, or too many bytes together, are refused at once; an address has no bytes."""
    many = tray(*map(str, range(MAX_IMAGES + 1)))
    assert (len(many.items), len(many.refused)) == (MAX_IMAGES, 1)
    heavy = Tray()
    heavy.add([*(Staged(str(number), bytes(18_000_000)) for number in range(3)), Staged("u", url="http://u/")])

    assert names(heavy) == ["0", "1", "u"]
    assert "54 MB together" in str(heavy.refused[0][1])


def test_in_all(monkeypatch):
    """All trays together have room for so much; a tray that goes gives back its own."""
    monkeypatch.setattr(trays, "_trays", WeakSet())  # those of other tests go when they will
    monkeypatch.setattr(trays, "MAX_TOTAL_BYTES", 3 * len(RED))
    first, second = tray("a", "b"), tray("c", "d")
    assert (names(first), names(second)) == (["a", "b"], ["c"])
    [(name, error)] = second.refused
    assert (name, error.hint) == ("d", "Try again in a few minutes.")
    del first

    assert names(tray("e", "f")) == ["e", "f"]
