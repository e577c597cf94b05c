"""The input box, the Stop button beside it, and what pressing either does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

import streamlit as st
from streamlit.errors import StreamlitAPIException

from lib import generations, runtime
from lib.errors import ChatError
from lib.generations import Generation
from lib.local.model import LocalModel
from lib.messages import Image, LinkedImage, Message
from lib.store import StoredMessage, Turn
from lib.ui import mine, problems
from lib.ui.chat import answerer, attachments, model_menu, nextgpt_form, parameters, sidebar
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import SLOTS, View
from lib.ui.markdown import plain

LOOK = "Describe this picture."  # what a picture without a word asks


class Composer:
    """The composer of the chat. Another page's says what its box is called, and where its images come from.

    `box` is the key of the input box, `ready` what it says when it takes a prompt. Without `takes_files` images come
    from elsewhere on the page, which is then drawn whole after each prompt: they move from one side to the other.
    """

    box = "prompt"
    ready = "Message Parley"
    takes_files = True

    def __init__(self, view: View) -> None:
        self.view = view

    def images(self, files: Sequence[BinaryIO], model: str) -> tuple[Image | LinkedImage, ...]:
        """Return the images of the next prompt as they are sent to `model`. Raises ImageError."""
        return attachments.images(files, model) if files else ()

    def sent(self) -> None:
        """Note that a prompt has been stored, with its images."""

    def draw(self, who: Answerer | None) -> None:
        """Draw the input box, what answers, Stop (seen only while an answer comes), and why a prompt was not sent."""
        with st.bottom:
            self._problem()
            st.button("Stop", key="stop", shortcut="Escape", on_click=self.stop)
            _state_of_the_model()
            with st.container(key="choices", horizontal=True, vertical_alignment="center", gap="small"):
                model_menu.draw(self.view, who)
                parameters.draw(self.view, who)
                nextgpt_form.draw_new(self.view)
        placeholder = self._placeholder(who)
        st.chat_input(
            placeholder,
            key=self.box,
            accept_file="multiple" if self.takes_files else False,
            file_type=list(attachments.TYPES),
            on_submit=self.submit,
            disabled=placeholder != self.ready,
        )

    def submit(self) -> None:
        """Send what was typed, with the pictures that were attached."""
        given = st.session_state[self.box]
        text, files = (given.text, given.files) if self.takes_files and given else (given or "", [])
        if text.strip() or files:
            self.send(text if text.strip() else LOOK, files)
        else:
            st.toast("Type a message first: this one has only spaces.")

    def send(self, text: str, files: Sequence[BinaryIO] = ()) -> None:
        """Start the answer to `text` and redraw only its slot; on an error the text goes back into the box."""
        try:
            generation = self._start(text, files)
        except ChatError as error:
            self.view.problem = error
            st.session_state[self.box] = text
            return
        self.sent()
        self._show(generation.turn)

    def retry(self, message: StoredMessage) -> None:
        """Ask again for an answer that failed or was stopped; its slot is redrawn."""
        view, parley = self.view, runtime.current()
        try:
            who, limit = answerer.require(view), parley.settings.max_generations
            turn = generations.retry(
                mine.chats(), who.client, message, who.choice, purpose=view.purpose, limit=limit
            ).turn
        except ChatError as error:
            st.toast(problems.sentences(error))
            return
        view.turns = [turn if each.user_id == turn.user_id else each for each in view.turns]

    def stop(self) -> None:
        """End the answer that is being written, and redraw its slot."""
        view = self.view
        generation = generations.find(mine.scope(), view.conversation_id) if view.conversation_id else None
        if generation is None:
            return
        generation.stop()
        if generation.turn in view.turns:
            self._redraw([view.slot(view.turns.index(generation.turn))])

    def _problem(self) -> None:
        """Show why a prompt was not sent, in a place that is always there.

        Where elements come and go before the input box, the browser may make it anew, and what was typed is lost.
        """
        place = st.empty()
        if self.view.problem:
            with place.container():
                problems.show(self.view.problem)

    def _placeholder(self, who: Answerer | None) -> str:
        if who is None:
            return "No model answers yet"
        self.view.waits = nextgpt_form.wanted(who)
        return nextgpt_form.PLACEHOLDERS.get(self.view.waits, self.ready)

    def _start(self, text: str, files: Sequence[BinaryIO]) -> Generation:
        parley, who = runtime.current(), answerer.require(self.view)
        return generations.start(
            mine.chats(),
            who.client,
            Message("user", text, self.images(files, who.model)),
            who.choice,
            conversation_id=self.view.conversation_id,
            purpose=self.view.purpose,
            limit=parley.settings.max_generations,
        )

    def _show(self, turn: Turn) -> None:
        """Redraw the next slot, and after a first prompt the sidebar's newcomer; the whole page if it has to be."""
        view = self.view
        changed = [] if view.conversation_id else [sidebar.KEY]
        if view.conversation_id is None:
            view.conversation_id, view.newcomer = turn.conversation_id, True
            st.query_params["c"] = turn.conversation_id
        had_problem, view.problem = view.problem, None
        if len(view.turns) < SLOTS and not had_problem and self.takes_files:
            view.turns.append(turn)
            self._redraw([*changed, view.slot(len(view.turns) - 1)])

    def _redraw(self, keys: list[str]) -> None:
        """Redraw these places only; the whole page if it is just being drawn, or they are not there yet."""
        if self.view.is_steady:
            with suppress(StreamlitAPIException):
                st.rerun(keys)


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
