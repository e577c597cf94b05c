"""A chat completions endpoint on loopback that does what the prompt says, and remembers what it was asked.

"n200 r50 d1000" streams 200 tokens at 50 a second after waiting 1,000 ms; r0 is as fast as possible. "status 429"
answers with that status, "html" with a web page, "empty" with nothing. "cut 5" closes the connection after 5 tokens,
"reset 5" resets it. "held" keeps the last token back until it is let go. "quiet" reports no usage, "think" reasons
first, "say …" answers with the rest of the prompt. While `failing` is above 0 it answers with a 500, while `limiting`
is, with a 429; while it is `silent`, with nothing at all. The text is words that count up: "w0 w1 w2 …".
"""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGES = {"html": b"<!doctype html><title>Sign in</title><p>Please sign in.", "empty": b""}


@dataclass
class Asked:
    """One request, and what became of it."""

    body: dict[str, Any]
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)
    sent: int = 0
    last_at: float = 0.0  # wall-clock seconds, as a browser's Date.now()
    closed_at: float | None = None  # wall-clock seconds
    finished: bool = False
    status: int = 200
    usage: dict[str, int] | None = None  # as it was reported

    @property
    def prompt(self) -> str:
        """The text of the last user message."""
        content = [message for message in self.body["messages"] if message["role"] == "user"][-1]["content"]
        return content if isinstance(content, str) else content[0]["text"]


class FakeEndpoint:
    """Runs the endpoint in threads; `url` is its base URL, `asked` what it was asked, oldest first."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.failing = 0
        self.limiting = 0
        self.silent = False
        self.patience = 0  # seconds that a 429 asks for, if any
        self.pieces = 3  # characters of a delta of "say …"
        self.letter = "w"  # what the words begin with
        self.models: list[dict[str, Any]] = [{"id": "fake"}]
        self.released: set[str] = set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def let_go(self, prompt: str) -> None:
        """Send the last token of the answers to `prompt`, which are "held"."""
        self.released.add(prompt)

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: FakeEndpoint

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that go away are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def setup(self) -> None:
        """Send each piece at once."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        """List the models."""
        self._json(200, {"data": self.server.owner.models})

    def do_POST(self) -> None:
        """Answer as the prompt says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(body, dict(self.headers))
        self.server.owner.asked.append(asked)
        if self.server.owner.failing:
            self.server.owner.failing -= 1
            self._refuse(asked, 500, "out of order")
        elif self.server.owner.limiting:
            self.server.owner.limiting -= 1
            self._refuse(asked, 429, "too many requests")
        elif asked.prompt in PAGES:
            self._send(200, "text/html", PAGES[asked.prompt])
        elif status := _number(asked.prompt, "status "):
            self._refuse(asked, status, f"the endpoint says {status} to {self.headers['Authorization']}")
        elif not self._wait(asked, _number(asked.prompt, "d") / 1000) or not self._until(asked, self._speaks):
            self.close_connection = True
        else:
            self._stream(asked)

    def _refuse(self, asked: Asked, status: int, message: str) -> None:
        asked.status = status
        self._json(status, {"error": {"message": message}})

    def _stream(self, asked: Asked) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self._tokens(asked)
        except OSError:
            asked.closed_at = time.time()

    def _tokens(self, asked: Asked) -> None:
        rate, cut, reset = (_number(asked.prompt, name) for name in ("r", "cut ", "reset "))
        begun, deltas = time.monotonic(), _deltas(asked.prompt, self.server.owner)
        for number, delta in enumerate(deltas):
            if number and number == reset:
                # Closed without lingering, a connection is reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.rfile.close()
                self.connection.close()
                return
            if number and number == cut:
                return
            if rate and not self._wait(asked, begun + number / rate - time.monotonic()):
                return
            if number == len(deltas) - 1 and not self._until(asked, lambda: self._is_free(asked.prompt)):
                return
            self._event({"choices": [{"index": 0, "delta": delta}]})
            asked.sent += 1
            asked.last_at = time.time()
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if "quiet" not in asked.prompt:
            asked.usage = {"prompt_tokens": 7, "completion_tokens": asked.sent, "total_tokens": 7 + asked.sent}
            self._event({"choices": [], "usage": asked.usage})
        self.wfile.write(b"data: [DONE]\n\n")
        asked.finished = True

    def _event(self, document: dict[str, Any]) -> None:
        self.wfile.write(b"data: " + json.dumps({"model": "fake-served", **document}).encode() + b"\n\n")
        self.wfile.flush()

    def _wait(self, asked: Asked, seconds: float) -> bool:
        """Wait; False, and when, if the client closes meanwhile."""
        if select.select([self.connection], [], [], max(0.0, seconds))[0] and not self._peek():
            asked.closed_at = time.time()
            return False
        return True

    def _until(self, asked: Asked, condition: Callable[[], bool]) -> bool:
        """Wait until `condition()` holds; False if the client closes meanwhile."""
        while not condition():
            if not self._wait(asked, 0.02):
                return False
        return True

    def _speaks(self) -> bool:
        return not self.server.owner.silent

    def _is_free(self, prompt: str) -> bool:
        return "held" not in prompt or prompt in self.server.owner.released

    def _peek(self) -> bytes:
        try:
            return self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return b""

    def _json(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document).encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status == 429 and self.server.owner.patience:
            self.send_header("Retry-After", str(self.server.owner.patience))
        self.end_headers()
        self.wfile.write(body)


def _number(prompt: str, name: str) -> int:
    found = re.search(rf"\b{name}(\d+)\b", prompt)
    return int(found[1]) if found else 0


def _deltas(prompt: str, owner: FakeEndpoint) -> list[dict[str, str]]:
    thoughts = [{"reasoning_content": f"hm{number} "} for number in range(5)] if "think" in prompt else []
    if prompt.startswith("say "):
        text, size = prompt[4:], owner.pieces
        return thoughts + [{"content": text[start : start + size]} for start in range(0, len(text), size)]
    return thoughts + [{"content": f"{owner.letter}{number} "} for number in range(_number(prompt, "n") or 20)]
