"""What the visitor of a link sees: one conversation to read. There is nothing else on the page, and no way from it."""

from __future__ import annotations

import json

import streamlit as st

from lib import dates, runtime
from lib.model_choice import Parameters
from lib.store import StoredImage, StoredMessage, Visit
from lib.ui import clock, navigation, parts, problems
from lib.ui.chat import stream
from lib.ui.markdown import blocks, plain, typed
from lib.ui.numbers import many
from lib.ui.theme import AVATARS

WINDOW = 40  # messages that are drawn at once
SHOWN = "shared-shown"
WIDTH = 280  # pixels of a picture


def draw() -> None:
    """Draw the conversation of the link in the address, or that there is none."""
    with problems.shown():
        visit = runtime.current().store.visitors.visit(navigation.token())
        if visit is None:
            _nothing()
        else:
            _visit(visit)


def _nothing() -> None:
    """Say the same of a link that was guessed, has expired or was revoked."""
    st.title("Not found", anchor=False)
    st.caption("There is nothing at this address, or not any more.")


def _visit(visit: Visit) -> None:
    share = visit.share
    st.set_page_config(page_title=navigation.title(of=share.title))
    st.title(plain(share.title), anchor=False)
    st.caption(
        f"Shared on {dates.day(clock.local(share.created_at))}, to read only · {many(len(visit.messages), 'message')}"
    )
    if share.with_params and (system := _system(visit)):
        with st.expander("System prompt"):
            st.code(system, language=None, wrap_lines=True)
    shown = st.session_state.setdefault(SHOWN, WINDOW)
    for message in visit.messages[:shown]:
        _message(visit, message)
    if len(visit.messages) > shown:
        st.button("Show more", key="shared-more", type="tertiary", on_click=_show_more)


def _show_more() -> None:
    st.session_state[SHOWN] += WINDOW


def _system(visit: Visit) -> str:
    """Return the system prompt of the last answer."""
    asked = [message.params for message in visit.messages if message.role == "assistant"]
    return Parameters.load(asked[-1]).system if asked else ""


def _message(visit: Visit, message: StoredMessage) -> None:
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if message.reasoning:
            with st.expander("Reasoning"):
                _text(message.reasoning, message, "reasoning")
        for image in message.images:
            _image(visit, image)
        _text(message.typed, message, "text")
        for file in message.files:
            with st.expander(plain(file.name, 60), icon=":material/description:"):
                _cut(message.text[file.begin : file.end])
        if message.role == "assistant":
            st.caption(_figures(visit, message))


def _text(text: str, message: StoredMessage, name: str) -> None:
    for block in (typed if message.role == "user" else blocks)(parts.part(text, parts.Place())):
        stream.draw_block(block)
    if parts.following(text, parts.Place()):
        key, data = f"shared-{name}-{message.id}", text.encode("utf-8", "replace")
        st.download_button(
            "Download all", data, f"{name}.md", "text/markdown", key=key, type="tertiary", on_click="ignore"
        )


def _cut(text: str) -> None:
    st.code(stream.as_written(text[: parts.MAX_CHARACTERS]), language=None, wrap_lines=True, height=420)


def _image(visit: Visit, image: StoredImage) -> None:
    content = runtime.current().store.visitors.image(visit, image.id) if image.id else None
    if content:
        st.image(content.content, width=WIDTH, alt="An attached picture")
    else:
        st.caption(plain(image.url or "This picture is not kept any more.", 120))


def _figures(visit: Visit, message: StoredMessage) -> str:
    """Return which model answered, and with `with_params` what it was asked for with."""
    model = plain(message.served_model or message.model or "unknown model", 60)
    ended = [] if message.state == "completed" else [plain(message.error or message.state)]
    chosen = {**json.loads(message.params or "{}")} if visit.share.with_params else {}
    chosen.pop("system", None)
    return " · ".join(
        [model, *ended, *(f"{plain(name)} {plain(json.dumps(value), 80)}" for name, value in chosen.items())]
    )
