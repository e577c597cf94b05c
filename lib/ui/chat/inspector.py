"""Under the hood of an answer: the request as code, what was sent, what came back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lib import generations
from lib.api.client import request
from lib.api.recording import Recording, shorten
from lib.api.snippets import KEY, KINDS, placeholders, snippet, variables
from lib.config import Endpoint
from lib.errors import ChatError
from lib.generations.recordings import Trace
from lib.generations.request import Request, rebuilt
from lib.store import StoredMessage
from lib.text import map_strings
from lib.ui import mine, problems
from lib.ui.endpoints import session
from lib.ui.markdown import plain
from lib.ui.numbers import count
from lib.ui.parts import MAX_CHARACTERS

LABELS = {"curl": "curl", "python-requests": "Python requests", "openai": "Python openai", "axios": "Node axios"}
LANGUAGES = {"curl": "bash", "axios": "javascript"}


def draw_button(message: StoredMessage) -> None:
    """Draw the way to the details of an answer."""
    key, icon = f"details-{message.id}", ":material/data_object:"
    if st.button("Details", key=key, type="tertiary", icon=icon):
        show(message)


# Closed for the server too: what stays open there comes back with the next prompt.
@st.dialog("Details of this answer", width="large", on_dismiss="rerun")
def show(message: StoredMessage) -> None:
    """Show the details of one answer."""
    draw(message)


def draw(message: StoredMessage) -> None:
    """Draw the details of one answer: code, request, response."""
    trace = generations.trace(mine.scope(), message.id)
    code, sent, came = st.tabs(["Code", "Request", "Response"])
    with code, problems.shown():
        _code(message)
    with sent, problems.shown():
        _sent(trace, message)
    with came:
        _unread(message)
        _came(trace, message)


def _asked(message: StoredMessage) -> tuple[Endpoint, Request]:
    endpoint = _endpoint(message)
    return endpoint, rebuilt(mine.chats(), endpoint, message)


def _endpoint(message: StoredMessage) -> Endpoint:
    if found := session.find(message.endpoint or ""):
        return found
    hint = "Configure it again to see the code of its requests."
    raise ChatError("The endpoint of this answer is not configured any more.", hint=hint)


def _code(message: StoredMessage) -> None:
    endpoint, asked = _asked(message)
    kind = st.segmented_control(
        "Language", list(KINDS), format_func=lambda each: LABELS[each], default="curl", label_visibility="collapsed"
    )
    kind = kind or "curl"
    code = snippet(kind, endpoint, asked.messages, asked.model, asked.options)
    if needed := _needed(endpoint):
        st.caption(plain(needed))
    if len(code) <= MAX_CHARACTERS:
        st.code(code, language=LANGUAGES.get(kind, "python"), wrap_lines=True)
    else:
        st.download_button(f"Download ({count(len(code))} characters)", code, file_name=f"request-{kind}.txt")


def _needed(endpoint: Endpoint) -> str:
    """Return what has to be there for a sample to run, in words."""
    names, blanks = variables(endpoint), placeholders(endpoint)
    taken = f"It takes {'the key' if names == (KEY,) else 'secrets'} from the environment: {', '.join(names)}."
    filled = f"Put your own into the address for {', '.join(blanks)}."
    return " ".join([*([taken] if names else []), *([filled] if blanks else [])])


def _sent(trace: Trace | None, message: StoredMessage) -> None:
    if trace and trace.recording:
        recording = trace.recording
        _tries(trace)
        _head(f"POST {recording.url}", recording.request_headers)
        body: Mapping[str, Any] = recording.request_body
    else:
        st.caption("Made again from what is stored: what went over the wire is kept for the latest answers only.")
        endpoint, asked = _asked(message)
        body = request(endpoint, asked.messages, asked.model, asked.options)
    _shown(_json(map_strings(dict(body), shorten)), f"request-{message.id}.json", language="json")


def _shown(text: str, name: str, language: str | None = None, height: int | None = None) -> None:
    """Draw as much of a text as a page draws at once, and the way to the whole as a file."""
    st.code(text[:MAX_CHARACTERS], language=language, wrap_lines=True, height=height)
    if len(text) > MAX_CHARACTERS:
        label = f"Download all {count(len(text))} characters"
        st.download_button(label, text, name, key=name, type="tertiary", on_click="ignore")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _tries(trace: Trace) -> None:
    for number, attempt in enumerate(trace.attempts, 1):
        what = attempt.error.status or "no answer"
        st.caption(f"Attempt {number} was refused after {attempt.duration_ms:.0f} ms ({what}).")


def _head(first: str, headers: Mapping[str, str]) -> None:
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    st.code("\n".join(lines), language=None, wrap_lines=True)


def _unread(message: StoredMessage) -> None:
    if pieces := message.extras.unread:
        st.caption("Pieces that could not be read")
        st.code("\n".join(pieces), language=None, wrap_lines=True)


def _came(trace: Trace | None, message: StoredMessage) -> None:
    recording = trace.recording if trace else None
    if trace is None or recording is None:
        st.caption("What came over the wire is kept in memory, for the latest answers only.")
        return
    if recording.response_status is None:
        st.caption("No answer came.")
        return
    _head(f"HTTP {recording.response_status}", recording.response_headers)
    st.caption(_timings(recording))
    if trace.completion.debug:
        st.caption("Debug messages")
        _shown(_json(trace.completion.debug), f"debug-{message.id}.json", language="json")
    _shown(_chunks(recording), f"response-{message.id}.txt", height=360)


def _timings(recording: Recording) -> str:
    names, timings = {"head": "headers", "first": "first chunk", "last": "last chunk"}, recording.timings
    parts = [f"{label} after {timings[name]:.0f} ms" for name, label in names.items() if name in timings]
    if recording.skipped:
        parts.append(f"{count(recording.skipped)} chunks of the middle are not kept")
    return " · ".join(parts)


def _chunks(recording: Recording) -> str:
    return "\n".join(f"+{at:.0f} ms  {text.strip()}" for at, text in recording.chunks)
