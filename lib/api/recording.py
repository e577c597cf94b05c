"""One call as it went over the wire, for looking at: bounded, and without the key."""

from __future__ import annotations

import codecs
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lib.api.complaints import Redact
from lib.api.masking import HIDDEN
from lib.config.secrecy import shown
from lib.text import map_strings, repair

HEAD, TAIL = 150, 50  # chunks that are kept of the beginning and of the end
ROOM = 98_304  # bytes of each of them, twice that in all
PIECE = 16_384  # characters of one chunk
LONG = 4_096  # characters of one text in the request; images are longer

COOKIE = "cookie"  # in the name of a header of an answer

Chunk = tuple[float, str]


@dataclass(frozen=True)
class Recording:
    """The last call of a Stream. `chunks` are (milliseconds since it was sent, text), as they were read.

    `skipped` chunks are left out of the middle. `timings` are milliseconds since it was sent: of the head, the first
    chunk and the last one, as far as they came. `response_status` is None where no answer came.
    """

    url: str
    request_headers: Mapping[str, str]
    request_body: Mapping[str, Any]
    response_status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    chunks: tuple[Chunk, ...] = ()
    skipped: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)

    def without_chunks(self, why: str) -> Recording:
        """Return the same with a sentence in place of the chunks."""
        return replace(self, chunks=((0.0, why),), skipped=0)


class Recorder:
    """Takes down one call: `sent`, `answered`, then the blocks through `watch`."""

    _sent: Mapping[str, str]
    _body: Mapping[str, Any]
    _status: int | None
    _headers: Mapping[str, str]

    def __init__(self, redact: Redact, clock: Callable[[], float] = time.perf_counter) -> None:
        self._redact = redact
        self._clock = clock
        self._start()

    def sent(self, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
        """Begin anew: a call that is sent again is recorded from there on."""
        self._start()
        self._url, self._sent, self._body = url, headers, body

    def answered(self, sent: Mapping[str, str], status: int, headers: Mapping[str, str]) -> None:
        """Take down the head of the answer, and the headers that were sent, which are all known now."""
        self._timings["head"] = self._elapsed()
        self._sent, self._status, self._headers = sent, status, headers

    def watch(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks, and take them down."""
        for block in blocks:
            self._take(block)
            yield block

    @property
    def recording(self) -> Recording | None:
        """What went over the wire, None before anything did."""
        if not self._url:
            return None
        headers = self._headers.items()
        return Recording(
            self._redact(shown(self._url)),
            dict(self._sent),
            map_strings(dict(self._body), self._brief),
            self._status,
            {name: HIDDEN if COOKIE in name.lower() else self._redact(repair(text)) for name, text in headers},
            self._chunks(),
            self._skipped,
            dict(self._timings),
        )

    def _brief(self, text: str) -> str:
        """Return a text of the request, shortened, without secrets.

        Of what is cut off nothing is looked at: to search an image of 5 MB holds up the whole process for seconds.
        """
        head = text[:LONG]
        return shorten(text if len(text) > LONG and self._redact(head) == head else self._redact(text))

    def _start(self) -> None:
        self._url = ""
        self._sent, self._body = {}, {}
        self._status, self._headers = None, {}
        self._timings: dict[str, float] = {}
        self._head: list[Chunk] = []
        self._tail: deque[Chunk] = deque()
        self._head_room = self._tail_room = ROOM
        self._skipped = 0
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = self._clock()

    def _elapsed(self) -> float:
        return (self._clock() - self._begun) * 1000

    def _take(self, block: bytes) -> None:
        at = self._timings["last"] = self._elapsed()
        self._timings.setdefault("first", at)
        text = self._utf8.decode(block)
        chunk = (at, text if len(text) <= PIECE else f"{text[:PIECE]}…")
        if not self._tail and len(self._head) < HEAD and self._head_room >= len(block):
            self._head.append(chunk)
            self._head_room -= _size(chunk)
        else:
            self._end(chunk)

    def _end(self, chunk: Chunk) -> None:
        self._tail.append(chunk)
        self._tail_room -= _size(chunk)
        while len(self._tail) > TAIL or self._tail_room < 0:
            self._tail_room += _size(self._tail.popleft())
            self._skipped += 1

    def _chunks(self) -> tuple[Chunk, ...]:
        """Return the chunks without secrets: one that lies across two chunks makes one of them all."""
        chunks = [*self._head, *self._tail]
        whole = "".join(text for _, text in chunks)
        masked = self._redact(whole)
        if masked != whole:
            chunks = [(at, self._redact(text)) for at, text in chunks]
            chunks = chunks if masked == "".join(text for _, text in chunks) else [(chunks[0][0], masked)]
        return tuple((at, repair(text)) for at, text in chunks)


def shorten(text: str) -> str:
    """Return a text that is not too long to look at: of an image its beginning and its length."""
    return repair(text) if len(text) <= LONG else f"{repair(text[:200])}… ({len(text):,} characters)"


def _size(chunk: Chunk) -> int:
    return len(chunk[1].encode("utf-8", "replace"))
