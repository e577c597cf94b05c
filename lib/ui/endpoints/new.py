"""The form that adds an endpoint to this browser session."""

from __future__ import annotations

import re
from itertools import count
from urllib.parse import urlsplit

import streamlit as st

from lib.config import Endpoint
from lib.config.toml import stanza
from lib.config.vendors import PLAIN, PRESETS, Preset, preset
from lib.errors import HINTS, ConfigError
from lib.net.transport import is_loopback
from lib.ui import problems
from lib.ui.endpoints import checkup, session

VENDORS = {row.name: row for row in (PLAIN, *PRESETS) if row.provider != "local"}
VENDOR, URL, KEY, MODEL, NAME = "new_vendor", "new_url", "new_key", "new_model", "new_name"
PROBLEM, FORMS = "new_problem", "new_forms"
BARE = re.compile(r"[\w.-]+(:\d+)?(/.*)?", re.ASCII)  # a URL without a scheme
FORGOTTEN = "What is added here is forgotten when you reload or close the page."
KEPT = "To keep it, put these lines into `.streamlit/secrets.toml`, with your key in place of the dots."
LABELS = {"base_url": "Base URL", "api_key": "Key"}
WHERE = re.compile(rf"^({'|'.join(LABELS)}) of endpoint .*?(?=: expected )")
INVENTED = re.compile(r"[A-Z]{4}|example")  # what has to be replaced in the example of a URL


def draw(*, is_first: bool) -> None:
    """Draw the form; open if it is the first thing to do."""
    with st.expander("Add an endpoint", expanded=is_first, type="compact", key="new-endpoint"):
        _form()


def field(name: str) -> str:
    """Return the key of a field's widget.

    An empty form is another form, with other keys. What is only set to nothing comes back with the next message of a
    browser that has not heard of it yet, and a part of this page sends one several times a second.
    """
    return f"{name}-{st.session_state.get(FORMS, 0)}"


@st.fragment
def _form() -> None:
    vendor = VENDORS[st.selectbox("Vendor", list(VENDORS), key=field(VENDOR), on_change=_take_example)]
    st.text_input("Base URL", key=field(URL), live=True, on_change=_guess, placeholder=vendor.example)
    st.caption(vendor.help)
    left, right = st.columns(2)
    left.text_input("Key", key=field(KEY), type="password", autocomplete="off")
    right.text_input("Model", key=field(MODEL), placeholder="the first that it lists")
    st.text_input("Name", key=field(NAME), placeholder=_name(vendor))
    if problem := st.session_state.get(PROBLEM):
        problems.show(problem)
    st.button("Add and check", key="add", type="primary", on_click=_add)
    _lasting()


def _lasting() -> None:
    """Say what a reload forgets, and show the very lines that keep what is typed."""
    st.caption(FORGOTTEN)
    try:
        lines = stanza(_endpoint())
    except ConfigError:
        return  # there is nothing yet that could be kept
    st.caption(KEPT)
    st.code(lines, language="toml")


def _typed(name: str) -> str:
    text: str = st.session_state[field(name)]
    return text.strip()


def _take_example() -> None:
    """Fill in the URL of the vendor that was chosen, if it is the same for everybody and nothing else was typed."""
    example = VENDORS[_typed(VENDOR)].example
    if _typed(URL) in ("", *(row.example for row in VENDORS.values())):
        st.session_state[field(URL)] = "" if INVENTED.search(example) else example


def _guess() -> None:
    """Choose the vendor that the URL looks like; one that it no longer looks like is not it."""
    st.session_state[PROBLEM] = None
    found, chosen = preset(_url()), VENDORS[_typed(VENDOR)]
    if found:
        st.session_state[field(VENDOR)] = found.name
    elif chosen.pattern:
        st.session_state[field(VENDOR)] = PLAIN.name


def _name(vendor: Preset) -> str:
    """Return a free name: the vendor's, or the host's."""
    host = _host(_url()) if vendor is PLAIN else ""
    word = re.sub(r"[^a-z0-9]+", "-", (host or vendor.name).lower()).strip("-")
    names = (word if number == 1 else f"{word}-{number}" for number in count(1))
    return next(name for name in names if not session.taken(name))


def _url() -> str:
    """Return the URL that was typed, with the scheme that is usual where it has none."""
    text = _typed(URL)
    if not BARE.fullmatch(text):
        return text
    return f"http://{text}" if is_loopback(_host(f"//{text}")) else f"https://{text}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _add() -> None:
    """Add what was typed; on an error it stays in the form."""
    try:
        endpoint = _endpoint()
        session.add(endpoint)
    except ConfigError as error:
        st.session_state[PROBLEM] = _reworded(error)
        return
    st.session_state[PROBLEM] = None
    st.session_state[FORMS] = st.session_state.get(FORMS, 0) + 1
    checkup.run(session.find(endpoint.name) or endpoint)
    st.rerun()


def _reworded(error: ConfigError) -> ConfigError:
    """Return an error about a setting as one about a field of this form."""
    said = WHERE.sub(lambda match: LABELS[match[1]], str(error))
    hint = "Correct it here: nothing was sent." if error.hint == HINTS["config"] else error.hint
    return ConfigError(said, hint=hint)


def _endpoint() -> Endpoint:
    vendor = VENDORS[_typed(VENDOR)]
    return Endpoint(_typed(NAME) or _name(vendor), _url(), _typed(KEY), vendor.provider, _typed(MODEL) or None)
