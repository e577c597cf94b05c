"""Batches: each picture asked about on its own, a few at a time, and what fails does not stop the rest."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from lib.errors import AnswerError, BusyError, ImageError
from lib.generations import batches
from lib.generations.batches import AT_ONCE, Batch, Row
from lib.messages import Completion, Message, Usage
from lib.pricing.prices import Cost
from tests import pictures
from tests.waiting import until

RED = pictures.file(pictures.quarters())
USAGE = Usage(10, 2, 12)


@pytest.fixture(autouse=True)
def _clean():
    """Each test has its own registry."""
    yield
    batches.stop_all()
    until(lambda: not any(batch.is_running for batch in batches._batches.values()))
    batches._batches.clear()


def rows(number: int, data: bytes = RED) -> list[Row]:
    return [Row(f"{place}.png", data) for place in range(number)]


def say(prompt: Message) -> Completion:
    return Completion(text="seen", usage=USAGE)


def ended(batch: Batch) -> Batch:
    until(lambda: not batch.is_running)
    return batch


def states(batch: Batch) -> list[str]:
    return [row.state for row in batch.rows]


def test_answers():
    """Every picture gets the question, alone, and its answer; the file is not kept after that, a thumbnail is."""
    asked: list[Message] = []

    def ask(prompt: Message) -> Completion:
        asked.append(prompt)
        return say(prompt)

    batch = ended(batches.start("What?", rows(5), ask, detail="low"))

    assert states(batch) == ["done"] * 5
    assert [(prompt.text, len(prompt.images), prompt.images[0].detail) for prompt in asked] == [("What?", 1, "low")] * 5
    assert {(row.text, row.data) for row in batch.rows} == {("seen", b"")}
    assert all(row.thumbnail for row in batch.rows)
    assert batch.tokens == (50, 10)
    assert batch.cost is None


def priced(currency: str = "USD") -> Cost:
    return Cost(Decimal("0.25"), currency, "configuration", "")


@pytest.mark.parametrize(
    ("costs", "sum_"),
    [
        ([priced(), priced()], Decimal("0.50")),
        ([priced(), None], None),
        ([priced(), priced("EUR")], None),
        ([None, None], None),
    ],
)
def test_cost(costs, sum_):
    """What a batch cost is known if it is of every answer, in one currency."""
    left = list(costs)
    batch = ended(batches.start("What?", rows(2), say, price=lambda _: left.pop()))

    assert (batch.cost.amount if batch.cost else None) == sum_


def test_a_few_at_a_time():
    """No more than a few are asked about at once."""
    gate, lock, now, most = threading.Event(), threading.Lock(), [0], [0]

    def ask(prompt: Message) -> Completion:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(10)
        with lock:
            now[0] -= 1
        return say(prompt)

    batch = batches.start("What?", rows(10), ask)
    until(lambda: now[0] == AT_ONCE)
    gate.set()
    ended(batch)

    assert most[0] == AT_ONCE


def test_failures_do_not_stop_the_rest():
    """A picture that cannot be read, one that is refused, and a bug each have their error; the others their answers."""

    def ask(prompt: Message) -> Completion:
        calls.append(prompt)
        if len(calls) == 1:
            raise AnswerError("Too dark.", hint="Take another.")
        if len(calls) == 2:
            raise ZeroDivisionError
        return Completion(refusal="No.")

    calls: list[Message] = []
    batch = ended(batches.start("What?", [Row("bad.png", b"<svg>"), *rows(3)], ask))

    errors = sorted(row.error for row in batch.rows)
    assert states(batch).count("failed") == 3
    assert "Too dark. Take another." in errors
    assert any("not a picture" in error for error in errors)
    assert any("Parley itself failed" in error for error in errors)
    assert [row.text for row in batch.rows if row.state == "done"] == ["No."]
    assert batch.tokens is None


def test_stop_and_again():
    """After a stop nothing more is begun; what was not asked can be asked later."""
    gate, asked = threading.Event(), []

    def ask(prompt: Message) -> Completion:
        asked.append(prompt)
        gate.wait(10)
        return say(prompt)

    batch = batches.start("What?", rows(6), ask)
    until(lambda: len(asked) == AT_ONCE)
    batch.stop()
    gate.set()
    ended(batch)
    assert sorted(states(batch)) == ["done"] * AT_ONCE + ["stopped"] * (6 - AT_ONCE)

    batch.again()
    ended(batch)

    assert states(batch) == ["done"] * 6
    assert len(asked) == 6


def test_stop_before_the_thread_runs():
    """A row whose turn comes after the stop is left alone."""
    batch = Batch("What?", rows(1), say)
    batch._stopped.set()
    batch._answer(0)

    assert states(batch) == ["waiting"]


def test_grown():
    """Who follows is told that something has happened, and not that nothing has."""
    batch = Batch("What?", rows(1), say)
    assert batch.grown(0, 0.01) == 0
    batch.stop()

    assert batch.grown(0, 0.01) == 1


def test_found_again():
    """A batch is found by its id, which cannot be guessed; others are not there."""
    batch = ended(batches.start("What?", rows(1), say))

    assert batches.find(batch.id) is batch
    assert batches.find("new") is None
    assert len(batch.id) == 16


def test_latest_are_kept(monkeypatch):
    """Of batches that have ended the latest are kept."""
    monkeypatch.setattr(batches, "KEPT", 2)
    ids = [ended(batches.start("What?", rows(1), say)).id for _ in range(4)]

    assert [batches.find(id) is not None for id in ids] == [False, False, True, True]


def test_busy(monkeypatch):
    """More than a few batches are not run at a time."""
    gate = threading.Event()
    monkeypatch.setattr(batches, "RUNNING", 1)
    batches.start("What?", rows(1), lambda prompt: gate.wait(10) and say(prompt))

    with pytest.raises(BusyError):
        batches.start("What?", rows(1), say)
    gate.set()


@pytest.mark.parametrize(
    ("given", "said"),
    [([], "no pictures"), (rows(101), "at most 100"), (rows(3, bytes(70_000_000)), "210 MB together")],
)
def test_refused(given, said):
    """A batch of nothing, of too many or too much is refused before anything is read."""
    with pytest.raises(ImageError, match=said):
        batches.start("What?", given, say)
