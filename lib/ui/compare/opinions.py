"""The judge: a model that is asked which answer is best, and what it said."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lib.compare import judging, votes
from lib.compare.judging import VOTER
from lib.compare.rounds import Round
from lib.errors import ChatError
from lib.store import Vote
from lib.ui import mine, problems
from lib.ui.compare import draft
from lib.ui.compare.lane import contender
from lib.ui.markdown import plain

MENU, JUDGE = "compare-judge", "compare_judge"


def menu(id: str, rounds: Sequence[Round]) -> None:
    """Draw the menu that asks a model for its opinion of the last round."""
    if not rounds:
        return
    with st.popover("Judge", key=MENU, type="tertiary", icon=":material/gavel:"):
        st.caption("A model reads the last prompt and all answers, in an order of their own, and says which is best.")
        names = [f"{endpoint}/{model}" for endpoint, model in draft.models()]
        st.selectbox(
            "Judge",
            names,
            index=None,
            key=JUDGE,
            placeholder="Choose a model, or type endpoint/model",
            accept_new_options=True,
            label_visibility="collapsed",
            on_change=_ask,
            args=(id, rounds[-1]),
        )


def _ask(id: str, round: Round) -> None:
    picked, st.session_state[JUDGE] = st.session_state[JUDGE] or "", None
    found = draft.read([picked])
    try:
        for choice in found.choices:
            judging.begin(mine.usage(), mine.votes(), id, round, contender(choice))
    except ChatError as error:
        st.toast(problems.sentences(error))
    if found.problem:
        st.toast(problems.sentences(found.problem))


def draw(id: str, rounds: Sequence[Round]) -> None:
    """Draw what models think of the rounds, and that one is being asked."""
    asked = [judging.is_asked(id, each) for each in rounds]  # first: one that has answered since is among those read
    said = [vote for vote in mine.votes().of(id) if vote.voter.startswith(VOTER) and vote.ballot]
    for number, (each, is_asked) in enumerate(zip(rounds, asked, strict=True), 1):
        for vote in said:
            if vote.round == each.key:
                _opinion(number, vote)
        if is_asked:
            st.fragment(_await, run_every=0.5)(id, each)
        elif problem := judging.failure(id, each):
            problems.show(problem)


def _opinion(number: int, vote: Vote) -> None:
    name, kept = plain(vote.voter.removeprefix(VOTER), 80), vote.ballot or ""
    with st.container(key=f"opinion-{vote.id}"):
        st.markdown(f":small[:gray[A model's opinion of round {number}: {name}]]  \n**{plain(votes.in_words(kept))}**")
        st.markdown(plain(votes.reason(kept)))


def _await(id: str, round: Round) -> None:
    """Say that a model is asked, until it has answered."""
    if not judging.is_asked(id, round):
        st.rerun()
    st.caption("The judge is reading.")
