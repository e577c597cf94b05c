"""One person as admins see them, and what can be done about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from lib import dates, generations, runtime
from lib.errors import ChatError
from lib.store import Known
from lib.ui import clock, mine, problems, standing
from lib.ui.accounts import audit, rules
from lib.ui.accounts.archive import archive
from lib.ui.markdown import plain
from lib.ui.numbers import many

OPEN = "admin-open"  # who is open
OWN = "This is you. Another admin can switch you off or delete you."


def open_(owner: str) -> None:
    """Open somebody, with "" nobody, in the run that follows."""
    st.session_state[OPEN] = owner


def about(each: Known, figures: str) -> str:
    """Return who somebody is, when they were last here, and `figures` of them, in a line of markdown."""
    seen = f"here {dates.moment(clock.local(each.seen_at))}"
    parts = [each.email, each.role, seen, figures, *(["switched off"] if each.off_at else [])]
    return plain(" · ".join(part for part in parts if part), 300)


def draw(each: Known, known: list[Known]) -> None:
    """Draw somebody, of all who are known."""
    st.button("All people", key="admin-back", type="tertiary", icon=":material/arrow_back:", on_click=open_, args=("",))
    st.header(plain(each.name, 60), anchor=False)
    about_them = [about(each, many(each.conversations, "conversation")), plain(each.owner, 300)]
    st.caption("  \n".join([*about_them, *(plain(line, 300) for line in rules.of(each))]))
    own = each.owner == mine.scope().owner
    if own:
        st.caption(OWN)
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
    _heirs(each, [other for other in known if other.owner != each.owner])
    st.checkbox("Delete texts, pictures, drafts and links for good. This cannot be undone.", key="admin-sure")
    _button("Delete person", each, partial(_forget, each), disabled=own or not st.session_state.get("admin-sure"))


def _heirs(each: Known, others: list[Known]) -> None:
    """Draw who may have somebody's conversations, where there are any."""
    if others and each.conversations:
        names = {f"{other.name} ({other.email or other.owner})": other.owner for other in others}
        st.selectbox("Hand all conversations over to", list(names), index=None, key="admin-to")
        chosen = names.get(str(st.session_state.get("admin-to")), "")
        _button("Hand over", each, partial(_hand_over, each, chosen), disabled=not chosen)


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
