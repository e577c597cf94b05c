"""A running generation on the page: finished blocks stay as they are, only the unfinished one is sent again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.generations import Generation
from lib.ui.markdown import Block, Splitter
from lib.ui.numbers import count
from lib.ui.streamlit_internals import FLUSH, Increments, yield_to_clicks

PACE = 0.08  # seconds between two updates of the page
CHARACTERS_PER_SECOND = 40_000  # a long unfinished block is sent less often: an answer must not flood the socket
MAX_CHARACTERS = 200_000  # characters that are drawn: a browser takes seconds for these, minutes for a few million
CUT = 200  # characters of prose after which a paragraph's end ends a block
TICK = 0.1  # seconds after which a silent wait looks whether the person has clicked


def follow(generation: Generation) -> None:
    """Draw the answer as it comes, here and now, until it ends.

    Streamlit may end this run at any `st` call (a click, a closed tab): the generation goes on without it.
    """
    answer, status = st.container(), st.empty()
    with status.container(key="answering"):
        label = st.empty()
    label.container(key="thinking").caption("Thinking")
    thoughts = Thoughts(answer)
    feed = Feed(generation, thoughts)
    with answer:
        if feed.wait():
            label.caption("Writing")
            _draw_next(feed)
            feed.leave_alone()
        while feed.wait():
            _draw_next(feed)
    thoughts.close()
    if feed.cut:
        answer.caption(f"The page shows the first {count(MAX_CHARACTERS)} characters of this answer.")
    while not generation.wait(TICK):
        yield_to_clicks()
    status.empty()


class Feed:
    """The answer as blocks, as far as it came: `wait` for the next one, then draw its `versions`.

    It ends after `room` characters; `cut` tells whether that is before the answer's own end.
    """

    def __init__(self, generation: Generation, thoughts: Thoughts, room: int = MAX_CHARACTERS) -> None:
        self.cut = False
        self._generation = generation
        self._thoughts = thoughts
        self._room = room
        self._splitter = Splitter(short=CUT)
        self._position = 0
        self._finished: deque[Block] = deque()
        self._ended = False
        self._due = 0.0
        self._begun = 0.0

    def wait(self) -> bool:
        """Wait until there is a block to draw; False when all of the answer is drawn."""
        while not (self._finished or self._splitter.tail or self._ended):
            self._advance()
        return bool(self._finished) or self._splitter.tail is not None

    def whole(self) -> Block | None:
        """Return the next block if it has come whole."""
        return self._finished.popleft() if self._finished else None

    def versions(self) -> Iterator[Block]:
        """Yield the current block again and again as it grows, last in its final form."""
        while not (self._finished or self._ended):
            if tail := self._splitter.tail:
                yield tail
            self._advance()
        if self._finished:
            yield self._finished.popleft()

    def leave_alone(self) -> None:
        """Give the browser the time to show the first words, however much has come behind them."""
        time.sleep(max(0.0, self._begun + FLUSH - time.monotonic()))

    def _advance(self) -> None:
        self.leave_alone()
        self._pace()
        while not self._generation.wait_for_more(self._position, TICK):
            yield_to_clicks()
        # The end is looked at first: what came before it is then sure to be read.
        ended = self._generation.received.is_set()
        deltas = self._generation.read(self._position)
        self._position += len(deltas)
        self._thoughts.add("".join(delta.reasoning for delta in deltas))
        self._take("".join(delta.text for delta in deltas))
        if ended or self.cut:
            self._finished.extend(self._splitter.close())
            self._ended = True

    def _take(self, text: str) -> None:
        self._begun = self._begun or (time.monotonic() if text else 0.0)
        self.cut = len(text) > self._room
        self._finished.extend(self._splitter.feed(text[: self._room]))
        self._room -= len(text)

    def _pace(self) -> None:
        tail = self._splitter.tail
        self._generation.received.wait(max(0.0, self._due - time.monotonic()))
        self._due = time.monotonic() + max(PACE, len(tail.text) / CHARACTERS_PER_SECOND if tail else 0.0)


class Thoughts:
    """The reasoning text, in a collapsed block that appears with its first word."""

    def __init__(self, place: DeltaGenerator, room: int = MAX_CHARACTERS) -> None:
        self._place = place
        self._room = room
        self._splitter = Splitter()
        self._box: DeltaGenerator | None = None
        self._tail: DeltaGenerator | None = None
        self._due = 0.0

    def add(self, text: str) -> None:
        """Take what came; the page is updated about twice a second, for hardly anybody looks."""
        if not text or self._room <= 0:
            return
        for block in self._splitter.feed(text[: self._room]):
            self._draw(block)
            self._tail = None
        self._room -= len(text)
        if time.monotonic() >= self._due and (tail := self._splitter.tail):
            self._draw(tail)
            self._due = time.monotonic() + max(10 * PACE, len(tail.text) / CHARACTERS_PER_SECOND)

    def close(self) -> None:
        """Draw what is left."""
        for block in self._splitter.close():
            self._draw(block)
            self._tail = None

    def _draw(self, block: Block) -> None:
        if self._box is None:
            self._box = self._place.expander("Reasoning")
        if self._tail is None:
            self._tail = self._box.empty()
        with self._tail:
            draw_block(block)


def draw_block(block: Block) -> None:
    """Draw one finished block."""
    if block.language is None:
        st.markdown(block.text)
    else:
        st.code(block.text, language=block.language or None)


def _draw_next(feed: Feed) -> None:
    if block := feed.whole():
        draw_block(block)
    else:
        _draw(feed.versions())


def _draw(versions: Iterator[Block]) -> None:
    place = st.empty()
    block = next(versions, None)
    while block is not None:
        block = _write(place, block, versions) if block.language is None else _code(place, block, versions)


def _write(place: DeltaGenerator, first: Block, versions: Iterator[Block]) -> Block | None:
    """Stream a block of prose; return the version that does not just add to what is written, if one comes."""
    misfit: list[Block] = []

    def increments() -> Iterator[str]:
        written = first.text
        yield written
        for block in versions:
            if block.language is not None or not block.text.startswith(written):
                misfit.append(block)
                return
            yield block.text[len(written) :]
            written = block.text

    with place:
        st.write_stream(Increments(increments()))
    return misfit[0] if misfit else None


def _code(place: DeltaGenerator, first: Block, versions: Iterator[Block]) -> Block | None:
    """Draw a block of code again as it grows; return the version that is not code, if one comes."""
    block: Block | None = first
    while block is not None and block.language is not None:
        place.code(block.text, language=block.language or None)
        block = next(versions, None)
    return block
