"""Chunked bodies, several chunks a read: http.client's own `read1` returns one, and costs more than parsing it.

https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding
"""

from __future__ import annotations

import re
from http.client import HTTPResponse, IncompleteRead
from typing import Any

READ = 65_536
MAX_LINE_BYTES = 4_096  # of a line that says how long a chunk is
SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(;|\r?$)")


class Dechunker:
    """Takes the chunk sizes out of a chunked body.

    `ended` once the last chunk and its trailers are through, `broken` once a size makes no sense.
    """

    def __init__(self) -> None:
        self.ended = self.broken = False
        self._left = 0  # bytes until the end of the current chunk, the CRLF after it included
        self._line = b""  # cut off by the end of what has come
        self._last = False

    def feed(self, data: bytes) -> bytes:
        """Return the content in `data`, up to where it ended or broke."""
        data, self._line = self._line + data, b""
        parts: list[bytes] = []
        pos = 0
        while pos < len(data) and not (self.ended or self.broken):
            pos = self._content(data, pos, parts) if self._left else self._size(data, pos)
        return b"".join(parts)

    def _content(self, data: bytes, pos: int, parts: list[bytes]) -> int:
        end = pos + self._left
        parts.append(data[pos : max(pos, end - 2)])
        self._left = max(0, end - len(data))
        return end

    def _size(self, data: bytes, pos: int) -> int:
        end = data.find(b"\n", pos)
        if end < 0:
            self._line = data[pos:]
            self.broken = len(self._line) > MAX_LINE_BYTES
            return len(data)
        line = data[pos:end]
        if self._last:
            self.ended = not line.strip()
        elif size := SIZE.match(line):
            length = int(size[1], 16)
            self._last = not length
            self._left = length + 2 if length else 0
        else:
            self.broken = True
        return end + 1


class Body(HTTPResponse):
    """A response whose `read1` returns all the chunks that have arrived."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._dechunker = Dechunker()

    def read1(self, n: int = -1) -> bytes:
        """Return what has arrived, b"" at the end of the body. Raises IncompleteRead if the connection ends first."""
        if not self.chunked:
            return super().read1(n)
        while not self._dechunker.ended:
            data = b"" if self._dechunker.broken else self.fp.read1(READ)
            if not data:
                raise IncompleteRead(b"")
            if content := self._dechunker.feed(data):
                return content
        return b""
