"""Messages on the page: a window of the conversation, and the turns added since."""

from __future__ import annotations

import streamlit as st

from lib import generations, runtime
from lib.store import StoredMessage, Turn
from lib.ui.chat import attachments, composer, footer, stream, welcome
from lib.ui.chat.view import SLOTS, WINDOW, View, fresh
from lib.ui.markdown import blocks
from lib.ui.numbers import count

AVATARS = {"user": ":material/person:", "assistant": ":material/chat_bubble:"}
PROMPT_LIMIT = 20_000


def draw(view: View) -> None:
    """Draw the last messages, then the slot of the next turn; a running answer is followed there."""
    drawn = view.begin(_running(view))
    with fresh("history", wipe=not drawn):
        _history(view)
    with fresh("turns"):
        _declare(0, view)
    view.touch()


def _running(view: View) -> list[Turn]:
    generation = generations.find(view.conversation_id) if view.conversation_id else None
    return [generation.turn] if generation else []


def _history(view: View) -> None:
    if view.conversation_id is None:
        return
    store = runtime.current().store
    messages = store.messages(view.conversation_id, limit=view.window + 2)
    live = {number for turn in view.turns for number in (turn.user_id, turn.message_id)}
    settled = [message for message in messages if message.id not in live]
    if len(settled) > view.window:
        st.button("Load earlier", key="earlier", type="tertiary", on_click=_load_earlier, args=(view,))
    for message in settled[-view.window :]:
        _message(message, view, last=message is messages[-1])


def _load_earlier(view: View) -> None:
    view.window += WINDOW


def _message(message: StoredMessage, view: View, *, last: bool) -> None:
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if message.reasoning:
            with st.expander("Reasoning"):
                _text(message.reasoning)
        if message.images:
            attachments.draw(message, view.place.width)
        _text(_shortened(message))
        if message.role == "assistant":
            footer.draw(message, on_retry=composer.retry if last else None, args=(view, message))
            _below(message, view)


def _shortened(message: StoredMessage) -> str:
    """Return a prompt as it is shown: one of a megabyte would hold up the browser for seconds."""
    left = len(message.text) - PROMPT_LIMIT
    if message.role == "assistant" or left <= 0:
        return message.text
    return f"{message.text[:PROMPT_LIMIT]} … and {count(left)} more characters"


def _text(text: str) -> None:
    for block in blocks(text):
        stream.draw_block(block)


def _declare(number: int, view: View) -> None:
    st.fragment(_slot, key=view.slot(number))(number, view)


def _slot(number: int, view: View) -> None:
    if number == 0:
        _greet(view)
    if number >= len(view.turns):
        return
    view.touch()
    _turn(view.turns[number], view)
    if number + 1 < SLOTS:
        _declare(number + 1, view)
    view.touch()


def _greet(view: View) -> None:
    if view.conversation_id is None:
        (view.place.greet or welcome.draw)(view)
    else:
        st.empty()  # takes the place of the welcome, at once


def _turn(turn: Turn, view: View) -> None:
    store, generation = runtime.current().store, generations.find(turn.conversation_id)
    if prompt := store.message(turn.user_id):
        _message(prompt, view, last=False)
    if generation and generation.turn == turn:
        _follow(generation, view)
    elif answer := store.message(turn.message_id):
        _message(answer, view, last=True)


def _follow(generation: generations.Generation, view: View) -> None:
    with st.chat_message("assistant", avatar=AVATARS["assistant"]):
        stream.follow(generation)
        if generation.unsaved:
            st.warning(f"{generation.unsaved} This answer is not stored yet; Parley keeps trying while it runs.")
        elif answer := runtime.current().store.message(generation.turn.message_id):
            footer.draw(answer, on_retry=composer.retry, args=(view, answer))
            _below(answer, view)


def _below(answer: StoredMessage, view: View) -> None:
    if view.place.below:
        view.place.below(answer)
