"""What has changed since a pack was recorded: it is asked again, and each answer stands beside the one of before."""

from __future__ import annotations

import streamlit as st

from lib.compare import drift, stage
from lib.compare.differences import differences
from lib.compare.shows import Show
from lib.compare.stage import Drift
from lib.ui.compare import cast, draft, steps, words
from lib.ui.compare.lane import contender
from lib.ui.jobs import Job, follow
from lib.ui.markdown import plain

JOB, JUDGE = "demo-drift", "demo-judge"
TIP = "Asks every step again and sets the answers beside the recorded ones, which stay as they are."


def draw_menu(show: Show) -> None:
    """Draw the menu by which a pack is asked again."""
    if not any(each for step in show.pack.steps for each in step.recordings):
        return
    with st.popover("What has changed", key="demo-drift-menu", type="tertiary", icon=":material/difference:"):
        st.caption(TIP)
        key = f"{JUDGE}-{show.id}"
        steps.picker("A judge, if you want one", key, None, lambda: None)
        st.button("Ask again", key="demo-replay", type="primary", on_click=_begin, args=(show, key))


def _begin(show: Show, key: str) -> None:
    named = draft.read([st.session_state.get(key) or ""]).choices
    ledger, pack, who = show.ledger, show.pack, cast.of(show.pack, show.stand_in)
    judge = contender(named[0]) if named else None

    def work(job: Job[list[Drift]]) -> list[Drift]:
        found = stage.drifts(ledger, pack, who, job.go_on)
        return drift.judged(ledger, pack, found, judge) if judge else found

    st.session_state[f"{JOB}-{show.id}"] = Job(work)


def draw(show: Show) -> None:
    """Draw what was found, or how far the looking is."""
    job: Job[list[Drift]] | None = st.session_state.get(f"{JOB}-{show.id}")
    if job is None:
        return
    if job.is_running:
        follow(job, "Asking again", job.stop)
        return
    found = job.result
    with st.container(key="drifts", border=True):
        same = sum(each.is_same for each in found)
        st.markdown(f"**{same} of {len(found)} answers are the same as recorded.**")
        for number, each in enumerate(found):
            _drift(number, each)
        icon = ":material/close:"
        st.button("Close this", key="drifts-close", type="tertiary", icon=icon, on_click=_forget, args=(show,))


def _said(found: Drift) -> str:
    if found.now is None:
        return "no answer"
    return "the same" if found.is_same else "different"


def _forget(show: Show) -> None:
    st.session_state.pop(f"{JOB}-{show.id}", None)


def _drift(number: int, found: Drift) -> None:
    who = plain(f"{found.lane.model or 'default model'} · {found.lane.endpoint}", 80)
    st.markdown(f"Step {found.step}, {who}: **{_said(found)}**")
    now = [f"now: {drift.told(found.now)}"] if found.now else []
    opinion = [f"judge: {found.opinion}"] if found.opinion else []
    lines = (*now, f"recorded: {drift.told(found.before)}", *opinion)
    st.caption("  \n".join(plain(line, 1_000) for line in lines))
    if found.now is None or found.is_same:
        return
    with st.expander("Compare the words", key=f"drift-words-{number}"):
        st.caption("Red was recorded, green is new.")
        st.markdown(" ".join(map(words.drawn, differences(found.before.text, found.now.text))))
