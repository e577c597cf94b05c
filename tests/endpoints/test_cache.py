"""What is found out in threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from lib.endpoints import cache
from lib.endpoints.cache import KEPT_SECONDS, RETRIED_SECONDS, Lookups
from lib.errors import ChatError
from tests.waiting import until


@dataclass(frozen=True)
class Result:
    """What was found, and what was known before."""

    text: str
    before: str = ""
    error: ChatError | None = None


class Finder:
    """Finds out what a test says; waits while `gate` is not set."""

    def __init__(self, error: ChatError | None = None) -> None:
        self.error = error
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[str] = []

    def __call__(self, key: str, before: Result | None) -> Result:
        self.asked.append(key)
        self.gate.wait(10)
        return Result(f"{key} {len(self.asked)}", before.text if before else "", self.error)


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(finder: Finder, most: int = 8) -> tuple[Lookups[str, Result], Clock]:
    clock = Clock()
    return Lookups(finder, clock, most), clock


def found(known: Lookups[str, Result], key: str, text: str) -> Result:
    """Ask until `text` is what is known."""
    until(lambda: (value := known.get(key)) and value.text == text)
    value = known.get(key)
    assert value
    return value


def test_not_waited_for():
    """What is not known is not waited for, and asked for once however often it is wanted."""
    finder = Finder()
    finder.gate.clear()
    known, _ = made(finder)
    assert [known.get("a") for _ in range(5)] == [None] * 5
    finder.gate.set()
    found(known, "a", "a 1")
    assert finder.asked == ["a"]


def test_kept():
    """What was found holds for ten minutes; then it is shown until the new one is there."""
    finder = Finder()
    known, clock = made(finder)
    found(known, "a", "a 1")
    clock.now += KEPT_SECONDS - 1
    assert found(known, "a", "a 1").before == ""
    clock.now += 1
    assert found(known, "a", "a 2").before == "a 1"
    assert finder.asked == ["a", "a"]


def test_error():
    """After an error it is tried again in a minute."""
    known, clock = made(finder := Finder(ChatError("no")))
    found(known, "a", "a 1")
    clock.now += RETRIED_SECONDS
    found(known, "a", "a 2")
    assert finder.asked == ["a", "a"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_fault():
    """What could not be found out, whatever was thrown, is looked up again after a while, as an error is."""
    thrown = iter([ZeroDivisionError()])

    def find(key: str, before: Result | None) -> Result:
        for error in thrown:
            raise error
        return Result(key)

    clock = Clock()
    known = Lookups[str, Result](find, clock)
    assert known.get("a") is None
    until(lambda: not known._entries["a"].running)
    until(lambda: all(thread.name != "lookup" for thread in threading.enumerate()))  # it is told at its very end
    clock.now += RETRIED_SECONDS

    assert found(known, "a", "a")


def test_bounded():
    """Of many, those that were not asked for lately are forgotten."""
    finder = Finder()
    known, _ = made(finder, most=2)
    for key in ("a", "b", "a", "c", "a"):
        until(lambda key=key: known.get(key))
    assert finder.asked == ["a", "b", "c"]
    until(lambda: known.get("b"))
    assert finder.asked == ["a", "b", "c", "b"]


def test_threads():
    """However many are wanted, a few are looked up at a time, and all in the end."""
    finder = Finder()
    finder.gate.clear()
    known, _ = made(finder, most=100)
    keys = [str(number) for number in range(cache.THREADS + 5)]
    for key in keys:
        known.get(key)
    until(lambda: len(finder.asked) == cache.THREADS)
    finder.gate.set()
    for key in keys:
        until(lambda key=key: known.get(key))
    assert sorted(finder.asked) == sorted(keys)


def test_forget():
    """What is forgotten is looked up anew; the rest stays."""
    finder = Finder()
    known, _ = made(finder)
    found(known, "a", "a 1")
    found(known, "b", "b 2")
    known.forget(lambda key, value: key == "a" and value is not None)
    assert known.get("a") is None
    found(known, "a", "a 3")
    found(known, "b", "b 2")


def test_forget_while_running():
    """What is being looked up is not looked up twice."""
    finder = Finder()
    finder.gate.clear()
    known, _ = made(finder)
    known.get("a")
    known.forget(lambda key, value: True)
    known.get("a")
    finder.gate.set()
    found(known, "a", "a 1")
    assert finder.asked == ["a"]
