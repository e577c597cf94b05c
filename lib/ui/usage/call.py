"""One call: its figures, its message, its exact request as code."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from lib import dates
from lib.pricing.prices import BILLION
from lib.store import Call, StoredMessage
from lib.ui import clock, mine, navigation, problems
from lib.ui.chat import inspector
from lib.ui.markdown import plain
from lib.ui.numbers import UNKNOWN, count, many, money, seconds

SOURCES = {
    "reported": "reported by the endpoint",
    "estimated": "estimated (~): the endpoint reported none",
    "missing": "missing: none reported, nothing to estimate them from",
}
COUNTS = {
    "Prompt tokens": "prompt_tokens",
    "cached": "cached_tokens",
    "Completion tokens": "completion_tokens",
    "reasoning": "reasoning_tokens",
    "accepted predictions": "accepted_prediction_tokens",
    "rejected predictions": "rejected_prediction_tokens",
    "Total tokens": "total_tokens",
}
OPTIONAL = {"cached", "reasoning", "accepted predictions", "rejected predictions", "Images sent"}


@st.dialog("Call", width="large", on_dismiss="rerun")
def show(id: int) -> None:
    """Show one call of the ledger."""
    with problems.shown():
        call = mine.usage().call(id)
        if call is None:
            st.caption("This call is not in the ledger any more.")
            return
        with st.container(key="call"):
            # Escaped here, once: of what the ledger has, much was written by other programs.
            shown = {name: plain(fact) for name, fact in facts(call)}
            st.table({"": shown}, border="horizontal", hide_header=True)
        _content(call)


def facts(call: Call) -> Iterator[tuple[str, str]]:
    """Give what the ledger has of a call, each with its name, as text."""
    yield "Made", f"{_moment(call)} for {call.owner}, {call.purpose}"
    yield "Endpoint", call.endpoint
    served = f", answered by {call.served_model}" if call.served_model else ""
    yield "Model", (call.model or UNKNOWN) + served
    yield "Ended", _end(call)
    about = "~" if call.source == "estimated" else ""
    for name, column in COUNTS.items():
        if (value := getattr(call, column)) is not None or name not in OPTIONAL:
            yield name, count(value, about)
    yield "Counts are", _trust(call)
    yield "Cost", _cost(call)
    yield "First token", f"{seconds(call.ttft_ms)}, all after {seconds(call.duration_ms)}"
    if call.request_bytes is not None:
        yield "Sent, received", f"{count(call.request_bytes)} bytes, {count(call.response_bytes)} bytes"
    if call.images:
        yield "Images sent", count(call.images)
    if call.origin != "parley":
        yield "Imported from", f"{call.origin}, {many(call.calls, 'call')}"


def _moment(call: Call) -> str:
    made = clock.local(call.created_at)
    return f"{dates.day(made, named=True)}, {dates.time(made, exact=True)}"


def _end(call: Call) -> str:
    parts = [call.status, call.finish_reason, call.error_kind, call.http_status and f"HTTP {call.http_status}"]
    return " · ".join(str(part) for part in parts if part)


def _trust(call: Call) -> str:
    refused = f"; refused as impossible: {call.refused}" if call.refused else ""
    return SOURCES.get(call.source, call.source) + refused


def _cost(call: Call) -> str:
    if call.cost is None:
        return "unpriced" if call.total_tokens is not None else UNKNOWN
    version = f", {call.price_version}" if call.price_version else ""
    return f"{money(call.cost / BILLION)} {call.currency} ({call.price_source or ''}{version})"


def _content(call: Call) -> None:
    """Draw what the call was about, while its conversation is there."""
    message = _message(call)
    if message is None:
        st.caption("The ledger has figures only: this call belongs to no conversation, or to one that is deleted.")
        return
    page, ids = navigation.chat(), {"c": message.conversation_id}
    st.page_link(page, label="Open the conversation", icon=":material/chat_bubble:", query_params=ids)
    inspector.draw(message)


def _message(call: Call) -> StoredMessage | None:
    chats = mine.chats()
    there = call.conversation_id and call.message_id and chats.get(call.conversation_id)
    return chats.message(call.message_id) if there and call.message_id else None
