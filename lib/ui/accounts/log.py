"""The log of who did what, as admins read it and take it away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from lib import dates, runtime
from lib.files.tables import FORMATS, Table
from lib.store import Event
from lib.ui import clock
from lib.ui.markdown import plain
from lib.ui.numbers import many

EVENTS = 200  # that are shown; the file has all
LABELS = {"csv": "CSV", "json": "JSON", "parquet": "Parquet", "xlsx": "Excel"}


def draw() -> None:
    """Draw the latest events, and the way to all of them."""
    events = runtime.current().store.people.events(EVENTS)
    if not events:
        st.caption("Nothing has been done yet that is logged.")
        return
    last = "The last " if len(events) == EVENTS else ""
    st.caption(f"{last}{many(len(events), 'event')}. Nothing is ever taken out of the log.")
    with st.container(horizontal=True, gap="small"):
        for form in FORMATS:
            file = partial(made, form)
            st.download_button(
                LABELS[form], file, f"parley-log.{form}", key=f"log-{form}", type="tertiary", on_click="ignore"
            )
    names = {each.owner: each.name for each in runtime.current().store.people.all()}
    st.caption("\n".join(f"- {_line(each, names)}" for each in events))


def _line(each: Event, names: Mapping[str, str]) -> str:
    """Return an event in a line of markdown, with the names of those whose it is."""
    at, who = dates.moment(clock.local(each.created_at)), plain(names.get(each.actor, each.actor), 60)
    word, _, owner = each.detail.partition(" ")
    detail = f"{word} {names[owner]}" if owner in names else each.detail
    did = " · ".join(part for part in (each.event, names.get(each.about, each.about), detail) if part)
    return f"{at} · **{who}** · {plain(did, 300)}"


def made(form: str) -> bytes:
    """Return the whole log as a file."""
    return FORMATS[form](table())


def table(about: str = "") -> Table:
    """Return the log, or what of it is about somebody."""
    events = runtime.current().store.people.events()
    rows = [(each.created_at, each.actor, each.event, each.about, each.detail) for each in events]
    some = [row for row in rows if not about or about in (row[1], row[3])]
    return Table(("at", "who", "did", "to", "detail"), some, {"Log of": "Parley"}, "UTC")
