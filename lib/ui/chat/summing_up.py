"""The dialog in which the oldest turns are summed up: what that costs, the call, and its summary, to be changed."""

from __future__ import annotations

import streamlit as st

from lib.generations import Generation, summary
from lib.store import StoredMessage
from lib.ui import mine, problems
from lib.ui.chat import answerer, meter, stream
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.markdown import plain

CALL, TEXT = "summary-call", "summary-text"
MAX_SUMMARY = 20_000  # characters


def draw(view: View) -> None:
    """Open the dialog if that was asked for."""
    number = st.session_state.pop(meter.SUM_UP, 0)
    if number and view.conversation_id:
        _dialog(view, number)


def leave() -> None:
    """End the call, if there is one, and forget it."""
    st.session_state.pop(TEXT, None)
    if CALL in st.session_state:
        st.session_state.pop(CALL)[1].stop()


@st.dialog("Sum up the oldest turns", on_dismiss=leave)
def _dialog(view: View, number: int) -> None:
    with problems.shown():
        who = answerer.require(view)
        about, generation = st.session_state.get(CALL, (None, None))
        if generation and about == (view.conversation_id, number):
            _follow(view, number, generation)
        else:
            _offer(view, who, number)


def _offer(view: View, who: Answerer, number: int) -> None:
    said, before = _said(view, who, number)
    tokens = meter.tokens(summary.text(said, before, summary.room(meter.window_of(who.endpoint, who.model))))
    st.markdown(
        f"{plain(who.model or 'The model', 60)} is asked to sum up the {meter.oldest(number)}, in a call of"
        f" {meter.weighed(who, tokens)}. From then on the summary goes in their place. The conversation itself stays as"
        " it is, and all turns can be sent again at any time."
    )
    st.button("Sum up", key="summary-start", type="primary", on_click=_start, args=(view, number))


def _said(view: View, who: Answerer, number: int) -> tuple[list[StoredMessage], str]:
    """Return what is summed up: the oldest turns, but for those that a summary stands for, and that summary."""
    found = meter.counted(mine.chats().path(view.conversation_id or ""), who)
    before = who.choice.parameters.summary if found.without else ""
    begin = len(found.first(found.without)) if before else 0
    return found.first(number)[begin:], before


def _start(view: View, number: int) -> None:
    with problems.shown():
        who = answerer.require(view)
        said, before = _said(view, who, number)
        window = meter.window_of(who.endpoint, who.model)
        made = summary.start(mine.usage(), who.client, who.choice, said, before=before, window=window)
        st.session_state[CALL] = (view.conversation_id, number), made


def _follow(view: View, number: int, generation: Generation) -> None:
    place = st.empty()
    if generation.outcome is None:
        with place.container():
            stream.follow(generation, beside=stream.Beside("-summary"))
        place.empty()
    outcome = generation.result()
    if generation.error:
        problems.show(generation.error)
    else:
        st.session_state.setdefault(TEXT, outcome.text[:MAX_SUMMARY])
        st.text_area("What goes in their place", key=TEXT, height=260, max_chars=MAX_SUMMARY)
    with st.container(horizontal=True, gap="small"):
        is_empty = not (st.session_state.get(TEXT) or "").strip()
        args = (view, number)
        st.button("Use it", key="summary-use", type="primary", disabled=is_empty, on_click=_use, args=args)
        st.button("Ask again", key="summary-again", on_click=_again, args=args)


def _use(view: View, number: int) -> None:
    words = st.session_state.get(TEXT) or ""
    leave()
    meter.keep(view, number, words.strip())


def _again(view: View, number: int) -> None:
    leave()
    _start(view, number)
