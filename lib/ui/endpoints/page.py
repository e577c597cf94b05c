"""The endpoints page: each endpoint with what is known of it, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from lib import runtime
from lib.config import Endpoint
from lib.config.secrecy import shown
from lib.config.toml import stanza
from lib.errors import ConfigError
from lib.local.model import LocalModel
from lib.ui import navigation, problems
from lib.ui.endpoints import checkup, key, new, session
from lib.ui.markdown import plain

FIRST = (
    "No endpoint is configured, so a very small model on this machine answers. It is there for trying Parley out, and "
    "it makes mistakes."
)
NEXT = "To talk to a model of your choice, add its endpoint here: the base URL and the key that its vendor gave you."
LASTING = (
    "What is to last is configured: by `API_BASE_URL`, `API_KEY` and `API_MODEL`, or in `.streamlit/secrets.toml`."
)
KEEP = "It is here until you reload or close the page. To keep it, put these lines into `.streamlit/secrets.toml`."
MOVED = "This base URL is used until you reload or close the page. To keep it, put it into the configuration."
TICK = 0.5  # seconds between looks at a model that is starting


def draw() -> None:
    """Draw the endpoints, and a form to add one."""
    st.title("Endpoints", anchor=False)
    parley = runtime.current()
    may_add = parley.settings.session_endpoints
    if parley.local:
        st.caption(f"{FIRST} {NEXT}" if may_add else FIRST)
        _await(parley.local)
    for endpoint in session.endpoints():
        _section(endpoint)
    if may_add:
        new.draw(is_first=parley.local is not None)
    st.caption(LASTING)


def _await(local: LocalModel) -> None:
    """Say how far the embedded model is while it is not ready."""
    if local.state == "failed":
        st.error(plain(local.detail), icon=":material/error:")
    elif local.state != "ready":
        st.fragment(_progress, run_every=TICK)(local)


def _progress(local: LocalModel) -> None:
    if local.state in ("ready", "failed"):
        st.rerun()
    st.caption(plain(local.detail))


def _section(endpoint: Endpoint) -> None:
    with st.container(key=f"endpoint-{endpoint.name}"):
        _head(endpoint)
        checkup.draw(endpoint)
        _use(endpoint)
        _proposal(endpoint)
        _lines(endpoint)


def _head(endpoint: Endpoint) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{plain(endpoint.name)} :small[:gray[{endpoint.preset.name}]]", anchor=False, width="content")
        st.space("stretch")
        st.button("Check", key=f"check-{endpoint.name}", on_click=checkup.run, args=(endpoint,))
        if endpoint.provider != "local":
            key.draw(endpoint)
        if session.is_added(endpoint):
            st.button("Remove", key=f"remove-{endpoint.name}", on_click=session.remove, args=(endpoint,))


def _use(endpoint: Endpoint) -> None:
    """Offer a new chat with an endpoint that has just answered."""
    known = runtime.current().catalogue.checkup(endpoint)
    found = [] if known is None or known.running else [(each.step, each.state) for each in known.findings]
    if ("answers", "ok") in found and st.button("Use it now", key=f"use-{endpoint.name}", type="primary"):
        session.prefer(endpoint)
        st.switch_page(navigation.chat(), query_params={})


def _proposal(endpoint: Endpoint) -> None:
    """Offer the base URL that a check found to be the right one."""
    known = runtime.current().catalogue.checkup(endpoint)
    found = [finding.proposes for finding in known.findings if finding.proposes] if known else []
    if found:
        st.code(shown(found[0]), language=None)
        label, args = "Use it in this session", (endpoint, found[0])
        st.button(label, key=f"move-{endpoint.name}", on_click=_move, args=args)


def _move(endpoint: Endpoint, base_url: str) -> None:
    try:
        session.move(endpoint, base_url)
    except ConfigError as error:
        st.toast(problems.sentences(error))
    else:
        checkup.run(session.find(endpoint.name) or endpoint)


def _lines(endpoint: Endpoint) -> None:
    """Show how to keep what holds for this session only."""
    if session.is_added(endpoint):
        with st.expander("Keep it", type="compact"):
            st.caption(KEEP)
            st.code(stanza(endpoint), language="toml")
    elif session.is_moved(endpoint):
        st.caption(MOVED)
