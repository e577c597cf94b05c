"""Temporary chats on the chat page: begun, seen as such, and left for good."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Store
from lib.ui import temporary
from lib.ui.chat.temporary_choice import ABOUT
from tests.fake_client import answer
from tests.pages.test_chat import opened, talked, texts
from tests.store.helpers import calls


def captions(page: AppTest) -> list[str]:
    """Return the small lines of the page, of its lower edge too."""
    return [caption.value for caption in page.caption]


def test_begun_and_closed(store: Store) -> None:
    """It is in no list, says what it is, and is gone when it is closed; its call stays."""
    page = opened(store, answer("Yes"))
    page.button(key="temporary").click().run()
    assert page.button(key="temporary").label == "Temporary: on"
    assert "Gone when closed; not listed, not searched." in captions(page)
    page.chat_input[0].set_value("hush").run()
    chats, id = store.chats(LOCAL), str(page.query_params["c"]).strip("[']")
    assert texts(page) == ["hush", "Yes"]
    assert chats.recent() == []
    assert f"Temporary. {ABOUT}" in captions(page)
    assert not any("hush" in link.label for link in page.get("page_link"))
    page.button(key="close-temporary").click().run()

    assert page.title[0].value == "What would you like to know?"
    assert chats.get(id) is None
    assert [call.status for call in calls(store)] == ["completed"]
    assert not page.exception


def test_thought_better_of(store: Store) -> None:
    """A second click makes it one that lasts."""
    page = opened(store, answer("Yes"))
    page.button(key="temporary").click().run()
    page.button(key="temporary").click().run()
    assert page.button(key="temporary").label == "Temporary"
    page.chat_input[0].set_value("keep this").run()

    assert len(store.chats(LOCAL).recent()) == 1


def hidden(store: Store) -> str:
    """Have a temporary chat, and return its id."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "hush"), ModelChoice("e", "m"), provider="p", temporary=True)
    chats.finish(turn, Outcome("completed", "Yes"))
    return turn.conversation_id


def test_left(store: Store) -> None:
    """Opened again it is still one; who goes to another conversation has closed it."""
    id, other = hidden(store), talked(store, "one")
    page = opened(store, conversation=id)
    assert texts(page) == ["hush", "Yes"]
    page.query_params["c"] = other
    page.run()

    assert texts(page) == ["one", "You said one."]
    assert store.chats(LOCAL).get(id) is None


def test_tab_is_gone(store: Store) -> None:
    """It is closed when no browser session has it open any more that could be come back to."""
    id = hidden(store)
    opened(store, conversation=id)
    temporary.close_left(lambda _: True)
    assert store.chats(LOCAL).get(id)
    temporary.close_left(lambda _: False)

    assert store.chats(LOCAL).get(id) is None
