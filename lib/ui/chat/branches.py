"""What can be done with a message: edit it, ask again, go on from it, see what stands beside it, copy it, delete it.

Nothing of it overwrites anything: each makes another branch, and arrows lead from one to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import generations, runtime
from lib.errors import BusyError, ChatError
from lib.generations import Generation
from lib.messages import normal_finish_reason
from lib.store import StoredMessage
from lib.ui import mine, problems
from lib.ui.chat import answerer, footer
from lib.ui.chat.view import View
from lib.ui.numbers import count

ENDED = ("stopped", "incomplete", "interrupted", "failed")  # states of answers that may have a rest


MAX_NOTE = 2_000  # characters of why an answer was good or bad


class Branches:
    """The branches of the conversation on a page. `look` at messages before they are drawn.

    What changes a prompt, takes it away or leads elsewhere is only for one that is `alone` there: lanes have the same
    prompts, side by side.
    """

    def __init__(self, view: View, *, alone: bool = True) -> None:
        self._view = view
        self._alone = alone
        self._beside: dict[int, tuple[int, ...]] = {}

    def look(self, messages: Iterable[StoredMessage]) -> None:
        """Find out what stands beside these messages, in one question."""
        self._beside |= mine.chats().siblings(messages)

    def draw(self, message: StoredMessage, *, last: bool) -> None:
        """Draw what can be done with a message, quietly but for the `last`."""
        with _row(f"under-{message.id}" if message.role == "user" else f"below-{message.id}"):
            self._arrows(message)
            with _row(f"acts-{message.id}" if last else f"quiet-acts-{message.id}"):
                self._acts(message, last=last)
        if message.rating:
            self._note(message)

    def _acts(self, message: StoredMessage, *, last: bool) -> None:
        if message.role == "user" and self._alone:
            icon, key = ":material/edit:", f"edit-{message.id}"
            st.button("Edit", key=key, type="tertiary", icon=icon, on_click=self._edit, args=(message,))
        if message.role == "user":
            footer.copy(message)
        if message.role == "assistant" or last:
            self._again(message)
        if message.role == "assistant" and self._alone:
            self._button(message, "fork", "call_split", partial(self._fork, message))
        if message.role == "assistant" and message.text:
            self._thumbs(message)
        if self._alone:
            self._button(message, "delete", "delete", partial(self._remove, message))

    def _thumbs(self, message: StoredMessage) -> None:
        """Draw what the person thought of an answer; a second click takes it back."""
        for name, value in (("thumb_up", 1), ("thumb_down", -1)):
            is_on, what = message.rating == value, "good" if value > 0 else "bad"
            args = (message, None if is_on else value, message.rating_note or "")
            key, icon = f"{name.replace('_', '-')}-{message.id}", f":material/{name}:"
            with st.container(key=f"rated-{message.id}", width="content") if is_on else nullcontext():
                st.button(f"A {what} answer", key=key, type="tertiary", icon=icon, on_click=_rate, args=args)

    def _note(self, message: StoredMessage) -> None:
        """Draw where the person can say why."""
        key, about = f"note-{message.id}", "Why? Kept with the answer, for you alone"
        box: dict[str, Any] = {
            "placeholder": about,
            "label_visibility": "collapsed",
            "max_chars": MAX_NOTE,
            "width": 400,
        }
        st.text_input(about, message.rating_note or "", key=key, on_change=_rate_why, args=(message, key), **box)

    def _again(self, message: StoredMessage) -> None:
        if message.state != "failed":  # below which Retry stands
            self._button(message, "regenerate", "refresh", partial(self._ask, generations.retry, message))
        if _has_rest(message):
            self._button(message, "continue", "resume", partial(self._ask, generations.go_on, message))

    def _arrows(self, message: StoredMessage) -> None:
        """Draw where a message stands among its siblings, and the way to them."""
        beside = self._beside.get(message.id)
        if not beside:
            return
        place = beside.index(message.id)
        with _row(f"beside-{message.id}", gap=None):
            self._arrow(message, "previous", "chevron_left", beside[place - 1] if place else None)
            st.caption(f"{place + 1} / {len(beside)}", width="content")
            self._arrow(message, "next", "chevron_right", beside[place + 1] if place + 1 < len(beside) else None)

    def _arrow(self, message: StoredMessage, name: str, icon: str, to: int | None) -> None:
        self._button(message, name, icon, partial(self._show, to or message.id), off=to is None)

    def _button(
        self, message: StoredMessage, name: str, icon: str, do: Callable[[], object], *, off: bool = False
    ) -> None:
        about: dict[str, Any] = {"icon": f":material/{icon}:", "disabled": off}
        key = f"{name}-{message.id}"
        st.button(name.capitalize(), key=key, type="tertiary", on_click=self._act, args=(do,), **about)

    def _act(self, do: Callable[[], object]) -> None:
        """Do something and draw the page anew; say why where that cannot be done."""
        try:
            do()
        except ChatError as error:
            st.toast(problems.sentences(error))
            return
        self._view.anew()
        st.rerun()

    def editor(self, message: StoredMessage) -> bool:
        """Draw the box in which a prompt is edited, in the place of its text; return whether it is."""
        if message.id not in self._view.editing:
            return False
        key = f"edit-box-{message.id}"
        st.session_state.setdefault(key, message.typed)
        submit = partial(self._act, partial(self._send, message, key))
        with st.container(key=f"editor-{message.id}", horizontal=True, vertical_alignment="center", gap="small"):
            st.chat_input("Ask something else", key=key, on_submit=submit)
            st.button("Cancel", key=f"cancel-{message.id}", type="tertiary", on_click=self._leave, args=(message,))
        return True

    def _edit(self, message: StoredMessage) -> None:
        self._view.editing.add(message.id)
        st.session_state.pop(f"edit-box-{message.id}", None)

    def _leave(self, message: StoredMessage) -> None:
        self._view.editing.discard(message.id)

    def _send(self, message: StoredMessage, key: str) -> None:
        text = st.session_state[key] or ""
        st.session_state[key] = text  # stays in the box where it cannot be asked
        if not text.strip():
            raise ChatError("Type a message first: this one has only spaces.")
        self._ask(partial(generations.edit, text=text), message)
        self._leave(message)

    def _ask(self, do: Callable[..., Generation], message: StoredMessage) -> None:
        """Ask whoever answers now for something beside a message."""
        view, limit = self._view, runtime.current().settings.max_generations
        who = answerer.require(view)
        do(mine.chats(), who.client, message=message, choice=who.choice, purpose=view.purpose, limit=limit)

    def _show(self, message_id: int) -> None:
        self._check_free()
        mine.chats().show(message_id)

    def _fork(self, message: StoredMessage) -> None:
        self._check_free()
        st.query_params["c"] = mine.chats().fork(message.id)
        st.toast("This branch is a conversation of its own now.")

    def _remove(self, message: StoredMessage) -> None:
        self._check_free()
        self._view.removed = mine.chats().remove(message.id)

    def draw_undo(self) -> None:
        """Draw the way back from the last deletion, where there was one."""
        if removed := self._view.removed:
            with st.container(key="undo-messages", horizontal=True, vertical_alignment="center", gap="small"):
                st.caption("Deleted a message" if removed.count == 1 else f"Deleted {count(removed.count)} messages")
                st.button("Undo", key="put-back", type="tertiary", on_click=self._act, args=(self._put_back,))

    def _put_back(self) -> None:
        self._check_free()
        if removed := self._view.removed:
            mine.chats().put_back(removed)
            self._view.removed = None

    def _check_free(self) -> None:
        """Raise BusyError while it is answered, here or by another process."""
        if self._view.conversation_id and generations.follow(mine.chats(), self._view.conversation_id):
            hint = "Wait for the end of the answer, or press Stop."
            raise BusyError("This conversation is still being answered.", hint=hint)


def _rate(message: StoredMessage, rating: int | None, note: str) -> None:
    with problems.shown():
        mine.chats().rate(message.id, rating, note)


def _rate_why(message: StoredMessage, key: str) -> None:
    _rate(message, message.rating, st.session_state[key])


def _row(key: str, gap: Literal["small"] | None = "small") -> DeltaGenerator:
    return st.container(key=key, horizontal=True, vertical_alignment="center", gap=gap, width="content")


def _has_rest(message: StoredMessage) -> bool:
    """Return whether an answer was cut off after its first words."""
    was_cut = message.state in ENDED or normal_finish_reason(message.finish_reason) == "length"
    return message.role == "assistant" and was_cut and bool(message.text)
