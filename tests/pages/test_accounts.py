"""The gate: who is not signed in sees one quiet page, and who is has what is theirs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.accounts import identity
from lib.config import ROOT, Endpoint, Settings
from lib.config.accounts import Accounts
from lib.errors import SignInError
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.runtime import Runtime
from lib.store import Scope, Store
from lib.ui import mine

ENDPOINT = Endpoint("first", "http://127.0.0.1:9/v1", "sk-first", model="m-1")
LOGIN = Accounts(providers=("default", "work"), admins=frozenset({"it"}), analysts=frozenset({"finance"}))
CHOICE = ModelChoice("first", "m-1")


def claims(sub: str, *groups: str) -> dict[str, Any]:
    """Return what the cookie of somebody says."""
    about = {"iss": "https://id.example.org", "is_logged_in": True, "signed_in": int(time.time())}
    return {**about, "sub": sub, "name": sub.title(), "parley_groups": list(groups)}


def owner(sub: str) -> Scope:
    """Return whose everything of somebody is."""
    return Scope(f"https://id.example.org {sub}")


@pytest.fixture
def as_(store: Store) -> Callable[..., AppTest]:
    """Open a page as somebody, of a Parley where people sign in."""

    def opened(sub: str | None, *groups: str, **query: str) -> AppTest:
        page = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=30)
        page.user = claims(sub, *groups) if sub else {}
        page.query_params.update(query)
        return page.run()

    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), accounts=LOGIN), store))
    return opened


def test_nobody(as_) -> None:
    """Who is not signed in sees how to, and nothing else."""
    page = as_(None)

    assert [button.label for button in page.button] == ["Sign in", "Sign in with Work"]
    assert not page.chat_input
    assert not page.warning
    page.button[1].click().run()
    assert not page.exception


def test_visit(as_, store: Store) -> None:
    """A link opens for whoever has it, without a login."""
    page = as_(None, share="none")

    assert page.title[0].value == "Not found"
    assert not page.button


def test_failed(as_) -> None:
    """A login that failed is told in a sentence, and how to go on in another."""
    page = as_(None, **{"sign-in": "failed"})

    assert "did not answer, or did not let you in" in page.warning[0].value


def test_nobody_behind_a_proxy(as_, store: Store) -> None:
    """Where a proxy says who comes, and said nothing, there is no button that could help."""
    headers = Accounts(headers={"id": "X-User"}, proxies=(ip_network("10.0.0.7"),))
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), accounts=headers), store))
    page = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=30).run()

    assert not page.button
    assert "the gateway in front of it" in page.caption[0].value


def test_setting_that_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a setting that cannot work nobody has anything."""
    monkeypatch.setenv("MAX_GENERATIONS", "none")
    page = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=30).run()

    assert page.exception
    assert not page.button


def test_one_s_own(as_, store: Store) -> None:
    """People have what is theirs, and find nothing of others, by address or in the list."""
    turn = store.chats(owner("ann")).begin(Message("user", "What is ours?"), CHOICE, provider="openai")
    own, foreign = as_("ann", c=turn.conversation_id), as_("ben", c=turn.conversation_id)

    assert [message.markdown[0].value for message in own.chat_message][:1] == ["What is ours?"]
    assert not foreign.chat_message
    assert "There is no conversation at this address" in foreign.error[0].value


@pytest.mark.parametrize(("group", "sees"), [("staff", False), ("finance", True), ("it", True)])
def test_usage(as_, store: Store, group: str, sees: bool) -> None:  # what is to be
    """Analysts and admins see what all used."""
    at = as_("fay", group)
    assert not at.exception
    who = identity.person(claims("fay", group), LOGIN, datetime.now(UTC))
    assert who is not None
    assert who.sees_usage is sees


def test_over(as_) -> None:
    """Whose session is over in the middle of it is told so, and asked to load the page again."""
    page = as_("ann")
    page.user = {**claims("ann"), "signed_in": 1}
    page.run()

    assert [button.label for button in page.button] == ["Sign in", "Sign in with Work"]
    with pytest.raises(SignInError):
        mine.scope()
