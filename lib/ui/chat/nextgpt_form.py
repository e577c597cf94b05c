"""The form that a session of a NEXTgpt use case begins with, and the way to a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import runtime
from lib.api.nextgpt import EXTENSIONS, Field, File, Schema, open_session
from lib.config import Endpoint
from lib.endpoints.catalogue import Form
from lib.errors import ChatError
from lib.model_choice import ModelChoice
from lib.ui import problems
from lib.ui.chat import model_menu
from lib.ui.chat.view import View
from lib.ui.markdown import plain

TYPES = [extension.removeprefix(".") for extension in EXTENSIONS]


# What the input box says while a prompt has to wait, by the state of the form.
PLACEHOLDERS = {"looking": "One moment …", "known": "Open a session first"}


def wanted(view: View) -> str:
    """Return why a prompt has to wait: known (the use case wants a session), looking (whether it does), or nothing."""
    state = _form(view).state
    return state if state in PLACEHOLDERS else ""


def draw(view: View) -> None:
    """Draw the form if the use case has one and no session is open."""
    form, endpoint, choice = _form(view), model_menu.endpoint(view), model_menu.current(view)
    if view.waits == "looking" or form.state == "looking":
        _await(view)  # also if it has been found out since the input box was drawn
    elif form.schema and endpoint and choice:
        _ask(view, form.schema, endpoint, choice)
    elif form.error:
        problems.show(form.error)


def draw_new(view: View) -> None:
    """Offer another session while one is open."""
    if view.choice and view.choice.session_id:
        tip = "Leave this session and fill in the form of a new one"
        st.button("New session", key="new-session", type="tertiary", help=tip, on_click=forget, args=(view,))


def forget(view: View) -> None:
    """Give up the session that is open."""
    if view.choice:
        model_menu.choose(view, replace(view.choice, session_id=None))


def _form(view: View) -> Form:
    endpoint, choice = model_menu.endpoint(view), model_menu.current(view)
    if endpoint is None or choice is None or choice.session_id:
        return Form("none")
    return runtime.current().catalogue.form(endpoint, choice.model)


@st.fragment(run_every=0.5)
def _await(view: View) -> None:
    """Say what is waited for; draw the page anew when it is known."""
    if _form(view).state != "looking":
        st.rerun()
    st.caption("Asking whether this use case wants a session …")


def _ask(view: View, schema: Schema, endpoint: Endpoint, choice: ModelChoice) -> None:
    with st.form(f"session-{choice.endpoint}-{choice.model}"):
        st.markdown(f"**{plain(schema.usecase, 60)}** wants to know this before it answers")
        given = {field.name: _draw(field) for field in schema.fields}
        if st.form_submit_button("Open the session", type="primary"):
            _open(view, schema, endpoint, choice, given)


def _open(view: View, schema: Schema, endpoint: Endpoint, choice: ModelChoice, given: Mapping[str, Any]) -> None:
    files = {field.name: _files(given[field.name]) for field in schema.fields if field.kind in ("file", "files")}
    values = {name: value for name, value in given.items() if name not in files}
    try:
        with st.spinner("Opening the session …"):
            session_id = open_session(endpoint, schema, values, files)
    except ChatError as error:
        problems.show(error)
        return
    model_menu.choose(view, replace(choice, session_id=session_id))
    st.rerun()


def _files(given: Any) -> list[File]:
    uploads = given if isinstance(given, list) else [given]
    return [(upload.name, upload.getvalue()) for upload in uploads if upload is not None]


def _draw(field: Field) -> Any:
    """Draw one field and return its value; labels are markdown, so the endpoint's words are made plain."""
    label = plain(field.title, 80) + ("" if field.required else " (optional)")
    key, help = f"session-{field.name}", plain(field.description, 400) or None
    if field.kind in ("file", "files"):
        return st.file_uploader(label, type=TYPES, accept_multiple_files=field.kind == "files", key=key, help=help)
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
