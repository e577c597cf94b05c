"""Answers that were to fit a schema, as tables and trees: however large, deep or odd they are."""

from __future__ import annotations

from typing import Any

from lib.ui.chat.structure import MAX_LEVELS, MAX_LINES, MAX_ROWS, _table, _tree


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_what_is_no_table() -> None:
    """Lists of other things, objects with lists in them, and many columns are trees."""
    for value in ([], [1], {"a": 1}, [{"a": []}], [{}], [{str(number): 1 for number in range(20)}], "text"):
        assert _table(value, set()) == []


def test_many_rows() -> None:
    """Of many rows so many are shown, and the rest is told; in an object of one name it is the same."""
    lines = _table({"rows": [{"a": number} for number in range(MAX_ROWS + 5)]}, {("rows", 1)})

    assert len(lines) == 2 + MAX_ROWS + 1
    assert lines[3] == "| :red[1] |"
    assert lines[-1].strip() == "5 more rows as it came"


def test_numbers() -> None:
    """A column of numbers stands on its right side; one in which something else stands does not."""
    lines = _table([{"a": 1, "b": 2.5, "c": True}, {"a": 10, "b": "dear"}], set())

    assert lines[1] == "| --: | --- | --- |"


def test_large_trees() -> None:
    """A tree has an end, however many or deep its branches."""
    assert len(_tree(list(range(MAX_LINES)) * 2, set())) == MAX_LINES
    assert _tree([list(range(400)), 1], set())[-1].strip() == "2 more lines as it came"
    deep = _tree(nested(200), set())
    assert len(deep) == MAX_LEVELS + 1
    assert _tree("x", {()}) == ["- :red[x]"]
    assert _tree(nested(100_000), set())[-1].strip() == "- …"
