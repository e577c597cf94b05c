"""What has come of answers is saved soon, in turn, and whatever one of them throws."""

from __future__ import annotations

import threading

import pytest

from lib.generations.saver import Saver
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


def test_nobody_waits() -> None:
    """Who tells waits for nothing, though another's save hangs."""
    saver, gate, saved = Saver(), threading.Event(), list[str]()
    hangs = threading.Event()

    def hang() -> None:
        hangs.set()
        gate.wait(20)

    saver.tell(hang, 0)
    assert hangs.wait(20)
    saver.tell(lambda: saved.append("a"), 0)
    assert saved == []
    gate.set()
    until(lambda: saved)


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
