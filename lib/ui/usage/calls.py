"""The latest calls, a page at a time from the database; a row opens the call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import streamlit as st

from lib import dates
from lib.pricing.prices import BILLION
from lib.store import Call, Page, Selection
from lib.ui import clock, mine, navigation
from lib.ui.markdown import plain
from lib.ui.numbers import UNKNOWN, count, money, seconds
from lib.ui.usage import call as usage_call
from lib.ui.usage import tiles
from lib.ui.usage.frames import Format, frame, styled

SIZE = 20  # calls on a page
After = tuple[datetime, int] | None
Ask = Callable[[After], Page]  # what gives the page after a place

TOKENS = {"Prompt": "prompt_tokens", "Completion": "completion_tokens"}
TEXTS = {
    "Endpoint": "endpoint",
    "Model": "model",
    "Purpose": "purpose",
    "Status": "status",
}
TIMES = {"First token": "ttft_ms", "Duration": "duration_ms"}
FORMATS: dict[str, Format] = {
    **dict.fromkeys(TOKENS, count),
    **dict.fromkeys(TIMES, seconds),
}


def draw(selection: Selection) -> None:
    """Draw the latest of the selected calls."""
    st.header("Latest calls", anchor=False)
    _list(lambda after: mine.usage().calls(selection, SIZE, after), repr(selection))


def of_conversation(id: str) -> None:
    """Draw what a conversation's calls come to, and the calls; it may be deleted."""
    ledger = mine.usage()
    conversation, figures = mine.chats().get(id), ledger.conversation(id)
    if conversation:
        page, label = navigation.begun_on(conversation.purpose), plain(conversation.title, 80)
        where, icon = navigation.address(conversation), ":material/chat_bubble:"
        st.page_link(page, label=label, icon=icon, query_params=where)
    else:
        st.caption("This conversation is deleted, or there was none; what its calls came to stays.")
    currency = figures.main_currency
    with st.container(key="tiles"):
        for label, value, _ in tiles.tiles(figures, figures, currency):
            st.metric(label, value)
    st.caption(" · ".join(tiles.coverage_notes(figures, currency)))
    st.header("Its calls", anchor=False)
    _list(lambda after: ledger.calls_of(id, SIZE, after), id)
    st.page_link(navigation.usage(), label="All usage", query_params={})


@st.fragment
def _list(ask: Ask, what: str) -> None:
    """Draw one page and the ways to the next; each list, known by `what`, begins with its first page."""
    # The places where pages begin, up to the present one.
    known, places = st.session_state.get("calls-pages", ("", [None]))
    if known != what:
        known, places = st.session_state["calls-pages"] = (what, [None])
    page = ask(places[-1])
    _days(page.calls)
    with st.container(horizontal=True, vertical_alignment="center", key="pager"):
        st.button("Newer", key="newer", disabled=len(places) < 2, on_click=places.pop, type="tertiary")
        last, then = page.after is None, (page.after,)
        st.button("Older", key="older", disabled=last, on_click=places.append, args=then, type="tertiary")
        st.caption(_place(page.calls, len(places)))
    if (opened := st.session_state.pop("opened-call", None)) is not None:
        usage_call.show(opened)


def _place(calls: Sequence[Call], number: int) -> str:
    if not calls:
        return "No calls in these days with these filters."
    first, last = (dates.moment(clock.local(call.created_at)) for call in (calls[-1], calls[0]))
    return f"Page {count(number)} · {first} to {last} · a click on a row opens the call"


def _days(calls: Sequence[Call]) -> None:
    """Draw the calls under headings of their days."""
    currencies = {call.currency for call in calls if call.cost is not None}
    cost = f"Cost, {currencies.pop()}" if len(currencies) == 1 else "Cost"
    columns = ("Time", *TEXTS, *TOKENS, cost, *(["Currency"] if currencies else []), *TIMES, "Owner")
    for day, those in groupby(calls, lambda call: clock.local(call.created_at).date()):
        st.subheader(dates.day(day, named=True), anchor=False)
        _table(day, list(those), columns, cost)


def _table(day: date, calls: Sequence[Call], columns: Sequence[str], cost: str) -> None:
    uncertain = [number for number, call in enumerate(calls) if call.source != "reported"]
    found = frame(columns, (_cells(call, "Currency" in columns) for call in calls))
    key = f"calls-{st.session_state.setdefault('calls-clicks', 0)}-{day}"
    st.dataframe(
        styled(found, {**FORMATS, cost: money}, dict.fromkeys(TOKENS, uncertain)),
        hide_index=True,
        key=key,
        column_config={"Time": st.column_config.TextColumn(pinned=True, width=90)},
        on_select=lambda: _click(key, calls),
        selection_mode="single-row",
        placeholder=UNKNOWN,
        height="content",
        lazy=False,
    )


def _cells(call: Call, with_currency: bool) -> tuple[Any, ...]:
    texts = (getattr(call, name) or "–" for name in TEXTS.values())
    tokens = (getattr(call, name) for name in TOKENS.values())
    cost = None if call.cost is None else call.cost / BILLION
    times = (getattr(call, name) for name in TIMES.values())
    made = dates.time(clock.local(call.created_at), exact=True)
    return (made, *texts, *tokens, cost, *([call.currency] if with_currency else []), *times, call.owner)


def _click(key: str, calls: Sequence[Call]) -> None:
    st.session_state["calls-clicks"] += 1  # drawn anew, without the selection
    for number in st.session_state[key].selection.rows:
        st.session_state["opened-call"] = calls[number].id
