"""Prompts that wait: they go out when the answer before has ended well, once, and to whom they were to be asked of."""

from __future__ import annotations

import threading

import pytest

from lib import generations
from lib.config import Endpoint
from lib.errors import BudgetError, RequestError, StoreError
from lib.generations import Generation, registry
from lib.messages import Completion, Delta, Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Store
from tests.fake_client import FakeClient, FakeStream, answer
from tests.store.helpers import texts
from tests.waiting import until

CHOICE = ModelChoice("fake", "m")
OTHER = ModelChoice("other", "n")


def going(end: threading.Event) -> FakeStream:
    """Return a stream that ends when it is told to."""
    return FakeStream([Delta("one"), end], Completion("one", finish_reason="stop"))


def start(store: Store, client: FakeClient) -> Generation:
    """Ask for an answer."""
    return generations.start(store.chats(LOCAL), client, Message("user", "first"), CHOICE)  # type: ignore[arg-type]


def wait(
    store: Store, client: FakeClient, generation: Generation, choice: ModelChoice = CHOICE, **options: object
) -> bool:
    """Have a prompt wait behind an answer."""
    about = {"conversation_id": generation.turn.conversation_id, **options}
    return generations.queue(store.chats(LOCAL), client, Message("user", "then"), choice, **about)  # type: ignore[arg-type]


def quiet(generation: Generation) -> str:
    """Wait until nothing is asked in a conversation, and return which."""
    id = generation.turn.conversation_id
    until(lambda: generations.find(LOCAL, id) is None)
    return id


def test_goes_out(store: Store) -> None:
    """It is asked as soon as the answer has ended, in the same conversation, with what was said before it."""
    end = threading.Event()
    client = FakeClient(going(end), answer("two"))
    first = start(store, client)
    assert wait(store, client, first)
    end.set()
    first.result()
    follower = generations.find(LOCAL, first.turn.conversation_id)
    assert follower is None or follower.turn != first.turn

    assert texts(store, quiet(first)) == ["first", "one", "then", "two"]
    assert [message.text for message in client.asked[1][0]] == ["first", "one", "then"]
    assert store.chats(LOCAL).queued(first.turn.conversation_id) == []


def test_of_another_endpoint(store: Store) -> None:
    """It is asked of whom it was to be asked of; where nobody here knows that one, it waits for the person."""
    end = threading.Event()
    client, other = FakeClient(going(end)), FakeClient(answer("two"), endpoint=Endpoint("other", "http://127.0.0.1:9"))
    first = start(store, client)
    wait(store, other, first, OTHER)
    end.set()
    assert texts(store, quiet(first)) == ["first", "one", "then", "two"]

    end = threading.Event()
    client = FakeClient(going(end))
    first = start(store, client)
    wait(store, other, first, OTHER)
    registry._askers.clear()
    end.set()
    assert texts(store, quiet(first)) == ["first", "one"]


def test_of_another_process(store: Store) -> None:
    """What another process took in for the same endpoint goes out as well."""
    end = threading.Event()
    client = FakeClient(going(end), answer("two"))
    first = start(store, client)
    wait(store, client, first)
    registry._askers.clear()
    end.set()

    assert texts(store, quiet(first)) == ["first", "one", "then", "two"]


def test_after_a_failure(store: Store) -> None:
    """After an answer that failed or was stopped it waits for the person, who sends it."""
    client = FakeClient(FakeStream([Delta("one"), threading.Event()], Completion("one")), answer("two"))
    first = start(store, client)
    wait(store, client, first)
    first.stop()
    id = quiet(first)
    assert texts(store, id) == ["first", "one"]
    [waiting] = store.chats(LOCAL).queued(id)
    generations.send_queued(store.chats(LOCAL), client, waiting, CHOICE).result()  # type: ignore[arg-type]
    assert texts(store, quiet(first)) == ["first", "one", "then", "two"]

    with pytest.raises(StoreError, match="sent or taken back already"):
        generations.send_queued(store.chats(LOCAL), client, waiting, CHOICE)  # type: ignore[arg-type]
    assert generations.find(LOCAL, id) is None


def test_not_allowed(store: Store) -> None:
    """What may not be asked any more waits; so does what cannot be, whatever is thrown."""

    def forbid() -> None:
        raise BudgetError("All is spent.")

    for allow in (forbid, "nothing to call"):
        end = threading.Event()
        client = FakeClient(going(end))
        first = start(store, client)
        wait(store, client, first, allow=allow)
        end.set()
        assert texts(store, quiet(first)) == ["first", "one"]
        assert len(store.chats(LOCAL).queued(first.turn.conversation_id)) == 1


def test_taken_at_the_last_moment(store: Store) -> None:
    """One that is taken back while it is about to go out does not."""
    end = threading.Event()
    client = FakeClient(going(end))
    first = start(store, client)
    chats = store.chats(LOCAL)
    wait(store, client, first, allow=lambda: chats.take_back(chats.queued(first.turn.conversation_id)[0].id))
    end.set()

    assert texts(store, quiet(first)) == ["first", "one"]


def test_nothing_to_wait_for(store: Store) -> None:
    """Where the answer has ended, nothing waits."""
    client = FakeClient(FakeStream([RequestError("gone")], Completion()))
    first = start(store, client)
    quiet(first)

    assert not wait(store, client, first)


def test_bound(store: Store) -> None:
    """Of a great many that wait, the endpoints of the latest are remembered."""
    end = threading.Event()
    client = FakeClient(going(end))
    first = start(store, client)
    registry._askers.update({-number: registry._Asker(client, lambda: None) for number in range(registry.MAX_ASKERS)})  # type: ignore[arg-type]
    wait(store, client, first)

    assert len(registry._askers) == registry.MAX_ASKERS
    registry._askers.clear()
