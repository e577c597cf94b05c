"""What a phone in the room sees: the answers of one round without names, and the vote. There is no way from it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lib import runtime
from lib.compare import audience
from lib.compare.audience import GONE, Seat
from lib.compare.rounds import Entry
from lib.errors import ChatError
from lib.store import StoredMessage
from lib.ui import device, navigation, parts, problems
from lib.ui.chat import stream
from lib.ui.compare import poll
from lib.ui.compare.poll import Poll
from lib.ui.markdown import blocks, plain

LOOK = 3  # seconds after which a phone looks whether the round is still open
WAITS = "vote-waits"  # for answers to end
MAX_PROMPT = 200  # characters of the prompt


def draw() -> None:
    """Draw the round of the link in the address, or that there is none."""
    with problems.shown():
        seat = _seat()
        st.session_state[WAITS] = seat is not None and not seat.round.is_over
        if seat is None:
            _nothing()
        else:
            _Place(seat).draw()
            st.fragment(_look, run_every=LOOK)()


def _seat() -> Seat | None:
    return audience.seat(runtime.current().store, navigation.token(), device.name())


def _look() -> None:
    """Draw the page anew when the round is closed, or its answers have ended."""
    with problems.shown():
        is_gone = runtime.current().store.visitors.room(navigation.token()) is None
        if is_gone or (st.session_state[WAITS] and (seat := _seat()) and seat.round.is_over):
            st.rerun()


def _nothing() -> None:
    """Say the same of a link that was guessed, is closed, or has been for long enough."""
    st.title("No vote here", anchor=False)
    st.caption(GONE)


class _Place:
    """A place in the room, on its page."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._letters = poll.letters(seat.named)
        self._poll = Poll(seat.round.key, 1, seat.entries, self._letters, self._cast, is_wide=False)

    def draw(self) -> None:
        """Draw the answers, and below them, always in reach of a thumb, the vote."""
        st.title("Which answer is better?", anchor=False)
        st.caption(plain(self._seat.round.prompt.typed, MAX_PROMPT))
        with st.container(key="vote-answers"):
            for at, entry in enumerate(self._seat.entries):
                self._answer(at, entry)
        with st.bottom, st.container(key="vote-here", horizontal=True, vertical_alignment="center", gap="small"):
            self._vote()

    def _answer(self, at: int, entry: Entry) -> None:
        with st.container(key=f"blind-head-1-{at}", horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{self._letters[entry.lane]}**")
            if self._is_open:
                self._poll.place(at, entry)
        with st.container(key=f"cell-1-{at}"):
            if entry.answer is None or not entry.is_over:
                st.caption("This answer is being written." if entry.answer else "Not answered.")
            else:
                _said(entry.answer)

    @property
    def _is_open(self) -> bool:
        return self._seat.round.is_over and self._seat.ballot is None

    def _vote(self) -> None:
        if self._is_open:
            self._poll.draw()
        elif self._seat.ballot:
            st.markdown(f"You voted: **{self._poll.in_words(self._seat.ballot)}**.")
            st.button("Take back", key="take-back-1", type="tertiary", icon=":material/undo:", on_click=self._take_back)
        else:
            st.caption("You can vote as soon as all answers are there.")

    def _cast(self, places: Sequence[Sequence[str]], bad: bool) -> None:
        try:
            audience.cast(runtime.current().store, self._seat, places, bad=bad)
        except ChatError as error:
            st.toast(problems.sentences(error))

    def _take_back(self) -> None:
        try:
            audience.take_back(runtime.current().store, self._seat)
        except ChatError as error:
            st.toast(problems.sentences(error))


def _said(answer: StoredMessage) -> None:
    for block in blocks(parts.part(answer.text, parts.Place())):
        stream.draw_block(block)
    if parts.following(answer.text, parts.Place()):
        st.caption("The rest of this answer is on the screen in front.")
    if answer.state == "failed":
        st.caption("This answer failed.")
