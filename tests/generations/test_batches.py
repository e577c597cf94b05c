"""Batches: each picture asked about on its own, a few at a time, and what fails does not stop the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from lib import generations
from lib.api import ChatClient
from lib.config import Endpoint
from lib.errors import AnswerError, BudgetError, BusyError, ImageError
from lib.generations import Generation, Request, batches
from lib.generations.batches import AT_ONCE, Batch, Row
from lib.messages import Completion, Delta, Message, Usage
from lib.pricing import prices
from lib.store import LOCAL, Store
from tests import pictures
from tests.api.scripted import Scripted, hang
from tests.fake_client import ENDPOINT, FakeClient, FakeStream
from tests.store.helpers import calls
from tests.waiting import until

RED = pictures.file(pictures.quarters())
USAGE = Usage(10, 2, 12)
SEEN = Completion(text="seen", usage=USAGE)

Say = Callable[[Message], FakeStream | BaseException]


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """Each test has its own registry."""
    yield
    batches.stop_all()
    generations.stop_all()
    batches._batches.clear()


class Looker(FakeClient):
    """Answers each picture with what `say` makes of its prompt."""

    def __init__(self, say: Say, endpoint: Endpoint) -> None:
        super().__init__(endpoint=endpoint)
        self.say = say

    def _ask(self, messages: list[Message], model: str | None, params: dict[str, Any]) -> FakeStream:
        said = self.say(messages[-1])
        return said if isinstance(said, FakeStream) else FakeStream([said], Completion())


def answers(completion: Completion = SEEN) -> Say:
    return lambda prompt: FakeStream([Delta(completion.text)], completion)


def asker(store: Store, say: Say, endpoint: Endpoint = ENDPOINT) -> Callable[[Message], Generation]:
    """Return what a batch asks through, where each answer is a generation as on the page."""
    client = Looker(say, endpoint)
    return lambda prompt: generations.call(store.usage(LOCAL), client, Request([prompt], "m"), purpose="image")  # type: ignore[arg-type]


def rows(number: int, data: bytes = RED) -> list[Row]:
    return [Row(f"{place}.png", data) for place in range(number)]


def ended(batch: Batch) -> Batch:
    until(lambda: not batch.is_running)
    return batch


def states(batch: Batch) -> list[str]:
    return [row.state for row in batch.rows]


def test_answers(store: Store) -> None:
    """Every picture gets the question, alone, and its answer; the file is not kept after that, a thumbnail is."""
    asked: list[Message] = []

    def say(prompt: Message) -> FakeStream:
        asked.append(prompt)
        return FakeStream([Delta("seen")], SEEN)

    batch = ended(batches.start("What?", rows(5), asker(store, say), detail="low"))

    assert states(batch) == ["done"] * 5
    assert [(prompt.text, len(prompt.images), prompt.images[0].detail) for prompt in asked] == [("What?", 1, "low")] * 5
    assert {(row.text, row.data) for row in batch.rows} == {("seen", b"")}
    assert all(row.thumbnail for row in batch.rows)
    assert batch.tokens == (50, 10)
    assert batch.cost is None
    assert [(call.purpose, call.status) for call in calls(store)] == [("image", "completed")] * 5


@pytest.mark.parametrize(
    ("usages", "tokens"),
    [
        ([USAGE, USAGE], (20, 4)),
        ([USAGE, Usage(10, None, 10)], (20, None)),
        ([USAGE, Usage(10, 0, 10)], (20, 2)),
        ([USAGE, None], (None, None)),
        ([], (None, None)),
    ],
)
def test_tokens(store: Store, usages: list[Usage | None], tokens: tuple[int | None, int | None]) -> None:
    """What is not known of one answer is not known of all; it is never taken for nothing."""
    batch = Batch("What?", [Row("a.png", state="done", usage=usage) for usage in usages], asker(store, answers()))

    assert batch.tokens == tokens


def test_cost(store: Store) -> None:
    """What a batch cost is what its calls cost according to the ledger."""
    dear = Endpoint("fake", ENDPOINT.base_url, prices=prices.parse({"*": {"input": 1000.0, "output": 500.0}}, "a test"))
    batch = ended(batches.start("What?", rows(2), asker(store, answers(), dear)))

    assert batch.cost
    assert (batch.cost.amount, batch.cost.currency) == (Decimal("0.022"), "USD")
    assert sum(call.cost or 0 for call in calls(store)) == batch.cost.billionths


@pytest.mark.parametrize("others", [[None], ["EUR"], []])
def test_unknown_cost(store: Store, others: list[str | None]) -> None:
    """It is known if it is of every answer, in one currency."""
    costs = [prices.Cost(Decimal(1), currency, "", "") if currency else None for currency in ["USD", *others]]
    done = [Row("a.png", state="done", cost=cost) for cost in costs]

    assert (Batch("What?", done, asker(store, answers())).cost is None) == bool(others)


def test_a_few_at_a_time(store: Store) -> None:
    """No more than a few are asked about at once."""
    gate, lock, now, most = threading.Event(), threading.Lock(), [0], [0]

    def say(prompt: Message) -> FakeStream:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(10)
        with lock:
            now[0] -= 1
        return FakeStream([], SEEN)

    batch = batches.start("What?", rows(10), asker(store, say))
    until(lambda: now[0] == AT_ONCE)
    gate.set()
    ended(batch)

    assert most[0] == AT_ONCE


def test_failures_do_not_stop_the_rest(store: Store) -> None:
    """A picture that cannot be read, one that is refused, and a bug each have their error; the others their answers."""
    said: list[FakeStream | BaseException] = [
        AnswerError("Too dark.", hint="Take another."),
        ZeroDivisionError(),
        FakeStream([], Completion(refusal="No.")),
    ]
    batch = ended(
        batches.start("What?", [Row("bad.png", b"<svg>"), *rows(3)], asker(store, lambda prompt: said.pop(0)))
    )

    errors = sorted(row.error for row in batch.rows)
    assert states(batch).count("failed") == 3
    assert "Too dark. Take another." in errors
    assert any("not a picture" in error for error in errors)
    assert any("Parley itself failed" in error for error in errors)
    assert [row.text for row in batch.rows if row.state == "done"] == ["No."]
    assert batch.tokens == (None, None)
    assert sum(row.can_be_asked_again for row in batch.rows) == 2


def test_fault_before_the_call(store: Store) -> None:
    """A bug in what begins a call is the row's error, too."""

    def ask(prompt: Message) -> Generation:
        raise ZeroDivisionError

    batch = ended(batches.start("What?", rows(1), ask))

    assert "Parley itself failed" in batch.rows[0].error


def silent(store: Store, url: str) -> Callable[[Message], Generation]:
    """Return what asks a real endpoint."""
    client = ChatClient(Endpoint("silent", url))
    return lambda prompt: generations.call(store.usage(LOCAL), client, Request([prompt], "m"), purpose="image")


def test_stop_closes_the_connections(store: Store) -> None:
    """A batch of 100 whose endpoint says nothing ends within half a second of Stop, all rows and calls with it."""
    with Scripted(hang()) as server:
        batch = batches.start("What?", rows(100), silent(store, server.url))
        until(lambda: len(server.peers) == AT_ONCE)
        begun = time.monotonic()
        batch.stop()
        assert not batch.is_running
        took = time.monotonic() - begun
        until(lambda: all(call.status == "stopped" for call in calls(store)))
        assert all(peer.gone() for peer in server.peers)

    assert took < 0.5
    assert states(batch) == ["stopped"] * 100
    assert len(calls(store)) == len(server.peers) == AT_ONCE


def test_stop_and_again(store: Store) -> None:
    """What was stopped can be asked about later; what comes of the calls before does not get in its way."""
    gate, asked = threading.Event(), []

    def say(prompt: Message) -> FakeStream:
        asked.append(prompt)
        return FakeStream([Delta("seen")] if gate.is_set() else [gate], SEEN)

    batch = batches.start("What?", rows(6), asker(store, say))
    until(lambda: len(asked) == AT_ONCE)
    batch.stop()
    assert states(batch) == ["stopped"] * 6
    gate.set()

    batches.again(batch)
    ended(batch)
    batches.again(batch)

    assert states(batch) == ["done"] * 6
    assert {row.text for row in batch.rows} == {"seen"}
    assert len(asked) == AT_ONCE + 6


def test_again_while_it_runs(store: Store) -> None:
    """Who asks again for what is still being asked changes nothing."""
    gate = threading.Event()
    batch = batches.start("What?", rows(1), asker(store, lambda prompt: FakeStream([gate], SEEN)))
    batches.again(batch)
    gate.set()
    ended(batch)

    assert len(calls(store)) == 1


def test_stop_while_a_call_is_begun(store: Store) -> None:
    """A call that was begun while Stop was pressed is stopped as well."""
    gate, begun = threading.Event(), threading.Event()
    ask = asker(store, lambda prompt: FakeStream([threading.Event()], Completion()))

    def slowly(prompt: Message) -> Generation:
        begun.set()
        gate.wait(20)
        return ask(prompt)

    batch = batches.start("What?", rows(1), slowly)
    begun.wait(20)
    batch.stop()
    gate.set()
    until(lambda: [call.status for call in calls(store)] == ["stopped"])

    assert states(batch) == ["stopped"]


def test_stop_before_a_picture_is_asked_about(store: Store) -> None:
    """Where Stop comes while a picture is made ready, nothing is begun."""
    batch = Batch("What?", rows(2), asker(store, answers()))
    now = batches._Round([0, 1])
    now.stopped.set()

    assert batch._asked(now, 0) == {}
    batch._run(now)
    assert calls(store) == []


def test_end_of_the_app(store: Store) -> None:
    """What is being asked when the app ends is interrupted."""
    asked = threading.Event()

    def say(prompt: Message) -> FakeStream:
        asked.set()
        return FakeStream([threading.Event()], Completion())

    batch = batches.start("What?", rows(1), asker(store, say))
    asked.wait(20)
    batches.stop_all()
    until(lambda: calls(store)[0].status == "interrupted")

    assert states(batch) == ["stopped"]


def test_call_that_is_stopped_from_elsewhere(store: Store) -> None:
    """A call that ends with all others is a row that was stopped."""
    asked = threading.Event()

    def say(prompt: Message) -> FakeStream:
        asked.set()
        return FakeStream([threading.Event()], Completion())

    batch = batches.start("What?", rows(1), asker(store, say))
    asked.wait(20)
    generations.stop_all()

    assert states(ended(batch)) == ["stopped"]


def test_spent_budget_stops_the_rest(store: Store) -> None:
    """A budget that is reached half-way closes what is being asked, and says so at the picture that met it."""
    ask = asker(store, lambda prompt: FakeStream([threading.Event()], Completion()))
    left = ["budget", "ask", "ask"]

    def careful(prompt: Message) -> Generation:
        if left.pop() == "budget":
            until(lambda: len(calls(store)) == 2)
            raise BudgetError("The budget is spent.")
        return ask(prompt)

    batch = ended(batches.start("What?", rows(6), careful))
    until(lambda: [call.status for call in calls(store)] == ["stopped"] * 2)

    assert sorted(states(batch)) == ["failed"] + ["stopped"] * 5
    assert any("budget is spent" in row.error for row in batch.rows)


def test_grown(store: Store) -> None:
    """Who follows is told that something has happened, and not that nothing has."""
    batch = Batch("What?", rows(1), asker(store, answers()))
    assert batch.wait_for_more(0, 0.01) == 0
    batch.stop()

    assert batch.wait_for_more(0, 0.01) == 1


def test_found_again(store: Store) -> None:
    """A batch is found by its id, which cannot be guessed; others are not there."""
    batch = ended(batches.start("What?", rows(1), asker(store, answers())))

    assert batches.find(batch.id) is batch
    assert batches.find("new") is None
    assert len(batch.id) == 16


def test_latest_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of batches that have ended the latest are kept."""
    monkeypatch.setattr(batches, "MAX_KEPT", 2)
    ids = [ended(batches.start("What?", rows(1), asker(store, answers()))).id for _ in range(4)]

    assert [batches.find(id) is not None for id in ids] == [False, False, True, True]


def test_files_are_kept_within_a_bound(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that could be asked about again are kept up to one bound for all batches; the oldest go first."""
    monkeypatch.setattr(batches, "MAX_SPARE_BYTES", 3 * len(RED))
    refused = asker(store, lambda prompt: AnswerError("No."))
    kept = [ended(batches.start("What?", rows(2), refused)) for _ in range(3)]
    until(lambda: [batch.spare_bytes for batch in kept] == [0, 0, 2 * len(RED)])

    batches.again(kept[0])
    assert states(kept[0]) == ["failed"] * 2
    assert [any(row.can_be_asked_again for row in batch.rows) for batch in kept] == [False, False, True]


def test_files_in_use_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What still waits to be asked about keeps its file."""
    monkeypatch.setattr(batches, "MAX_SPARE_BYTES", 0)
    gate = threading.Event()
    batch = batches.start("What?", rows(5), asker(store, lambda prompt: FakeStream([gate, Delta("seen")], SEEN)))
    batch.release()
    gate.set()

    assert states(ended(batch)) == ["done"] * 5


def test_busy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a few batches are not run at a time, be they new or asked again."""
    monkeypatch.setattr(batches, "MAX_RUNNING", 1)
    before = ended(batches.start("What?", rows(1), asker(store, lambda prompt: AnswerError("No."))))
    hanging = asker(store, lambda prompt: FakeStream([threading.Event()], Completion()))
    batches.start("What?", rows(1), hanging)

    with pytest.raises(BusyError):
        batches.start("What?", rows(1), hanging)
    with pytest.raises(BusyError):
        batches.again(before)


@pytest.mark.parametrize(
    ("given", "said"),
    [([], "no pictures"), (rows(101), "at most 100"), (rows(3, bytes(70_000_000)), "210 MB together")],
)
def test_refused(store: Store, given: list[Row], said: str) -> None:
    """A batch of nothing, of too many or too much is refused before anything is read."""
    with pytest.raises(ImageError, match=said):
        batches.start("What?", given, asker(store, answers()))
