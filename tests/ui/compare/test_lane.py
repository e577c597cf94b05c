"""The lanes beside each other, as one of them sees the others."""

from __future__ import annotations

import threading

import pytest

from lib import generations
from lib.store import LOCAL
from lib.ui import mine
from lib.ui.compare.lane import Lanes

IDS = ("a", "b")


class Answer:
    """One that is on its way, as far as lanes look at it."""

    def __init__(self) -> None:
        self.received = threading.Event()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Answer]:
    """The running answers of two lanes by the lanes' ids."""
    running = {id: Answer() for id in IDS}
    monkeypatch.setattr(mine, "scope", lambda: LOCAL)
    monkeypatch.setattr(generations, "find", lambda _, lane: running.get(lane))
    return running


def test_has_ended(answers: dict[str, Answer]) -> None:
    """That one has ended is said once, and nothing before anything has."""
    lanes = Lanes(1, IDS)
    before = lanes.has_ended(), lanes.has_ended()
    answers["b"].received.set()

    assert (before, lanes.has_ended(), lanes.has_ended()) == ((False, False), True, False)


def test_has_ended_and_is_stored(answers: dict[str, Answer]) -> None:
    """One whose answer is stored by then has ended, too."""
    lanes = Lanes(1, IDS)
    lanes.has_ended()
    del answers["b"]

    assert lanes.has_ended()


def test_waits_for_last_words(answers: dict[str, Answer]) -> None:
    """One that has ended waits for another that ends soon."""
    answers["a"].received.set()
    threading.Timer(0.1, answers["b"].received.set).start()
    Lanes(1, IDS).wait()

    assert answers["b"].received.is_set()


def test_waits_no_longer(answers: dict[str, Answer]) -> None:
    """One that has ended does not wait for another that goes on."""
    answers["a"].received.set()
    Lanes(1, IDS).wait()

    assert not answers["b"].received.is_set()
