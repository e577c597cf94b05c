"""What Streamlit sends uncompressed, compressed once: its scripts and styles, three quarters of the first page."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 16 * 2**20  # of compressed files that are kept; all that Streamlit has come to half of it
LEVEL = 5  # the next ones take longer, and spare no tenth of it
KINDS = ("text/javascript", "application/javascript", "text/css", "text/html", "application/json", "image/svg")


class Compressed:
    """Compresses files below `/static/` and the root page, and keeps what is immutable; pure ASGI.

    Streamlit leaves these alone, since it would compress them anew for each browser: its first
    page is 2.8 MB then, on a phone too. Nor is a file that is kept read from the disk again: a
    page asks for a hundred of them.
    """

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self._app = app
        self._root = f"/{base.strip('/')}".rstrip("/")
        self._kept: dict[str, _Small] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer compressed where it is one of those."""
        if not self._is_meant(scope):
            await self._app(scope, receive, send)
        elif small := self._kept.get(scope["path"]):
            await small.send(send)
        else:
            await self._app(scope, receive, _Answer(self._kept, scope, send).send)

    def _is_meant(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        asked = Headers(scope=scope)
        is_file = scope["path"].startswith(f"{self._root}/static/") or scope["path"] == f"{self._root}/"
        return is_file and "gzip" in asked.get("Accept-Encoding", "") and "Range" not in asked


@dataclass(frozen=True)
class _Small:
    """An answer in its compressed form."""

    start: Message
    body: bytes

    @property
    def is_for_all(self) -> bool:
        """Whether it is the same for everybody, for good."""
        headers = Headers(raw=self.start["headers"])
        return "immutable" in headers.get("Cache-Control", "") and "Set-Cookie" not in headers

    async def send(self, send: Send) -> None:
        """Send it."""
        await send({**self.start, "headers": [*self.start["headers"]]})
        await send({"type": "http.response.body", "body": self.body})


class _Answer:
    """One answer on its way: held back until all of it is there, if it can be compressed."""

    def __init__(self, kept: dict[str, _Small], scope: Scope, send: Send) -> None:
        self._kept = kept
        self._path = scope["path"]
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take the next part of it."""
        if message["type"] == "http.response.start" and _can_shrink(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = await asyncio.to_thread(gzip.compress, bytes(self._body), LEVEL, mtime=0)
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["Content-Encoding"], headers["Content-Length"] = "gzip", str(len(body))
        headers.add_vary_header("Accept-Encoding")
        del headers["ETag"]  # it is of the other form
        small = _Small({**start, "headers": headers.raw}, body)
        if small.is_for_all and sum(len(each.body) for each in self._kept.values()) < MAX_BYTES:
            self._kept[self._path] = small
        await small.send(self._send)


def _can_shrink(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and headers.get("Content-Type", "").startswith(KINDS)
        and "Content-Encoding" not in headers
    )
