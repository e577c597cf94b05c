"""Who answers the next prompt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st

from lib import runtime
from lib.config import Endpoint, Settings
from lib.config.accounts import Accounts
from lib.config.rules import Access, Limit
from lib.endpoints.catalogue import Checkup
from lib.endpoints.doctor import Finding
from lib.errors import BudgetError, ConfigError, LimitError
from lib.generations import whole_files
from lib.local.model import LocalModel
from lib.messages import Message, WholeFile
from lib.model_choice import PLAIN, ModelChoice
from lib.pricing.budgets import Budget
from lib.runtime import Runtime
from lib.store import LOCAL, Entry, Store
from lib.ui.chat import answerer
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.endpoints import session
from lib.ui.endpoints.session import CHOICE
from tests.store.calls import dollars, foreign, put
from tests.store.helpers import DONE, begin

FIRST = Endpoint("first", "http://127.0.0.1:9/v1", models=("m-1", "m-2"))
SECOND = Endpoint("second", "http://127.0.0.1:8/v1", model="own")
WARM = replace(PLAIN, temperature=0.7)


@pytest.fixture(autouse=True)
def store(session: Store) -> Store:
    """A process with two endpoints, and a session that has just begun."""
    runtime.use(Runtime(Settings(endpoints=(FIRST, SECOND)), session))
    return session


def test_first() -> None:
    """Where nothing was chosen, the first endpoint answers with its first model."""
    assert answerer.find(View(None)) == Answerer(FIRST, ModelChoice("first", "m-1"))


def test_chosen() -> None:
    """What was chosen answers, with the key that this session gave it."""
    session.give_key(SECOND, "sk-of-this-session")
    choice = ModelChoice("second", "other", WARM, "s-1")

    assert answerer.find(View(None, choice=choice)) == Answerer(replace(SECOND, api_key="sk-of-this-session"), choice)


def test_gone() -> None:
    """Where what was chosen is not there any more, the first answers with its parameters, outside any session."""
    view = View(None, choice=ModelChoice("gone", "m", WARM, "s-1"))

    assert answerer.find(view) == Answerer(FIRST, ModelChoice("first", "m-1", WARM))


@pytest.mark.parametrize("is_embedded", [False, True])
def test_nobody(store: Store, tmp_path: Path, is_embedded: bool) -> None:
    """Where nobody answers that is said in an error, with how far the embedded model is."""
    local = LocalModel(tmp_path) if is_embedded else None
    runtime.use(Runtime(Settings(endpoints=()), store, local))

    assert answerer.find(View(None)) is None
    with pytest.raises(ConfigError, match="No model answers yet") as raised:
        answerer.require(View(None))
    assert raised.value.hint == (local.detail if local else "Wait until one does, or add an endpoint.")


def test_spent(store: Store) -> None:
    """Where the budget is spent nobody is asked, though it is known who would answer."""
    put(store, foreign(datetime.now(UTC), endpoint="first", cost=dollars("2")))
    runtime.use(Runtime(Settings(endpoints=(FIRST,), budgets=(Budget(Decimal(1), stop=True),)), store))

    assert answerer.find(View(None))
    with pytest.raises(BudgetError):
        answerer.require(View(None))


def test_access(store: Store) -> None:
    """Who may not ask a model is not offered it, and is refused if they ask all the same: nothing is sent."""
    access = (Access("first", frozenset({"research"}), ("m-1",)), Access("second", frozenset({"research"})))
    runtime.use(Runtime(Settings(endpoints=(SECOND, FIRST), accounts=Accounts(access=access)), store))

    assert answerer.require(View(None)).choice == ModelChoice("first", "m-2")
    assert [session.models(each).models for each in (FIRST, SECOND)] == [("m-2",), ()]
    with pytest.raises(LimitError, match="You may not ask m-1 at first"):
        answerer.require(View(None, choice=ModelChoice("first", "m-1")))


def test_often(store: Store) -> None:
    """Who has asked as often as may be is refused."""
    accounts = Accounts(limits=(Limit(calls_a_minute=1),))
    runtime.use(Runtime(Settings(endpoints=(FIRST,), accounts=accounts), store))
    begin(store)

    with pytest.raises(LimitError, match="1 call within a minute"):
        answerer.require(View(None))


def test_project(store: Store) -> None:
    """A budget of a project is for the prompts of the conversations in it."""
    library, budget = store.library(LOCAL), Budget(Decimal(1), project="Atlas", unit="calls", stop=True)
    library.keep(Entry("project", "Atlas"))
    project = library.all("project")[0]
    turn = begin(store)
    store.chats(LOCAL).finish(turn, DONE)
    store.chats(LOCAL).move(turn.conversation_id, project.id)
    runtime.use(Runtime(Settings(endpoints=(FIRST,), budgets=(budget,)), store))

    assert answerer.require(View(None)).project == ""
    for view in (View(turn.conversation_id), View(None, project=project)):
        with pytest.raises(BudgetError, match="1 call for project Atlas"):
            answerer.require(view)


def test_client() -> None:
    """It is asked by the one client of its endpoint."""
    who = answerer.require(View(None))

    assert who.client.endpoint == FIRST
    assert who.client is runtime.current().client(FIRST)


def test_blindness() -> None:
    """That the small model cannot see is known; of others nothing is, before they are checked."""
    small = Endpoint("local", "http://127.0.0.1:7/v1", provider="local", model="small")

    assert "reads text only" in Answerer(small, ModelChoice("local", "small")).blindness
    assert Answerer(FIRST, ModelChoice("first", "m-1")).blindness == ""


def test_refused_pdfs(store: Store) -> None:
    """A model that a check has seen to take no PDF is sent the text of those that stand in a conversation."""
    process = Runtime(Settings(endpoints=(FIRST,)), store)
    runtime.use(process)
    paper = Message("user", "a", whole_files=(WholeFile(b"%PDF-1.7", "application/pdf", "a.pdf", 1),))
    tried = Finding("pdf", "skipped", "It takes no PDF.", ms=5.0)
    process.catalogue._keep(FIRST, Checkup(datetime.now(UTC), (tried,), running=False))
    whole_files.forget()
    assert whole_files.taken(FIRST, "m-1", [paper]) == [paper]
    answerer.require(View(None))

    assert whole_files.taken(FIRST, "m-1", [paper])[0].whole_files == ()
    whole_files.forget()


def test_choose() -> None:
    """A choice answers from now on, and in new conversations too, there without its parameters and session."""
    view, choice = View(None), ModelChoice("second", "other", WARM, "s-1")
    answerer.choose(view, choice)

    assert answerer.require(view).choice == choice
    assert st.session_state[CHOICE] == ModelChoice("second", "other")
