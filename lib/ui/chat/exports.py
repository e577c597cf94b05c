"""Conversations as files: the open one by its menu, all of them by a dialog, which shows how far the work is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import streamlit as st

from lib.chats.exports import FORMATS, file_name, html_of
from lib.errors import ChatError
from lib.store import Chats, Conversation
from lib.ui import clock, mine, problems
from lib.ui.jobs import Job, follow
from lib.ui.numbers import many

OPEN, NAME = "in-and-out", "export"  # which of the dialogs is open; one at a time can be
MAKING, FORM = "export-making", "export-form"
LABELS = {"markdown": "Markdown", "json": "JSON", "html": "Web page"}
MIME = {"markdown": "text/markdown", "json": "application/json", "html": "text/html"}
ABOUT = {
    "markdown": "To read and to paste: the branch that is shown of each.",
    "json": "Everything: all branches, pictures and figures. Parley can import it again.",
    "html": "To hand on: one page with pictures and figures that opens offline and fetches nothing.",
}
MAX_BYTES = 200_000_000  # of a file, which is in memory until it is downloaded
SYSTEM = "With system prompts"


def draw(conversation: Conversation) -> None:
    """Draw, in the menu of a conversation, a button for each format; the file is made when it is asked for."""
    st.caption("Export")
    has_system = bool(conversation.choice.parameters.system)
    with_system = has_system and st.checkbox(SYSTEM, key="export-one-system", help="In the web page.")
    with st.container(key="export-one", horizontal=True, gap="small"):
        for form, label in LABELS.items():
            _button(conversation, form, label, with_system=with_system)


def _button(conversation: Conversation, form: str, label: str, *, with_system: bool) -> None:
    chats = mine.chats()  # not in the thread that makes the file, which is Streamlit's
    data = partial(made, chats, [conversation.id], form, with_system=with_system)
    name, key = file_name(conversation.title, form), f"export-{form}"
    st.download_button(label, data, name, MIME[form], key=key, type="tertiary", on_click="ignore")


def made(chats: Chats, ids: list[str], form: str, *, with_system: bool = False) -> bytes:
    """Return conversations as a file."""
    return b"".join(_pieces(chats, ids, form, with_system=with_system))


def _pieces(chats: Chats, ids: list[str], form: str, *, with_system: bool) -> Iterator[bytes]:
    written = html_of(chats, ids, with_system=with_system) if form == "html" else FORMATS[form](chats, ids)
    return (piece.encode("utf-8", "replace") for piece in written)


def ask() -> None:
    """Open the dialog, in the run that follows."""
    st.session_state[OPEN] = NAME


def draw_all() -> None:
    """Draw the dialog if it is open."""
    if st.session_state.get(OPEN) == NAME:
        _dialog()


def _dismiss() -> None:
    st.session_state[OPEN] = None
    _stop()


def _stop() -> None:
    """End what is being made, and forget what was."""
    if making := _making():
        making.stop()
    st.session_state[MAKING] = None


def _making() -> Job[bytes] | None:
    making: Job[bytes] | None = st.session_state.get(MAKING)
    return making


@st.dialog("Export all conversations", on_dismiss=_dismiss)
def _dialog() -> None:
    with problems.shown():
        making = _making()
        if making is None:
            _choose()
        elif making.is_running:
            follow(making, "Writing", _stop)
        else:
            _hand_over(making)


def _choose() -> None:
    ids = mine.chats().all()
    if not ids:
        st.markdown("There are no conversations yet.")
        return
    names: list[str] = list(LABELS)
    form = st.radio("Format", names, names.index("json"), format_func=LABELS.__getitem__, key="export-format")
    st.caption(ABOUT[form])
    with_system = form == "html" and st.checkbox(SYSTEM, key="export-system")
    label = f"Write {many(len(ids), 'conversation')}"
    st.button(
        label, key="export-go", type="primary", on_click=_begin, args=(ids, form), kwargs={"with_system": with_system}
    )


def _begin(ids: list[str], form: str, *, with_system: bool) -> None:
    st.session_state[FORM] = form
    st.session_state[MAKING] = Job(partial(make, mine.chats(), ids, form, with_system=with_system))


class _Watched(list[str]):
    """Ids that tell a job how many of them were asked for, and end when it is stopped."""

    job: Job[bytes]

    def __iter__(self) -> Iterator[str]:
        for number, id in enumerate(super().__iter__()):
            if not self.job.go_on(number / len(self)):
                raise ChatError("The export was stopped.")
            yield id


def make(
    chats: Chats, ids: list[str], form: str, job: Job[bytes], *, with_system: bool = False, most: int = MAX_BYTES
) -> bytes:
    """Return conversations as a file. Raises ChatError for one of more than `most` bytes."""
    watched, file = _Watched(ids), bytearray()
    watched.job = job
    for piece in _pieces(chats, watched, form, with_system=with_system):
        file += piece
        if len(file) > most:
            hint = "On the server, `python -m lib.chats export` writes files of any size."
            raise ChatError(f"The file would be larger than {most // 1_000_000} MB.", hint=hint)
    return bytes(file)


def _hand_over(making: Job[bytes]) -> None:
    try:
        data = making.result
    except ChatError:
        st.session_state[MAKING] = None
        raise
    form, icon = st.session_state[FORM], ":material/download:"
    name = file_name(f"parley {datetime.now(clock.zone()).date()}", form)
    st.download_button(f"Download {name}", data, name, MIME[form], key="export-file", type="primary", icon=icon)
    st.caption(f"{len(data) / 1e6:.1f} MB")
    st.button("Another format", key="export-again", type="tertiary", on_click=_stop)
