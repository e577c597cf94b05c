"""Text repaired at the edge: surrogates, NUL and line ends, whole and in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.text import MAX_DEPTH, PairJoiner, as_name, map_strings, repair

texts = st.text(st.characters() | st.sampled_from("\r\n\0\ud83d\ude00"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ä €", "plain ä €"),
        ("a\0b", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ud83d", "\ufffd"),
        ("a\ude00b", "a\ufffdb"),
        ("\ud83d!", "\ufffd!"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ufeffmark\0", "\ufeffmark\ufffd"),
        ("a\r\nb\rc\n", "a\r\nb\rc\n"),
    ],
)
def test_repair(text: str, expected: str) -> None:
    """Split emoji are joined, lone surrogates and NUL become U+FFFD, and line ends stay."""
    assert repair(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("gpt-4o", "gpt-4o"), (" a\n b\x00 ", "a b\ufffd"), ("x" * 300, "x" * 300), ("x" * 301, "x" * 299 + "…")],
)
def test_as_name(text: str, expected: str) -> None:
    """A name is one line, and no longer than a name may be."""
    assert as_name(text) == expected


def test_line_ends() -> None:
    """Every line end becomes LF where that is wanted."""
    assert repair("a\r\nb\rc\n\r\n", line_ends=True) == "a\nb\nc\n\n"


@given(texts)
def test_repaired(text: str) -> None:
    """A repaired text can be encoded, holds no NUL and stays as it is when it is repaired again."""
    once = repair(text, line_ends=True)

    assert once.encode().decode() == once
    assert "\0" not in once
    assert repair(once, line_ends=True) == once


@given(texts, st.booleans())
def test_pieces(text: str, line_ends: bool) -> None:
    """However a text is cut, repairing it in pieces is repairing it whole."""
    units = text.encode("utf-16-le", "surrogatepass")
    pieces = [units[start : start + 2].decode("utf-16-le", "surrogatepass") for start in range(0, len(units), 2)]
    joiner = PairJoiner(line_ends=line_ends)

    assert "".join(map(joiner.feed, pieces)) + joiner.flush() == repair(text, line_ends=line_ends)


def test_half() -> None:
    """The first half of a pair is kept until its other half comes."""
    joiner = PairJoiner()

    assert [joiner.feed("a\ud83d"), joiner.feed(""), joiner.feed("\ude00b\r")] == ["a", "", "😀b\r"]
    assert joiner.flush() == ""


def test_map_strings() -> None:
    """Every text of a JSON value is changed, names too; what is no text stays."""
    value = {"a": ["b", 1, None, {"c": True}]}

    assert map_strings(value, str.upper) == {"A": ["B", 1, None, {"C": True}]}


def test_depth() -> None:
    """What lies deeper than a person would look is left out."""
    value: object = "x"
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    found = map_strings(value, str.upper)
    for _ in range(MAX_DEPTH):
        found = found[0]

    assert found is None
