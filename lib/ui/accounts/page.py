"""What admins see: who is here, and what was done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from lib import runtime
from lib.store import Figures, Known, Selection
from lib.ui import mine, problems
from lib.ui.accounts import log, person, replicas, rules
from lib.ui.accounts.person import OPEN
from lib.ui.markdown import plain
from lib.ui.numbers import cost, many

SHOWN = 50  # people that are listed at once
DAYS = 30  # that figures are of


def draw() -> None:
    """Draw the page for an admin; for everybody else there is none."""
    who = mine.person()
    if who is None or not who.is_admin:
        st.title("Not found", anchor=False)
        st.caption("There is nothing at this address, or not any more.")
        return
    with st.container(key="admin"):
        st.title("Admin", anchor=False)
        _tabs()


def _tabs() -> None:
    people, may, serving, done = st.tabs(["People", "Rules", "Replicas", "Log"])
    with people, problems.shown():
        _people(runtime.current().store.people.all())
    with may, problems.shown():
        rules.draw()
    with serving, problems.shown():
        replicas.draw()
    with done, problems.shown():
        log.draw()


def _people(known: list[Known]) -> None:
    if opened := next((each for each in known if each.owner == st.session_state.get(OPEN)), None):
        person.draw(opened, known)
        return
    word = st.text_input("Find", key="admin-find", placeholder="A name, an address or an id").strip().casefold()
    found = [each for each in known if word in f"{each.name}\n{each.email}\n{each.owner}".casefold()]
    st.caption(f"{many(len(found), 'person', 'people')}; calls and cost are of the last {DAYS} days.")
    spent = _spent()
    for each in found[:SHOWN]:
        with st.container(key=f"person-{known.index(each)}", horizontal=True, vertical_alignment="center"):
            about = person.about(each, spent.get(each.owner, "no calls"))
            st.markdown(f"**{plain(each.name, 60)}**  \n:small[{about}]", width="stretch")
            st.button("Open", key=f"open-{each.owner}", type="tertiary", on_click=person.open_, args=(each.owner,))
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN} are shown. Type more of a name to find others.")


def _spent() -> dict[str, str]:
    """Return calls of each person, and their cost as far as it is known."""
    today = datetime.now(UTC).date()
    cells = mine.usage().cells(Selection(today - timedelta(days=DAYS - 1), today, "UTC"), ("owner",))
    return {cell.names[0]: _figures(cell.figures) for cell in cells}


def _figures(figures: Figures) -> str:
    dollars = figures.cost("USD")
    known = [] if dollars is None else [cost(dollars, "USD")]
    return ", ".join([many(figures.calls, "call"), *known])
