"""Search in the sidebar: conversations by their titles and by what was said in them, while one types."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from lib import dates
from lib.errors import ChatError
from lib.store import PROJECT, Filter, Hit
from lib.ui import clock, mine, navigation, problems
from lib.ui.chat.view import View
from lib.ui.markdown import plain
from lib.ui.menu import menu

KEY, WITHIN = "search", "search-within"
DAY = timedelta(days=1)
SHOWN = 20  # conversations by title, and messages
MAX_WINDOW = 400  # messages that are drawn to show one that was found


def draw() -> None:
    """Draw the box, and what is found by what is in it."""
    st.fragment(_find)()


def _find() -> None:
    about: dict[str, Any] = {"label_visibility": "collapsed", "placeholder": "Search", "icon": ":material/search:"}
    with st.container(key="finder", horizontal=True, vertical_alignment="center", gap=None), problems.shown():
        query = st.text_input("Search conversations", key=KEY, type="search", live=True, max_chars=400, **about)
        within = _filter()
    if within != Filter():
        _narrowed(within)
    if (query and query.strip()) or within != Filter():
        with st.container(key="found", gap=None), problems.shown():
            _show(mine.chats().search(query or "", SHOWN, within), query or "")


def _filter() -> Filter:
    """Draw what the search can be narrowed to, once that menu is open; return what was chosen."""
    kept: Filter = st.session_state.setdefault(WITHIN, Filter())
    with menu("Filters", "filters", icon=":material/filter_list:") as is_open:
        if is_open:
            kept = st.session_state[WITHIN] = _chosen(kept)
    return kept


def _chosen(kept: Filter) -> Filter:
    choices = mine.chats().choices()
    picked = {name: _pick(name, choices[name], getattr(kept, name)) for name in ("model", "endpoint", "tag")}
    project = _pick_project(kept.project)
    days = [moment.astimezone(clock.zone()).date() if moment else None for moment in (kept.since, kept.until)]
    since = st.date_input("From", days[0], format=dates.FIELD, key="filter-since")
    until = st.date_input("Until", days[1] and days[1] - DAY, format=dates.FIELD, key="filter-until")
    return Filter(**picked, project=project, since=_moment(since), until=_moment(until and until + DAY))


def _pick(name: str, values: Sequence[str], kept: str) -> str:
    index = values.index(kept) if kept in values else None
    about: dict[str, Any] = {"index": index, "key": f"filter-{name}", "placeholder": "Any"}
    return st.selectbox(name.capitalize(), values, **about) or ""


def _pick_project(kept: int | None) -> int | None:
    names = {entry.id or 0: entry.name for entry in mine.library().all(PROJECT)}
    if not names:
        return None
    ids = list(names)
    index = ids.index(kept) if kept in names else None
    about: dict[str, Any] = {"index": index, "key": "filter-project", "placeholder": "Any"}
    return st.selectbox("Project", ids, format_func=names.__getitem__, **about) or None


def _moment(day: date | None) -> datetime | None:
    """Return when a day begins where the person is."""
    return datetime.combine(day, time(), clock.zone()).astimezone() if day else None


def _narrowed(within: Filter) -> None:
    """Say what the search is narrowed to, and offer the way back."""
    project = mine.library().get(within.project) if within.project else None
    named = [value for value in (within.model, within.endpoint, within.tag, project and project.name) if value]
    with st.container(key="narrowed", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(plain(" · ".join(named) or "Some days", 60))
        st.button("Clear", key="clear-filters", type="tertiary", on_click=_clear)


def _clear() -> None:
    for key in [key for key in st.session_state if str(key).startswith("filter-")]:
        del st.session_state[key]
    st.session_state[WITHIN] = Filter()


def _show(hits: Sequence[Hit], query: str) -> None:
    if not hits:
        st.caption(f"Nothing has all words of “{plain(query, 60)}”." if query.strip() else "Nothing is like that.")
    for number, found in enumerate(_by_conversation(hits)):
        with st.container(key=f"hits-{number}", gap=None):
            _conversation(found)
    if sum(hit.message_id is not None for hit in hits) == SHOWN:
        st.caption("These are the latest. More words find fewer.")


def _by_conversation(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Return the hits of each conversation: its title and its messages may have been found apart from each other."""
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.conversation.id, []).append(hit)
    return list(found.values())


def _conversation(hits: Sequence[Hit]) -> None:
    """Draw a conversation by its title, then each message of it that was found."""
    first = hits[0]
    pieces = ((first.conversation.title, False),) if first.message_id else first.pieces
    _link(first, _marked(pieces), {})
    with st.container(key=f"snippets-{first.conversation.id}", gap=None):
        for hit in hits:
            if hit.message_id:
                _link(hit, f":small[{_marked(hit.pieces)}]", {"m": str(hit.message_id)})


def _link(hit: Hit, label: str, place: dict[str, str]) -> None:
    page, address = navigation.begun_on(hit.conversation.purpose), navigation.address(hit.conversation)
    st.page_link(page, label=label, query_params={**address, **place}, width="stretch")


def _marked(pieces: Sequence[tuple[str, bool]]) -> str:
    """Return pieces as markdown, with what was looked for on a ground of its own."""
    return "".join(_piece(text, is_found) for text, is_found in pieces)


def _piece(text: str, is_found: bool) -> str:
    shown = plain(text, 200)
    if is_found:
        return f":primary-background[{shown}]"
    before, after = (" " if text[end : end + 1].isspace() else "" for end in (0, len(text) - 1))
    return f"{before}{shown}{after}" if shown else before


def arrive(view: View) -> None:
    """Show the branch of the message that was found (`?m=`), from that message on."""
    wanted = st.query_params.get("m", "")
    if not wanted:
        return
    del st.query_params["m"]
    with suppress(ChatError, ValueError):
        chats, id = mine.chats(), int(wanted)
        if chats.show(id) == view.conversation_id:
            shown = [message.id for message in chats.path(view.conversation_id, MAX_WINDOW)]
            view.window = max(view.window, len(shown) - shown.index(id) + 1)
            view.anew()
