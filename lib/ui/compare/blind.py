"""Rounds without names: the answers side by side in an order of their own, the vote, and the names afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from lib import generations
from lib.compare import votes
from lib.compare.rounds import Entry, Round
from lib.errors import ChatError
from lib.store import Vote
from lib.ui import mine, navigation, problems
from lib.ui.chat import attachments, files, footer, stream, texts
from lib.ui.chat.stream import Followed
from lib.ui.compare import poll, room
from lib.ui.compare.poll import Poll
from lib.ui.compare.together import Together
from lib.ui.markdown import plain
from lib.ui.streamlit_internals import fresh
from lib.ui.theme import AVATARS

Running = Mapping[int | None, Followed]  # answers that are being written, by the ids of their messages
KEPT = "compare_rounds"  # the comparison whose rounds stay on the page though all names are known
SHOWN = {"help": "Who answered is shown; a vote cannot be changed then.", "icon": ":material/visibility:"}


def voter() -> str:
    """Return who votes on this page."""
    return mine.scope().owner


def own(id: str) -> dict[str, Vote]:
    """Return by round what this voter has to do with a comparison."""
    return {vote.round: vote for vote in mine.votes().of(id) if vote.voter == voter()}


def is_shown(id: str, seen: Iterable[Vote]) -> bool:
    """Whether a comparison is shown as rounds: while any name is hidden, and until the person wants lanes again."""
    return st.session_state.get(KEPT) == id or any(vote.is_hidden for vote in seen)


def running(ids: Iterable[str]) -> Running:
    """Return what is being written in these lanes.

    To be asked for before the rounds are read: one that ends in between would stand there as being written for good.
    """
    found = [generations.follow(mine.chats(), id) for id in ids]
    return {each.turn.message_id: each for each in found if each}


def draw(id: str, rounds: Sequence[Round], seen: dict[str, Vote], running: Running) -> None:
    """Draw the rounds, each with its vote; what is `running` is followed."""
    st.session_state[KEPT] = id
    for number, each in enumerate(rounds, 1):
        _Round(id, number, each, seen.get(each.key), running).draw()
    with st.container(key="blind-end", horizontal=True, vertical_alignment="center", gap="small"):
        if not any(vote.is_hidden for vote in seen.values()):
            st.button("Show lanes", key="show-lanes", icon=":material/view_column:", on_click=_leave)
        link_to_ranking()


def link_to_ranking() -> None:
    """Draw the way to the ranking by all votes."""
    icon, target = ":material/leaderboard:", {"show": "ranking"}
    st.page_link(navigation.compare(), label="Ranking", icon=icon, query_params=target)


def _leave() -> None:
    st.session_state.pop(KEPT, None)


class _Round:
    """One round on the page; `vote` is what this voter has to do with it, None for one that never was blind."""

    def __init__(self, id: str, number: int, round: Round, vote: Vote | None, running: Running) -> None:
        self._id = id
        self._number = number
        self._round = round
        self._vote = vote
        self._running = running
        self._hidden = vote is not None and vote.is_hidden
        self._entries = round.shuffled(voter())
        self._letters = poll.letters(self._entries)
        self._poll = Poll(f"{id} {round.key}", number, self._entries, self._letters, self._cast)
        self._ballot = vote.ballot if vote else None

    def draw(self) -> None:
        self._prompt()
        abreast = st.container(key=f"abreast-{len(self._entries)}-{self._number}")
        with abreast, st.container(key=f"lanes-{self._number}", horizontal=True, gap="medium"):
            for at, entry in enumerate(self._entries):
                with st.container(key=f"cell-{self._number}-{at}", gap="small"):
                    self._cell(at, entry)
        with st.container(key=f"vote-{self._number}", horizontal=True, vertical_alignment="center", gap="small"):
            self._foot()
        if self._vote and len(self._entries) > 1:
            room.draw(self._id, self._number, self._round, self._letters, is_hidden=self._hidden)

    def _prompt(self) -> None:
        prompt = self._round.prompt
        with st.chat_message("user", avatar=AVATARS["user"]):
            if prompt.images:
                attachments.draw(prompt, 280)
            texts.draw(prompt)
            files.draw(prompt)

    def _cell(self, at: int, entry: Entry) -> None:
        with st.container(key=f"blind-head-{self._number}-{at}", horizontal=True, vertical_alignment="center"):
            letter = f"**{self._letters[entry.lane]}**"
            st.markdown(letter if self._hidden else f"{letter} {plain(entry.name, 80)}")
            if self._votes():
                self._poll.place(at, entry)
        generation = self._running.get(entry.answer.id) if entry.answer and not entry.is_over else None
        said = fresh(f"said-{self._number}-{at}", entry.answer.id if entry.answer else None)
        with said, st.container():  # one row of the grid: see LanePage
            if generation:
                key = f"live-{self._number}-{entry.lane}"
                st.fragment(self._follow, parallel=True, key=key)(generation, at)
            else:
                self._said(entry)

    def _follow(self, generation: Followed, at: int) -> None:
        with st.chat_message("assistant", avatar=AVATARS["assistant"]):
            lane, answers = f"-{self._number}-{at}", self._running.values
            stream.follow(generation, beside=Together(lane, len(self._entries), answers))
        if not any(generations.follow(mine.chats(), entry.lane) for entry in self._entries):
            st.rerun()

    def _said(self, entry: Entry) -> None:
        answer = entry.answer
        with st.chat_message("assistant", avatar=AVATARS["assistant"]):
            if answer is None:
                st.caption("Not answered.")
                return
            texts.draw(answer)
            if answer.state == "failed":
                st.caption("This answer failed." if self._hidden else plain(answer.error or "This answer failed."))
            if not self._hidden:
                with st.container(key=f"figures-{answer.id}"):
                    st.caption(footer.figures(answer))

    def _votes(self) -> bool:
        return self._hidden and self._round.is_over and self._ballot is None and len(self._entries) > 1

    def _foot(self) -> None:
        if self._vote is None:
            return
        if self._votes():
            self._poll.draw()
        elif self._ballot:
            st.markdown(self._said_of(self._ballot))
            if self._hidden:
                self._button("take-back", "Take back", self._take_back, type="tertiary", icon=":material/undo:")
        elif not self._hidden:
            st.caption("The names were shown without a vote.")
        if self._hidden and self._round.is_over:
            self._button("reveal", "Reveal", self._reveal, type="tertiary", **SHOWN)

    def _button(self, name: str, label: str, then: Callable[..., None], *args: object, **looks: Any) -> None:
        st.button(label, key=f"{name}-{self._number}", on_click=then, args=args, **looks)

    def _cast(self, places: Sequence[Sequence[str]], bad: bool) -> None:
        self._tried(mine.votes().cast, votes.ballot(self._round, places, bad=bad))

    def _take_back(self) -> None:
        self._tried(mine.votes().take_back)

    def _reveal(self) -> None:
        self._tried(mine.votes().reveal)

    def _tried(self, change: Callable[..., None], *values: str) -> None:
        try:
            change(self._id, self._round.key, voter(), *values)
        except ChatError as error:
            st.toast(problems.sentences(error))

    def _said_of(self, ballot: str) -> str:
        """Return a vote in words, with the letters that the answers have here."""
        is_late = not (votes.is_bad(ballot) or (self._vote and self._vote.blind))
        return f"You voted: **{self._poll.in_words(ballot)}**{', not blind' if is_late else ''}."
