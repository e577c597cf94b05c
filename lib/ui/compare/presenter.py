"""A step as it is presented: large, and nothing else; and the speaker's notes in a window of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import streamlit as st

from lib import dates
from lib.compare.packs import Step
from lib.compare.performance import Performance
from lib.compare.shows import Show
from lib.ui import navigation, parts
from lib.ui.chat import stream
from lib.ui.compare.lane import set_apart
from lib.ui.markdown import plain, typed
from lib.ui.numbers import many
from lib.ui.theme import AVATARS

TIP = "What only you see, in a window of its own. It follows the step, and can go on as well."
LOOK = 0.25  # seconds after which a label says that an answer is from the recording
TICK = 0.5  # seconds between looks at what other windows do
WIDTH = 420  # pixels of a picture
FAILED, BROKEN = "Nobody answered, and there is no recording.", "The answer broke off, and there is no recording."
UNASKED = "Nobody was asked, and there is no recording."


def draw(show: Show) -> None:
    """Draw the step that is on the stage, with its answers as they come."""
    performances = show.performances  # first: where another window goes on meanwhile, these are the old ones
    step, number, last = show.current, show.step or 0, len(show.playing.steps) - 1
    st.set_page_config(page_title=navigation.title(of=show.playing.title))
    with st.container(key="stage"):
        st.progress((number + 1) / (last + 1), f"{plain(show.playing.title, 80)} · {number + 1} of {last + 1}")
        _prompt(step)
        lanes = st.container(key="lanes", horizontal=True, gap="medium")
    with st.container(key="stage-acts", horizontal=True, vertical_alignment="center", gap="small"):
        _acts(show, number, last)  # before the answers: whoever sees one would else press for the step before
        st.button("Blank", key="blank", type="tertiary", help="B")  # stage.js blanks the screen
        st.button("End", key="stage-end", type="tertiary", shortcut="Escape", on_click=_end, args=(show,))
    with lanes:
        for at, performance in enumerate(performances):
            with st.container(key=f"lane-{at + 1}", gap="small"):
                _lane(step, at, performance)
    st.fragment(_watch, run_every=TICK)(show, performances)


def _prompt(step: Step) -> None:
    with st.chat_message("user", avatar=AVATARS["user"]):
        for image in step.images:
            st.image(image.data, width=WIDTH)
        for block in typed(parts.part(step.prompt, parts.Place())):
            stream.draw_block(block)
        if step.files:
            st.caption(" · ".join(plain(file.name, 60) for file in step.files))


def _acts(show: Show, number: int, last: int) -> None:
    common: dict[str, Any] = {"on_click": show.go}
    st.button("Back", key="back", shortcut="Left", args=(number - 1,), disabled=not number, **common)
    following: dict[str, Any] = {"type": "primary", "shortcut": "Right", "disabled": number == last}
    st.button("Next", key="next", args=(number + 1,), **following, **common)
    again: dict[str, Any] = {"args": (number,), "kwargs": {"again": True}}
    st.button("Once more", key="once-more", type="tertiary", **again, **common)


def _end(show: Show) -> None:
    show.leave()
    st.query_params.pop(navigation.ON, None)


def _watch(show: Show, drawn: list[Performance]) -> None:
    """Draw the page anew when another window has gone on, or has ended it."""
    if show.performances is not drawn or show.step is None:
        st.rerun()


def _lane(step: Step, at: int, performance: Performance) -> None:
    st.markdown(_who(step, at))
    key = f"stage-{at}-{id(performance)}"
    st.fragment(_follow, parallel=True, key=key)(performance, at, len(step.lanes))


def _who(step: Step, at: int) -> str:
    """Return who answers in a lane, with what tells it from the others, as markdown."""
    lane, recording = step.lanes[at], step.recorded(at)
    name = lane.model or (recording.model if recording else "") or "default model"
    given = [set_apart(each.parameters) for each in step.lanes]
    apart = [each for each in given[at] if not each.startswith("seed") and any(each not in other for other in given)]
    return f"**{plain(name, 40)}** :small[:gray[{plain(' · '.join([lane.endpoint, *apart]), 90)}]]"


def _follow(performance: Performance, at: int, beside: int) -> None:
    place = st.empty()
    for number, playing in enumerate(_acted(performance)):
        with place.container(), st.chat_message("assistant", avatar=AVATARS["assistant"]):
            lanes = stream.Beside(f"-stage-{at}-{number}", beside)
            stream.follow(playing, None, partial(label, playing), LOOK, beside=lanes)
            if not playing.follower:
                st.caption(label(playing))


def _acted(performance: Performance) -> Iterator[Performance]:
    """Give a performance, and then what takes its place, if something does."""
    yield performance
    if performance.follower:
        yield performance.follower


def label(performance: Performance) -> str:
    """Return whether an answer is live, or when it was recorded."""
    if performance.failed and performance.is_asked:
        return BROKEN if performance.text else FAILED
    if performance.failed:
        return UNASKED
    if performance.is_recorded and performance.recording:
        return f":material/replay: **Recorded on {dates.day(performance.recording.recorded_at.date())}**"
    return "Live"


def draw_notes(show: Show) -> None:
    """Draw the notes for the step that is on the stage, whichever window goes on."""
    st.set_page_config(page_title=navigation.title(of=f"Notes · {show.playing.title}"))
    with st.container(key="stage-notes"):
        st.fragment(_notes, run_every=TICK)(show)


def _notes(show: Show) -> None:
    last = len(show.playing.steps) - 1
    if show.step is None:
        st.caption("Not on the stage yet. This window follows as soon as somebody presses Present.")
        _next(show)
        return
    step, number = show.current, show.step
    st.progress((number + 1) / (last + 1), f"{plain(show.playing.title, 80)} · {number + 1} of {last + 1}")
    st.subheader(plain(step.name, 120), anchor=False)
    st.markdown(plain(step.note).replace("\n", "  \n") if step.note else "*No note for this step.*")
    st.caption(_state(show))
    _next(show)
    with st.container(horizontal=True, gap="small"):
        _acts(show, number, last)


def _state(show: Show) -> str:
    """Return how far the answers are, and which were not asked for, for the speaker alone."""
    running = sum(not each.last.received.is_set() for each in show.performances)
    recorded = sum(each.last.is_recorded for each in show.performances)
    unasked = sum(not each.is_asked for each in show.performances)
    counted = [f"{count} {what}" for count, what in ((recorded, "from the recording"), (unasked, "not asked")) if count]
    silent = [] if show.live else ["Ask live is off"]
    return " · ".join(
        [f"{many(running, 'answer')} still coming" if running else "All answers are there", *counted, *silent]
    )


def _next(show: Show) -> None:
    after = show.following
    st.caption(f"Next: {plain(after.name, 120)}" if after else "This is the last step.")
