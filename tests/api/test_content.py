"""What stands where text is expected, whatever it is."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.api.content import MORE, dump, flat, index, leaves, listed, reason, word
from lib.text import Number

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


def scalars(value):
    """Every scalar in a value that says something, as JSON has it."""
    if isinstance(value, (list, dict)):
        inner = value.values() if isinstance(value, dict) else value
        return [text for item in inner for text in scalars(item)]
    return [] if value is None or value == "" else [value if isinstance(value, str) else json.dumps(value)]


@given(SCALARS)
def test_scalar(value):
    """A scalar is its text, null is none."""
    assert flat(value) == "".join(scalars(value))


@settings(max_examples=40)
@given(st.lists(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3))))
def test_lists(value):
    """Of lists in lists nothing is lost, in its order."""
    assert flat(value) == "".join(scalars(value))
    assert "".join(map(flat, leaves(value))) == flat(value)


@given(st.dictionaries(st.text(max_size=6).map(lambda key: f"x{key}"), VALUES, min_size=1, max_size=3))
def test_object(value):
    """An object that is no part of a message is its JSON."""
    assert json.loads(flat(value)) == value


def test_deep():
    """What lies without end is a mark."""
    deep = json.loads("[" * 400 + "]" * 400)

    assert flat(deep) == MORE
    assert list(leaves(deep)) == [MORE]
    inner: dict = {}
    for _ in range(100_000):
        inner = {"a": inner}
    assert dump(inner) == MORE


def test_words():
    """A name is a text, or what an object is called."""
    assert [word(value) for value in ("a", 1, None, {"id": 2}, {"odd": 1})] == ["a", "1", "", "2", '{"odd": 1}']


def test_reasons():
    """What says that an answer has not finished is no reason."""
    assert [reason(value) for value in ("", 0, "NULL", "None", None, False)] == [""] * 6
    assert [reason(value) for value in (True, 2, {"reason": "length"})] == ["stop", "2", "length"]


def test_index():
    """A number is one in whatever form it comes; else the place counts."""
    assert [index(value, 9) for value in (1, "1", 1.0, "x", None, 1e300, "1" * 50)] == [1, 1, 1, 9, 9, 9, 9]


def test_listed():
    """What should be a list is one."""
    keys = frozenset(("id",))
    values = ([1], {"id": 1}, {"0": 1, "1": 2}, "a", None, {})
    assert [listed(value, keys) for value in values] == [[1], [{"id": 1}], [1, 2], ["a"], [], []]


def test_number():
    """A number is what it was, and knows how it was written."""
    assert (Number("0.10"), dump(Number("0.10")), dump(0.1)) == (0.1, "0.10", "0.1")
