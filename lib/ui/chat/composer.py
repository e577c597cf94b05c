"""The input box, the Stop button beside it, and what pressing either does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

import streamlit as st
from streamlit.errors import StreamlitAPIException

from lib import generations, runtime
from lib.api import ChatClient
from lib.errors import ChatError
from lib.generations import Generation
from lib.local.model import LocalModel
from lib.messages import Image, LinkedImage, Message
from lib.model_choice import ModelChoice
from lib.store import StoredMessage, Turn
from lib.ui import problems
from lib.ui.chat import attachments, model_menu, nextgpt_form, parameters, sidebar
from lib.ui.chat.view import SLOTS, View
from lib.ui.markdown import plain

LOOK = "Describe this picture."  # what a picture without a word asks


def draw(view: View) -> None:
    """Draw the input box, what answers, Stop (seen only while an answer comes), and why a prompt was not sent."""
    with st.bottom:
        _problem(view)
        st.button("Stop", key="stop", shortcut="Escape", on_click=stop, args=(view,))
        _state_of_the_model()
        with st.container(key="choices", horizontal=True, vertical_alignment="center", gap="small"):
            model_menu.draw(view)
            parameters.draw(view)
            nextgpt_form.draw_new(view)
    placeholder = _placeholder(view)
    st.chat_input(
        placeholder,
        key=view.place.box,
        accept_file=False if view.place.gather else "multiple",
        file_type=list(attachments.TYPES),
        on_submit=submit,
        args=(view,),
        disabled=placeholder != view.place.ready,
    )


def _problem(view: View) -> None:
    """Show why a prompt was not sent, in a place that is always there.

    Where elements come and go before the input box, the browser may make it anew, and what was typed is lost.
    """
    place = st.empty()
    if view.problem:
        with place.container():
            problems.show(view.problem)


def _placeholder(view: View) -> str:
    if model_menu.endpoint(view) is None:
        return "No model answers yet"
    view.waits = nextgpt_form.wanted(view)
    return nextgpt_form.PLACEHOLDERS.get(view.waits, view.place.ready)


def _state_of_the_model() -> None:
    local = runtime.current().local
    if local and local.state == "failed":
        st.error(plain(local.detail), icon=":material/error:")
    elif local and local.state != "ready":
        _await_model(local)


@st.fragment(run_every=0.5)
def _await_model(local: LocalModel) -> None:
    """Say how far the embedded model is; draw the page anew when that is decided."""
    if local.state in ("ready", "failed"):
        st.rerun()
    st.caption(plain(local.detail))


def submit(view: View) -> None:
    """Send what was typed, with the pictures that were attached."""
    given = st.session_state[view.place.box]
    text, files = (given or "", []) if view.place.gather else (given.text, given.files) if given else ("", [])
    if text.strip() or files:
        send(view, text if text.strip() else LOOK, files)
    else:
        st.toast("Type a message first: this one has only spaces.")


def send(view: View, text: str, files: Sequence[BinaryIO] = ()) -> None:
    """Start the answer to `text` and redraw only its slot; on an error the text goes back into the box."""
    try:
        generation = _start(view, text, files)
    except ChatError as error:
        view.problem = error
        st.session_state[view.place.box] = text
        return
    if view.place.taken:
        view.place.taken()
    _show(view, generation.turn)


def retry(view: View, message: StoredMessage) -> None:
    """Ask again for an answer that failed or was stopped; its slot is redrawn."""
    parley = runtime.current()
    try:
        client, choice = _answerer(view)
        purpose, limit = view.place.purpose, parley.settings.max_generations
        turn = generations.retry(parley.store, client, message, choice, purpose=purpose, limit=limit).turn
    except ChatError as error:
        st.toast(problems.sentences(error))
        return
    view.turns = [turn if each.user_id == turn.user_id else each for each in view.turns]


def stop(view: View) -> None:
    """End the answer that is being written, and redraw its slot."""
    generation = generations.find(view.conversation_id) if view.conversation_id else None
    if generation is None:
        return
    generation.stop()
    if generation.turn in view.turns:
        _redraw(view, [view.slot(view.turns.index(generation.turn))])


def _show(view: View, turn: Turn) -> None:
    """Redraw the next slot, and after a first prompt the sidebar's newcomer; the whole page if it has to be."""
    changed = [] if view.conversation_id else [sidebar.KEY]
    if view.conversation_id is None:
        view.conversation_id, view.newcomer = turn.conversation_id, True
        st.query_params["c"] = turn.conversation_id
    had_problem, view.problem = view.problem, None
    # Where pictures move from one side to the other, the page is drawn whole.
    if len(view.turns) < SLOTS and not had_problem and not view.place.gather:
        view.turns.append(turn)
        _redraw(view, [*changed, view.slot(len(view.turns) - 1)])


def _redraw(view: View, keys: list[str]) -> None:
    """Redraw these places only; the whole page if it is just being drawn, or they are not there yet."""
    if view.is_steady:
        with suppress(StreamlitAPIException):
            st.rerun(keys)


def _start(view: View, text: str, files: Sequence[BinaryIO]) -> Generation:
    parley, (client, choice) = runtime.current(), _answerer(view)
    return generations.start(
        parley.store,
        client,
        Message("user", text, _pictures(view, files, choice.model)),
        choice,
        conversation_id=view.conversation_id,
        purpose=view.place.purpose,
        limit=parley.settings.max_generations,
    )


def _pictures(view: View, files: Sequence[BinaryIO], model: str) -> tuple[Image | LinkedImage, ...]:
    if view.place.gather:
        return view.place.gather(view, model)
    return attachments.images(files, model) if files else ()


def _answerer(view: View) -> tuple[ChatClient, ModelChoice]:
    """Return the client of the endpoint that answers, and what was chosen of it.

    Raises ConfigError if none does, BudgetError if it may not be asked any more this month.
    """
    parley = runtime.current()
    client = parley.client(model_menu.endpoint(view))
    choice = model_menu.current(view) or ModelChoice(client.endpoint.name, client.endpoint.model or "")
    parley.allow(choice)
    return client, choice
