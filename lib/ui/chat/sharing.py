"""Links to conversations: made and revoked in a dialog, and the page that a visitor of one sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import streamlit as st

from lib import dates
from lib.store import Share
from lib.ui import clock, mine, navigation, problems
from lib.ui.chat.view import View
from lib.ui.markdown import plain

ASKED = "share-asked"
PERIODS = {"A day": 1, "A week": 7, "A month": 30, "For good": None}
ENDS, GOES_ON, PARAMS = "share-ends", "share-goes-on", "share-params"


def draw(view: View) -> None:
    """Open the dialog if that was asked for."""
    if st.session_state.pop(ASKED, False) and view.conversation_id:
        _dialog(view.conversation_id)


def ask() -> None:
    """Have the dialog opened, in the run that follows."""
    st.session_state[ASKED] = True


@st.dialog("Share this conversation", on_dismiss="rerun")
def _dialog(id: str) -> None:
    st.caption("Whoever has the link reads the messages that are shown now, and can do nothing else here.")
    with problems.shown():
        st.segmented_control("Open for", list(PERIODS), default="A week", key=ENDS, required=True)
        st.checkbox("Also what is said later", key=GOES_ON)
        st.checkbox("Also the system prompt and parameters", key=PARAMS)
        st.button("Make a link", key="share-make", type="primary", icon=":material/link:", on_click=_make, args=(id,))
        _links(id)


def _make(id: str) -> None:
    days = PERIODS[st.session_state[ENDS]]
    end = datetime.now(UTC) + timedelta(days=days) if days else None
    with problems.shown():
        mine.chats().share(id, end, goes_on=st.session_state[GOES_ON], with_params=st.session_state[PARAMS])


def _links(id: str) -> None:
    found = mine.chats().shares()
    here, others = ([each for each in found if (each.conversation_id == id) is own] for own in (True, False))
    for share in here:
        _link(share)
    if others:
        with st.expander(f"Links to other conversations ({len(others)})"):
            for share in others:
                st.markdown(f"**{plain(share.title, 60)}**")
                _link(share)


def _link(share: Share) -> None:
    with st.container(key=f"share-{share.token}", gap="small"):
        st.code(address(share.token), language=None, wrap_lines=True)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(about(share))
            key, tip = f"revoke-{share.token}", "The link then opens nothing any more"
            st.button("Revoke", key=key, type="tertiary", help=tip, on_click=_revoke, args=(share.token,))


def _revoke(token: str) -> None:
    with problems.shown():
        mine.chats().revoke(token)


def about(share: Share) -> str:
    """Return what a link shows, and until when."""
    end = f"until {dates.moment(clock.local(share.expires_at))}" if share.expires_at else "for good"
    shows = ["with what is said later" if share.leaf_id is None else "as it was"]
    return ", ".join([end, *shows, *(["with parameters"] if share.with_params else [])])


def address(token: str, name: str = "share") -> str:
    """Return the address of a link, as the browser sees this Parley; `name` says what it opens."""
    here = urlsplit(st.context.url or "")
    base = here.path.removesuffix("/")
    base = next((base.removesuffix(f"/{name}") for name in navigation.PATHS if base.endswith(f"/{name}")), base)
    return f"{here.scheme}://{here.netloc}{base}/?{name}={token}" if here.netloc else f"/?{name}={token}"
