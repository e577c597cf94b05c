"""An upstream that resets the connection, wherever in its answer: what came is kept, and nothing is asked twice."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from lib.api import ChatClient
from lib.config import Endpoint
from lib.errors import ChatError

WORDS = ["Hello ", "wörld ", "again"]
EVENTS = b"".join(
    b"data: "
    + json.dumps({"choices": [{"index": 0, "delta": {"content": word}}]}, ensure_ascii=False).encode()
    + b"\n\n"
    for word in WORDS
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = EVENTS + b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
WHOLE = HEAD + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
FINISH = WHOLE.index(b'"finish_reason"')
RESET = struct.pack("ii", 1, 0)  # closed without lingering, a connection is reset


class Resetting:
    """Sends so many bytes of a good answer, then resets; `asked` counts its requests. -1: without reading any."""

    def __init__(self, sent: int) -> None:
        self.asked = 0
        self._sent = sent
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client:
                self.asked += 1
                if self._sent >= 0:
                    while b"}" not in client.recv(65_536)[-20:]:
                        pass
                    client.sendall(WHOLE[: self._sent])
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


PHASES = {
    "accepted": -1,
    "asked": 0,
    "in the status": 7,
    "in a header": 40,
    "after the headers": len(HEAD),
    "in the size of a chunk": len(HEAD) + 1,
    "in an event": len(HEAD) + 30,
    "in a letter": WHOLE.index("ö".encode()) + 1,
    "between events": WHOLE.index(b"\n\n") + 2,
    "before the end is told": FINISH,
    "after the end is told": WHOLE.index(b"data: [DONE]"),
    "in the last line": WHOLE.index(b"[DONE]") + 2,
    "before the last chunk": len(WHOLE) - 5,
}


@pytest.fixture(params=PHASES.values(), ids=PHASES.keys())
def upstream(request: pytest.FixtureRequest) -> Iterator[Resetting]:
    """One that resets in a phase of its answer."""
    upstream = Resetting(request.param)
    yield upstream
    upstream.close()


def test_reset(upstream: Resetting) -> None:
    """It ends with what came, whole or with an error that says so; only what no byte came of may be asked again."""
    said, error = "", None
    with ChatClient(Endpoint("fake", upstream.url, "k", model="m")) as client:
        try:
            with client.stream([{"role": "user", "content": "hi"}], model="m") as stream:
                for delta in stream:
                    said += delta.text
        except ChatError as caught:
            error = caught

    assert "".join(WORDS).startswith(said)
    assert said == "".join(WORDS) or error
    assert upstream.asked == 1
