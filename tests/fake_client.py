"""A client whose streams do what a test tells them to; it has what generations use of `ChatClient`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Self

from lib.config import Endpoint
from lib.messages import Completion, Delta, Message

ENDPOINT = Endpoint("fake", "http://127.0.0.1:9/v1", "secret-key-of-the-test", model="m")


class FakeStream:
    """Yields what `script` holds: deltas, exceptions to raise, events to wait for."""

    def __init__(self, script: list[Any], completion: Completion, attempts: tuple[Any, ...] = ()) -> None:
        self.completion = completion
        self.attempts = attempts
        self.http_status = 200
        self.recording = self.pause = None
        self.ttft_ms: float | None = None
        self.duration_ms: float | None = 5.0
        self.elapsed_ms: float | None = 5.0
        self.deltas = 0
        self.request: dict[str, Any] = {"model": "m"}
        self.request_bytes, self.response_bytes = 30, 60
        self.closed = threading.Event()
        self._script = script

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Delta]:
        for step in self._script:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, threading.Event):
                while not step.wait(0.01) and not self.closed.is_set():
                    pass
            if self.closed.is_set():
                return
            if isinstance(step, Delta):
                self.ttft_ms = self.ttft_ms or 1.0
                self.deltas += 1
                yield step

    def close(self) -> None:
        self.closed.set()


class FakeClient:
    """Hands out one stream after the other and remembers what was asked."""

    def __init__(self, *streams: FakeStream, endpoint: Endpoint = ENDPOINT) -> None:
        self.endpoint = endpoint
        self.asked: list[tuple[list[Message], str | None, dict[str, Any]]] = []
        self._streams = list(streams)

    def stream(self, messages: list[Message], model: str | None = None, **params: Any) -> FakeStream:
        return self._ask(messages, model, {"stream": True, **params})

    def single(self, messages: list[Message], model: str | None = None, **params: Any) -> FakeStream:
        return self._ask(messages, model, params)

    def _ask(self, messages: list[Message], model: str | None, params: dict[str, Any]) -> FakeStream:
        self.asked.append((messages, model, params))
        return self._streams.pop(0)


def answer(text: str, **fields: Any) -> FakeStream:
    """Return a stream that yields `text` word by word and ends well."""
    words = [Delta(text=word) for word in text.split(" ")]
    return FakeStream(list(words), Completion(text=text.replace(" ", ""), finish_reason="stop", **fields))
