"""The input box, the Stop button beside it, and what pressing either does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import BinaryIO

import streamlit as st
from streamlit.errors import StreamlitAPIException

from lib import generations, runtime
from lib.errors import ChatError
from lib.generations import Generation
from lib.local.model import LocalModel
from lib.messages import Image, LinkedImage, Message
from lib.store import StoredMessage, Turn
from lib.ui import mine, parts, problems
from lib.ui.chat import answerer, attachments, model_menu, nextgpt_form, parameters
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import SLOTS, Asked, View
from lib.ui.markdown import plain
from lib.ui.parts import Place

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

    @property
    def key(self) -> str:
        """The key of the input box as it is now."""
        return f"{self.box}-{self.view.boxes}" if self.view.boxes else self.box

    def images(self, files: Sequence[BinaryIO], model: str) -> tuple[Image | LinkedImage, ...]:
        """Return the images of the next prompt as they are sent to `model`. Raises ImageError."""
        return attachments.images(files, model) if files else ()

    def sent(self) -> None:
        """Note that a prompt has been stored, with its images."""

    def draw(self, who: Answerer | None) -> None:
        """Draw the input box, what answers, Stop (seen only while an answer comes), and why a prompt was not sent."""
        self.settle()
        with st.bottom:
            self._problem()
            st.button("Stop", key="stop", shortcut="Escape", on_click=self.stop)
            _state_of_the_model()
            with st.container(key="choices", horizontal=True, vertical_alignment="center", gap="small"):
                model_menu.draw(self.view, who)
                parameters.draw(self.view, who)
                nextgpt_form.draw_new(self.view)
            # A fragment of its own: what is typed makes the browser look at this one again, not at the whole page.
            st.fragment(self._box)(self._placeholder(who))

    def _box(self, placeholder: str) -> None:
        st.chat_input(
            placeholder,
            key=self.key,
            accept_file="multiple" if self.takes_files else False,
            on_submit=self.submit,
            disabled=placeholder != self.ready,
        )

    def submit(self) -> None:
        """Send what was typed, with the pictures that were attached."""
        given = st.session_state[self.key]
        text, files = (given.text, given.files) if self.takes_files and given else (given or "", [])
        if text.strip() or files:
            self.send(text if text.strip() else LOOK, files, typed=text)
            st.rerun()
        else:
            st.toast("Type a message first: this one has only spaces.")

    def send(self, text: str, files: Sequence[BinaryIO] = (), typed: str | None = None) -> None:
        """Send `text`, and have the next slot draw it meanwhile; where there is none, the whole page.

        Files and long texts are drawn from what is stored, so after that. On an error what was `typed`, if that is not
        the text itself, goes back into the box.
        """
        self.settle()  # one after the other, however fast they are typed
        view, typed = self.view, text if typed is None else typed
        number, has_slot = len(view.turns), self.takes_files and not view.problem and len(view.turns) < SLOTS
        try:
            view.asked = Asked(text, _soon(self._beginning(text, files)), typed)
        except ChatError as error:
            self._refuse(typed, error)
            return
        if (files or parts.following(text, Place())) and self.settle() is None:
            return
        if has_slot:
            self._redraw([view.slot(number)])

    def settle(self) -> Generation | None:
        """Wait until what was sent is stored, and return its answer; None if nothing was, or it was refused."""
        view = self.view
        asked, view.asked = view.asked, None
        if asked is None:
            return None
        try:
            generation = asked.answer.result()
        except ChatError as error:
            self._refuse(asked.typed, error)
            return None
        self.sent()
        self._note(generation.turn)
        return generation

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
        if all(each.user_id != turn.user_id for each in view.turns):
            view.anew()
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

    def _beginning(self, text: str, files: Sequence[BinaryIO]) -> Callable[[], Generation]:
        """Return what stores a prompt and asks for its answer. Raises ChatError if nobody may be asked."""
        parley, who = runtime.current(), answerer.require(self.view)
        return partial(
            generations.start,
            mine.chats(),
            who.client,
            Message("user", text, self.images(files, who.model)),
            who.choice,
            conversation_id=self.view.conversation_id,
            purpose=self.view.purpose,
            limit=parley.settings.max_generations,
        )

    def _refuse(self, typed: str, error: ChatError) -> None:
        """Say why nothing was sent, and put what was typed back: the browser would overlook the same a second time."""
        view = self.view
        view.problem = error
        view.boxes += typed == view.returned
        view.returned = st.session_state[self.key] = typed

    def _note(self, turn: Turn) -> None:
        """Note what is on the page now: another turn, in a conversation that may have begun with it."""
        view = self.view
        view.problem = None
        view.turns.append(turn)
        if view.conversation_id is None:
            view.conversation_id, view.newcomer = turn.conversation_id, True
            st.query_params["c"] = turn.conversation_id

    def _redraw(self, keys: list[str]) -> None:
        """Redraw these places only; the whole page if it is just being drawn, or they are not there yet."""
        if self.view.is_steady:
            with suppress(StreamlitAPIException):
                st.rerun(keys)


def _soon(begin: Callable[[], Generation]) -> Future[Generation]:
    """Call `begin` in a thread of its own: no click and no closed tab ends that, as they end a run of the page."""
    answer: Future[Generation] = Future()

    def run() -> None:
        try:
            answer.set_result(begin())
        except BaseException as error:  # noqa: BLE001 - who waits for the answer raises it
            answer.set_exception(error)

    threading.Thread(target=run, name="asking", daemon=True).start()
    return answer


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
