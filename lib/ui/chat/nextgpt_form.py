"""The form that a session of a NEXTgpt use case begins with, and the way to a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import runtime
from lib.api.nextgpt import EXTENSIONS, Field, File, Schema, open_session
from lib.endpoints.catalogue import Form
from lib.errors import ChatError
from lib.ui import problems, uploads
from lib.ui.chat import answerer
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.markdown import plain

TYPES = [extension.removeprefix(".") for extension in EXTENSIONS]


# What the input box says while a prompt has to wait, by the state of the form.
PLACEHOLDERS = {"looking": "One moment …", "known": "Open a session first"}


def wanted(who: Answerer | None) -> str:
    """Return why a prompt has to wait: known (the use case wants a session), looking (whether it does), or nothing."""
    state = _form(who).state
    return state if state in PLACEHOLDERS else ""


def draw(view: View, who: Answerer | None) -> None:
    """Draw the form if the use case has one and no session is open."""
    form = _form(who)
    if view.waits == "looking" or form.state == "looking":
        _await(who)  # also if it has been found out since the input box was drawn
    elif form.schema and who:
        _ask(view, form.schema, who)
    elif form.error:
        problems.show(form.error)


def draw_new(view: View) -> None:
    """Offer another session while one is open."""
    if view.choice and view.choice.session_id:
        st.button("New session", key="new-session", type="tertiary", on_click=forget, args=(view,))


def forget(view: View) -> None:
    """Give up the session that is open."""
    if view.choice:
        answerer.choose(view, replace(view.choice, session_id=None))


def _form(who: Answerer | None) -> Form:
    if who is None or who.choice.session_id:
        return Form("none")
    return runtime.current().catalogue.form(who.endpoint, who.model)


@st.fragment(run_every=0.5)
def _await(who: Answerer | None) -> None:
    """Say what is waited for; draw the page anew when it is known."""
    if _form(who).state != "looking":
        st.rerun()
    st.caption("Asking whether this use case wants a session …")


def _ask(view: View, schema: Schema, who: Answerer) -> None:
    with st.form(f"session-{who.endpoint.name}-{who.model}"):
        st.markdown(f"**{plain(schema.usecase, 60)}** wants to know this before it answers")
        given = {field.name: _draw(field) for field in schema.fields}
        if st.form_submit_button("Open the session", type="primary"):
            _open(view, schema, who, given)


def _open(view: View, schema: Schema, who: Answerer, given: Mapping[str, Any]) -> None:
    files = {field.name: _files(given[field.name]) for field in schema.fields if field.kind in ("file", "files")}
    values = {name: value for name, value in given.items() if name not in files}
    try:
        with st.spinner("Opening the session …"):
            session_id = open_session(who.endpoint, schema, values, files)
    except ChatError as error:
        problems.show(error)
        return
    answerer.choose(view, replace(who.choice, session_id=session_id))
    st.rerun()


def _files(given: Any) -> list[File]:
    uploads = given if isinstance(given, list) else [given]
    return [(upload.name, upload.getvalue()) for upload in uploads if upload is not None]


def _draw(field: Field) -> Any:
    """Draw one field and return its value; labels are markdown, so the endpoint's words are made plain."""
    label = plain(field.title, 80) + ("" if field.required else " (optional)")
    key, help = f"session-{field.name}", plain(field.description, 400) or None
    if field.kind in ("file", "files"):
        several, most = field.kind == "files", uploads.PICTURE
        return st.file_uploader(label, TYPES, several, key, help, max_upload_size=most)
    if field.kind == "choice":
        index = field.choices.index(field.default) if field.default in field.choices else None
        return st.selectbox(label, field.choices, index=index, key=key, help=help, placeholder="Choose one")
    if field.kind == "boolean":
        return st.checkbox(label, value=bool(field.default), key=key, help=help)
    if field.kind == "number":
        return st.number_input(label, value=_number(field.default), key=key, help=help)
    return st.text_input(label, value=str(field.default or ""), key=key, help=help)


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) else None
