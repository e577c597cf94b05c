"""The steps of a pack, edited where they are listed: each change holds at once, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lib.compare import shows
from lib.compare.packs import MAX_DOCUMENTS, MAX_IMAGES, MAX_LANES, MAX_STEPS, MAX_TEXT, MAX_TITLE, Pack, Step
from lib.compare.shows import Show
from lib.documents.document import Document
from lib.errors import ChatError
from lib.messages import Image
from lib.model_choice import ModelChoice
from lib.ui import navigation, problems, uploads
from lib.ui.chat import attachments, files
from lib.ui.chat.parameters import NUMBERS
from lib.ui.compare import draft
from lib.ui.markdown import plain

EDITING, LATEST = "demo-editing", "demo-latest"  # the second: what the page of demonstrations showed last
PROMPT = "Say hello, and what you can do, in two sentences."
HINT = "Add a model, or type endpoint/model"
ELSEWHERE = "This step was changed elsewhere meanwhile. It is shown as it is now: change it again."


def are_here() -> bool:
    """Whether a pack's fields are on this page. Streamlit reports some once more that have made way for the stage."""
    return st.session_state[LATEST][1] not in navigation.STAGES


def edit(show: Show, number: int | None) -> None:
    """Have a step edited, None for none."""
    st.session_state[f"{EDITING}-{show.id}"] = number


def _is_edited(show: Show, number: int) -> bool:
    return bool(st.session_state.get(f"{EDITING}-{show.id}") == number)


def add(show: Show) -> None:
    """Add a step behind the others, for those who answer the last one."""
    pack = show.pack
    if len(pack.steps) >= MAX_STEPS:
        st.toast(f"A pack has at most {MAX_STEPS} steps.")
        return
    show.change(replace(pack, steps=(*pack.steps, Step(PROMPT, pack.steps[-1].lanes))))
    edit(show, len(pack.steps))


def draw_toggle(show: Show, number: int) -> None:
    """Draw the button that opens a step to be edited, or closes it."""
    is_open = _is_edited(show, number)
    label, icon = ("Done", ":material/check:") if is_open else ("Edit", ":material/edit:")
    args = (show, None if is_open else number)
    st.button(label, key=f"step-edit-{number + 1}", type="tertiary", icon=icon, on_click=edit, args=args)


def draw(show: Show, number: int) -> None:
    """Draw the fields of a step that is edited."""
    if _is_edited(show, number):
        with st.container(key=f"step-form-{number + 1}", border=True):
            _Form(show, number).draw()


class _Form:
    """The fields of a step. Several may change it at once, one after the other: each finds what those before it left.

    `_fields` has, for each lane there was when they were drawn and still is, its number then.
    """

    def __init__(self, show: Show, number: int) -> None:
        self._show = show
        self._number = number
        self._step = show.pack.steps[number]
        self._fields = [*range(len(self._step.lanes))]

    def draw(self) -> None:
        step = self._step
        st.text_input("Title", step.title, MAX_TITLE, **self._text("title"))
        st.text_area("Prompt", step.prompt, max_chars=MAX_TEXT, **self._text("prompt", required=True))
        st.text_area("System prompt", step.system, height=80, placeholder="None", **self._text("system"))
        if self._number:
            key = self._key("follows")
            tip = "It is asked behind what was said before, as the next prompt of a conversation."
            change = partial(self._take, "follows", key)
            st.checkbox("Goes on from the step before", step.follows, key=key, help=tip, on_change=change)
        for at, lane in enumerate(step.lanes):
            self._lane(at, lane)
        if len(step.lanes) < MAX_LANES:
            key = self._key("add")
            picker("Add a lane", key, None, partial(self._add, key))
        self._attached()
        st.text_area("Speaker's note", step.note, height=80, placeholder="Only you see it", **self._text("note"))
        self._acts()

    def _key(self, name: str) -> str:
        # With the number of the pack: what was taken back, or moved, is drawn anew.
        return f"step-{name}-{self._show.id}-{self._number}-{self._show.number}"

    def _text(self, name: str, *, required: bool = False) -> dict[str, Any]:
        key = self._key(name)
        return {"key": key, "on_change": self._type, "args": (name, key, required)}

    def _type(self, name: str, key: str, required: bool) -> None:
        value: Any = st.session_state[key] or ""
        if required and not value.strip():
            st.toast("A step needs a prompt.")
            value = self._step.prompt
        self._change(replace(self._step, **{name: value}))

    def _take(self, name: str, key: str) -> None:
        self._change(replace(self._step, **{name: st.session_state[key]}))

    def _change(self, step: Step) -> None:
        if self._is_here():
            self._have(shows.changed(self._show.pack, self._number, step))

    def _is_here(self) -> bool:
        """Whether the step is what these fields are of; one that was changed elsewhere meanwhile is left as it is."""
        is_known = self._show.pack.steps[self._number : self._number + 1] == (self._step,)
        if not is_known:
            st.toast(ELSEWHERE)
        return is_known and are_here()

    def _have(self, pack: Pack, number: int | None = None) -> None:
        """Have another pack, with the step in a place of it: in that which it has, if none is given."""
        self._show.change(pack)
        self._number = self._number if number is None else number
        self._step = pack.steps[self._number]

    def _lane(self, at: int, lane: ModelChoice) -> None:
        with st.container(key=f"step-lane-{self._number + 1}-{at + 1}", horizontal=True, vertical_alignment="bottom"):
            key = self._key(f"lane-{at}")
            picker(f"Lane {at + 1}", key, lane, partial(self._rechoose, at, key))
            with st.popover("Parameters", key=f"step-tune-{self._number + 1}-{at + 1}", icon=":material/tune:"):
                self._numbers(at, lane)
            if len(self._step.lanes) > 1:
                about: dict[str, Any] = {"type": "tertiary", "icon": ":material/close:", "args": (at,)}
                st.button("Remove", key=self._key(f"remove-{at}"), on_click=self._remove, **about)

    def _numbers(self, at: int, lane: ModelChoice) -> None:
        for each in NUMBERS:
            key, given = self._key(f"{each.name}-{at}"), getattr(lane.parameters, each.name)
            about: dict[str, Any] = {"help": each.help, "placeholder": "Auto", "on_change": self._tune}
            st.number_input(
                each.label, each.least, each.most, given, each.step, key=key, args=(at, each.name, key), **about
            )

    def _tune(self, at: int, name: str, key: str) -> None:
        value = st.session_state[key]
        self._put(at, lambda lane: replace(lane, parameters=replace(lane.parameters, **{name: value})))

    def _rechoose(self, at: int, key: str) -> None:
        named = draft.read([st.session_state[key] or ""])
        if named.choices:
            self._put(at, lambda lane: replace(named.choices[0], parameters=lane.parameters))
        elif named.problem:
            st.toast(problems.sentences(named.problem))

    def _put(self, at: int, other: Callable[[ModelChoice], ModelChoice]) -> None:
        """Have another lane in place of the one that fields are of, if it still is there."""
        if at in self._fields:
            lanes, place = [*self._step.lanes], self._fields.index(at)
            lanes[place] = other(lanes[place])
            self._change(replace(self._step, lanes=tuple(lanes)))

    def _add(self, key: str) -> None:
        if found := draft.read([st.session_state[key] or ""]).choices:
            self._change(replace(self._step, lanes=(*self._step.lanes, found[0])))

    def _remove(self, at: int) -> None:
        if at in self._fields and len(self._step.lanes) > 1 and self._is_here():
            steps = [*self._show.pack.steps]
            steps[self._number] = shows.without(self._step, self._fields.index(at))
            self._fields.remove(at)
            self._have(replace(self._show.pack, steps=tuple(steps)))

    def _attached(self) -> None:
        step = self._step
        for at, image in enumerate(step.images):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.image(image.data, width=120)
                self._drop("images", at, image)
        for at, file in enumerate(step.files):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(plain(file.name, 60))
                self._drop("files", at, file)
        key = self._key("files")
        most, label = uploads.PICTURE, "Pictures and files"
        given = st.file_uploader(label, accept_multiple_files=True, key=key, max_upload_size=most)
        if given:
            with problems.shown():
                self._attach(given)

    def _drop(self, name: str, at: int, item: Image | Document) -> None:
        key, args = self._key(f"drop-{name}-{at}"), (name, item)
        st.button("Remove", key=key, type="tertiary", on_click=self._take_out, args=args)

    def _take_out(self, name: str, item: Image | Document) -> None:
        kept: Any = tuple(each for each in getattr(self._step, name) if each is not item)
        self._change(replace(self._step, **{name: kept}))

    def _attach(self, given: list[Any]) -> None:
        pictures, others = files.told_apart(given)
        images = attachments.images(pictures, "") if pictures else ()
        said = files.message("", others)
        read = tuple(Document(each.name, said.text[each.begin : each.end], each.note) for each in said.files)
        step = replace(self._step, images=(*self._step.images, *images), files=(*self._step.files, *read))
        if len(step.images) > MAX_IMAGES or len(step.files) > MAX_DOCUMENTS:
            raise ChatError(
                f"A step has at most {MAX_IMAGES} pictures and {MAX_DOCUMENTS} files.", hint="Take some out."
            )
        if any(len(file.text) > MAX_TEXT for file in step.files):
            raise ChatError(f"A file of a step has at most {MAX_TEXT:,} characters.", hint="Add a shorter one.")
        self._change(step)
        st.rerun()

    def _acts(self) -> None:
        with st.container(key=f"step-acts-{self._number + 1}", horizontal=True, gap="small"):
            if self._number:
                icon, tip = ":material/arrow_upward:", "Move this step up"
                st.button("Move up", key=self._key("up"), type="tertiary", icon=icon, help=tip, on_click=self._up)
            if len(self._show.pack.steps) > 1:
                icon = ":material/delete:"
                st.button("Delete", key=self._key("delete"), type="tertiary", icon=icon, on_click=self._delete)

    def _up(self) -> None:
        if self._is_here():
            self._have(shows.moved(self._show.pack, self._number, self._number - 1), self._number - 1)
            edit(self._show, self._number)

    def _delete(self) -> None:
        if self._is_here():
            steps = [step for at, step in enumerate(self._show.pack.steps) if at != self._number]
            self._show.change(replace(self._show.pack, steps=(replace(steps[0], follows=False), *steps[1:])))
            edit(self._show, None)


def picker(label: str, key: str, chosen: ModelChoice | None, then: Callable[[], None], help: str | None = None) -> None:
    """Draw the choice of a model; `then` is called when there is another one."""
    names = [f"{endpoint}/{model}" for endpoint, model in draft.models()]
    name = f"{chosen.endpoint}/{chosen.model}" if chosen else None
    names = names if name is None or name in names else [name, *names]
    about: dict[str, Any] = {"accept_new_options": True, "placeholder": HINT, "on_change": then, "help": help}
    st.selectbox(label, names, names.index(name) if name else None, key=key, **about)
