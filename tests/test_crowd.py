"""How many do the same at once, and how often each comes to its turn."""

from __future__ import annotations

from contextlib import suppress

import pytest

from lib import crowd
from lib.crowd import LATELY, Crowd


def test_size() -> None:
    """One counts as long as it lasts, however it ends."""
    crowd = Crowd(100)
    with crowd.one_more(), suppress(ValueError), crowd.one_more():
        assert crowd.size == 2
        raise ValueError
    assert crowd.size == 0


def test_pause() -> None:
    """The more there are, the longer each waits: all together have their turns a second, however many they are."""
    crowd = Crowd(2)
    with crowd.one_more():
        assert crowd.pause == pytest.approx(0.5)
        with crowd.one_more():
            assert crowd.pause == pytest.approx(1.0)


def test_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a while after one has ended, the others are likely to end."""
    now = [1000.0]
    monkeypatch.setattr(crowd.time, "monotonic", lambda: now[0])
    readers = Crowd(100)
    with readers.one_more():
        assert not readers.is_ending
    assert readers.is_ending
    now[0] += LATELY
    assert not readers.is_ending
