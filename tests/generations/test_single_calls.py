"""Calls outside conversations: each has its row, written before it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.api import ChatClient
from lib.config import Endpoint
from lib.errors import EndpointError
from lib.generations.single_calls import counted
from lib.messages import Image, Message
from lib.store import Call, Store
from tests.endpoint import FakeEndpoint

HELLO = [Message("user", "n3 r0 hello")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    yield store
    store.close()


@pytest.fixture
def upstream() -> Iterator[FakeEndpoint]:
    upstream = FakeEndpoint()
    yield upstream
    upstream.stop()


@pytest.fixture
def client(store: Store, upstream: FakeEndpoint) -> ChatClient:
    endpoint = Endpoint("work", upstream.url, model="m")
    return ChatClient(endpoint, watch=counted(store, endpoint, "doctor"))


def only(store: Store) -> Call:
    [call] = store.calls()
    return call


def test_call_is_counted(store: Store, client: ChatClient) -> None:
    """A call that ended well has a row with its purpose and figures."""
    client.complete(HELLO)

    call = only(store)

    assert (call.endpoint, call.purpose, call.status, call.source) == ("work", "doctor", "completed", "reported")


def test_row_is_there_before_the_call_is_sent(store: Store, client: ChatClient) -> None:
    """While the answer comes, the row says that the call has begun."""
    with client.stream(HELLO) as stream:
        next(iter(stream))

        assert only(store).status == "started"


def test_refused_call_is_counted(store: Store, client: ChatClient) -> None:
    """A call that the endpoint refused is a failed one, with its status."""
    with pytest.raises(EndpointError):
        client.complete([Message("user", "status 401")])

    call = only(store)

    assert (call.status, call.http_status, call.source) == ("failed", 401, "missing")


def test_abandoned_call_is_stopped(store: Store, client: ChatClient) -> None:
    """A stream that is closed before its end is a stopped call."""
    with client.stream([Message("user", "n50 r20")]) as stream:
        next(iter(stream))

    assert only(store).status == "stopped"


@pytest.mark.parametrize("is_wired", [False, True])
def test_words_beside_an_image_are_estimated(store: Store, client: ChatClient, is_wired: bool) -> None:
    """Without a report the estimate counts the text of a prompt that has an image, whichever way it is given."""
    message = Message("user", "quiet n3 r0 hello", (Image(b"hi", "image/png"),))
    client.complete([message.wire() if is_wired else message])

    call = only(store)

    assert call.source == "estimated"
    assert call.prompt_tokens
    assert call.prompt_tokens < 50
    assert call.images == 1
