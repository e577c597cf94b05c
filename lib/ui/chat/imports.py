"""Conversations from elsewhere: files are chosen, looked at, and taken in; then it is told what became of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import streamlit as st

from lib.store import Chats
from lib.ui import mine, navigation, problems, uploads
from lib.ui.jobs import Job, follow
from lib.ui.markdown import plain
from lib.ui.numbers import count, many

if TYPE_CHECKING:  # with it come the decoders of pictures, for who takes something in
    from lib.chats.imports import Report

OPEN, NAME = "in-and-out", "import"  # which of the dialogs is open; one at a time can be
TAKING, TIMES = "import-taking", "import-times"
TYPES = ["json", "zip"]
TITLES = {
    "parley": "Parley",
    "chatgpt": "ChatGPT",
    "openwebui": "Open WebUI",
    "librechat": "LibreChat",
    "claude": "Claude",
}
MAX_SHOWN = 20  # of what is refused; all of it is in a file


@dataclass(frozen=True)
class Taking:
    """Files that are taken in, or with `dry` looked at. They stay Streamlit's, which counts them, until then."""

    files: Sequence[BinaryIO]
    dry: bool
    job: Job[list[Report]]


def ask() -> None:
    """Open the dialog, in the run that follows."""
    st.session_state[OPEN] = NAME


def draw() -> None:
    """Draw the dialog if it is open."""
    if st.session_state.get(OPEN) == NAME:
        _dialog()


def uploads_held() -> frozenset[str]:
    """Return the ids of the uploads that are being taken in, or looked at."""
    taking = _taking()
    return frozenset(getattr(file, "file_id", "") for file in taking.files) if taking else frozenset()


def _dismiss() -> None:
    """Close the dialog; what is being taken in goes on, and is found when it is opened again."""
    st.session_state[OPEN] = None
    taking = _taking()
    if taking and (taking.dry or not taking.job.is_running):
        _clear()


def _clear() -> None:
    """Forget the files, and make room for others."""
    if taking := _taking():
        taking.job.stop()
        uploads.forget(taking.files)
    st.session_state[TAKING] = None
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def _taking() -> Taking | None:
    taking: Taking | None = st.session_state.get(TAKING)
    return taking


@st.dialog("Import conversations", width="medium", on_dismiss=_dismiss)
def _dialog() -> None:
    taking = _taking()
    if taking is None:
        _choose()
    elif taking.job.is_running:
        follow(taking.job, "Looking" if taking.dry else "Importing", taking.job.stop)
    else:
        _tell(taking)


def _choose() -> None:
    st.markdown("Exports of ChatGPT, Open WebUI, LibreChat and Claude, or Parley's own JSON, as they were downloaded.")
    key = f"import-files-{st.session_state.get(TIMES, 0)}"
    files = st.file_uploader(
        "Files",
        type=TYPES,
        accept_multiple_files=True,
        key=key,
        max_upload_size=uploads.EXPORT,
        label_visibility="collapsed",
    )
    if problem := uploads.left_out():
        problems.show(problem)
    larger = f"A file of more than {uploads.EXPORT} MB comes in as a ZIP, or by the command line."
    st.caption(f"First you see what would come in; nothing is changed by that. {larger}")
    st.button("Look", key="import-look", type="primary", disabled=not files, on_click=_begin, args=(files,))


def _begin(files: Sequence[BinaryIO], *, dry: bool = True) -> None:
    job = Job(partial(take, mine.chats(), files, dry))
    st.session_state[TAKING] = Taking(files, dry, job)


def take(chats: Chats, files: Sequence[BinaryIO], dry: bool, job: Job[list[Report]]) -> list[Report]:
    """Take in files, or look at them, one after the other until the job is stopped; return what became of each."""
    from lib.chats.imports import Importer
    from lib.chats.seen import Seen

    reports: list[Report] = []
    seen = Seen()
    for number, file in enumerate(files):
        file.seek(0)
        importer = Importer(chats, dry=dry, watch=partial(_watch, job, number, len(files)), seen=seen)
        reports.append(importer.take(file, file.name))
        if reports[-1].stopped:
            break
    return reports


def _watch(job: Job[list[Report]], number: int, files: int, _report: Report, done: float) -> bool:
    return job.go_on((number + done) / files)


def _tell(taking: Taking) -> None:
    """Draw what became of the files, or would, and what can be done next."""
    reports: list[Report] = []
    with problems.shown():
        reports = taking.job.result
    for number, report in enumerate(reports):
        _report(report, number, dry=taking.dry)
    with st.container(horizontal=True, gap="small"):
        if taking.dry and any(report.conversations for report in reports):
            go = partial(_begin, taking.files, dry=False)
            st.button("Import", key="import-go", type="primary", on_click=go)
        st.button("Other files", key="import-others", type="tertiary", on_click=_clear)


def _report(report: Report, number: int, *, dry: bool) -> None:
    of = f" · {TITLES[report.format]}" if report.format else ""
    st.markdown(f"**{plain(report.file, 80)}**{of}  \n" + "  \n".join(lines(report, dry=dry)))
    for id in [] if dry else report.made:
        if conversation := mine.chats().get(id):
            page, address = navigation.begun_on(conversation.purpose), navigation.address(conversation)
            st.page_link(page, label=plain(conversation.title, 60), query_params=address)
    if report.refused:
        _refused(report, number)


def _refused(report: Report, number: int) -> None:
    with st.expander(f"{count(len(report.refused))} refused"):
        st.markdown(
            "\n".join(f"- {plain(each['where'], 120)}: {plain(each['why'])}" for each in report.refused[:MAX_SHOWN])
        )
        st.caption("This is left out, and all else comes in. To have it too, export it again where it comes from.")
        if len(report.refused) > MAX_SHOWN:
            data = json.dumps(report.dump(), ensure_ascii=False, indent=1)
            st.download_button("All as a file", data, "import.json", key=f"import-refused-{number}", on_click="ignore")


def lines(report: Report, *, dry: bool) -> list[str]:
    """Return what becomes of a file, or has become of it, a sentence each."""
    said = (
        (report.conversations, _made(report, "would come in" if dry else "came in")),
        (report.known and not report.conversations, "Nothing in it is new."),
        (report.known, f"{_are(report.known, 'conversation')} here already."),
        (report.hidden, f"{_are(report.hidden, 'step')} left out on purpose: they are not shown there either."),
        (report.absent, f"{_are(report.absent, 'picture')} not in the file; the messages say so."),
        (report.stopped, "Stopped. What stands after that in the file was not read."),
    )
    return [line for is_so, line in said if is_so]


def _made(report: Report, come: str) -> str:
    messages, branches = many(report.messages, "message"), many(report.leaves, "branch", "branches")
    pictures = f", with {many(report.images, 'picture')}" if report.images else ""
    return f"{many(report.conversations, 'conversation')} {come}: {messages} in {branches}{pictures}."


def _are(number: int, what: str) -> str:
    return f"{many(number, what)} {'is' if number == 1 else 'are'}"
