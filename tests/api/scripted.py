"""A server on loopback whose connections do what a test's script tells them to."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from typing import Any, Self

HELLO = b"\x16"  # what TLS begins with
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
SSE = OK + b"Content-Type: text/event-stream\r\n\r\n"


class Peer:
    """One connection. `released` is set when the test is over: whoever waits, waits for that."""

    def __init__(self, sock: socket.socket, released: threading.Event) -> None:
        self.sock = sock
        self.released = released
        self.head, self.body = self._request()

    def send(self, *blocks: bytes) -> None:
        for block in blocks:
            self.sock.sendall(block)

    def wait(self) -> None:
        self.released.wait(20)

    def gone(self) -> bool:
        """Whether the client closes the connection within 2 s."""
        self.sock.settimeout(2)
        try:
            return not self.sock.recv(1)
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def _request(self) -> tuple[str, Any]:
        data = b""
        while b"\r\n\r\n" not in data and not data.startswith(HELLO):
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        length = next((int(line[15:]) for line in text.split("\r\n") if line.lower().startswith("content-length:")), 0)
        while len(body) < length:
            body += self._receive()
        return text, json.loads(body) if body else None

    def _receive(self) -> bytes:
        data = self.sock.recv(65_536)
        if not data:
            raise ConnectionResetError
        return data


class Scripted:
    """Serves connection after connection: each has the next script, the last script stays."""

    def __init__(self, *scripts: Callable[[Peer], object]) -> None:
        self.peers: list[Peer] = []
        self.released = threading.Event()
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.host}/v1"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    @property
    def heads(self) -> list[str]:
        return [peer.head for peer in self.peers]

    @property
    def bodies(self) -> list[Any]:
        return [peer.body for peer in self.peers]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            self._threads.append(threading.Thread(target=self._serve, args=(sock, script), daemon=True))
            self._threads[-1].start()

    def _serve(self, sock: socket.socket, script: Callable[[Peer], object]) -> None:
        with sock:
            try:
                peer = Peer(sock, self.released)
                self.peers.append(peer)
                script(peer)
            except (ConnectionError, TimeoutError):
                pass


def event(text: str = "hi", **choice: Any) -> bytes:
    """Return a chunk of a stream."""
    return b"data: %s\n\n" % json.dumps({"choices": [{"delta": {"content": text}, **choice}]}).encode()


def answer(text: str = "hi", **fields: Any) -> bytes:
    """Return a whole answer."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"model": "m", "choices": [choice], **fields}).encode()


def reply(body: bytes, status: str = "200 OK", *headers: str) -> Callable[[Peer], None]:
    """Return a script that answers with a status and a body."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers))
    return lambda peer: peer.send(head.encode() + b"\r\n\r\n" + body)


def stream(*blocks: bytes) -> Callable[[Peer], None]:
    """Return a script that streams blocks, and ends."""
    return lambda peer: peer.send(SSE, *blocks)


def hang(*blocks: bytes) -> Callable[[Peer], None]:
    """Return a script that sends blocks, then nothing more."""

    def script(peer: Peer) -> None:
        peer.send(*blocks)
        peer.wait()

    return script


def drip(peer: Peer) -> None:
    """Send a byte of a header every 50 ms, for ever."""
    while not peer.released.wait(0.05):
        peer.send(b"H")


def paced(seconds: float, *pieces: bytes) -> Callable[[Peer], None]:
    """Return a script that sends pieces, `seconds` apart."""

    def script(peer: Peer) -> None:
        for piece in pieces:
            peer.send(piece)
            peer.released.wait(seconds)

    return script


def flood(peer: Peer) -> None:
    """Stream for ever."""
    peer.send(SSE)
    while not peer.released.is_set():
        peer.send(event() * 500)


def trickle(peer: Peer) -> None:
    """Stream an event, then the next one a byte at a time, every 20 ms."""
    peer.send(SSE, event("a"))
    for number in event("x" * 500):
        peer.send(bytes([number]))
        if peer.released.wait(0.02):
            return


def line(head: bytes) -> Callable[[Peer], None]:
    """Return a script that sends `head`, then a line without an end."""

    def script(peer: Peer) -> None:
        peer.send(head)
        while not peer.released.is_set():
            peer.send(b"x" * 65_536)

    return script


def patience(peer: Peer) -> None:
    """Say for ever that an answer is to come."""
    while not peer.released.wait(0.01):
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
