"""A key for one endpoint and this browser session."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from lib.config import Endpoint
from lib.errors import ConfigError
from lib.ui import problems
from lib.ui.endpoints import session
from lib.ui.markdown import plain


def draw(endpoint: Endpoint) -> None:
    """Draw the menu with the form. Streamlit would leave it open after use, and the key in it: then it is another."""
    with st.popover("Key", key=_fresh("key-menu", endpoint)):
        _form(endpoint)
        if session.origin(endpoint) == "this browser session":
            st.button("Forget it", key=_state("forget", endpoint), on_click=_forget, args=(endpoint,))
        if problem := st.session_state.get(_state("key-problem", endpoint)):
            problems.show(problem)


def _form(endpoint: Endpoint) -> None:
    host = plain(urlsplit(endpoint.base_url).netloc)
    with st.form(_state("key-form", endpoint), border=False):
        label, key = "Key for this browser session", _fresh("key", endpoint)
        st.text_input(label, key=key, type="password", autocomplete="off")
        st.caption(f"It is kept in memory until you reload or close the page, and sent to {host} only.")
        st.form_submit_button("Use this key", on_click=_give, args=(endpoint,))


def _give(endpoint: Endpoint) -> None:
    try:
        session.give_key(endpoint, st.session_state[_fresh("key", endpoint)])
    except ConfigError as error:
        st.session_state[_state("key-problem", endpoint)] = error
    else:
        _close(endpoint)


def _forget(endpoint: Endpoint) -> None:
    session.drop_key(endpoint)
    _close(endpoint)


def _close(endpoint: Endpoint) -> None:
    st.session_state.pop(_state("key-problem", endpoint), None)
    times = _state("key-times", endpoint)
    st.session_state[times] = st.session_state.get(times, 0) + 1


def _fresh(what: str, endpoint: Endpoint) -> str:
    return f"{_state(what, endpoint)}-{st.session_state.get(_state('key-times', endpoint), 0)}"


def _state(what: str, endpoint: Endpoint) -> str:
    return f"{what}-{endpoint.name}"
