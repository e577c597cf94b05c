"""How many do the same at once, and how often each comes to its turn."""

from __future__ import annotations

from contextlib import suppress

import pytest

from lib.crowd import Crowd


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
