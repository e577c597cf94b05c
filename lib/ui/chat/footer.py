"""What stands under an answer: its figures in one quiet line, and what happened if it did not end well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from lib.messages import normal_finish_reason
from lib.pricing.prices import BILLION
from lib.store import StoredMessage
from lib.ui import navigation
from lib.ui.chat import extras, inspector, stream
from lib.ui.markdown import plain
from lib.ui.numbers import NO_BREAK, cost, count, kept, many, rate, seconds

DOT = f"{NO_BREAK}· "  # between figures; a narrow page breaks the line behind it
NOTES = {
    "incomplete": "The answer ended early: the endpoint closed the stream without saying that it was complete.",
    "interrupted": "Interrupted: Parley was shut down while this answer was being written. What had come is kept.",
    "streaming": "Another Parley process is writing this answer; reload the page to see how far it is.",
    "length": "Cut off: the answer reached the length limit.",
    "content_filter": "Cut off by the provider's content filter.",
    "tool_calls": "The model asked to call a tool; Parley does not run tools.",
    "function_call": "The model asked to call a function; Parley does not run functions.",
}


def draw(
    message: StoredMessage,
    on_retry: Callable[..., None],
    args: tuple[Any, ...],
    then: Callable[[], object] = lambda: None,
    make_room: Callable[[], None] | None = None,
) -> None:
    """Draw a note or an error, the row of figures and actions, and Retry where it makes sense, with `on_retry`.

    `then` draws what stands at the end of the row. `make_room` is what helps where the prompt was too long.
    """
    if message.state == "failed":
        st.error(f"{plain(message.error or 'The answer failed.')}  \n{plain(message.hint or '')}")
    elif note := _note(message):
        st.markdown(f":small[:gray[{note}]]")
    extras.draw(message)
    told = message.state == "completed" or bool(message.text)
    key = f"figures-{message.id}" if told else f"figures-none-{message.id}"
    with st.container(key=key, horizontal=True, vertical_alignment="center", gap="small"):
        if told:
            st.caption(figures(message))
        if message.text:
            copy(message)
        inspector.draw_button(message)
        then()
    if message.state in ("failed", "stopped", "interrupted", "incomplete"):
        _again(message, on_retry, args, make_room if message.error_kind == "context_length" else None)


def _again(
    message: StoredMessage, on_retry: Callable[..., None], args: tuple[Any, ...], make_room: Callable[[], None] | None
) -> None:
    with st.container(key=f"again-{message.id}", horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Retry", key=f"retry-{message.id}", icon=":material/refresh:", on_click=on_retry, args=args)
        if make_room:
            tip = "Leave out the oldest turns, or have them summed up"
            key, icon = f"make-room-{message.id}", ":material/data_usage:"
            st.button("Make room", key=key, icon=icon, help=tip, on_click=make_room)
        if message.state == "failed" and message.endpoint:
            st.page_link(navigation.endpoints(), label=f"Endpoint {plain(message.endpoint, 40)}", query_params={})


def copy(message: StoredMessage) -> None:
    """Draw Copy. What it copies is drawn for the browser alone, once it is wanted; copy.js takes it from there."""
    key, icon = f"copy-{message.id}", ":material/content_copy:"
    if st.button("Copy", key=key, type="tertiary", icon=icon):
        number = st.session_state["copies"] = st.session_state.get("copies", 0) + 1
        with st.container(key=f"as-written-{number}"):
            st.code(stream.as_written(message.typed), language=None)
        st.toast("Copied as it was written, in markdown.")


def figures(message: StoredMessage) -> str:
    """Return model, time and cost, then, as what is shown to who looks there, tokens, time to first token and speed.

    As markdown; "~" stands before what is estimated, "–" for unknown.
    """
    usage, about = message.usage, "~" if message.source == "estimated" else ""
    prompt, completion = (usage.prompt_tokens, usage.completion_tokens) if usage else (None, None)
    always = [
        plain(message.served_model or message.model or "unknown model", 40),
        seconds(message.duration_ms),
        *([] if message.cost is None else [plain(cost(message.cost / BILLION, message.currency or ""))]),
        *([many(len(message.images), "picture")] if message.images else []),
    ]
    more = [
        f"{count(prompt, about)} / {count(completion, about)} tokens",
        f"{seconds(message.ttft_ms)} to first",
        f"{rate(completion, _writing_ms(message), about)} tokens/s",
    ]
    model, *others = always
    return f"{DOT.join((model, *map(kept, others)))}{NO_BREAK}*· {DOT.join(map(kept, more))}*"


def receipt(message: StoredMessage) -> str:
    """Return what Stop did: when the connection was closed, and how many tokens had come, as one figure."""
    known = message.usage.completion_tokens if message.usage else None
    source = "usage reported" if message.source == "reported" else "usage not reported: an estimate"
    about = "" if message.source == "reported" else "~"
    came = many(message.deltas if known is None else known, "token", about=about)
    return f"Stopped: connection closed after {seconds(message.closed_ms)}, {came} received ({source})."


def _note(message: StoredMessage) -> str | None:
    if message.state == "stopped":
        return receipt(message)
    return NOTES.get(message.state) or NOTES.get(normal_finish_reason(message.finish_reason) or "")


def _writing_ms(message: StoredMessage) -> float | None:
    if message.duration_ms is None or message.ttft_ms is None:
        return None
    return message.duration_ms - message.ttft_ms
