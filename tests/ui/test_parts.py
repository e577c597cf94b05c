"""Long texts in parts: nothing is lost between two, and each is markdown of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.ui import parts
from lib.ui.parts import MAX_CHARACTERS, Place


def places(text: str) -> Iterator[Place]:
    """Yield where the parts of a text begin."""
    place: Place | None = Place()
    while place:
        yield place
        place = parts.following(text, place)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["a", "\n", "\n\n", "```\n", "~~~~py\n", "x" * 4_000, "é" * 40_000]), max_size=12))
def test_nothing_is_lost(words: list[str]) -> None:
    """The parts, put together, are the text; none is longer than the bound."""
    text = "".join(words)
    found = list(places(text))

    assert "".join(parts.part(text, place).removeprefix(place.fence) for place in found) == text
    assert all(len(parts.part(text, place)) <= MAX_CHARACTERS + len(place.fence) for place in found)


@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_cut_where_it_does_no_harm(gap: str) -> None:
    """A part ends with a paragraph, or a line, that ends near."""
    text = "x" * (MAX_CHARACTERS - 100) + gap + "y" * 200

    assert [place.begin for place in places(text)] == [0, MAX_CHARACTERS - 100 + len(gap)]


@pytest.mark.parametrize("fence", ["```", "~~~~", "```py"])
def test_code_goes_on(fence: str) -> None:
    """Code that goes on is code in the next part as well, in its language, until it ends."""
    line = "z = 1\n"
    text = f"{fence}\n{line * (MAX_CHARACTERS // len(line))}{fence.strip('py')}\n" + "prose\n" * MAX_CHARACTERS
    first, second, third, *_ = places(text)

    assert (first.fence, second.fence, third.fence) == ("", f"{fence}\n", "")
    assert parts.part(text, second).startswith(f"{fence}\n{line}")


@pytest.mark.parametrize("piece", ["```py\nx\n```\n\n", "| a | b |\n", "> ~~~\n> x\n> ~~~\n\n", "`a`"])
def test_many_small_pieces(piece: str) -> None:
    """Of what costs a browser more than its characters there are fewer characters in a part."""
    text = piece * 10_000
    found = list(places(text))
    sizes = [len(parts.part(text, place)) for place in found]

    assert 20 * len(piece) < max(sizes) < MAX_CHARACTERS / 3
    assert "".join(parts.part(text, place).removeprefix(place.fence) for place in found) == text
    assert parts.weight(text) == MAX_CHARACTERS
    assert len(piece) < parts.weight(piece) < 1_000


def test_short() -> None:
    """A text that fits is one part, and so is none."""
    assert [list(places(text)) for text in ("", "x" * MAX_CHARACTERS)] == [[Place()], [Place()]]
