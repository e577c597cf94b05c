"""A running generation on the page: finished blocks stay as they are, only the unfinished one is sent again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor
from threading import Event
from typing import Protocol
from zlib import crc32

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.api import Pause
from lib.crowd import Crowd
from lib.messages import Delta
from lib.ui import parts
from lib.ui.markdown import Block, Splitter
from lib.ui.numbers import count
from lib.ui.parts import MAX_CHARACTERS
from lib.ui.streamlit_internals import FLUSH, bare, draw_growing, hold_drawn, send_drawn, session, yield_to_clicks

PACE = 0.12  # seconds between two updates of the page
CHARACTERS_PER_SECOND = 40_000  # a long unfinished block is sent less often: an answer must not flood the socket
UPDATES_PER_SECOND = 100  # of all pages of this process together: each costs its one core a good millisecond
SHARE = 0.5  # of the pace of one answer that each of several beside each other adds to theirs
PIECE = 4_000  # characters of growing code that are sent again on every update
WHY = {"rate_limit": "The endpoint allows no more calls for a moment", "overloaded": "The endpoint is overloaded"}
NOBODY = "Nothing answers at the endpoint yet"
SECOND = 1.0  # seconds between two looks at how far an answer is
GROUP = 4  # blocks that stand in one container
DRAWN = 0.025  # seconds in which a browser draws a block
TICK = 0.1  # seconds after which a silent wait looks whether the person has clicked

GROWING = Crowd(UPDATES_PER_SECOND)  # the answers that grow on the pages of this process now


class Followed(Protocol):
    """What is followed: a generation, or what comes like one."""

    @property
    def pause(self) -> Pause | None:
        """Why nothing is asked just now."""

    @property
    def received(self) -> Event:
        """Set when nothing more will come."""

    def read(self, position: int = 0) -> Sequence[Delta]:
        """Return what has come since `position`."""

    def wait_for_more(self, position: int, timeout: float) -> bool:
        """Wait until there is more."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over."""


class Beside:
    """What grows on a page beside an answer: by itself, nothing that it would wait for.

    `lane` tells the answer from the others, and `size` is how many may grow at once, this one among them. All of them
    are drawn at one time, another one than those of other pages: the browser goes through the whole page, for one as
    for all, and the server draws page after page.
    """

    def __init__(self, lane: str = "", size: int = 1) -> None:
        self.lane = lane
        self.size = size
        # At which part of the time between two drawings the page has its turn, from 0 to 1; one alone has none.
        self._phase = crc32((session() or "").encode()) / 2**32 if size > 1 else 0.0

    def due(self, now: float, rest: float) -> float:
        """Return when the answer is drawn again that is left as it is for `rest` seconds: when the others are."""
        times = now / rest - self._phase  # that the page had its turn
        return (floor(times) + 1 + self._phase) * rest if self.size > 1 else now + rest

    def has_ended(self) -> bool:
        """Return whether another one has ended since this was asked before: its last words are on their way now."""
        return False

    def wait(self) -> None:
        """Wait for those that end now, before anything but words is drawn."""


ALONE = Beside()


def follow(
    generation: Followed,
    slot: str | None = None,
    words: Callable[[], str] = lambda: "Writing",
    look: float = SECOND,
    aside: Callable[[], object] = lambda: None,
    beside: Beside = ALONE,
) -> Sheet:
    """Draw the answer of `generation` as it comes, here and now, until it ends; return its blocks on the page.

    Streamlit may end this run at any `st` call (a click, a closed tab): the generation goes on without it. The fragment
    `slot`, which this is in, then runs again. `words` are what stands below it while it grows, looked at anew every
    `look` seconds. `aside` draws what can wait: for the first words, or a moment in which nothing comes; for all words,
    where they are there already.
    """
    answer, status = bare(), st.empty()
    with status.container(key=f"answering{beside.lane}"):
        label = st.empty()
    waiting = Waiting(generation, label, beside.lane)
    waiting.tell()
    send_drawn()
    thoughts, later = Thoughts(answer), Aside(generation, aside)
    then, idle = in_turn(Writing(label, words, look).tell, later.tell), in_turn(waiting.tell, later.tell)
    feed = Feed(generation, thoughts, slot, then=then, idle=idle, beside=beside)
    sheet = Sheet(answer, beside.lane)
    with GROWING.one_more():
        while feed.wait():
            sheet.add(feed)
    send_drawn()
    sheet.settle(slot)
    beside.wait()
    later.draw()
    sheet.revise(feed.revised)
    thoughts.close()
    if feed.cut:
        label.caption(f"Writing; the page shows the first {count(MAX_CHARACTERS)} characters, and the rest at the end")
    while not generation.wait(TICK):
        yield_to_clicks(slot)
    status.empty()
    return sheet


def in_turn(*all: Callable[[], object]) -> Callable[[], object]:
    """Return what does one after the other."""
    return lambda: [each() for each in all]


class Aside:
    """What is drawn once, beside an answer that comes."""

    def __init__(self, generation: Followed, draw: Callable[[], object]) -> None:
        self._generation = generation
        self._draw: Callable[[], object] | None = draw

    def tell(self) -> None:
        """Draw it, unless all of the answer is there to be drawn."""
        if not self._generation.received.is_set():
            self.draw()

    def draw(self) -> None:
        """Draw it, if it is not drawn."""
        draw, self._draw = self._draw, None
        if draw:
            draw()


class Waiting:
    """What is said while nothing has come: that the model thinks, or why it was not asked yet, and for how long."""

    def __init__(self, generation: Followed, label: DeltaGenerator, lane: str = "") -> None:
        self._generation = generation
        self._label = label
        self._lane = lane
        self._said: str | None = None
        self._times = 0  # that the model thought: an element's key is for once

    def tell(self) -> None:
        """Say it, if it is something else than before."""
        pause = self._generation.pause
        said = paused(pause, time.monotonic()) if pause else ""
        if said == self._said or self._generation.read():
            return
        self._said = said
        if said:
            self._label.caption(said)
        else:
            self._times += 1
            again = f"-again-{self._times}" if self._times > 1 else ""
            self._label.container(key=f"thinking{self._lane}{again}").caption("Thinking")


class Writing:
    """What is said while an answer grows, looked at anew every `look` seconds."""

    def __init__(self, label: DeltaGenerator, words: Callable[[], str], look: float = SECOND) -> None:
        self._label = label
        self._words = words
        self._look = look
        self._said = ""
        self._due = 0.0

    def tell(self) -> None:
        """Say it, if it is something else than before."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._look
        said, self._said = self._said, self._words()
        if said != self._said:
            self._label.caption(self._said)


def paused(pause: Pause, now: float) -> str:
    """Return why a call waits, and how long it still does."""
    status = f" ({pause.error.status})" if pause.error.status else ""
    return f"{WHY.get(pause.error.kind, NOBODY)}{status}. It is asked again in {max(1, ceil(pause.until - now))} s."


class Feed:
    """The answer as blocks, as far as it came: `wait` for the next one, then draw it while it is `growing`.

    It ends after `room` characters; `cut` tells whether that is before the answer's own end. `then` is called again and
    again once the browser has had the time to show the first words, `idle` while nothing comes. Nothing waits for that
    time but what `then` draws: words that have come are drawn.
    """

    def __init__(
        self,
        generation: Followed,
        thoughts: Thoughts,
        slot: str | None = None,
        room: int = MAX_CHARACTERS,
        then: Callable[[], object] = lambda: None,
        idle: Callable[[], object] = lambda: None,
        beside: Beside = ALONE,
    ) -> None:
        self.cut = False
        self._generation = generation
        self._thoughts = thoughts
        self._slot = slot
        self._room = room
        self._splitter = Splitter()
        self._position = 0
        self._finished: deque[Block] = deque()
        self._ended = False
        self._due = 0.0
        self._begun = 0.0
        self._then = then
        self._idle = idle
        self._beside = beside

    def wait(self) -> bool:
        """Wait until there is a block to draw; False when all of the answer is drawn."""
        self._look_aside()
        while not (self._finished or self._splitter.tail or self._ended):
            self._advance()
        return bool(self._finished) or self._splitter.tail is not None

    def whole(self) -> Block | None:
        """Return the next block if it has come whole."""
        return self._finished.popleft() if self._finished else None

    def growing(self) -> Iterator[Block]:
        """Yield the current block again and again while it grows; then it is the next that is whole, or is none."""
        while not (self._finished or self._ended):
            if tail := self._splitter.tail:
                yield tail
            self._advance()

    @property
    def revised(self) -> dict[int, Block]:
        """The blocks that look otherwise in the light of what came behind them, by their numbers."""
        return self._splitter.revised

    def _look_aside(self) -> None:
        if self._begun and time.monotonic() > self._begun + FLUSH:
            self._then()

    def _advance(self) -> None:
        self._look_aside()
        self._pace()
        yield_to_clicks(self._slot)
        while not self._generation.wait_for_more(self._position, TICK):
            yield_to_clicks(self._slot)
            self._idle()
        # The end is looked at first: what came before it is then sure to be read.
        ended = self._generation.received.is_set()
        deltas = self._generation.read(self._position)
        self._position += len(deltas)
        self._thoughts.add("".join(delta.reasoning for delta in deltas))
        self._take("".join(delta.text for delta in deltas))
        if ended or self.cut:
            hold_drawn()
            self._finished.extend(self._splitter.close())
            self._ended = True

    def _take(self, text: str) -> None:
        self._begun = self._begun or (time.monotonic() if text else 0.0)
        taken = text[: parts.fitting(text, self._room)]
        self.cut = len(taken) < len(text)
        self._finished.extend(self._splitter.feed(taken))
        self._room -= parts.weight(taken)

    def _pace(self) -> None:
        self._rest()
        if self._beside.has_ended():
            self._rest()

    def _rest(self) -> None:
        self._generation.received.wait(max(0.0, self._due - time.monotonic()))
        rest = max(spacing(self._splitter.tail, self._beside.size), GROWING.pause)
        self._due = self._beside.due(time.monotonic(), rest)


def spacing(tail: Block | None, beside: int = 1) -> float:
    """Return how many seconds an answer is left as it was drawn, while `tail` of it grows.

    Several `beside` each other are drawn more seldom, the more there are: each costs the browser as much as one alone,
    and it has but one thread for them all. One that never rests shows the last words late.
    """
    return max(PACE, _weight(tail) / CHARACTERS_PER_SECOND) * max(1.0, SHARE * beside)


class Rows:
    """Places for blocks, one below the other.

    For each one more, the browser goes through all that stand in the same container: so they stand in several.
    """

    def __init__(self, page: DeltaGenerator) -> None:
        self._page = self._group = page
        self._count = 0

    def add(self) -> DeltaGenerator:
        """Return the next place."""
        if self._count % GROUP == 0:
            self._group = bare(self._page)
        self._count += 1
        return self._group.empty()


class Sheet:
    """The blocks of an answer on the page, each in its place."""

    def __init__(self, page: DeltaGenerator, lane: str = "") -> None:
        self._rows = Rows(page)
        self._lane = lane
        self._places: list[DeltaGenerator] = []
        self._busy = 0.0  # until when the browser draws, as far as is known

    def add(self, feed: Feed) -> None:
        """Draw the next block, while it grows too."""
        self._places.append(self._rows.add())
        self._busy = min(max(self._busy, time.monotonic()) + DRAWN, time.monotonic() + SECOND)
        if block := feed.whole() or self._grown(feed):
            draw_block(block, self._places[-1])
        else:
            self._places.pop().empty()

    def _grown(self, feed: Feed) -> Block | None:
        """Draw a block as it grows; return it whole, None if it has come to nothing."""
        growing = Growing(self._places[-1], self._lane)
        for tail in feed.growing():
            growing.draw(tail)
        return feed.whole()

    def settle(self, slot: str | None = None) -> None:
        """Wait until the browser has drawn what came at once: it would show what is sent meanwhile with the words."""
        while (left := self._busy - time.monotonic()) > 0:
            yield_to_clicks(slot)
            time.sleep(min(left, TICK))

    def revise(self, blocks: dict[int, Block]) -> None:
        """Draw blocks anew, in the places that they have."""
        for number, block in blocks.items():
            draw_block(block, self._places[number])

    def clear(self) -> None:
        """Take all blocks off the page, where something is drawn instead."""
        for place in self._places:
            place.empty()


class Thoughts:
    """The reasoning text, in a collapsed block that appears with its first word."""

    def __init__(self, place: DeltaGenerator, room: int = MAX_CHARACTERS) -> None:
        self._place = place
        self._room = room
        self._splitter = Splitter()
        self._rows: Rows | None = None
        self._places: list[DeltaGenerator] = []
        self._open = False  # whether the last block grows
        self._due = 0.0

    def add(self, text: str) -> None:
        """Take what came; the page is updated about twice a second, for hardly anybody looks."""
        if not text or self._room <= 0:
            return
        for block in self._splitter.feed(text[: self._room]):
            self._draw(block)
            self._open = False
        self._room -= len(text)
        if time.monotonic() >= self._due and (tail := self._splitter.tail):
            self._draw(tail)
            self._due = time.monotonic() + max(10 * PACE, len(tail.text) / CHARACTERS_PER_SECOND)

    def close(self) -> None:
        """Draw what is left, and anew what looks otherwise now."""
        for block in self._splitter.close():
            self._draw(block)
            self._open = False
        if self._open:
            self._places[-1].empty()  # what was there turned out to be nothing
        for number, block in self._splitter.revised.items():
            draw_block(block, self._places[number])

    def _draw(self, block: Block) -> None:
        self._rows = self._rows or Rows(self._place.expander("Reasoning"))
        if not self._open:
            self._places.append(self._rows.add())
            self._open = True
        draw_block(block, self._places[-1])


def draw_block(block: Block, place: DeltaGenerator | None = None) -> None:
    """Draw one block: in a place, or here."""
    page = place or st
    if block.language is None:
        page.markdown(block.text)
    else:
        page.code(as_written(block.text), language=block.language or None)


def as_written(code: str) -> str:
    """Return code for `st.code`, which takes away a line end at either end: one that is to go."""
    return f"\n{code}\n" if code.startswith("\n") or code.endswith("\n") else code


def _weight(tail: Block | None) -> int:
    """Return how many characters are sent when the unfinished block is."""
    if tail is None:
        return 0
    in_pieces = tail.language is not None and "\n" in tail.text[-PIECE:]
    return min(len(tail.text), PIECE) if in_pieces else len(tail.text)


class Growing:
    """A block that grows: code in pieces while it is long, so that little is sent again."""

    def __init__(self, place: DeltaGenerator, lane: str = "") -> None:
        self._place = place
        self._key = f"growing-code{lane}"
        self._box: DeltaGenerator | None = None
        self._last = place
        self._drawn = 0  # characters in pieces that are not sent again

    def draw(self, block: Block) -> None:
        """Draw the block as far as it has come."""
        if block.language is None:
            draw_growing(block.text, self._place)
        else:
            self._code(block.text, block.language or None)

    def _code(self, text: str, language: str | None) -> None:
        while len(text) - self._drawn > PIECE and (end := text.rfind("\n", self._drawn, self._drawn + PIECE)) >= 0:
            self._freeze(text[self._drawn : end], language)
            self._drawn = end + 1
        self._last.code(text[self._drawn :], language=language)

    def _freeze(self, piece: str, language: str | None) -> None:
        if self._box is None:
            self._box = self._place.container(key=self._key)
            self._last = self._box.empty()
        self._last.code(piece, language=language)
        self._last = self._box.empty()
