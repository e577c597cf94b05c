"""One question over many pictures: choose them, ask, follow the answers, take them away as CSV."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.errors import ChatError, ImageError
from lib.files import answers
from lib.files.tables import Table, to_csv, written
from lib.generations import batches
from lib.generations.batches import Asker, Batch, Row
from lib.images import normalise
from lib.images import tokens as image_tokens
from lib.store import Chats
from lib.ui import mine, navigation, problems, uploads
from lib.ui.chat import actions, answerer, model_menu, parameters, sidebar, vision_warning
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.endpoints.session import CHOICE
from lib.ui.images import earlier, tasks, tray
from lib.ui.markdown import plain
from lib.ui.numbers import UNKNOWN, count, money
from lib.ui.streamlit_internals import emptied, fresh

ROWS, TIMES, DETAIL, PROBLEM = "batch_rows", "batch_taken", "batch_detail_kept", "batch_problem"
BOX = "batch_question"
TICK = 0.2  # seconds after which a wait looks whether the person has clicked
SHOWN = 700  # characters of an answer in the table
ICONS = {"running": "progress_activity", "waiting": "schedule", "stopped": "block", "elsewhere": "schedule"}
WORDS = {
    "running": "Asking …",
    "waiting": "Waits",
    "stopped": "Stopped",
    "elsewhere": "Another Parley is asking. Load the page again to see the answer.",
}


def draw() -> None:
    """Draw the batch of the address (`?batch=`), or the way to begin one."""
    id = st.query_params["batch"]
    st.query_params["batch"] = id  # a link to the page that is open leaves the browser's address as it was
    found = batches.find(mine.chats(), id)
    view = _view(found)
    who = answerer.find(view)
    with problems.shown():
        sidebar.draw(view)
    actions.draw(view)
    with st.bottom, fresh("batch-bottom", id):
        _ask(view, who, found)
    with emptied(), st.container(key="batch"):
        if found:
            _follow(view, found)
        else:
            _begin(view, who, is_gone=id != "new")


def _view(found: Batch | None) -> View:
    """Return the view of a batch, with what it was asked with, or of one that begins."""
    view: View | None = st.session_state.get("view")
    id = found.id if found else None
    if view is None or (view.purpose, view.conversation_id) != (batches.PURPOSE, id):
        conversation = mine.chats().get(id) if id else None
        choice = conversation.choice if conversation else st.session_state.get(CHOICE)
        view = st.session_state["view"] = View(id, batches.PURPOSE, choice=choice)
    return view


def _ask(view: View, who: Answerer | None, found: Batch | None) -> None:
    if found:
        st.button("Stop", key="stop", on_click=found.stop)
        return
    place = st.empty()  # is always there: see composer
    if problem := st.session_state.get(PROBLEM):
        with place.container():
            problems.show(problem)
    tasks.draw(len(_rows()), partial(start, view), apart=True)
    with st.container(key="choices", horizontal=True, vertical_alignment="center", gap="small"):
        model_menu.draw(view, who)
        parameters.draw(view, who)
    st.chat_input("Ask about each picture", key=BOX, on_submit=_submit, args=(view,))


def _begin(view: View, who: Answerer | None, *, is_gone: bool) -> None:
    st.title("One question, many pictures", anchor=False)
    if is_gone:
        st.warning("There is no batch at this address; it may have been deleted.")
    vision_warning.draw(view, who)
    st.caption(f"Up to {batches.MAX_IMAGES} pictures, each asked about on its own. The answers come as a table.")
    label, key = "Choose pictures, or drop them here", _upload()
    st.file_uploader(label, accept_multiple_files=True, key=key, on_change=_take, max_upload_size=uploads.PICTURE)
    if rows := _rows():
        _summary(who, rows)
    else:
        earlier.draw()


def _summary(who: Answerer | None, rows: list[Row]) -> None:
    st.session_state[DETAIL] = tray.choose_detail(_detail(), "batch_detail")
    model = who.model if who else ""
    known = [number for row in rows if (number := _expected(row, _detail(), model)) is not None]
    bad = len(rows) - len(known)
    size = tray.size(sum(len(row.data) for row in rows))
    cost = tray.price(who.endpoint if who else None, model, sum(known), images=len(known), calls=len(known))
    about = f"{count(sum(known), '~')} tokens of pictures{cost}, and the answers"
    st.markdown(f"{tray.number_of(len(rows))}, {size} · {about}" + (f" · {bad} cannot be read" if bad else ""))
    st.caption(plain(", ".join(row.name for row in rows), 400))
    st.button("Take them out", key="batch_clear", type="tertiary", icon=":material/close:", on_click=_clear)


def _expected(row: Row, detail: str, model: str) -> int | None:
    try:
        return image_tokens.estimate(normalise.peek(row.data), detail, model)
    except ImageError:
        return None


def _rows() -> list[Row]:
    rows: list[Row] = st.session_state.setdefault(ROWS, [])
    return rows


def _detail() -> str:
    return str(st.session_state.get(DETAIL, "auto"))


def _upload() -> str:
    return f"batch-upload-{st.session_state.get(TIMES, 0)}"


def _take() -> None:
    """Move what was chosen out of Streamlit's hands; the place for files is empty again."""
    files = st.session_state.get(_upload()) or []
    rows = [*_rows(), *(Row(file.name, file.getvalue()) for file in files)]
    st.session_state[PROBLEM] = uploads.left_out()
    try:
        batches.check(rows)
    except ChatError as error:
        st.session_state[PROBLEM] = error
    else:
        st.session_state[ROWS] = rows
    uploads.forget(files)
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def _clear() -> None:
    st.session_state[ROWS], st.session_state[PROBLEM] = [], None


def _submit(view: View) -> None:
    start(view, st.session_state[BOX] or "")


def start(view: View, question: str) -> None:
    """Begin the batch, and go to its address; on an error the question goes back into the box."""
    if st.session_state.get(_upload()):
        _take()
    try:
        found = _start(view, question)
    except ChatError as error:
        st.session_state[PROBLEM], st.session_state[BOX] = error, question
        return
    _clear()
    st.query_params["batch"] = found.id


def _start(view: View, question: str) -> Batch:
    return batches.start(_asker(view), question, _rows(), detail=_detail())


def _asker(view: View) -> Asker:
    who = answerer.require(view)
    return Asker(mine.chats(), who.client, who.choice, who.allow)


def _follow(view: View, batch: Batch) -> None:
    """Draw the rows, each again as it changes, until all have ended."""
    st.title("One question, many pictures", anchor=False)
    st.markdown(f"**{plain(batch.question, 400)}**")
    bar, places = st.empty(), [st.empty() for _ in batch.rows]
    with bar.container(key="answering"):  # Stop is seen while this is
        line = st.empty()
    shown: list[Row | None] = [None] * len(places)
    version = -1
    while True:
        version, ended = batch.wait_for_more(version, TICK), not batch.is_running
        _draw_rows(batch, places, shown)
        if ended:
            break
        line.progress(batch.ended / len(batch.rows), f"{batch.ended} of {len(batch.rows)}")
        st.session_state.get("view")  # lets Streamlit end this run if the person has clicked
    with bar.container():
        _result(view, batch)


def _draw_rows(batch: Batch, places: list[DeltaGenerator], shown: list[Row | None]) -> None:
    for number, (row, place) in enumerate(zip(list(batch.rows), places, strict=True)):
        if row is not shown[number]:
            shown[number] = row
            with place.container(horizontal=True, gap="small"):
                _row(row)


def _row(row: Row) -> None:
    if thumbnail := row.thumbnail or (row.image and _thumbnail(row.image, mine.chats())):
        st.image(thumbnail, width=64, alt=row.name)
    with st.container(gap=None):
        st.caption(f"{plain(row.name, 60)}{_tokens(row)}")
        if row.state == "failed":
            st.markdown(f":red[:material/error: {plain(row.error)}]")
        elif row.state == "done":
            st.markdown(plain(row.text, SHOWN) or "The answer has no text.")
        else:
            st.markdown(f":gray[:material/{ICONS[row.state]}: {WORDS[row.state]}]")


@st.cache_data(max_entries=500, show_spinner=False)
def _thumbnail(id: str, _chats: Chats) -> bytes:
    """Return a stored picture made small, or nothing for one that is gone; its id says which it is."""
    kept = _chats.image(id)
    return normalise.thumbnail(kept.content, batches.SIDE) if kept else b""


def _tokens(row: Row) -> str:
    usage = row.usage
    return f" · {count(usage.prompt_tokens)} / {count(usage.completion_tokens)} tokens" if usage else ""


def _result(view: View, batch: Batch) -> None:
    done, without = sum(row.state == "done" for row in batch.rows), sum(row.state != "done" for row in batch.rows)
    again = sum(row.can_be_asked_again for row in batch.rows)
    others = f" · {without} without an answer" if without else ""
    st.caption(f"{done} of {len(batch.rows)} answered{others} · {_tokens_of(batch)}{_cost_of(batch)}")
    if again < without:
        st.caption(f"The files of {without - again} are not kept any more: choose them anew to ask about them.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        icon, name = ":material/download:", f"batch-{batch.id}.csv"
        st.download_button("Download CSV", table(batch), name, "text/csv", icon=icon, on_click="ignore")
        if again:
            icon = ":material/refresh:"
            st.button("Ask again about the others", key="again", icon=icon, on_click=_again, args=(view, batch))
        st.page_link(navigation.image_analysis(), label="Another batch", query_params={"batch": "new"})


def _tokens_of(batch: Batch) -> str:
    prompt, completion = batch.tokens
    both = UNKNOWN if prompt is completion is None else f"{count(prompt)} / {count(completion)}"
    return f"{both} tokens reported"


def _cost_of(batch: Batch) -> str:
    """Return what it cost, "~" before a sum in which tokens are estimated."""
    about = "~" if None in batch.tokens else ""
    return f" · {about}{money(batch.cost.amount)} {batch.cost.currency}" if batch.cost else ""


def _again(view: View, batch: Batch) -> None:
    """Ask again about what has no answer; say so where that cannot be done now."""
    try:
        batches.again(_asker(view), batch)
    except ChatError as error:
        st.toast(problems.sentences(error))


def table(batch: Batch) -> bytes:
    """Return the results as CSV."""
    head = ("picture", "state", "answer", "error", "prompt_tokens", "completion_tokens")
    return to_csv(Table(head, [_cells(row) for row in batch.rows], {}))


def _cells(row: Row) -> tuple[str | int | None, ...]:
    known = (row.usage.prompt_tokens, row.usage.completion_tokens) if row.usage else (None, None)
    return (row.name, row.state, written(answers.prose(row.text)), row.error, *known)
