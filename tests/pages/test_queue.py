"""What waits for the end of an answer, on the chat page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lib.messages import Image, Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Chats, Outcome, Store, Turn
from tests.fake_client import answer
from tests.pages.test_branches import press
from tests.pages.test_chat import opened, texts

CHOICE = ModelChoice("fake", "m")


@pytest.fixture
def chats(store: Store) -> Chats:
    """The door to the person's conversations."""
    return store.chats(LOCAL)


@pytest.fixture
def turn(chats: Chats) -> Turn:
    """A turn whose answer another process is writing."""
    return chats.begin(Message("user", "one"), CHOICE, provider="p")


def captions(page: AppTest) -> list[str]:
    """Return the small lines of the page, of its lower edge too."""
    return [caption.value for caption in page.caption]


def say(page: AppTest, text: str) -> AppTest:
    """Type something and press Enter."""
    return page.chat_input[-1].set_value(text).run()


def test_waits(store: Store, chats: Chats, turn: Turn) -> None:
    """What is sent meanwhile waits, is edited, and goes out when the person says so, once the answer has ended."""
    page = say(opened(store, answer("Four"), conversation=turn.conversation_id), "two")
    assert not page.error
    assert "Goes out next" in captions(page)
    assert [each.text for each in chats.queued(turn.conversation_id)] == ["two"]
    press(page, "edit-queued")
    assert chats.queued(turn.conversation_id)[0].after_id is None
    box = next(each for each in page.chat_input if str(each.key).startswith("requeue"))
    assert box.value == "two"
    box.set_value("  ").run()
    assert "only spaces" in page.toast[0].value
    next(each for each in page.chat_input if str(each.key).startswith("requeue")).set_value("three").run()
    assert chats.queued(turn.conversation_id)[0].after_id == turn.message_id
    chats.finish(turn, Outcome("stopped", "Half"))
    press(page, "send-queued")
    page.run()

    assert texts(page) == ["one", "Half", "three", "Four"]
    assert chats.queued(turn.conversation_id) == []


def test_taken_back(store: Store, chats: Chats, turn: Turn) -> None:
    """It is taken back, and that undone; who only looks at the box of an edit leaves all as it was."""
    page = say(opened(store, conversation=turn.conversation_id), "two")
    press(page, "edit-queued")
    press(page, "cancel-queued")
    assert chats.queued(turn.conversation_id)[0].after_id == turn.message_id
    press(page, "take-back")
    assert chats.queued(turn.conversation_id) == []
    assert "Taken back" in captions(page)
    page.button(key="put-queued-back").click().run()

    assert chats.queued(turn.conversation_id)[0].after_id == turn.message_id
    assert "Taken back" not in captions(page)


def test_sent_meanwhile(store: Store, chats: Chats, turn: Turn) -> None:
    """Of one that has gone out from elsewhere, a sentence says so, whatever is done."""
    page = say(opened(store, conversation=turn.conversation_id), "two")
    chats.finish(turn, Outcome("completed", "Yes"))
    [waiting] = chats.queued(turn.conversation_id)
    chats.finish(chats.begin_queued(waiting, CHOICE, provider="p"), Outcome("completed", "Yes"))  # type: ignore[arg-type]
    press(page, "take-back")

    assert "sent or taken back already" in page.toast[0].value


def test_pictures(store: Store, chats: Chats, turn: Turn) -> None:
    """Of pictures that wait with it, it says how many."""
    prompt = Message("user", "two", (Image(b"red", "image/png"),))
    chats.queue(prompt, CHOICE, provider="p", conversation_id=turn.conversation_id)
    page = opened(store, conversation=turn.conversation_id)

    assert "two · 1 picture" in [each.value for each in page.markdown]
