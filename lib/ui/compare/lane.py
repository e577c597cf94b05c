"""One lane of a comparison on the page: who answers there, what can be done with it, and its conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import streamlit as st

from lib import generations, runtime
from lib.compare import lanes
from lib.compare.lanes import PURPOSE, Contender, Lane
from lib.errors import ChatError, ConfigError
from lib.generations import Generation
from lib.model_choice import ModelChoice, Parameters
from lib.store import Part, StoredMessage
from lib.ui import mine, navigation, problems
from lib.ui.chat import answerer
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.composer import Composer
from lib.ui.chat.parameters import NUMBERS
from lib.ui.chat.transcript import Transcript
from lib.ui.chat.view import View
from lib.ui.compare.badges import Badges
from lib.ui.compare.together import Together
from lib.ui.endpoints import session
from lib.ui.markdown import plain
from lib.ui.menu import menu
from lib.ui.streamlit_internals import fresh

FOCUS = "compare_focus"


def contender(choice: ModelChoice) -> Contender:
    """Return who answers in a lane. Raises ConfigError if that endpoint is gone, BudgetError if nobody may ask it."""
    endpoint = session.find(choice.endpoint)
    if endpoint is None:
        said = f"The endpoint {choice.endpoint} of this lane is not there any more."
        raise ConfigError(said, hint="Add it on the page Endpoints, then ask again.")
    who = Answerer(endpoint, choice, mine.scope())
    who.allow()
    return Contender(who.client, choice, who.allow)


def set_apart(parameters: Parameters) -> list[str]:
    """Return the parameters that are set, in words."""
    numbers = [(each.name.replace("_", " "), getattr(parameters, each.name)) for each in NUMBERS]
    found = [f"{name} {value:g}" for name, value in numbers if value is not None]
    effort = [f"effort {parameters.effort}"] if parameters.effort else []
    form = ["JSON schema"] if parameters.schema else []
    return [*found, *effort, *form, *(["system prompt"] if parameters.system else [])]


def focused() -> str:
    """Return the id of the lane that stands alone on the page, "" while all do."""
    return str(st.session_state.get(FOCUS, ""))


def focus(id: str) -> None:
    """Leave one lane alone on the page; "" for all."""
    st.session_state[FOCUS] = id


def running(ids: Iterable[str]) -> list[Generation]:
    """Return the answers that this process is writing in these lanes."""
    found = (generations.find(mine.scope(), id) for id in ids)
    return [each for each in found if each]


class LanePage(Transcript):
    """A lane: its messages, and the answer that is being written, followed beside those of the other lanes."""

    alone = False
    said: Sequence[StoredMessage] = ()

    def __init__(self, part: Part, number: int, ids: Sequence[str]) -> None:
        view = View(part.conversation.id, PURPOSE, choice=part.conversation.choice)
        super().__init__(view, Composer(view), answerer.find(view))
        self.part = part
        self.number = number
        beside = [part.conversation.id] if focused() == part.conversation.id else ids
        self.beside = Together(f"-{number}", len(beside), partial(running, beside))

    @property
    def place(self) -> Lane:
        """The lane, and who answers in it. Raises ConfigError when nobody does, BudgetError when nobody may."""
        return Lane(self.part.conversation.id, contender(self.part.conversation.choice))

    def draw(self) -> None:
        """Draw the lane; what follows its answer goes on beside the others."""
        with st.container(key=f"lane-{self.number}", gap="small"):
            self._head()
            self._said()

    def writing(self, generation: Generation) -> Callable[[], str]:
        """Return what says how far the answer is, and what it costs."""
        return Badges(generation, self.part.conversation.model, self.said).line

    def _head(self) -> None:
        conversation = self.part.conversation
        with st.container(key=f"lane-head-{self.number}", horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(conversation.model or 'default model', 40)}** :small[:gray[{self._where()}]]")
            key, icon = f"lane-stop-{self.number}", ":material/stop_circle:"
            stop = partial(lanes.stop, mine.chats(), [conversation.id])
            st.button("Stop this lane", key=key, type="tertiary", icon=icon, on_click=stop)
            self._focus()
            with menu("More", f"lane-menu-{self.number}", icon=":material/more_horiz:") as is_open:
                if is_open:
                    self._menu()

    def _menu(self) -> None:
        key = f"lane-again-{self.number}"
        st.button("Ask again", key=key, type="tertiary", icon=":material/refresh:", on_click=self.again)
        key, icon = f"lane-delete-{self.number}", ":material/delete:"
        st.button("Remove", key=key, type="tertiary", icon=icon, on_click=self.remove)
        label, icon, to = "Continue in chat", ":material/chat_bubble:", {"c": self.part.conversation.id}
        st.page_link(navigation.chat(), label=label, icon=icon, query_params=to)

    def _focus(self) -> None:
        """Draw the button that leaves this lane alone on the page, or brings the others back."""
        alone = focused() == self.part.conversation.id
        icon, tip = ("close_fullscreen", "Show all lanes") if alone else ("open_in_full", "Show this lane alone")
        key, id = f"lane-focus-{self.number}", "" if alone else self.part.conversation.id
        st.button(tip, key=key, type="tertiary", icon=f":material/{icon}:", on_click=focus, args=(id,))

    def _where(self) -> str:
        where = plain(self.part.conversation.endpoint or "", 30)
        return " · ".join((where, *set_apart(self.part.conversation.choice.parameters)))

    def _said(self) -> None:
        generation = generations.follow(mine.chats(), self.part.conversation.id)
        self.view.turns = [generation.turn] if generation else []
        live = {id for turn in self.view.turns for id in (turn.user_id, turn.message_id)}
        messages = self.said = mine.chats().path(self.part.conversation.id)
        self._branches.look(messages)
        said = fresh(f"said{self.beside.lane}", messages[-1].id if messages else None)
        with said, st.container():  # the lanes stand in a grid: this is one row of it
            for message in messages:
                if message.id not in live:
                    self._message(message, last=message is messages[-1])
            if generation:
                st.fragment(self._live, parallel=True, key=f"live-{self.part.conversation.id}")()
            elif lanes.is_behind(self.part.conversation.id):
                st.fragment(self._await, run_every=0.5, key=f"await-{self.part.conversation.id}")()

    def _live(self) -> None:
        self._turn(self.view.turns[-1], f"answer{self.beside.lane}")
        if lanes.is_behind(self.part.conversation.id):
            st.rerun()

    def _await(self) -> None:
        """Draw the page anew when the next prompt of the others was asked here, or none is left."""
        id = self.part.conversation.id
        if generations.follow(mine.chats(), id) or not lanes.is_behind(id):
            st.rerun()

    def remove(self) -> None:
        """Take the lane out; the sidebar offers to undo it."""
        self._close()
        conversation = self.part.conversation
        lanes.stop(mine.chats(), [conversation.id])
        mine.chats().delete(conversation.id)
        st.session_state["deleted"] = conversation

    def again(self) -> None:
        """Ask for another answer to the last prompt; the one before is kept beside it."""
        self._close()
        last = self.part.answer
        if last is None:
            return
        try:
            lane, limit = self.place, runtime.current().settings.max_generations
            who = lane.contender
            generations.retry(mine.chats(), who.client, last, who.choice, purpose=PURPOSE, limit=limit)
        except ChatError as error:
            st.toast(problems.sentences(error))

    def _close(self) -> None:
        """Close the menu, which has done its work: the lane that comes into this one's place would have it open."""
        st.session_state[f"lane-menu-{self.number}"] = False
