"""Replays the cases on loopback: POST .../chat/completions with the name of a case as the model.

    server = Server.start()
    server.url, server.requests
    GET  /shape/NAME/models     models/NAME
    X-Chunk: 7                  bytes a write and an HTTP chunk; 0 is the whole body at once

`python -m tests.dialects.serve [PORT]` serves until it is interrupted.
"""

from __future__ import annotations

import collections
import email.utils
import json
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.dialects import HERE, Case, load

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


def rejects(rule: str, request: dict[str, Any], count: int) -> bool:
    """Whether a `reject` rule of a case holds for its `count`th request."""
    name, _, value = rule.replace("count<", "count:").partition(":")
    stream = request.get("stream")
    holds = {
        "has": lambda: value in request,
        "role": lambda: any(message["role"] == value for message in request["messages"]),
        "count": lambda: count < int(value),
        "stream": lambda: isinstance(stream, {"str": str, "bool": bool}[value]) if value else bool(stream),
    }
    return holds[name]()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        name = self.path.split("/")[2]
        self.replay(load(name, HERE / "models"))

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), request))
        key = (request["model"], self.headers["Authorization"])
        count = self.server.counts[key]
        self.server.counts[key] += 1
        case = load(request["model"])
        rules = (rule for rule in case.meta.get("reject", ()) if rejects(rule["if"], request, count))
        instead = next(rules, None)
        self.replay(load(instead["case"]) if instead else case)

    def replay(self, case: Case) -> None:
        """Send the case as its `framing`, `drop_after` and `drop_mode` say."""
        if case.meta.get("drop_mode") == "nohead":
            self.hang_up()
            return
        self.head(case)
        framing = case.meta.get("framing", "chunked")
        end = case.meta.get("drop_after", len(case.body))
        step = int(self.headers.get("X-Chunk") or 0) or max(end, 1)
        for start in range(0, end, step):
            self.send(case.body[start : min(start + step, end)], framing)
        self.finish_body(case, framing)

    def head(self, case: Case) -> None:
        self.send_response(case.meta["status"], None if case.meta["status"] in self.responses else "Error")
        for name, value in case.meta["headers"].items():
            self.send_header(name, self.date(value) if value.startswith("@httpdate") else value)
        framing = case.meta.get("framing", "chunked")
        framings = {
            "chunked": ("Transfer-Encoding", "chunked"),
            "length": ("Content-Length", str(len(case.body))),
            "close": ("Connection", "close"),
        }
        self.send_header(*framings[framing])
        self.end_headers()

    def date(self, value: str) -> str:
        return email.utils.formatdate(time.time() + float(value[9:] or 0), usegmt=True)

    def send(self, data: bytes, framing: str) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if framing == "chunked" else data)

    def finish_body(self, case: Case, framing: str) -> None:
        mode = case.meta.get("drop_mode", "fin")
        if "drop_after" not in case.meta:
            self.wfile.write(b"0\r\n\r\n" if framing == "chunked" else b"")
        elif mode == "badchunk":
            self.wfile.write(b"zz\r\nnot a chunk\r\n")
            self.hang_up()
        elif mode == "rst":
            time.sleep(0.05)  # the client is to read what was sent before
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.close_connection = True
        else:
            self.hang_up()

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadingHTTPServer):
    """Remembers what was asked: path, headers, JSON."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.requests: collections.deque[tuple[str, dict[str, str], dict[str, Any]]] = collections.deque(maxlen=500)
        self.counts: collections.Counter[tuple[str, str | None]] = collections.Counter()
        self.url = f"http://127.0.0.1:{self.server_port}"

    @classmethod
    def start(cls) -> Server:
        """Return a server that runs in a thread of its own."""
        server = cls()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    def shutdown_request(self, request: Any) -> None:
        """Close without the shutdown that would turn a reset into an orderly end."""
        request.close()

    def handle_error(self, *args: object) -> None:
        """Clients that hang up are part of the tests."""


if __name__ == "__main__":
    server = Server(int(sys.argv[1]) if sys.argv[1:] else 0)
    print(server.url, flush=True)
    server.serve_forever()
