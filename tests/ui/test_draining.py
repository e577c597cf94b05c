"""The sign to end is taken, and passed on when nothing runs any more."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from lib.ui import background
from lib.ui.draining import Draining
from tests.waiting import until

SIGN = signal.SIGUSR1


@pytest.fixture
def told() -> Iterator[list[int]]:
    """The signs that the server got."""
    got: list[int] = []
    before = signal.signal(SIGN, lambda sign, _: got.append(sign))
    yield got
    signal.signal(SIGN, before)


def test_waits(told: list[int]) -> None:
    """The server is told when what runs has ended; with a second sign at once."""
    free = threading.Event()
    Draining(lambda: free.wait(10), SIGN).install()

    signal.raise_signal(SIGN)
    assert told == []
    signal.raise_signal(SIGN)
    assert told == [SIGN]
    free.set()
    until(lambda: told == [SIGN, SIGN])


def test_fails(told: list[int]) -> None:
    """Whatever happens while it waits, the server is told."""
    Draining(lambda: 1 // 0, SIGN).install()

    signal.raise_signal(SIGN)

    until(lambda: told == [SIGN])


def test_nobody_took_it() -> None:
    """A sign that nobody took, and another thread than the main one, are left alone."""
    default = signal.signal(SIGN, signal.SIG_DFL)
    try:
        Draining(lambda: None, SIGN).install()
        assert signal.getsignal(SIGN) is signal.SIG_DFL
        signal.signal(SIGN, taken := lambda *_: None)
        background.begin(Draining(lambda: None, SIGN).install).result(5)
        assert signal.getsignal(SIGN) is taken
    finally:
        signal.signal(SIGN, default)
