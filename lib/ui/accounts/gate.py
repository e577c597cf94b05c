"""The gate before all pages: who is not signed in sees one quiet page, and on it the way in."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlsplit

import streamlit as st

from lib import runtime
from lib.errors import ChatError
from lib.ui import mine, navigation, streamlit_internals
from lib.ui.markdown import plain

FAILED = "Signing in did not work: the service that knows you did not answer, or did not let you in."
AGAIN = "Try again in a few minutes. If it stays so, tell whoever runs Parley."
PROXY = "Parley learns who you are from the gateway in front of it, and that said nothing."
OFF = "Your account here is switched off. Ask whoever runs Parley."
BY_IT = "Open Parley by its usual address. If it stays so, tell whoever runs Parley."


def is_open() -> bool:
    """Return whether whoever is here may see pages: links are for who has them, with or without a login.

    A setting that cannot work is for the pages to tell.
    """
    if navigation.is_visit():
        return True
    try:
        return not runtime.current().settings.accounts.is_on or mine.person() is not None
    except ChatError:
        return True


def is_admin() -> bool:
    """Return whether whoever is here sees who else is."""
    try:
        who = None if navigation.is_visit() else mine.person()
    except ChatError:
        return False
    return who is not None and who.is_admin


def pages() -> list[st.Page]:
    """Return one page for every address that there is, so that each is come back to after signing in."""
    return [st.Page(draw, title="Sign in", default=True), *(st.Page(draw, url_path=path) for path in navigation.PATHS)]


def draw() -> None:
    """Draw the page of who is not signed in."""
    accounts = runtime.current().settings.accounts
    st.set_page_config(page_title=navigation.title(of="Sign in"), layout="centered")
    with st.container(key="sign-in"):
        st.title("Parley", anchor=False)
        if mine.is_switched_off():
            st.caption(OFF)
            return
        if accounts.headers:
            st.caption(PROXY)
            st.caption(BY_IT)
            return
        if st.query_params.get("sign-in") == "failed":
            st.warning(f"{FAILED}  \n{AGAIN}")
        st.caption("Sign in to see your conversations.")
        for number, provider in enumerate(accounts.providers):
            kind: Literal["primary", "secondary"] = "secondary" if number else "primary"
            st.button(_label(provider), key=f"sign-in-{provider}", type=kind, on_click=_go, args=(provider,))


def _label(provider: str) -> str:
    return "Sign in" if provider == "default" else f"Sign in with {plain(provider.title(), 40)}"


def _go(provider: str) -> None:
    st.query_params.pop("sign-in", None)
    here = urlsplit(st.context.url or "")
    asked = "&".join(f"{quote(name)}={quote(value)}" for name, value in st.query_params.items())
    to = f"{here.path or '/'}?{asked}" if asked else here.path or "/"
    streamlit_internals.go(f"{streamlit_internals.login_address(provider)}&next={quote(to, safe='')}")
