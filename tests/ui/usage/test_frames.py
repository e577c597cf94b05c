"""Frames: numbers stay numbers, and show with what they lack."""

from __future__ import annotations

from lib.ui.numbers import count
from lib.ui.usage.frames import frame, styled

ROWS = [("a", 1000, 0.5), ("b", None, None)]


def test_types() -> None:
    """Counts are whole numbers where some are unknown, too."""
    found = frame(("name", "calls", "cost"), ROWS)

    assert [str(kind) for kind in found.dtypes[1:]] == ["Int64", "Float64"]
    assert found.calls.isna().tolist() == [False, True]


def test_unknown_throughout() -> None:
    """A column of which nothing is known is one of numbers, too: it stays on their side."""
    assert str(frame(("cost",), [(None,), (None,)]).dtypes["cost"]) == "Float64"


def test_nothing() -> None:
    """A frame without rows has its columns."""
    assert list(frame(("a", "b"), []).columns) == ["a", "b"]


def test_shown() -> None:
    """A number shows as everywhere else, with "~" where it is not certain and "–" where it is unknown."""
    shown = styled(frame(("name", "calls", "cost"), ROWS), {"calls": count}, {"calls": [0, 1]}).to_string(delimiter="|")

    assert "~1\u2009000" in shown
    assert "|–" in shown
