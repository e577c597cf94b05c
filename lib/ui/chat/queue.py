"""Prompts that wait for the end of an answer: shown above the input box, to be edited, sent now or taken back.

The engine sends them, be a page open or not. Here is what the person does with them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import generations, runtime
from lib.errors import BusyError, ChatError, StoreError
from lib.generations import Generation
from lib.messages import Message
from lib.store import Queued, Turn
from lib.ui import mine, problems
from lib.ui.chat import answerer
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.markdown import plain
from lib.ui.numbers import many
from lib.ui.streamlit_internals import emptied, fresh

SHOWN = 400  # characters of a prompt that waits
OF_A_ROW = 3  # that stand behind these two: until the answer is whole they would be there, and do nothing
END_SECONDS = 2.0  # that an answer may take from its last word to its end
GONE = StoreError("This prompt was sent or taken back already.", hint="Load the page again.")
LOST = StoreError(str(GONE), hint="Copy what you typed before you load the page again.")


class Queue:
    """What waits in the conversation of a page. `sent` is called with the turn of one that the person sends."""

    def __init__(self, view: View, sent: Callable[[Turn], object]) -> None:
        self._view = view
        self._sent = sent

    def ask(self, who: Answerer, prompt: Message, limit: int) -> Generation | None:
        """Return the answer that is asked for; None where the prompt waits for the end of another one.

        Raises what `generations.start` raises.
        """
        view = self._view
        about: dict[str, Any] = {"conversation_id": view.conversation_id, "purpose": view.purpose}
        about["temporary"] = view.temporary
        start = partial(generations.start, mine.chats(), who.client, prompt, who.choice, **about)
        try:
            return start(limit=limit)
        except BusyError:
            if self._add(who, prompt):
                return None
        self._settle()
        return start(limit=limit)

    def _add(self, who: Answerer, prompt: Message) -> bool:
        view, id = self._view, self._view.conversation_id
        about: dict[str, Any] = {"purpose": view.purpose, "allow": who.allow}
        args = (mine.chats(), who.client, prompt, who.choice)
        return id is not None and generations.queue(*args, conversation_id=id, **about)

    def _settle(self) -> None:
        """Wait for an answer that is stored, but not over."""
        id = self._view.conversation_id
        if running := generations.follow(mine.chats(), id) if id else None:
            running.wait(END_SECONDS)

    def draw(self) -> None:
        """Draw what waits, in a place that is always there (see the composer's), and emptied at once of what waited.

        While a prompt is edited it is not: what is typed there, and not sent, is in the browser alone.
        """
        rewording = self._view.rewording
        with fresh("queue", rewording.id) if rewording else emptied():
            id = None if self._view.is_new else self._view.conversation_id  # nothing waits in what has just begun
            waiting = mine.chats().queued(id) if id else []
            self._view.waiting = frozenset(each.id for each in waiting)
            if waiting or self._view.taken or self._view.rewording:
                with st.container(key="queue", gap=None), problems.shown():
                    self._rows(waiting)

    def has_moved(self) -> bool:
        """Return whether a prompt that is shown as waiting does not wait any more: it went out after it was drawn."""
        id, shown = self._view.conversation_id, self._view.waiting
        if id is None or not shown:
            return False
        return not shown <= {each.id for each in mine.chats().queued(id)}

    def _rows(self, waiting: list[Queued]) -> None:
        for number, each in enumerate(waiting):
            self._row(each, "After that" if number else "Goes out next", is_due=_is_due(each))
        self._lost(waiting)
        self._undo()

    def _row(self, waiting: Queued, when: str, *, is_due: bool) -> None:
        if self._view.rewording and self._view.rewording.id == waiting.id:
            self._editor(waiting)
            return
        beside = (waiting.images, "picture"), (len(waiting.files), "file")
        about = "".join(f" · {many(number, name)}" for number, name in beside if number)
        with st.container(key=f"queued-{waiting.id}", horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{plain(waiting.typed, SHOWN)}{about}", width="stretch")
            if is_due:
                with st.container(key=f"due-{waiting.id}", width="content"):
                    st.caption(when, width="content")
            with _row(f"held-{waiting.id}" if is_due else f"free-{waiting.id}"):
                st.caption("Waits for you", width="content")
                self._button(waiting, "send-queued", "Send", "arrow_upward", "Send", self._send)
            self._button(waiting, "edit-queued", "Edit", "edit", "Edit", self._edit)
            self._button(waiting, "take-back", "Take back", "close", "Take back", self._take_back)

    def _button(
        self, waiting: Queued, name: str, label: str, icon: str, tip: str, do: Callable[[Queued], object]
    ) -> None:
        about: dict[str, Any] = {"icon": f":material/{icon}:", "help": tip, "type": "tertiary"}
        st.button(label, key=f"{name}-{waiting.id}", on_click=_tell, args=(partial(do, waiting),), **about)

    def _editor(self, waiting: Queued) -> None:
        key = f"requeue-{waiting.id}"
        st.session_state.setdefault(key, waiting.typed)
        with st.container(key=f"editor-queued-{waiting.id}", horizontal=True, vertical_alignment="center", gap="small"):
            submit = partial(self._reword, waiting, key)
            st.chat_input("Ask something else", key=key, on_submit=_tell, args=(submit,))
            leave = partial(self._leave, waiting)
            st.button("Cancel", key=f"cancel-queued-{waiting.id}", type="tertiary", on_click=_tell, args=(leave,))
            for _ in range(OF_A_ROW):
                st.empty()

    def _lost(self, waiting: list[Queued]) -> None:
        """Keep the box with what is typed in it where its prompt was sent or taken back elsewhere, and say so."""
        edited = self._view.rewording
        if edited and edited.id not in {each.id for each in waiting}:
            self._editor(edited)
            st.caption(problems.sentences(LOST))

    def _edit(self, waiting: Queued) -> None:
        """Begin to edit a prompt, which is held meanwhile."""
        if not mine.chats().hold(waiting.id):
            raise GONE
        self._view.rewording = waiting
        st.session_state.pop(f"requeue-{waiting.id}", None)

    def _leave(self, waiting: Queued) -> None:
        self._view.rewording = None
        mine.chats().tie(waiting)

    def _reword(self, waiting: Queued, key: str) -> None:
        text = st.session_state[key] or ""
        st.session_state[key] = text  # stays in the box where it cannot be asked
        if not text.strip():
            raise ChatError("Type a message first: this one has only spaces.")
        if not mine.chats().reword(waiting, text):
            raise LOST
        self._view.rewording = None
        self._send(waiting)

    def _send(self, waiting: Queued) -> None:
        """Send a prompt that waits, or have it be the next where an answer is being written."""
        if mine.chats().tie(waiting):
            return
        who, limit = answerer.require(self._view), runtime.current().settings.max_generations
        self._sent(generations.send_queued(mine.chats(), who.client, waiting, who.choice, limit=limit).turn)
        self._view.anew()
        st.rerun()

    def _take_back(self, waiting: Queued) -> None:
        if not mine.chats().take_back(waiting.id):
            raise GONE
        self._view.taken = waiting

    def _undo(self) -> None:
        if taken := self._view.taken:
            with st.container(key="queue-undo", horizontal=True, vertical_alignment="center", gap="small"):
                st.caption("Taken back", width="content")
                put_back = partial(self._put_back, taken)
                st.button("Undo", key="put-queued-back", type="tertiary", on_click=_tell, args=(put_back,))

    def _put_back(self, taken: Queued) -> None:
        mine.chats().take_back(taken.id, on=False)
        mine.chats().tie(taken)
        self._view.taken = None


def _is_due(waiting: Queued) -> bool:
    """Return whether a prompt goes out by itself: the answer that it waits for is being written."""
    before = mine.chats().message(waiting.after_id) if waiting.after_id else None
    return before is not None and before.state == "streaming"


def _row(key: str) -> DeltaGenerator:
    return st.container(key=key, horizontal=True, vertical_alignment="center", gap="small", width="content")


def _tell(do: Callable[[], object]) -> None:
    """Do something; say why where that cannot be done."""
    try:
        do()
    except ChatError as error:
        st.toast(problems.sentences(error))
