"""One lane of a comparison on the page: who answers there, what can be done with it, and its conversation."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lib import generations, runtime
from lib.compare import lanes
from lib.compare.lanes import PURPOSE, Contender, Lane
from lib.errors import ChatError, ConfigError
from lib.model_choice import ModelChoice
from lib.store import Part
from lib.ui import mine, navigation, problems
from lib.ui.chat import answerer
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.composer import Composer
from lib.ui.chat.transcript import Transcript, emptied
from lib.ui.chat.view import View
from lib.ui.endpoints import session
from lib.ui.markdown import plain


def contender(choice: ModelChoice) -> Contender:
    """Return who answers in a lane. Raises ConfigError if that endpoint is gone, BudgetError if nobody may ask it."""
    endpoint = session.find(choice.endpoint)
    if endpoint is None:
        said = f"The endpoint {choice.endpoint} of this lane is not there any more."
        raise ConfigError(said, hint="Add it on the page Endpoints, then ask again.")
    who = Answerer(endpoint, choice)
    who.allow()
    return Contender(who.client, choice, who.allow)


class LanePage(Transcript):
    """A lane: its messages, and the answer that is being written, followed beside those of the other lanes."""

    alone = False

    def __init__(self, part: Part, number: int) -> None:
        view = View(part.conversation.id, PURPOSE, choice=part.conversation.choice)
        super().__init__(view, Composer(view), answerer.find(view))
        self.lane = f"-{number}"
        self.part = part
        self.number = number

    @property
    def place(self) -> Lane:
        """The lane, and who answers in it. Raises ConfigError when nobody does, BudgetError when nobody may."""
        return Lane(self.part.conversation.id, contender(self.part.conversation.choice))

    def draw(self) -> None:
        """Draw the lane; what follows its answer goes on beside the others."""
        with st.container(key=f"lane-{self.number}", gap="small"):
            self._head()
            self._said()

    def _head(self) -> None:
        conversation = self.part.conversation
        with st.container(key=f"lane-head-{self.number}", horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(conversation.model or 'default model', 40)}** :small[:gray[{self._where()}]]")
            key, tip = f"lane-stop-{self.number}", "Stop this lane"
            stop = partial(lanes.stop, mine.chats(), [conversation.id])
            st.button(
                "Stop this lane", key=key, type="tertiary", icon=":material/stop_circle:", help=tip, on_click=stop
            )
            with st.popover("More", key=f"lane-menu-{self.number}", type="tertiary", icon=":material/more_horiz:"):
                key = f"lane-again-{self.number}"
                st.button("Ask again", key=key, type="tertiary", icon=":material/refresh:", on_click=self.again)
                key, icon = f"lane-delete-{self.number}", ":material/delete:"
                st.button("Remove", key=key, type="tertiary", icon=icon, on_click=self.remove)
                label, icon = "Continue in chat", ":material/chat_bubble:"
                st.page_link(navigation.chat(), label=label, icon=icon, query_params={"c": conversation.id})

    def _where(self) -> str:
        settings = self.part.conversation.choice.parameters
        warmth = "" if settings.temperature is None else f" · temperature {settings.temperature:g}"
        system = " · system prompt" if settings.system else ""
        return f"{plain(self.part.conversation.endpoint or '', 30)}{warmth}{system}"

    def _said(self) -> None:
        generation = generations.find(mine.scope(), self.part.conversation.id)
        self.view.turns = [generation.turn] if generation else []
        live = {id for turn in self.view.turns for id in (turn.user_id, turn.message_id)}
        messages = mine.chats().path(self.part.conversation.id)
        self._branches.look(messages)
        with emptied(f"said{self.lane}", messages[-1].id if messages else None):
            for message in messages:
                if message.id not in live:
                    self._message(message, last=message is messages[-1])
            if generation:
                st.fragment(self._live, parallel=True, key=f"live-{self.part.conversation.id}")()

    def _live(self) -> None:
        self._turn(self.view.turns[-1], f"answer{self.lane}")

    def remove(self) -> None:
        """Take the lane out; the sidebar offers to undo it."""
        conversation = self.part.conversation
        lanes.stop(mine.chats(), [conversation.id])
        mine.chats().delete(conversation.id)
        st.session_state["deleted"] = conversation

    def again(self) -> None:
        """Ask for another answer to the last prompt; the one before is kept beside it."""
        last = self.part.answer
        if last is None:
            return
        try:
            lane, limit = self.place, runtime.current().settings.max_generations
            who = lane.contender
            generations.retry(mine.chats(), who.client, last, who.choice, purpose=PURPOSE, limit=limit)
        except ChatError as error:
            st.toast(problems.sentences(error))
