"""Which conversation this page shows, and which of its turns were added since it was last drawn whole.

A page is drawn whole once (history, composer, empty slots); each further prompt fills the next slot, in the same run
that takes it, so that a turn costs the same however long the conversation is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.errors import ChatError
from lib.model_choice import ModelChoice
from lib.store import PRESET, PROJECT, Entry, Queued, Removed, Turn
from lib.text import repair
from lib.ui import mine, navigation, temporary
from lib.ui.accounts import audit
from lib.ui.endpoints.session import CHOICE
from lib.ui.streamlit_internals import STEADY

SLOTS = 8
WINDOW = 20
ASKED, MAX_ASKED = "q", 50_000  # what is in an address for the input box, and how many characters of it are taken

Origin = tuple[str, str] | None  # the kind and id of an entry of the library, as they stand in the address
ORIGINS = (PROJECT, PRESET)

_numbers = count(1)  # of drawings, and of what is drawn: no two are alike


@dataclass
class View:
    """One page as it is on the screen. Nothing in it must last: the store has what does.

    `purpose` is that of its calls in the ledger, and says which page it is: chat or image.
    """

    conversation_id: str | None
    purpose: str = "chat"
    drawing: int = 0
    edition: int = field(default_factory=lambda: next(_numbers))  # what is drawn of another one is not to stay
    window: int = WINDOW
    turns: list[Turn] = field(default_factory=list)
    choice: ModelChoice | None = None
    problem: ChatError | None = None
    touched: float = 0.0
    waits: str = ""  # for a session, or to know whether it needs one: what the input box was drawn with
    due: int | None = None  # the slot whose turn is to be drawn, or is not drawn to its end
    editing: set[int] = field(default_factory=set)  # the prompts that are being edited
    removed: Removed | None = None  # what was deleted last
    rewording: Queued | None = None  # the prompt that waits and is being edited
    taken: Queued | None = None  # the one that was taken back last
    waiting: frozenset[int] = frozenset()  # the prompts that are shown as waiting
    returned: str | None = None  # what was last put back into the input box
    boxes: int = 0  # input boxes that there were before this one
    asked: str = ""  # what the address has for the input box
    temporary: bool = False  # whether the conversation is, or will be
    begun: float = 0.0  # when the conversation began, if it did so on this page
    newcomer: bool = False  # the conversation has begun since the list of them was drawn ...
    row: DeltaGenerator | None = None  # ... and this is its place there
    project: Entry | None = None  # the project that the conversation will be in
    origin: Origin = None  # the project or preset that it begins with

    def begin(self, turns: list[Turn]) -> None:
        """Begin to draw the page whole, with these turns in its slots."""
        self.drawing, self.turns = next(_numbers), turns
        self.touch()

    def start(self, conversation_id: str) -> None:
        """Note that a conversation has begun; the browser's address is to say so."""
        self.conversation_id, self.newcomer, self.begun = conversation_id, True, time.monotonic()
        self.hold()

    def hold(self) -> None:
        """Give the address the conversation that began here: what a timer asks for may be from before it had one."""
        if self.begun and self.conversation_id and st.query_params.get("c") != self.conversation_id:
            for kind in ORIGINS:
                st.query_params.pop(kind, None)
            st.query_params["c"] = self.conversation_id

    def anew(self) -> None:
        """Have the next drawing take away at once what was drawn before: a message of it moves into a slot."""
        self.edition = next(_numbers)

    def touch(self) -> None:
        """Note that slots are being drawn, or have just been."""
        self.touched = time.monotonic()

    @property
    def is_steady(self) -> bool:
        """Whether the browser surely has all slots that were drawn.

        What is on its way to it when a prompt comes in is thrown away by Streamlit, and a slot whose surroundings it
        never got breaks the page: then the page has to be drawn whole.
        """
        return time.monotonic() - self.touched > STEADY

    @property
    def is_new(self) -> bool:
        """Whether the conversation has begun and nothing of it has been drawn since."""
        return self.begun > self.touched

    def slot(self, number: int) -> str:
        """Return the key by which a slot is rerun.

        It holds for one drawing of the page: a run that a click ended leaves its fragments behind, in old places.
        """
        return f"turn-{self.drawing}-{number}"


def current(purpose: str = "chat") -> View:
    """Return the view of the conversation in the URL (`?c=`), a new one if the URL or the page has changed.

    What the URL has for the input box (`?q=`) is put there once, and never sent by that.
    """
    asked = repair(st.query_params.pop(ASKED, "")[:MAX_ASKED], line_ends=True)
    found = _current(purpose)
    found.asked = asked or found.asked
    return found


def _current(purpose: str) -> View:
    conversation_id = st.query_params.get("c") or None
    view: View | None = st.session_state.get("view")
    if view and view.purpose == purpose and not conversation_id and view.is_new:
        view.hold()  # of two requests Streamlit makes one, with the address of the later: one sent before this began
        return view
    is_other = view is None or (view.purpose, view.conversation_id) != (purpose, conversation_id)
    if view is None or is_other or (conversation_id is None and purpose == "chat" and view.origin != _named()):
        _leave(view)
        view = st.session_state["view"] = _open(conversation_id, purpose)
    return view


def begin(choice: ModelChoice, entry: Entry) -> None:
    """Have the chat page be that of a new conversation with this choice, in a project or by a preset, in the next run.

    The address says which: after a reload, or on the way back, it is the same.
    """
    _leave(st.session_state.get("view"))
    st.query_params.from_dict(address(entry))
    st.session_state["view"] = _beginning(choice, entry)


def address(entry: Entry) -> dict[str, str]:
    """Return what an address has behind the path of the chat page for a conversation that begins with an entry."""
    return {entry.kind: f"{entry.id}"}


def _beginning(choice: ModelChoice, entry: Entry) -> View:
    project = entry if entry.kind == PROJECT else None
    return View(None, choice=choice, project=project, origin=(entry.kind, f"{entry.id}"))


def _named() -> Origin:
    """Return what the address says that a new conversation begins with."""
    return next(((kind, st.query_params[kind]) for kind in ORIGINS if kind in st.query_params), None)


def _begun(origin: tuple[str, str]) -> View | None:
    """Return the view of a conversation that begins with an entry, None where that is gone."""
    kind, id = origin
    entry = next((entry for entry in mine.library().all(kind) if f"{entry.id}" == id), None)
    return _beginning(entry.choice, entry) if entry else None


def _leave(view: View | None) -> None:
    if view and view.temporary and view.conversation_id:
        temporary.leave(view.conversation_id)


def _open(conversation_id: str | None, purpose: str) -> View:
    if conversation_id is None:
        if purpose == "chat" and (origin := _named()) and (begun := _begun(origin)):
            return begun
        st.query_params.clear()  # a link without parameters leaves those of the page before in the browser's address
        return View(None, purpose, choice=st.session_state.get(CHOICE))
    conversation = mine.chats().get(conversation_id)
    if conversation and conversation.purpose in navigation.NAMES:
        st.switch_page(navigation.begun_on(conversation.purpose), query_params=navigation.address(conversation))
    if conversation:
        st.query_params["c"] = conversation_id  # ... and one with parameters, to the page that is open, leaves them out
        is_temporary = conversation.expires_at is not None
        return View(conversation_id, purpose, choice=conversation.choice, temporary=is_temporary)
    audit.missed(conversation_id)
    st.query_params.clear()
    hint = "Choose one on the left, or start a new one here."
    gone = ChatError("There is no conversation at this address; it may have been deleted.", hint=hint)
    return View(None, purpose, problem=gone)
