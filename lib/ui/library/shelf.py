"""A section of the library: what is kept of one kind, each with what can be done with it, and a form for one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import streamlit as st

from lib.errors import ChatError
from lib.store import Entry
from lib.store.library import MAX_NAME
from lib.ui import mine, problems
from lib.ui.markdown import plain

FORM, REMOVED = "library-form", "library-removed"  # the form that is open, and what was deleted last
NAME = "field-name"


@dataclass
class Form:
    """The form that is open: `entry` has what it began with. `problem` is why that was not kept."""

    entry: Entry
    problem: ChatError | None = field(default=None)


def draw_undo() -> None:
    """Draw Undo after a deletion."""
    entry: Entry | None = st.session_state.get(REMOVED)
    if entry:
        with st.container(key="library-undo", horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"Deleted “{plain(entry.name, 40)}”", width="content")
            st.button("Undo", key="undo-entry", type="tertiary", on_click=_put_back, args=(entry,))


def _put_back(entry: Entry) -> None:
    st.session_state[REMOVED] = None
    with problems.shown():
        mine.library().put_back(entry.id or 0)


class Shelf(ABC):
    """What is kept of one `kind`. A subclass says how one is shown, used, and what its form has beside the name."""

    kind = ""
    title = ""
    about = ""
    use_label = "Use"

    @abstractmethod
    def summary(self, entry: Entry) -> str:
        """Return what an entry is, in a line."""

    @abstractmethod
    def use(self, entry: Entry) -> None:
        """Do what it is there for; the page is left."""

    @abstractmethod
    def fill(self, entry: Entry) -> None:
        """Have the fields say what an entry is."""

    @abstractmethod
    def fields(self) -> None:
        """Draw the fields of the form below the name."""

    @abstractmethod
    def read(self, entry: Entry, name: str) -> Entry:
        """Return what the fields make of an entry. Raises ChatError for what cannot be read."""

    def beside(self, entry: Entry) -> None:  # noqa: B027  # most have nothing else
        """Draw what else can be done with an entry."""

    def draw(self) -> None:
        """Draw the section."""
        kept, form = mine.library().all(self.kind), self._form()
        with st.container(key=f"shelf-{self.kind}"):
            st.header(self.title, anchor=False)
            if not kept:
                st.caption(self.about)
            for entry in kept:
                self._row(entry, form)
            if form and form.entry.id is None:
                self._draw_form(form)
            else:
                key, args = f"new-{self.kind}", (Entry(self.kind, ""),)
                st.button(f"New {self.kind}", key=key, icon=":material/add:", on_click=self.open, args=args)

    def _form(self) -> Form | None:
        form: Form | None = st.session_state.get(FORM)
        return form if form and form.entry.kind == self.kind else None

    def _row(self, entry: Entry, form: Form | None) -> None:
        """Draw an entry, or the form that is open on it."""
        if form and form.entry.id == entry.id:
            self._draw_form(form)
            return
        with st.container(key=f"kept-{entry.id}", horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(entry.name)}**  \n:small[{plain(self.summary(entry), 110)}]", width="stretch")
            if st.button(self.use_label, key=f"use-entry-{entry.id}"):
                self.use(entry)
            self.beside(entry)
            for label, icon, act in (("Edit", "edit", self.open), ("Delete", "delete", self._remove)):
                key, tip = f"{label.lower()}-entry-{entry.id}", f"{label} “{plain(entry.name, 40)}”"
                st.button(
                    label, key=key, type="tertiary", icon=f":material/{icon}:", help=tip, on_click=act, args=(entry,)
                )

    def open(self, entry: Entry) -> None:
        """Open the form on an entry."""
        st.session_state[FORM] = Form(entry)
        st.session_state[NAME] = entry.name
        self.fill(entry)

    def _remove(self, entry: Entry) -> None:
        with problems.shown():
            mine.library().remove(entry.id or 0)
            st.session_state[REMOVED] = entry

    def _draw_form(self, form: Form) -> None:
        with st.form("library-fields", border=False, enter_to_submit=False):
            st.text_input("Name", key=NAME, max_chars=MAX_NAME)
            self.fields()
            if form.problem:
                problems.show(form.problem)
            with st.container(horizontal=True, gap="small"):
                st.form_submit_button("Save", key="save-entry", type="primary", on_click=self._save, args=(form,))
                st.form_submit_button("Cancel", key="leave-entry", type="tertiary", on_click=_close)

    def _save(self, form: Form) -> None:
        """Keep what the form says; what cannot be kept stays in it."""
        try:
            mine.library().keep(self.read(form.entry, st.session_state[NAME]))
        except ChatError as error:
            form.problem = error
        else:
            _close()


def _close() -> None:
    st.session_state[FORM] = None
