"""Who answers the next prompt: looked up once in a run or at a click, and handed on from there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from lib import runtime
from lib.api import ChatClient
from lib.config import Endpoint
from lib.endpoints import vision
from lib.errors import ConfigError
from lib.generations import whole_files
from lib.model_choice import PLAIN, ModelChoice
from lib.store import LOCAL, Scope
from lib.ui import mine
from lib.ui.chat.view import View
from lib.ui.endpoints import session
from lib.ui.endpoints.session import CHOICE


@dataclass(frozen=True)
class Answerer:
    """An endpoint as this browser session has it, key included, and what was chosen of it."""

    endpoint: Endpoint
    choice: ModelChoice
    who: Scope = LOCAL  # who asks
    project: str = ""  # and in which project

    @property
    def model(self) -> str:
        """The model's name; "" for the endpoint's own."""
        return self.choice.model

    @property
    def client(self) -> ChatClient:
        """What asks the endpoint."""
        return runtime.current().client(self.endpoint)

    @property
    def blindness(self) -> str:
        """Why the model cannot see images, in a sentence; "" where nothing is known against it."""
        return vision.is_blind(self.endpoint, self.model, runtime.current().catalogue.checkup(self.endpoint))

    @property
    def reads_pdfs(self) -> bool:
        """Whether the model was seen to read PDFs as they are."""
        return vision.reads_pdf(self.endpoint, self.model, runtime.current().catalogue.checkup(self.endpoint))

    @property
    def refuses_pdfs(self) -> bool:
        """Whether the model was seen not to."""
        return vision.refuses_pdf(self.endpoint, self.model, runtime.current().catalogue.checkup(self.endpoint))

    def allow(self) -> None:
        """Raise BudgetError if it may not be asked now, StoreError if nobody knows."""
        runtime.current().allow(self.choice, self.who, self.project)


def find(view: View) -> Answerer | None:
    """Return who answers: the endpoint that was chosen, else the first there is; None while there is none."""
    choice, who = view.choice, mine.scope()
    endpoint = session.find(choice.endpoint) if choice else None
    if endpoint and choice:
        return Answerer(endpoint, choice, who, _project(view))
    first = next((each for each in session.endpoints() if _first_model(each, who)), None)
    first = first or next(iter(session.endpoints()), None)
    if first is None:
        return None
    parameters = choice.parameters if choice else PLAIN
    return Answerer(first, ModelChoice(first.name, _first_model(first, who), parameters), who, _project(view))


def require(view: View) -> Answerer:
    """Return who answers.

    Raises ConfigError if nobody does, BudgetError if it may not be asked now.
    """
    found = find(view)
    if found is None:
        local = runtime.current().local
        hint = local.detail if local else "Wait until one does, or add an endpoint."
        raise ConfigError("No model answers yet.", hint=hint)
    found.allow()
    if found.refuses_pdfs:
        whole_files.refuse(found.endpoint, found.model)
    return found


def choose(view: View, choice: ModelChoice) -> None:
    """Have `choice` answer from now on: kept with the conversation, and the first choice of the next new one."""
    view.choice = choice
    st.session_state[CHOICE] = replace(choice, parameters=PLAIN, session_id=None)
    if view.conversation_id:
        mine.chats().choose(view.conversation_id, choice)


def _first_model(endpoint: Endpoint, who: Scope) -> str:
    """Return an endpoint's own model, else the first that is listed, of those that somebody may ask."""
    if endpoint.model and runtime.current().may(endpoint.name, endpoint.model, who):
        return endpoint.model
    return next(iter(session.models(endpoint).models), "")


def _project(view: View) -> str:
    """Return the name of the project that a conversation is in; "" where no budget is for one."""
    if not any(budget.project for budget in runtime.current().settings.budgets):
        return ""
    conversation = mine.chats().get(view.conversation_id) if view.conversation_id else None
    id = conversation.project_id if conversation else view.project and view.project.id
    entry = mine.library().get(id) if id else None
    return entry.name if entry else ""
