"""Demonstrations: a pack is opened or made, rehearsed, presented, compared with what it was, and saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from lib import dates
from lib.chats.exports import file_name
from lib.compare import making, packs, programme, shows, stage
from lib.compare.packs import MAX_BYTES, MAX_TITLE, Pack, Step
from lib.compare.shows import Show
from lib.errors import ChatError
from lib.ui import mine, navigation, problems
from lib.ui.chat import sidebar
from lib.ui.chat.view import View
from lib.ui.compare import cast, draft, drifts, presenter, steps
from lib.ui.jobs import Job, follow
from lib.ui.markdown import plain
from lib.ui.numbers import many
from lib.ui.streamlit_internals import fresh

ID, ON, FROM = "d", navigation.ON, "from"  # in the address
STAGE, NOTES = navigation.STAGES
ONLY = "demo-rehearsal-of"  # the step that alone is rehearsed
REHEARSAL, PROBLEM, FILE = "demo-rehearsal", "demo-problem", "demo-file"
ALONE = "Asks this step alone, and records its answers."
BUNDLED = Path(__file__).parent.parent.parent / "compare" / "first_steps.zip"
SILENT = "*Ask live* is off in *Settings*: nothing is asked when this is presented, all answers are recordings."
GONE = "There is no demonstration at this address any more. Open its file again."
ABOUT = (
    "A pack has the steps of a demonstration, and how they were answered in rehearsal. When an endpoint fails in front "
    "of everybody, the answer goes on from the recording, and says so."
)


def draw() -> None:
    """Draw the demonstration of the address (`?d=`): its steps, its stage, or the notes for it; or the way to one."""
    show, on = shows.find(mine.scope(), st.query_params.get(ID) or ""), st.query_params.get(ON)
    if on == STAGE and show and show.step is None:
        st.query_params.pop(ON)  # another window has ended it
        st.rerun()
    is_alone = bool(show) and on in navigation.STAGES
    if not is_alone:
        with problems.shown():
            sidebar.draw(View(None))
    now = (show and show.id, on, show and on == STAGE and id(show.performances))
    st.session_state[steps.LATEST] = now
    with fresh("demo", now), problems.shown():
        _drawn(show, on)


def _drawn(show: Show | None, on: str | None) -> None:
    if show and on == STAGE:
        presenter.draw(show)
    elif show and on == NOTES:
        presenter.draw_notes(show)
    elif show:
        _overview(show)
    else:
        _choose()


def _choose() -> None:
    st.title("Show it to others", anchor=False)
    st.caption(ABOUT)
    if id := st.query_params.get(FROM):
        st.query_params.pop(FROM)
        with problems.shown():
            _open(making.pack_of(mine.chats(), id))
            st.rerun()
    if st.query_params.get(ID):
        st.warning(GONE)
    if problem := st.session_state.pop(PROBLEM, None):
        problems.show(problem)
    with st.container(key="demo-ways", horizontal=True, gap="small"):
        icon, label = ":material/play_circle:", "Play the first five minutes"
        st.button(label, key="demo-bundled", icon=icon, type="primary", on_click=_play_bundled)
        st.button("Make a pack", key="demo-new", icon=":material/add:", on_click=_new)
    file = st.file_uploader("Open a pack", "zip", key=FILE, max_upload_size=MAX_BYTES // 1_000_000)
    if file:
        _open(packs.read(file.getvalue()))
        st.rerun()
    st.caption("A conversation or a comparison becomes a pack, too: its menu has *Make a demo*.")
    _opened()


def _opened() -> None:
    """List the demonstrations that are open, from the last one on."""
    found = shows.shows(mine.scope())
    if found:
        st.caption("Open")
    for show in found:
        label, to = plain(show.pack.title, 60), {ID: show.id}
        st.page_link(navigation.demo(), label=label, icon=":material/slideshow:", query_params=to)


def _open(pack: Pack) -> Show:
    show = shows.begin(mine.usage(), pack)
    st.query_params.from_dict({ID: show.id})
    return show


def _play_bundled() -> None:
    _present(_open(packs.read(BUNDLED.read_bytes())), 0)


def _new() -> None:
    lanes = draft.offered()[:1]
    if not lanes:
        st.session_state[PROBLEM] = ChatError("There is no model to ask yet.", hint="Add one on the page Endpoints.")
        return
    show = _open(Pack("Demonstration", (Step(steps.PROMPT, tuple(lanes)),)))
    steps.edit(show, 0)


def _overview(show: Show) -> None:
    job: Job[Pack] | None = st.session_state.get(f"{REHEARSAL}-{show.id}")
    st.title(plain(show.pack.title, 120), anchor=False)
    if job and job.is_running:
        follow(job, "Rehearsing", job.stop)
        return
    if job:
        _rehearsed(show, job)
    if show.step is not None:
        st.info("This is on the stage in a window just now.", icon=":material/slideshow:")
    with st.container(key="demo-acts", horizontal=True, vertical_alignment="center", gap="small"):
        _acts(show)
    if not show.live:
        st.caption(SILENT)
    if not any(each for step in show.pack.steps for each in step.recordings):
        st.caption("Nothing is recorded yet: rehearse it, so that it can go on when an endpoint fails.")
    drifts.draw(show)
    for number, step in enumerate(show.pack.steps):
        _listed(show, number, step)
    st.button("Add a step", key="demo-add", type="tertiary", icon=":material/add:", on_click=steps.add, args=(show,))
    st.caption("It is kept here until Parley ends. *Save* gives it as a file that plays on any Parley.")


def _acts(show: Show) -> None:
    icon, tip = ":material/play_arrow:", "The right arrow key goes on, B blanks the screen, Esc ends."
    st.button("Present", key="present", type="primary", icon=icon, help=tip, on_click=_present, args=(show, 0))
    tip = "Asks every step now, and records the answers."
    st.button("Rehearse", key="rehearse", icon=":material/mic:", help=tip, on_click=_rehearse, args=(show,))
    name = file_name(show.pack.title, "html").removesuffix(".html")
    about: dict[str, Any] = {"icon": ":material/download:", "type": "tertiary", "on_click": "ignore"}
    data = partial(packs.written, show.pack)
    st.download_button("Save", data, f"{name}.zip", "application/zip", key="demo-save", **about)
    tip, data = (
        "One web page with the steps and answers. It opens offline, and is sealed.",
        partial(programme.written, show.pack),
    )
    st.download_button("Hand off", data, f"{name}.html", "text/html", key="demo-hand-off", help=tip, **about)
    st.link_button("Notes", _address(show, NOTES), icon=":material/open_in_new:", type="tertiary", help=presenter.TIP)
    with st.popover("Settings", key="demo-settings", type="tertiary", icon=":material/tune:"):
        _settings(show)
    drifts.draw_menu(show)
    if show.is_changed:
        st.button("Undo", key="demo-undo", type="tertiary", icon=":material/undo:", on_click=show.undo)
    st.button("Close", key="demo-close", type="tertiary", icon=":material/close:", on_click=_close, args=(show,))


def _address(show: Show, on: str) -> str:
    return f"demo?{ID}={show.id}&{ON}={on}"


def _settings(show: Show) -> None:
    key = f"demo-title-{show.id}-{show.number}"
    st.text_input("Title", show.pack.title, MAX_TITLE, key=key, on_change=_rename, args=(show, key))
    _seconds(show, "first", "Seconds to the first word")
    _seconds(show, "later", "Seconds of silence")
    key, tip = f"demo-live-{show.id}", "Off: nothing is asked, all answers are recordings."
    _follow(key, show.live)
    st.toggle("Ask live", key=key, help=tip, on_change=_ask_live, args=(show, key))
    key = f"demo-stand-in-{show.id}"
    steps.picker("Who stands in", key, show.stand_in, partial(_stand_in, show, key), help=cast.STAND_IN)


def _seconds(show: Show, name: str, label: str) -> None:
    key = f"demo-{name}-{show.id}"
    _follow(key, getattr(show.patience, name))
    args = (show, name, key)
    st.number_input(label, 0.5, 120.0, step=0.5, key=key, on_change=_be_patient, args=args)


def _follow(key: str, value: object) -> None:
    """Have a field show what holds, whichever window has set it: said in each run, as a closed menu hears the last."""
    st.session_state[key] = value


def _be_patient(show: Show, name: str, key: str) -> None:
    if steps.are_here():
        show.patience = replace(show.patience, **{name: st.session_state[key]})


def _ask_live(show: Show, key: str) -> None:
    if steps.are_here():
        show.live = st.session_state[key]


def _rename(show: Show, key: str) -> None:
    if steps.are_here() and (title := st.session_state[key].strip()):
        show.change(replace(show.pack, title=title))


def _stand_in(show: Show, key: str) -> None:
    if steps.are_here():
        show.stand_in = next(iter(draft.read([st.session_state[key] or ""]).choices), None)


def _close(show: Show) -> None:
    shows.close(show)
    st.query_params.clear()


def _present(show: Show, step: int) -> None:
    show.present(cast.of(show.pack, show.stand_in), step)
    st.query_params[ON] = STAGE


def _listed(show: Show, number: int, step: Step) -> None:
    with st.container(key=f"step-{number + 1}", gap=None):
        with st.container(key=f"step-head-{number + 1}", horizontal=True, vertical_alignment="center", gap="small"):
            name, args, tip = plain(step.name, 90), (show, number), "Present from here"
            about: dict[str, Any] = {"type": "tertiary", "help": tip, "on_click": _present}
            st.button(f"{number + 1}. {name}", key=f"go-{number + 1}", args=args, **about)
            steps.draw_toggle(show, number)
            about = {"type": "tertiary", "icon": ":material/mic:", "help": ALONE}
            st.button("Rehearse", key=f"rehearse-{number + 1}", on_click=_rehearse, args=(show, number), **about)
        st.caption(_about(step))
        steps.draw(show, number)


def _about(step: Step) -> str:
    """Return who answers a step, when it was recorded, and what the speaker wants to remember, as markdown."""
    recorded = [each.recorded_at for each in step.recordings if each]
    when = f"recorded on {dates.day(max(recorded).date())}" if recorded else "not recorded"
    who = ", ".join(dict.fromkeys(plain(lane.model or lane.endpoint, 30) for lane in step.lanes))
    follows = ["goes on from the step before"] if step.follows else []
    line = " · ".join([many(len(step.lanes), "lane"), who, when, *follows])
    return line + (f"  \n{plain(step.note, 300)}" if step.note else "")


def _rehearse(show: Show, only: int | None = None) -> None:
    who, pack, ledger = cast.of(show.pack, show.stand_in), show.pack, show.ledger
    work: Callable[[Job[Pack]], Pack] = lambda job: stage.rehearse(ledger, pack, who, job.go_on, only)  # noqa: E731  # its type has to be said
    st.session_state[f"{REHEARSAL}-{show.id}"] = Job(work)
    st.session_state[f"{ONLY}-{show.id}"] = only


def _rehearsed(show: Show, job: Job[Pack]) -> None:
    st.session_state.pop(f"{REHEARSAL}-{show.id}")
    only = st.session_state.pop(f"{ONLY}-{show.id}", None)
    before, made = show.pack, job.result
    show.change(made)
    if missed := sum(
        new.recorded(at) in (None, old.recorded(at))
        for number, (old, new) in enumerate(zip(before.steps, made.steps, strict=True))
        for at in range(len(new.lanes))
        if only in (None, number)
    ):
        st.toast(f"{many(missed, 'answer')} did not come. Recordings that there were are kept.")
