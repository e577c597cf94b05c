"""What has come of answers is saved soon, in turn, and whatever one of them throws."""

from __future__ import annotations

import threading
import time

import pytest

from lib.generations.saver import THREADS, Saver
from tests.waiting import until


def test_once() -> None:
    """What is told of again before it is due is saved once; afterwards it is saved again."""
    saver, saved = Saver(), list[str]()

    def save() -> None:
        saved.append("a")

    for _ in range(5):
        saver.tell(save, 0.05)
    saver.tell(lambda: saved.append("last"), 0.1)
    until(lambda: "last" in saved)
    assert saved == ["a", "last"]
    saver.tell(save, 0)
    until(lambda: saved == ["a", "last", "a"])


def test_soonest_first() -> None:
    """What is due first is saved first, whenever it was told of."""
    saver, saved = Saver(), list[str]()
    saver.tell(lambda: saved.append("later"), 0.2)
    saver.tell(lambda: saved.append("sooner"), 0)

    until(lambda: len(saved) == 2)
    assert saved == ["sooner", "later"]


def test_thrown(caplog: pytest.LogCaptureFixture) -> None:
    """What one throws keeps no other from being saved."""
    saver, saved = Saver(), list[str]()
    saver.tell(lambda: 1 // 0, 0)
    saver.tell(lambda: saved.append("a"), 0.01)

    until(lambda: saved)
    assert "could not be saved" in caplog.text


class Slow:
    """What takes as long to save as a test wants; `saved` counts."""

    def __init__(self) -> None:
        self.begun, self.gate, self.saved = threading.Event(), threading.Event(), 0

    def save(self) -> None:
        self.begun.set()
        self.gate.wait(20)
        self.saved += 1


def test_nobody_waits() -> None:
    """While one takes long others are saved, and it is saved once more, but never twice at a time."""
    saver, slow, saved = Saver(), Slow(), list[str]()
    saver.tell(slow.save, 0)
    assert slow.begun.wait(20)
    slow.begun.clear()
    saver.tell(slow.save, 0)
    saver.tell(lambda: saved.append("a"), 0.05)
    until(lambda: saved)
    assert not slow.begun.is_set()
    slow.gate.set()

    until(lambda: slow.saved == 2)


def test_first_words_first() -> None:
    """Where many are late, what was to wait for the shortest time is saved first."""
    saver, slow, saved = Saver(), [Slow() for _ in range(THREADS)], list[str]()
    for each in slow:
        saver.tell(each.save, 0)
    until(lambda: all(each.begun.is_set() for each in slow))
    saver.tell(lambda: saved.append("later"), 1)
    time.sleep(0.9)
    saver.tell(lambda: saved.append("first"), 0.2)
    time.sleep(0.4)
    slow[0].gate.set()

    until(lambda: len(saved) == 2)
    assert saved == ["first", "later"]
    for each in slow:
        each.gate.set()


def test_no_thread() -> None:
    """Where the system has no more threads, it is saved once there is one."""
    saver, saved = Saver(), list[str]()

    def save() -> None:
        saved.append("a")

    before = threading.stack_size(2**46)
    try:
        saver.tell(save, 0)
    finally:
        threading.stack_size(before)
    saver.tell(save, 0)

    until(lambda: saved == ["a"])
