"""Whatever is thrown, an answer reaches its end: with what came, its place free again, and everybody told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib import generations
from lib.errors import StoreError
from lib.generations import Generation, Request
from lib.generations import generation as module
from lib.messages import Completion, Delta, Message
from lib.model_choice import ModelChoice
from lib.pricing.prices import Tariff
from lib.store import LOCAL, Chats, Outcome, Store, StoredMessage, Turn
from tests.doors import OwnDoors
from tests.fake_client import ENDPOINT, FakeClient, FakeStream, answer
from tests.store.helpers import calls
from tests.waiting import until

HELLO = Message("user", "hello")
CHOICE = ModelChoice("fake", "m")


class FaultyChats(Chats):
    store: Faulty

    def finish(self, turn: Turn, outcome: Outcome) -> None:
        if self.store.finishing and (error := self.store.finishing.pop(0)):
            raise error
        super().finish(turn, outcome)

    def save(self, turn: Turn, text: str, reasoning: str) -> None:
        if self.store.saving:
            raise self.store.saving
        super().save(turn, text, reasoning)

    def path(self, id: str, limit: int | None = None, until: int | None = None) -> list[StoredMessage]:
        if isinstance(self.store.reading, threading.Event):
            self.store.reading.wait(20)
        elif self.store.reading:
            raise self.store.reading
        return super().path(id, limit, until)


class Faulty(OwnDoors):
    """A store that raises what a test gives it, one thing a call: `None` lets it go through."""

    door = FaultyChats
    finishing: list[BaseException | None]
    saving: BaseException | None = None
    reading: BaseException | threading.Event | None = None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Faulty]:
    store = Faulty.open(f"sqlite:///{tmp_path / 'parley.db'}")
    assert isinstance(store, Faulty)
    store.finishing = []
    yield store
    generations.stop_all()
    store.close()


class Broken(FakeStream):
    """A stream one of whose figures cannot be had."""

    def __init__(self, missing: str) -> None:
        super().__init__([Delta("half")], Completion(text="half"))
        self.missing = missing

    def __getattribute__(self, name: str) -> Any:
        if name == super().__getattribute__("__dict__").get("missing"):
            raise MemoryError
        return super().__getattribute__(name)


class Unpriced(type(ENDPOINT)):  # type: ignore[misc]  # a dataclass as any other
    """An endpoint whose prices have a fault."""

    @property
    def tariff(self) -> Tariff:
        raise ZeroDivisionError


def ask(store: Store, *streams: FakeStream, **options: Any) -> Generation:
    return generations.start(store.chats(LOCAL), FakeClient(*streams), HELLO, CHOICE, **options)  # type: ignore[arg-type]


def check_end(store: Store, generation: Generation, state: str = "failed", text: str = "half") -> StoredMessage:
    """Check that an answer has reached its end: waiters woke, it is stored with what came, and its place is free."""
    assert generation.wait(20)
    assert generation.outcome
    assert generation.outcome.state == state
    assert generations.find(LOCAL, generation.turn.conversation_id) is None
    found = store.chats(LOCAL).message(generation.turn.message_id)
    assert found
    assert (found.state, found.text) == (state, text)
    assert calls(store)[0].status == state
    after = ask(store, answer("next"), conversation_id=generation.turn.conversation_id, limit=1)
    assert after.result().text == "next"
    return found


@pytest.mark.parametrize("thrown", [MemoryError(), ZeroDivisionError(), SystemExit(), KeyboardInterrupt()])
def test_thrown_while_reading(store: Faulty, thrown: BaseException) -> None:
    """Whatever is thrown while the answer comes, what came is kept."""
    found = check_end(store, ask(store, FakeStream([Delta("half"), thrown], Completion(text="half"))))

    assert found.error == module.FAULT


@pytest.mark.parametrize("missing", ["request_bytes", "completion"])
def test_thrown_while_the_end_is_told(store: Faulty, missing: str) -> None:
    """If it cannot be told how an answer ended, it has failed, with what came."""
    check_end(store, ask(store, Broken(missing)))


def test_thrown_by_pricing(store: Faulty) -> None:
    """So it has if its price cannot be told."""
    client = FakeClient(answer("half"), endpoint=Unpriced("fake", ENDPOINT.base_url, model="m"))

    check_end(store, generations.start(store.chats(LOCAL), client, HELLO, CHOICE))  # type: ignore[arg-type]


def test_thrown_by_recordings(store: Faulty) -> None:
    """What went over the wire is kept for looking at only: the answer is none the worse without it."""
    check_end(store, ask(store, Broken("recording")), "completed")


def test_thrown_by_a_partial_save(store: Faulty, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a partial save throws, the answer goes on, and so do the partial saves, of others as well."""
    store.saving = ValueError()
    gate = threading.Event()
    generation = ask(store, FakeStream([Delta("half"), gate, Delta(" and half")], Completion(text="half and half")))
    until(lambda: "could not be saved" in caplog.text)
    store.saving = None
    gate.set()

    check_end(store, generation, "completed", "half and half")
    generation = ask(store, FakeStream([Delta("half"), threading.Event()], Completion(text="half")))
    until(lambda: saved(store, generation) == "half")


def saved(store: Store, generation: Generation) -> str:
    """Return what the store has of an answer."""
    found = store.chats(LOCAL).message(generation.turn.message_id)
    assert found
    return found.text


def test_thrown_by_the_store_once(store: Faulty) -> None:
    """An outcome that cannot be written is written as its bare text."""
    store.finishing = [ValueError()]
    found = check_end(store, ask(store, answer("half")))

    assert found.error == module.UNKEPT


def test_thrown_by_the_store_after_it_was_down(store: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be it at a later try."""
    monkeypatch.setattr(module, "UNSAVED_SECONDS", 0.01)
    store.finishing = [StoreError("The disk is full."), ValueError()]
    generation = ask(store, answer("half"))
    until(lambda: generation.is_stored)

    check_end(store, generation)


def test_thrown_by_the_store_always(store: Faulty) -> None:
    """Where not even that can be written, waiters are told, and the place is free all the same."""
    store.finishing = [ValueError(), MemoryError()]
    generation = ask(store, answer("half"))
    assert generation.result().state == "failed"

    assert str(generation.unsaved) == module.UNKEPT
    assert generations.find(LOCAL, generation.turn.conversation_id) is None
    assert store.upkeep.recover() == 1  # as the lease does every few seconds: its conversation is free again
    assert store.upkeep.recover() == 0
    assert [call.status for call in calls(store)] == ["interrupted"]
    after = ask(store, answer("next"), conversation_id=generation.turn.conversation_id)
    assert after.result().text == "next"


def test_thrown_before_it_is_on_its_way(store: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt is stored, but its answer cannot even be begun: nothing is left open of it, in a conversation or not."""
    with monkeypatch.context() as patch:
        patch.setattr(Generation, "start", lambda _: memory_error())
        with pytest.raises(MemoryError):
            ask(store, answer("a"))
        with pytest.raises(MemoryError):
            generations.call(store.usage(LOCAL), FakeClient(answer("a")), Request([HELLO]), purpose="doctor")  # type: ignore[arg-type]
    assert [call.status for call in calls(store)] == ["started", "started"]
    store.upkeep.recover()

    assert [call.status for call in calls(store)] == ["interrupted", "interrupted"]
    [conversation] = store.chats(LOCAL).recent()
    assert ask(store, answer("next"), conversation_id=conversation.id, limit=1).result().text == "next"


def memory_error() -> None:
    raise MemoryError


def test_history_that_cannot_be_read(store: Faulty) -> None:
    """A prompt is stored, but what was said before cannot be read: the answer fails in the store's own words."""
    first = ask(store, answer("a"))
    first.result()
    store.reading = StoreError("The disk is gone.")
    generation = ask(store, answer("b"), conversation_id=first.turn.conversation_id)
    generation.result()
    store.reading = None

    assert check_end(store, generation, text="").error == "The disk is gone."


def test_stop_while_history_is_read(store: Faulty) -> None:
    """Stop does not wait for the store, and nothing is sent afterwards."""
    first = ask(store, answer("a"))
    first.result()
    store.reading = gate = threading.Event()
    stream = answer("b")
    generation = ask(store, stream, conversation_id=first.turn.conversation_id)

    generation.stop()
    assert generation.result().state == "stopped"
    gate.set()
    until(lambda: generation.stream is not None)
    until(stream.closed.is_set)

    assert stream.deltas == 0
    check_end(store, generation, "stopped", "")


class Deaf(FakeStream):
    """A stream that does not hear that it is closed: it is still looking up the name of its host."""

    def __iter__(self) -> Iterator[Delta]:
        self.gate = threading.Event()
        self.gate.wait(20)
        yield Delta("late")


def test_stop_while_a_connection_is_opened(store: Faulty) -> None:
    """Stop ends an answer whose thread hangs; what that brings later changes nothing."""
    stream = Deaf([], Completion())
    generation = ask(store, stream)
    until(lambda: hasattr(stream, "gate"))

    generation.stop()
    check_end(store, generation, "stopped", "")
    stream.gate.set()
    until(lambda: bool(generation.read()))

    found = store.chats(LOCAL).message(generation.turn.message_id)
    assert found
    assert (found.state, found.text) == ("stopped", "")


def test_hold(store: Faulty) -> None:
    """A whole answer that leaves room for others is not stored yet; all who follow it have its last word."""
    gate = threading.Event()
    generation = ask(store, FakeStream([gate, Delta("whole")], Completion(text="whole")))
    generation.hold(60)
    gate.set()
    assert generation.received.wait(20)

    assert [delta.text for delta in generation.read()] == ["whole"]
    assert not generation.wait(0.5)
    assert calls(store)[0].status == "started"
    generation.give_up()  # as at the end of the process
    check_end(store, generation, "completed", "whole")


def test_saved_in_the_hold(store: Faulty) -> None:
    """Until then what came is saved as at any other time: a process that is killed loses no more of it."""
    gate = threading.Event()
    generation = ask(store, FakeStream([gate, Delta("whole")], Completion(text="whole")))
    generation.hold(60)
    gate.set()
    assert generation.received.wait(20)

    until(lambda: saved(store, generation) == "whole")
    assert calls(store)[0].status == "started"


def test_stop_before_the_hold(store: Faulty) -> None:
    """One that is stopped is stored at once."""
    generation = ask(store, FakeStream([Delta("half"), threading.Event()], Completion(text="half")))
    generation.hold(60)
    generation.wait_for_more(0, 20)
    generation.stop()

    check_end(store, generation, "stopped")


def test_no_thread(store: Faulty, caplog: pytest.LogCaptureFixture) -> None:
    """Where the system has no more threads, the answer fails at once."""
    store.lease.hold()  # has a thread of its own
    before = threading.stack_size(2**46)
    try:
        generation = ask(store, answer("a"))
        generation.stop()
    finally:
        threading.stack_size(before)

    assert "got no thread" in caplog.text
    check_end(store, generation, text="")


def test_no_thread_to_end_with(store: Faulty) -> None:
    """Then Stop still closes the connection, and the answer's own thread ends it."""
    generation = ask(store, FakeStream([Delta("half"), threading.Event()], Completion(text="half")))
    generation.wait_for_more(0, 20)
    before = threading.stack_size(2**46)
    try:
        generation.stop()
    finally:
        threading.stack_size(before)

    check_end(store, generation, "stopped")
