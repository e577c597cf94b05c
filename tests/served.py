"""What fakes of vendors have in common: an HTTP server on loopback that remembers what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    headers: Message
    content: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def key(self) -> str:
        """The key in the Authorization header."""
        return (self.headers["Authorization"] or "").removeprefix("Bearer ")

    @property
    def body(self) -> dict[str, Any]:
        """The body, if it is JSON."""
        return json.loads(self.content)

    @property
    def form(self) -> dict[str, list[str | tuple[str, bytes]]]:
        """The fields of a form: texts, and files with their names."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        found: dict[str, list[str | tuple[str, bytes]]] = {}
        for part in message_from_bytes(head + self.content).get_payload():
            content, file = part.get_payload(decode=True), part.get_filename()
            name = part.get_param("name", header="Content-Disposition")
            found.setdefault(name, []).append((file, content) if file else content.decode())
        return found


class Served:
    """Runs `answer` for every request; `asked` is what was asked, oldest first."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        """The URL of the host."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, asked: Asked, reply: Handler) -> None:
        """Answer one request through `reply`."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: Served

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that go away are what is tested."""


class Handler(BaseHTTPRequestHandler):
    """One connection, with the two ways to answer."""

    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def setup(self) -> None:
        """Send each piece at once."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        asked = Asked(self.command, self.path, self.headers, content)
        self.server.owner.asked.append(asked)
        self.server.owner.answer(asked, self)

    do_POST = do_GET

    def json(self, status: int, document: Any) -> None:
        """Answer with a document."""
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self, content_type: str) -> None:
        """Begin a stream; what is written to `wfile` is sent at once."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.end_headers()


def prompt(body: dict[str, Any]) -> str:
    """Return the text of the last message."""
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def images(body: dict[str, Any]) -> list[dict[str, str]]:
    """Return the images of the last message: their URLs and details."""
    content = body["messages"][-1]["content"]
    parts = content if isinstance(content, list) else []
    return [part["image_url"] for part in parts if part["type"] == "image_url"]
