"""How fast ChatClient reads: a 20 MB stream from a socket on this machine, sent by another process.

`event` is one HTTP chunk for each server-sent event, as servers send them; `bulk` a body whose length is known.
Run with `make bench`; prints a table and asserts no time.
"""

from __future__ import annotations

import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lib.api import ChatClient
from lib.config import ROOT, Endpoint

MEGABYTES = 20
ROUNDS = 5
SHAPES = ("event", "bulk")
TOKENS = (" word", "ing", " the", "\\n", " `x`", "é", " 3.14", "**b**")
HEAD = (
    '{"id":"chatcmpl-abc123","object":"chat.completion.chunk","created":1700000000,"model":"gpt-x-mini",'
    '"system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":"'
)
TAIL = '"},"logprobs":null,"finish_reason":null}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
BATCH = 300  # events a write
HI = [{"role": "user", "content": "hi"}]


@dataclass(frozen=True)
class Round:
    """One reading: seconds on the clock and of this process, and what memory grew by, in MB."""

    wall: float
    cpu: float
    grown: float


def events() -> list[bytes]:
    """Return the events of a body of MEGABYTES."""
    kinds = [f"data: {HEAD}{token}{TAIL}\n\n".encode() for token in TOKENS]
    times = int(MEGABYTES * 1e6 / sum(map(len, kinds)))
    return [*(kinds * times), b"data: [DONE]\n\n"]


def serve() -> None:
    """Answer connection after connection; the path says in which shape."""
    body = events()
    batches = [body[start : start + BATCH] for start in range(0, len(body), BATCH)]
    chunked = [b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in batch) for batch in batches]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            sock, _ = listener.accept()
            with sock:
                reply(sock, chunked, body)


def reply(sock: socket.socket, chunked: list[bytes], body: list[bytes]) -> None:
    request = b""
    while not request.endswith(b"}"):  # the end of what is asked, which is small
        request += sock.recv(65_536)
    if request.startswith(b"POST /event/"):
        sock.sendall(ANSWER + b"Transfer-Encoding: chunked\r\n\r\n")
        for batch in chunked:
            sock.sendall(batch)
        sock.sendall(b"0\r\n\r\n")
    else:
        whole = b"".join(body)
        sock.sendall(ANSWER + b"Content-Length: %d\r\n\r\n" % len(whole) + whole)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of the process that serves."""
    command = [sys.executable, str(Path(__file__)), "serve"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    ) as server:
        assert server.stdout
        yield int(server.stdout.readline())
        server.terminate()


def peak() -> float:
    """Return the most memory this process has had, in MB; never goes down."""
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def read(url: str, count: int, record: bool) -> Round:
    """Read one body, as a page does: delta after delta."""
    client = ChatClient(Endpoint("bench", url, model="m"), record=record)
    memory, wall, cpu = peak(), time.perf_counter(), time.process_time()
    with client.stream(HI) as stream:
        assert sum(1 for _ in stream) == count
    return Round(time.perf_counter() - wall, time.process_time() - cpu, peak() - memory)


@pytest.mark.timeout(300)
def test_parse(port):
    """Print chunks a second, on the clock and of processor time, and what memory grew by after the first round."""
    body = events()
    count, size = len(body) - 1, sum(map(len, body))
    del body
    print(f"\n\n{size / 1e6:.1f} MB, {count:,} chunks, median of {ROUNDS} rounds\n")
    print(
        "| shape | recorded | chunks/s | chunks/CPU s | MB/s | memory of the last rounds, MB |",
        "|---" * 6 + "|",
        sep="\n",
    )
    for shape in SHAPES:
        for record in (False, True):
            rounds = [read(f"http://127.0.0.1:{port}/{shape}/v1", count, record) for _ in range(ROUNDS)]
            wall = statistics.median(item.wall for item in rounds)
            cpu = statistics.median(item.cpu for item in rounds)
            grown = sum(item.grown for item in rounds[1:])
            print(
                f"| {shape} | {'yes' if record else 'no'} | {count / wall:,.0f} | {count / cpu:,.0f} "
                f"| {size / wall / 1e6:.1f} | {grown:+.1f} |"
            )


if __name__ == "__main__":
    serve()
