"""The input box, the Stop button beside it, and what pressing either does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

import streamlit as st
from streamlit.errors import StreamlitAPIException

from lib import generations, runtime
from lib.errors import ChatError, StoreError
from lib.local.model import LocalModel
from lib.messages import Image, LinkedImage, Message
from lib.store import StoredMessage, Turn
from lib.ui import mine, problems, uploads
from lib.ui.chat import (
    answerer,
    attachments,
    files,
    meter,
    model_menu,
    nextgpt_form,
    parameters,
    prompts,
    temporary_choice,
    vision_warning,
)
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.queue import Queue
from lib.ui.chat.view import SLOTS, View
from lib.ui.markdown import plain
from lib.ui.streamlit_internals import send_drawn


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
        self.queue = Queue(view, self._note)
        self._meter: meter.Meter | None = None

    @property
    def key(self) -> str:
        """The key of the input box as it is now."""
        return f"{self.box}-{self.view.boxes}" if self.view.boxes else self.box

    def images(self, files: Sequence[BinaryIO], model: str) -> tuple[Image | LinkedImage, ...]:
        """Return the images of the next prompt as they are sent to `model`. Raises ImageError."""
        return attachments.images(files, model) if files else ()

    def message(self, text: str, given: Sequence[BinaryIO], model: str) -> Message:
        """Return the next prompt as it is sent to `model`. Raises ImageError, DocumentError."""
        pictures, others = files.told_apart(given)
        said = files.message(text, others, model)
        return replace(said, images=(*self.images(pictures, model), *said.images))

    def sent(self) -> None:
        """Note that a prompt has been stored, with its images."""

    def draw(self, who: Answerer | None, then: Callable[[int], object]) -> None:
        """Draw the input box, what answers, Stop (seen only while an answer comes), and why a prompt was not sent.

        A prompt that is sent is a turn, which `then` draws in its slot, in the same run; also what that run interrupts.
        """
        self.view.due = None
        prompts.arrive(self.insert)
        self._arrive()
        with st.bottom:
            self._problem()
            if self.takes_files and who:
                with st.container(key="before-pictures"):  # seen when a picture is about to be attached
                    vision_warning.draw(self.view, who)
            st.button("Stop", key="stop", shortcut="Escape", on_click=self.stop)
            _state_of_the_model(self.view)
            if self.takes_files:
                files.weigh(who)
            temporary_choice.tell(self.view)
            _soon(self.view, who)
            with st.container(key="choices", horizontal=True, vertical_alignment="center", gap="small"):
                model_menu.draw(self.view, who)
                parameters.draw(self.view, who)
                prompts.draw(self.insert)
                self._draw_meter(who)
                nextgpt_form.draw_new(self.view)
                temporary_choice.draw(self.view)
            # A fragment of its own: what is typed makes the browser look at this one again, not at the whole page.
            st.fragment(self._box)(self._placeholder(who), then)
            prompts.offer(self.insert)
        prompts.ask(self.insert)

    def _box(self, placeholder: str, then: Callable[[int], object]) -> None:
        self.queue.draw()
        st.chat_input(
            placeholder,
            key=self.key,
            accept_file="multiple" if self.takes_files else False,
            max_upload_size=uploads.PICTURE,
            on_submit=self.submit,
            disabled=placeholder != self.ready,
        )
        if self.view.due is not None:
            then(self.view.due)

    def submit(self) -> None:
        """Send what was typed, with the pictures that were attached; the next slot is due, or else the whole page."""
        send_drawn()  # that a part begins: the browser goes through the page while the prompt is stored
        given = st.session_state[self.key]
        text, added = (given.text, given.files) if self.takes_files and given else (given or "", [])
        if not text.strip() and not added:
            st.toast("Type a message first: this one has only spaces.")
            return
        if not added and prompts.typed(text, self.insert):
            st.rerun()
        number, begins = len(self.view.turns), self.view.temporary and self.view.conversation_id is None
        has_slot = self.takes_files and not begins and not self.view.problem and self.view.is_steady
        is_asked = self.send(text if text.strip() else files.question(added), added, typed=text)
        if not has_slot or (is_asked and number >= SLOTS):
            st.rerun()
        if is_asked:  # or else what this run interrupts goes on: an answer that the prompt waits for
            self.view.due = number

    def send(self, text: str, given: Sequence[BinaryIO] = (), typed: str | None = None) -> bool:
        """Store `text` and ask for its answer; return whether it is: it may have to wait for the end of another one.

        On an error the whole page says why, and what was `typed`, if that is not the text itself, is in the box again.
        """
        view, parley = self.view, runtime.current()
        try:
            who = answerer.require(view)
            prompt = self.message(text, given, who.model)
            if prompt.images:
                vision_warning.refuse(who)
            generation = self.queue.ask(who, prompt, parley.settings.max_generations)
        except ChatError as error:
            self._refuse(text if typed is None else typed, error)
            st.rerun()
        self.sent()
        view.problem = view.taken = None
        if generation:
            self._note(generation.turn)
        return generation is not None

    def _draw_meter(self, who: Answerer | None) -> None:
        if self.takes_files and who:
            self._meter = meter.Meter(self.view, who)
            self._meter.draw()

    @property
    def make_room(self) -> Callable[[], None] | None:
        """What lets the person choose what stays out of the next call; None where that is not to be chosen."""
        return self._meter.open if self._meter else None

    def measure(self, answer: StoredMessage | None) -> None:
        """Say beside the model what the last call came to, whose answer may be known."""
        if self._meter:
            self._meter.tell(answer)

    def fill(self, text: str) -> None:
        """Put the beginning of a prompt into the box, to be gone on with; the whole page brings it there."""
        st.session_state[self.key] = text
        st.rerun()

    def insert(self, text: str) -> None:
        """Put a text into the box, in the run that follows: the browser would overlook the same a second time."""
        view = self.view
        view.boxes += text == view.returned
        view.returned = st.session_state[self.key] = text

    def retry(self, message: StoredMessage) -> None:
        """Ask again for an answer that failed or was stopped; its slot is redrawn, or all if it is not the last."""
        view, parley = self.view, runtime.current()
        try:
            who, limit = answerer.require(view), parley.settings.max_generations
            turn = generations.retry(
                mine.chats(), who.client, message, who.choice, purpose=view.purpose, limit=limit
            ).turn
        except ChatError as error:
            st.toast(problems.sentences(error))
            return
        if view.turns and view.turns[-1].user_id == turn.user_id:
            view.turns[-1] = turn
        else:
            view.anew()
            st.rerun()

    def stop(self) -> None:
        """End the answer that is being written, and redraw its slot."""
        view = self.view
        generation = generations.follow(mine.chats(), view.conversation_id) if view.conversation_id else None
        if generation is None:
            return
        generation.stop()
        if generation.turn in view.turns and view.is_steady:
            with suppress(StreamlitAPIException):  # the whole page, if that slot is not there yet
                st.rerun([view.slot(view.turns.index(generation.turn))])

    def _arrive(self) -> None:
        """Put what the address has for the box into it."""
        if asked := self.view.asked:
            self.view.asked = ""
            self.insert(asked)

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

    def _refuse(self, typed: str, error: ChatError) -> None:
        """Say why nothing was sent, and put what was typed back."""
        self.view.problem = error
        self.insert(typed)

    def _note(self, turn: Turn) -> None:
        """Note what is on the page now: another turn, in a conversation that may have begun with it."""
        view = self.view
        view.turns.append(turn)
        if view.conversation_id is None:
            view.start(turn.conversation_id)
            if view.project:
                mine.chats().move(turn.conversation_id, view.project.id)


def _soon(view: View, who: Answerer | None) -> None:
    """Tell what comes to its end: what is left of budgets, and that a conversation goes."""
    _left(who)
    _ends(view)


def _left(who: Answerer | None) -> None:
    """Tell what is left of budgets, in a place that is always there; where the database fails, the page says so."""
    if runtime.current().settings.budgets:
        from lib.ui.chat import allowance  # few have any

        place = st.empty()
        with place.container(), suppress(StoreError):
            allowance.tell(who)


def _ends(view: View) -> None:
    """Tell that a conversation goes soon, in a place that is always there."""
    if runtime.current().settings.conversation_days:
        from lib.ui.chat import retention  # few have it

        place = st.empty()
        with place.container(), suppress(StoreError):
            retention.tell(view.conversation_id)


def _state_of_the_model(view: View) -> None:
    local = runtime.current().local
    if local and local.state == "failed":
        st.error(plain(local.detail), icon=":material/error:")
    elif local and local.state != "ready":
        _await_model(local, view)


@st.fragment(run_every=0.5)
def _await_model(local: LocalModel, view: View) -> None:
    """Say how far the embedded model is; draw the page anew when that is decided."""
    view.hold()
    if local.state in ("ready", "failed"):
        st.rerun()
    st.caption(plain(local.detail))
