"""Work beside the server's loop, in threads that hold up no end: those of asyncio's pool are waited for, for good."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def begin(work: Callable[[], T]) -> Future[T]:
    """Do `work` in a thread of its own."""
    future: Future[T] = Future()
    threading.Thread(target=_run, args=(work, future), name="background", daemon=True).start()
    return future


def _run(work: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  # who waits for it is told
        future.set_exception(error)


async def ended(future: Future[T], seconds: float) -> bool:
    """Wait for work to end, at most so long; return whether it has. Any number may wait for the same."""
    done, _ = await asyncio.wait({asyncio.wrap_future(future)}, timeout=seconds)
    return bool(done)
