"""Batches: each picture asked about on its own, a few at a time, and what fails does not stop the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lib import generations
from lib.api import ChatClient
from lib.config import Endpoint
from lib.errors import AnswerError, BudgetError, BusyError, ImageError, LimitError
from lib.generations import batches
from lib.generations.batches import AT_ONCE, Asker, Batch, Row
from lib.messages import Completion, Delta, Message, Usage
from lib.model_choice import ModelChoice
from lib.pricing import prices
from lib.store import LOCAL, Outcome, Scope, Store
from tests import pictures
from tests.api.scripted import Scripted, hang
from tests.fake_client import ENDPOINT, FakeClient, FakeStream
from tests.store.helpers import CHOICE, calls
from tests.waiting import until

RED = pictures.file(pictures.quarters())
USAGE = Usage(10, 2, 12)
SEEN = Completion(text="seen", usage=USAGE)

DEAR = Endpoint("fake", ENDPOINT.base_url, prices=prices.parse({"*": {"input": 1000.0, "output": 500.0}}, "a test"))

BATCH = {"provider": "openai", "purpose": "batch", "each": "image"}
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


def asker(store: Store, say: Say, endpoint: Endpoint = ENDPOINT, allow: Callable[[], object] = lambda: None) -> Asker:
    """Return who asks, an endpoint that says what a test wants."""
    return Asker(store.chats(LOCAL), Looker(say, endpoint), ModelChoice(endpoint.name, "m"), allow)  # type: ignore[arg-type]


def rows(number: int, data: bytes = RED) -> list[Row]:
    return [Row(f"{place}.png", data) for place in range(number)]


def spent() -> None:
    raise BudgetError("The budget is spent.")


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

    batch = ended(batches.start(asker(store, say), "What?", rows(5), detail="low"))

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
def test_tokens(usages: list[Usage | None], tokens: tuple[int | None, int | None]) -> None:
    """What is not known of one answer is not known of all; it is never taken for nothing."""
    batch = Batch("id", "What?", [Row("a.png", state="done", usage=usage) for usage in usages])

    assert batch.tokens == tokens


def test_cost(store: Store) -> None:
    """What a batch cost is what its calls cost according to the ledger."""
    batch = ended(batches.start(asker(store, answers(), DEAR), "What?", rows(2)))

    assert batch.cost
    assert (batch.cost.amount, batch.cost.currency) == (Decimal("0.022"), "USD")
    assert sum(call.cost or 0 for call in calls(store)) == batch.cost.billionths


@pytest.mark.parametrize("others", [[None], ["EUR"], []])
def test_unknown_cost(others: list[str | None]) -> None:
    """It is known if it is of every answer, in one currency."""
    costs = [prices.Cost(Decimal(1), currency, "", "") if currency else None for currency in ["USD", *others]]
    done = [Row("a.png", state="done", cost=cost) for cost in costs]

    assert (Batch("id", "What?", done).cost is None) == bool(others)


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

    batch = batches.start(asker(store, say), "What?", rows(10))
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
        batches.start(asker(store, lambda prompt: said.pop(0)), "What?", [Row("bad.png", b"no picture"), *rows(3)])
    )

    errors = sorted(row.error for row in batch.rows)
    assert states(batch).count("failed") == 3
    assert "Too dark. Take another." in errors
    assert any("not a picture" in error for error in errors)
    assert any("Parley itself failed" in error for error in errors)
    assert [row.text for row in batch.rows if row.state == "done"] == ["No."]
    assert batch.tokens == (None, None)
    assert sum(row.can_be_asked_again for row in batch.rows) == 2
    assert {row.data for row in batch.rows} == {b""}


def test_fault_before_the_call(store: Store) -> None:
    """A bug in what begins a call is the row's error, too."""

    def fail() -> None:
        raise ZeroDivisionError

    batch = ended(batches.start(asker(store, answers(), allow=fail), "What?", rows(1)))

    assert "Parley itself failed" in batch.rows[0].error


def silent(store: Store, url: str) -> Asker:
    """Return who asks a real endpoint."""
    return Asker(store.chats(LOCAL), ChatClient(Endpoint("silent", url)), ModelChoice("silent", "m"))


def test_stop_closes_the_connections(store: Store) -> None:
    """A batch of 100 whose endpoint says nothing ends within half a second of Stop, all rows and calls with it."""
    with Scripted(hang()) as server:
        batch = batches.start(silent(store, server.url), "What?", rows(100))
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

    batch = batches.start(asker(store, say), "What?", rows(6))
    until(lambda: len(asked) == AT_ONCE)
    batch.stop()
    assert states(batch) == ["stopped"] * 6
    gate.set()

    again = asker(store, say)
    batches.again(again, batch)
    ended(batch)
    batches.again(again, batch)

    assert states(batch) == ["done"] * 6
    assert {row.text for row in batch.rows} == {"seen"}
    assert len(asked) == AT_ONCE + 6


def test_again_while_it_runs(store: Store) -> None:
    """Who asks again for what is still being asked changes nothing."""
    gate = threading.Event()
    hanging = asker(store, lambda prompt: FakeStream([gate], SEEN))
    batch = batches.start(hanging, "What?", rows(1))
    batches.again(hanging, batch)
    gate.set()
    ended(batch)

    assert len(calls(store)) == 1


def test_stop_while_a_call_is_begun(store: Store) -> None:
    """A call that was begun while Stop was pressed is stopped as well."""
    gate, begun = threading.Event(), threading.Event()

    def slowly() -> None:
        begun.set()
        gate.wait(20)

    hanging = asker(store, lambda prompt: FakeStream([threading.Event()], Completion()), allow=slowly)
    batch = batches.start(hanging, "What?", rows(1))
    begun.wait(20)
    batch.stop()
    gate.set()
    until(lambda: [call.status for call in calls(store)] == ["stopped"])

    assert states(batch) == ["stopped"]


def test_stop_before_a_picture_is_asked_about(store: Store) -> None:
    """Where Stop comes while a picture is made ready, nothing is begun."""
    batch = Batch("id", "What?", rows(2))
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

    batch = batches.start(asker(store, say), "What?", rows(1))
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

    batch = batches.start(asker(store, say), "What?", rows(1))
    asked.wait(20)
    generations.stop_all()

    assert states(ended(batch)) == ["stopped"]


def test_spent_budget_stops_the_rest(store: Store) -> None:
    """A budget that is reached half-way closes what is being asked, and says so at the picture that met it."""
    left = ["budget", "ask", "ask"]

    def careful() -> None:
        if left.pop() == "budget":
            until(lambda: len(calls(store)) == 2)
            raise BudgetError("The budget is spent.")

    hanging = asker(store, lambda prompt: FakeStream([threading.Event()], Completion()), allow=careful)
    batch = ended(batches.start(hanging, "What?", rows(6)))
    until(lambda: [call.status for call in calls(store)] == ["stopped"] * 2)

    assert sorted(states(batch)) == ["failed"] + ["stopped"] * 5
    assert any("budget is spent" in row.error for row in batch.rows)


def test_as_often_as_may_be(store: Store) -> None:
    """Who may make only so many calls in a minute has the rest of a batch made as soon as they may."""
    soon = [LimitError("Too many.", retry_after=0.01)] * 3

    def careful() -> None:
        if soon:
            raise soon.pop()

    batch = ended(batches.start(asker(store, answers(), allow=careful), "What?", rows(3)))

    assert states(batch) == ["done"] * 3


def test_stopped_while_it_may_not(store: Store) -> None:
    """Stop ends the wait for the moment from which one may ask again."""
    refused = threading.Event()

    def careful() -> None:
        refused.set()
        raise LimitError("You may not.", retry_after=60.0)

    batch = batches.start(asker(store, answers(), allow=careful), "What?", rows(1))
    assert refused.wait(20)
    batch.stop()

    assert states(ended(batch)) == ["stopped"]


def test_never(store: Store) -> None:
    """Who may not ask that model at all is told so."""

    def careful() -> None:
        raise LimitError("You may not.", retry_after=None)

    batch = ended(batches.start(asker(store, answers(), allow=careful), "What?", rows(1)))

    assert (states(batch), str(batch.rows[0].error)[:12]) == (["failed"], "You may not.")


def test_grown() -> None:
    """Who follows is told that something has happened, and not that nothing has."""
    batch = Batch("id", "What?", rows(1))
    assert batch.wait_for_more(0, 0.01) == 0
    batch.stop()

    assert batch.wait_for_more(0, 0.01) == 1


def test_found_again(store: Store) -> None:
    """A batch is found by its id, which cannot be guessed, by who began it; others are not there."""
    batch = ended(batches.start(asker(store, answers()), "What?", rows(1)))
    chats = store.chats(LOCAL)

    assert batches.find(chats, batch.id) is batch
    assert batches.find(chats, "new") is None
    assert batches.find(chats, batch.rows[0].id) is None
    assert batches.find(store.chats(Scope("someone else")), batch.id) is None
    assert len(batch.id) == 16


def test_results_outlive_the_process(store: Store) -> None:
    """What a batch came to is in the store: texts, errors, tokens, costs and pictures, in their order."""
    said: list[Any] = [AnswerError("Too dark.", hint="Take another."), FakeStream([Delta("seen")], SEEN)]
    before = ended(batches.start(asker(store, lambda prompt: said.pop(), DEAR), "What?", rows(2)))
    batches._batches.clear()
    after = batches.find(store.chats(LOCAL), before.id)

    assert after
    assert (after.question, after.model, after.tokens) == ("What?", "m", before.tokens)
    assert [(row.name, row.state, row.text, row.error) for row in after.rows] == [
        (row.name, row.state, row.text, row.error) for row in before.rows
    ]
    assert after.cost
    assert before.cost
    assert (after.cost.amount, after.cost.currency) == (before.cost.amount, before.cost.currency)
    assert all(store.chats(LOCAL).image(row.image or "") for row in after.rows)


def test_asked_again_after_the_process(store: Store) -> None:
    """What has no answer is asked again about the picture that is stored; what was never asked about is gone."""
    said: list[Any] = [AnswerError("Too dark."), BudgetError("The budget is spent.")]
    asked: list[Message] = []
    batch = ended(batches.start(asker(store, lambda prompt: said.pop(0)), "What?", rows(1)))
    batches._batches.clear()
    found = batches.find(store.chats(LOCAL), batch.id)
    assert found

    def say(prompt: Message) -> FakeStream:
        asked.append(prompt)
        return FakeStream([Delta("seen")], SEEN)

    batches.again(asker(store, say), found)

    assert states(ended(found)) == ["done"]
    assert [(prompt.text, len(prompt.images)) for prompt in asked] == [("What?", 1)]
    assert batches.find(store.chats(LOCAL), batch.id) is found


def test_latest_are_followed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of batches that have ended the latest are held in memory; the others are read again."""
    monkeypatch.setattr(batches, "MAX_KEPT", 2)
    made = [ended(batches.start(asker(store, answers()), "What?", rows(1))) for _ in range(4)]
    chats = store.chats(LOCAL)

    assert [batches.find(chats, batch.id) is batch for batch in made] == [False, False, True, True]


def test_stored_rows(store: Store) -> None:
    """What another process still asks says so, what it never came to is stopped, and both are at their places."""
    chats = store.chats(LOCAL)
    id, parts = chats.collect("What?", ["a.png", "b.png", "c.png"], CHOICE, **BATCH)
    turn = chats.begin(Message("user", "What?"), CHOICE, provider="openai", conversation_id=parts[1], purpose="image")
    found = batches.find(chats, id)

    assert found
    assert [(row.name, row.state) for row in found.rows] == [
        ("a.png", "stopped"),
        ("b.png", "elsewhere"),
        ("c.png", "stopped"),
    ]
    assert not found.is_running
    chats.finish(turn, Outcome("interrupted"))
    assert [row.can_be_asked_again for row in batches.find(chats, id).rows] == [False, True, False]  # type: ignore[union-attr]


def test_deleted_meanwhile(store: Store) -> None:
    """A picture that was deleted while its batch was shown cannot be asked about again; its row says so."""
    batch = ended(batches.start(asker(store, lambda prompt: AnswerError("No.")), "What?", rows(1)))
    chats = store.chats(LOCAL)
    chats.delete(batch.id)
    store.upkeep.purge(datetime.now(UTC) + timedelta(days=1))
    batches.again(asker(store, answers()), batch)

    assert "deleted meanwhile" in ended(batch).rows[0].error


def test_files_are_kept_within_a_bound(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were not asked about yet are kept up to one bound for all batches; the oldest go first."""
    monkeypatch.setattr(batches, "MAX_SPARE_BYTES", 3 * len(RED))
    broke = asker(store, answers(), allow=spent)
    kept = [ended(batches.start(broke, "What?", rows(2))) for _ in range(3)]
    until(lambda: [batch.spare_bytes for batch in kept] == [0, 0, 2 * len(RED)])

    batches.again(broke, kept[0])
    assert "failed" in states(kept[0])
    assert [any(row.can_be_asked_again for row in batch.rows) for batch in kept] == [False, False, True]


def test_files_in_use_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What still waits to be asked about keeps its file."""
    monkeypatch.setattr(batches, "MAX_SPARE_BYTES", 0)
    gate = threading.Event()
    batch = batches.start(asker(store, lambda prompt: FakeStream([gate, Delta("seen")], SEEN)), "What?", rows(5))
    batch.release()
    gate.set()

    assert states(ended(batch)) == ["done"] * 5


def test_busy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a few batches are not run at a time, be they new or asked again."""
    monkeypatch.setattr(batches, "MAX_RUNNING", 1)
    before = ended(batches.start(asker(store, lambda prompt: AnswerError("No.")), "What?", rows(1)))
    hanging = asker(store, lambda prompt: FakeStream([threading.Event()], Completion()))
    batches.start(hanging, "What?", rows(1))

    with pytest.raises(BusyError):
        batches.start(hanging, "What?", rows(1))
    with pytest.raises(BusyError):
        batches.again(hanging, before)


@pytest.mark.parametrize(
    ("given", "said"),
    [([], "no pictures"), (rows(101), "at most 100"), (rows(3, bytes(70_000_000)), "210 MB together")],
)
def test_refused(store: Store, given: list[Row], said: str) -> None:
    """A batch of nothing, of too many or too much is refused before anything is read."""
    with pytest.raises(ImageError, match=said):
        batches.start(asker(store, answers()), "What?", given)
