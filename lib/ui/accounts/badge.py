"""Who is signed in, and the way out: below the conversations."""

from __future__ import annotations

import time

import streamlit as st

from lib import runtime
from lib.accounts.identity import Person
from lib.ui import mine, problems, standing, streamlit_internals
from lib.ui.accounts import audit
from lib.ui.markdown import plain

SEEN_SECONDS = 60.0  # between two notes that somebody is here
NOTED = "noted"


def draw() -> None:
    """Draw it; without accounts there is nothing."""
    who = mine.person()
    if who is None:
        return
    _note(who)
    with st.container(key="account", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(plain(who.name, 40))
        accounts = runtime.current().settings.accounts
        if accounts.providers or accounts.sign_out:
            st.button("Sign out", key="sign-out", type="tertiary", on_click=_sign_out, args=(who,))


def _note(who: Person) -> None:
    if time.monotonic() - st.session_state.get(NOTED, float("-inf")) > SEEN_SECONDS:
        runtime.current().store.people.note(who.owner, name=who.name, email=who.email, role=who.role, groups=who.groups)
        st.session_state[NOTED] = time.monotonic()


def _sign_out(who: Person) -> None:
    """End all sessions of a person: none shows anything any more, and their sockets are closed within seconds."""
    accounts, store = runtime.current().settings.accounts, runtime.current().store
    with problems.shown():
        audit.record(audit.SIGNED_OUT)
        store.people.sign_out(who.owner)
        standing.look(store)
        streamlit_internals.leave(accounts.sign_out)
