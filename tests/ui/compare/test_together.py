"""What stands beside each other, as one of them sees the others."""

from __future__ import annotations

import threading

from lib.ui.compare.together import Together


class Answer:
    """One that is on its way, as far as others look at it."""

    def __init__(self) -> None:
        self.received = threading.Event()


def beside(*answers: Answer) -> tuple[Together, list[Answer]]:
    """Return how one of these sees them, and those that there are."""
    found = list(answers)
    return Together("-1", len(found), lambda: found), found  # type: ignore[arg-type, return-value]


def test_has_ended() -> None:
    """That one has ended is said once, and nothing before anything has."""
    together, (_, other) = beside(Answer(), Answer())
    before = together.has_ended(), together.has_ended()
    other.received.set()

    assert (before, together.has_ended(), together.has_ended()) == ((False, False), True, False)


def test_has_ended_and_is_stored() -> None:
    """One whose answer is stored by then has ended, too."""
    together, answers = beside(Answer(), Answer())
    together.has_ended()
    answers.pop()

    assert together.has_ended()


def test_waits_for_last_words() -> None:
    """One that has ended waits for another that ends soon."""
    together, (own, other) = beside(Answer(), Answer())
    own.received.set()
    threading.Timer(0.1, other.received.set).start()
    together.wait()

    assert other.received.is_set()


def test_waits_no_longer() -> None:
    """One that has ended does not wait for another that goes on."""
    together, (own, other) = beside(Answer(), Answer())
    own.received.set()
    together.wait()

    assert not other.received.is_set()
