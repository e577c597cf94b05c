"""An endpoint in one process that costs little: "n200 r20" is 200 tokens at 20 a second; the last one is the time."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
MODELS = b'{"data": [{"id": "m"}]}'
SPEC = re.compile(r"n(\d+) r(\d+)")


def event(document: dict[str, object]) -> bytes:
    """Return an event."""
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def token(text: str) -> bytes:
    """Return the event of a token."""
    return event({"choices": [{"index": 0, "delta": {"content": text}}]})


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request, as its last message says."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    body = await reader.readexactly(int(length[1]) if length else 0)
    found = SPEC.findall(body.decode()) if body else []
    if found:
        await stream(writer, *map(int, found[-1]))
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(MODELS) + MODELS)
    await writer.drain()
    writer.close()


async def stream(writer: asyncio.StreamWriter, tokens: int, rate: int) -> None:
    """Send so many tokens."""
    writer.write(HEAD)
    begun = time.monotonic()
    for number in range(tokens - 1):
        writer.write(token(f"w{number} "))
        await writer.drain()
        await asyncio.sleep(max(0.0, begun + (number + 1) / rate - time.monotonic()))
    writer.write(token(f"END={time.time():.3f}"))
    writer.write(event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
    writer.write(b"data: [DONE]\n\n")


async def main(port: int) -> None:
    """Serve until the end."""
    async with await asyncio.start_server(answer, "127.0.0.1", port, backlog=1000) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
