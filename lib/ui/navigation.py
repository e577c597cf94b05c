"""The pages there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:  # the server has the pages before it has a store
    from lib.store import Conversation

# What may stand behind the host in an address, beside nothing (the chat). A page that does not exist yet leads there.
PATHS = ("image_analysis", "compare", "demo", "library", "usage", "endpoints", "admin")
VISITS = {"share": ("shared.py", "Shared"), "vote": ("vote.py", "Vote")}  # what links open, by their address
VISITOR = "visitor"  # the link by which a browser session was opened: which of them, and its token
NAMES = {"batch": "batch", "compare": "r"}  # what a conversation's id is called in an address, by purpose
ON, STAGES = "on", ("stage", "notes")  # what of a demonstration a window shows that has nothing else on it
WIDE = ("image_analysis", "compare", "demo", "usage")


def token() -> str:
    """Return the link that this browser session was opened by, "" for none: a visitor's is that as long as it lasts."""
    return _visitor()[1]


def _visitor() -> tuple[str, str]:
    named = next((name for name in VISITS if name in st.query_params), "")
    if named and VISITOR not in st.session_state:
        st.session_state[VISITOR] = named, st.query_params[named]
    found: tuple[str, str] = st.session_state.get(VISITOR, ("", ""))
    return found


def is_visit() -> bool:
    """Return whether this browser session was opened by a link, and sees what that opens and nothing else."""
    return bool(_visitor()[0])


def position() -> Literal["sidebar", "hidden"]:
    """Return where the pages are listed: for a visitor nowhere, and not on a stage."""
    return "hidden" if is_visit() or st.query_params.get(ON) in STAGES else "sidebar"


def pages(*, is_admin: bool = False) -> list[st.Page]:
    """Return the pages in the order of the sidebar, which Streamlit itself heads with them; for a visitor the only one.

    They have no icons: Streamlit would fetch them from elsewhere, as icons of the browser's tab.
    """
    if visit := VISITS.get(_visitor()[0]):
        script, title = visit
        return [st.Page(script, title=title, default=True)]
    own = [chat(), image_analysis(), compare(), demo(), library(), usage(), endpoints()]
    return [*own, admin()] if is_admin else own


def layout(page: st.Page) -> Literal["centered", "wide"]:
    """Return the layout of a page; how wide that is, the stylesheet says."""
    is_batch = bool(st.query_params.get("batch"))
    return "wide" if page.url_path in WIDE and not is_batch else "centered"


def title(page: st.Page | None = None, of: str = "") -> str:
    """Return what the browser's tab says: what is open, a conversation by its title or a page, and whose page it is."""
    name = of or ("" if page is None or page.url_path == "" else page.title)
    return f"{name} · Parley" if name else "Parley"


def chat() -> st.Page:
    """Return the chat page. Links take the page itself: a path is looked up, and not found in a fragment's rerun."""
    return st.Page("chat.py", title="Chat", default=True)


def image_analysis() -> st.Page:
    """Return the page that asks about pictures."""
    return st.Page("image_analysis.py", title="Image analysis")


def compare() -> st.Page:
    """Return the page that asks several models at once."""
    return st.Page("compare.py", title="Compare")


def library() -> st.Page:
    """Return the page of what is kept to be used again."""
    return st.Page("library.py", title="Library")


def demo() -> st.Page:
    """Return the page that shows models to people."""
    return st.Page("demo.py", title="Demo")


def begun_on(purpose: str | None) -> st.Page:
    """Return the page that conversations of a purpose are on."""
    if purpose == "compare":
        return compare()
    return image_analysis() if purpose in ("image", "batch") else chat()


def address(conversation: Conversation) -> dict[str, str]:
    """Return what stands behind the path of a conversation's page."""
    return {NAMES.get(conversation.purpose or "", "c"): conversation.id}


def endpoints() -> st.Page:
    """Return the page of endpoints."""
    return st.Page("endpoints.py", title="Endpoints")


def admin() -> st.Page:
    """Return the page of who is here."""
    return st.Page("admin.py", title="Admin")


def usage() -> st.Page:
    """Return the page of usage."""
    return st.Page("usage.py", title="Usage")
