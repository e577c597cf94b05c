"""What admins see: who is here, what can be done about it, and the log of what was."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import streamlit as st

from lib import dates, generations, runtime
from lib.chats import exports, library
from lib.errors import ChatError
from lib.files.tables import FORMATS, Table
from lib.store import KINDS, Call, Known, Ledger, Scope, Selection
from lib.ui import clock, mine, problems, standing
from lib.ui.accounts import audit
from lib.ui.markdown import plain
from lib.ui.numbers import cost, count, many
from lib.usage import tables

SHOWN = 50  # people that are listed at once
DAYS = 30  # that figures are of
FIRST = date(2020, 1, 1)  # of calls that a person is given
BATCH, MAX_CALLS = 1_000, 100_000  # calls that are read at once, and in all
EVENTS = 200  # that are shown; the file has all
LABELS = {"csv": "CSV", "json": "JSON", "parquet": "Parquet", "xlsx": "Excel"}
OPEN = "admin-open"


def draw() -> None:
    """Draw the page for an admin; for everybody else there is none."""
    who = mine.person()
    if who is None or not who.is_admin:
        st.title("Not found", anchor=False)
        st.caption("There is nothing at this address, or not any more.")
        return
    st.title("Admin", anchor=False)
    people, log = st.tabs(["People", "Log"])
    with people, problems.shown():
        _people(runtime.current().store.people.all())
    with log, problems.shown():
        _log()


def _people(known: list[Known]) -> None:
    if opened := next((each for each in known if each.owner == st.session_state.get(OPEN)), None):
        _person(opened, known)
        return
    word = st.text_input("Find", key="admin-find", placeholder="A name, an address or an id").strip().casefold()
    found = [each for each in known if word in f"{each.name}\n{each.email}\n{each.owner}".casefold()]
    st.caption(f"{many(len(found), 'person', 'people')}; calls and cost are of the last {DAYS} days.")
    spent = _spent()
    for each in found[:SHOWN]:
        with st.container(key=f"person-{known.index(each)}", horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(each.name, 60)}**  \n:small[{_about(each, spent)}]", width="stretch")
            st.button("Open", key=f"open-{each.owner}", type="tertiary", on_click=_open, args=(each.owner,))
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN} are shown. Type more of a name to find others.")


def _spent() -> dict[str, str]:
    """Return calls and cost of each person."""
    today = datetime.now(UTC).date()
    cells = mine.usage().cells(Selection(today - timedelta(days=DAYS - 1), today, "UTC"), ("owner",))
    return {
        cell.names[0]: f"{many(cell.figures.calls, 'call')}, {cost(cell.figures.cost('USD'), 'USD')}" for cell in cells
    }


def _about(each: Known, spent: dict[str, str]) -> str:
    seen = f"here {dates.moment(clock.local(each.seen_at))}"
    parts = [each.email, each.role, seen, spent.get(each.owner, "no calls"), *(["switched off"] if each.off_at else [])]
    return plain(" · ".join(part for part in parts if part), 300)


def _open(owner: str) -> None:
    st.session_state[OPEN] = owner


def _person(each: Known, known: list[Known]) -> None:
    st.button("All people", key="admin-back", type="tertiary", icon=":material/arrow_back:", on_click=_open, args=("",))
    st.markdown(f"**{plain(each.name, 60)}**")
    st.caption(plain(f"{each.owner} · {many(each.conversations, 'conversation')}", 300))
    own = each.owner == mine.scope().owner
    with st.container(horizontal=True):
        label, event = ("Switch on", "switched on") if each.off_at else ("Switch off", "switched off")
        _button(label, each, partial(_switch, each, event), disabled=own)
        _button("Sign out everywhere", each, partial(_out, each))
        st.download_button(
            "Export",
            partial(archive, each, mine.scope().owner),
            file_name="parley-person.zip",
            mime="application/zip",
            key="admin-export",
            on_click="ignore",
        )
    others = [other for other in known if other.owner != each.owner]
    if others and each.conversations:
        names = {f"{other.name} ({other.email or other.owner})": other.owner for other in others}
        st.selectbox("Hand all conversations over to", list(names), index=None, key="admin-to")
        chosen = names.get(str(st.session_state.get("admin-to")), "")
        _button("Hand over", each, partial(_hand_over, each, chosen), disabled=not chosen)
    st.checkbox("Delete texts, pictures, drafts and links for good. This cannot be undone.", key="admin-sure")
    _button("Delete person", each, partial(_forget, each), disabled=own or not st.session_state.get("admin-sure"))


def _button(label: str, each: Known, act: Callable[[], None], *, disabled: bool = False) -> None:
    if st.button(label, key=f"admin-{label}-{each.owner}", disabled=disabled):
        with problems.shown():
            _admin()
            act()
            standing.look(runtime.current().store)
            st.rerun()


def _admin() -> None:
    """Raise ChatError for who is no admin any more: a page may stay open for long."""
    who = mine.person()
    if who is None or not who.is_admin:
        raise ChatError("You may not do this any more.", hint="Load the page again.")


def _switch(each: Known, event: str) -> None:
    audit.record(event, each.owner)
    runtime.current().store.people.switch(each.owner, on=bool(each.off_at))
    if not each.off_at:
        generations.stop_of(each.owner)


def _out(each: Known) -> None:
    audit.record("signed somebody out", each.owner)
    runtime.current().store.people.sign_out(each.owner)


def _hand_over(each: Known, to: str) -> None:
    audit.record("handed conversations over", each.owner, f"to {to}")
    runtime.current().store.people.hand_over(each.owner, to)


def _forget(each: Known) -> None:
    generations.stop_of(each.owner)
    store = runtime.current().store
    store.people.switch(each.owner, on=False)
    pseudonym = store.people.forget(each.owner)
    audit.record("deleted a person", pseudonym)


def archive(each: Known, actor: str) -> bytes:
    """Return all that is a person's as one ZIP: conversations to take in again and to read, library, calls, log."""
    store, scope = runtime.current().store, Scope(each.owner)
    store.people.record(actor, "exported a person", each.owner)
    chats, file = store.chats(scope), io.BytesIO()
    ids = chats.all()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, form in (("conversations.json", "json"), ("conversations.html", "html")):
            made.writestr(name, "".join(exports.FORMATS[form](chats, ids)).encode("utf-8", "replace"))
        made.writestr(
            "library.json", library.written(each for kind in KINDS for each in store.library(scope).all(kind))
        )
        made.writestr("calls.csv", FORMATS["csv"](_calls(store.usage(scope))))
        made.writestr("log.csv", FORMATS["csv"](_table(each.owner)))
    return file.getvalue()


def _calls(ledger: Ledger) -> Table:
    selection, calls = Selection(FIRST, datetime.now(UTC).date(), "UTC"), list[Call]()
    page = ledger.calls(selection, BATCH)
    while page.after and len(calls) < MAX_CALLS:
        calls.extend(page.calls)
        page = ledger.calls(selection, BATCH, page.after)
    return tables.calls([*calls, *page.calls], selection, ledger.figures(selection))


def _table(about: str = "") -> Table:
    events = runtime.current().store.people.events()
    rows = [(each.created_at, each.actor, each.event, each.about, each.detail) for each in events]
    some = [row for row in rows if not about or about in (row[1], row[3])]
    return Table(("at", "who", "did", "to", "detail"), some, {"Log of": "Parley"}, "UTC")


def _log() -> None:
    events = runtime.current().store.people.events(EVENTS)
    st.caption(f"The last {count(len(events))} events. Nothing is ever taken out of the log.")
    with st.container(horizontal=True, gap="small"):
        for form in FORMATS:
            made = partial(_made, form)
            st.download_button(
                LABELS[form], made, f"parley-log.{form}", key=f"log-{form}", type="tertiary", on_click="ignore"
            )
    names = {each.owner: each.name for each in runtime.current().store.people.all()}
    for each in events:
        who, to = names.get(each.actor, each.actor), names.get(each.about, each.about)
        at = dates.moment(clock.local(each.created_at))
        st.caption(plain(" · ".join(part for part in (at, who, each.event, to, each.detail) if part), 300))


def _made(form: str) -> bytes:
    return FORMATS[form](_table())
