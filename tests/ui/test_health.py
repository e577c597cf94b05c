"""A database that hangs holds one thread, and nobody for long."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import anyio
import pytest
from starlette.requests import Request

from lib.errors import StoreError
from lib.ui import background, server
from lib.ui.health import Health
from tests.waiting import until


class Store:
    """A store whose pings wait until it is `free`; `pings` are those so far."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.pings = 0

    def ping(self) -> None:
        """Wait."""
        self.pings += 1
        self.free.wait(10)


@pytest.fixture
def in_a_loop() -> Callable[..., object]:
    """What runs a coroutine, in a thread of its own: a browser's loop may run in this one."""

    def run(function: Callable[..., object], *arguments: object) -> object:
        return background.begin(lambda: anyio.run(function, *arguments)).result(20)

    return run


async def asked(health: Health) -> tuple[int, dict]:
    """Return the status and the document of an answer."""
    answer = await health.answer(Request({"type": "http"}))
    return answer.status_code, json.loads(answer.body)


def test_hangs(in_a_loop: Callable[..., object]) -> None:
    """While the database hangs everybody hears so soon, and it is asked only once; then it is asked again."""
    store = Store()
    health = Health(store.ping, patience=0.05)
    error = "The database has not answered for 0 s."

    assert [in_a_loop(asked, health) for _ in range(3)] == [
        (503, {"status": "error", "kind": "store", "error": error})
    ] * 3
    assert store.pings == 1
    store.free.set()
    until(lambda: in_a_loop(asked, health) == (200, {"status": "ok"}))  # the question that hung may be answered now
    assert in_a_loop(asked, health) == (200, {"status": "ok"})
    assert store.pings > 1


def test_fault(in_a_loop: Callable[..., object]) -> None:
    """What the store says is said."""

    def ping() -> None:
        raise StoreError("The disk is full.")

    assert in_a_loop(asked, Health(ping)) == (503, {"status": "error", "kind": "store", "error": "The disk is full."})


def test_work_that_fails(in_a_loop: Callable[..., object]) -> None:
    """Work that fails has ended, and says how."""
    future = background.begin(lambda: 1 // 0)

    assert in_a_loop(background.ended, future, 5)
    assert isinstance(future.exception(), ZeroDivisionError)


def test_end(in_a_loop: Callable[..., object], caplog: pytest.LogCaptureFixture) -> None:
    """The end waits so long for what cannot be saved, and says so; what can be is saved."""
    free = threading.Event()

    in_a_loop(server.closed, background.begin(lambda: free.wait(10)), 0.01)
    assert "could not be saved within 0.01 s" in caplog.text
    free.set()
    in_a_loop(server.closed, background.begin(lambda: None))
    assert len(caplog.records) == 1


def test_note(in_a_loop: Callable[..., object]) -> None:
    """What is amiss without keeping anybody out is told beside it."""
    assert in_a_loop(asked, Health(lambda: "Mind the gap.")) == (200, {"status": "ok", "note": "Mind the gap."})
