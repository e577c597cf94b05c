"""What can be done with a message on the chat page, and what comes of it."""

from __future__ import annotations

import threading

import pytest
from streamlit.testing.v1 import AppTest

from lib import generations
from lib.errors import BusyError
from lib.messages import Completion, Delta, Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Store
from lib.ui.chat.branches import Branches
from lib.ui.chat.view import View
from tests.fake_client import FakeClient, FakeStream, answer
from tests.pages.test_chat import opened, talked, texts


def press(page: AppTest, name: str) -> AppTest:
    """Press the first button whose key begins so."""
    page.button(key=keys(page, name)[0]).click()
    return page.run()


def keys(page: AppTest, name: str) -> list[str]:
    """Return the keys of the buttons that begin so, from top to bottom."""
    return [str(button.key) for button in page.button if str(button.key).startswith(f"{name}-")]


def captions(page: AppTest) -> list[str]:
    """Return the small lines of the page."""
    return [caption.value for caption in page.main.caption]


def test_edit(store: Store) -> None:
    """A prompt is edited in its place and answered anew; arrows lead back to the branch before, and forth."""
    page = opened(store, answer("An other"), conversation=talked(store, "one", "two"))
    press(page, "edit")
    box = next(each for each in page.chat_input if str(each.key).startswith("edit-box"))
    assert box.value == "one"
    box.set_value("three").run()
    page.run()
    assert texts(page) == ["three", "Another"]
    assert "2 / 2" in captions(page)

    press(page, "previous")
    assert texts(page) == ["one", "You said one.", "two", "You said two."]
    press(page, "next")
    assert texts(page) == ["three", "Another"]
    assert not page.exception


def test_edit_is_left(store: Store) -> None:
    """Who cancels has the prompt as it was; one of only spaces is not sent."""
    page = opened(store, conversation=talked(store, "one"))
    press(page, "edit")
    box = next(each for each in page.chat_input if str(each.key).startswith("edit-box"))
    box.set_value("  ").run()
    assert "only spaces" in page.toast[0].value

    press(page, "cancel")
    assert texts(page) == ["one", "You said one."]


def test_regenerate(store: Store) -> None:
    """An early answer is asked for again; what came after it stays on its own branch."""
    page = opened(store, answer("Bet ter"), conversation=talked(store, "one", "two"))
    press(page, "regenerate")
    page.run()

    assert texts(page) == ["one", "Better"]
    assert "2 / 2" in captions(page)


def test_continue(store: Store) -> None:
    """An answer that was stopped can be gone on from: the whole stands beside it. One that is whole has no rest."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "hi"), ModelChoice("e", "m"), provider="p")
    chats.finish(turn, Outcome("stopped", "Once "))
    page = opened(store, answer("upon"), conversation=turn.conversation_id)
    press(page, "continue")
    page.run()

    assert texts(page) == ["hi", "Once upon"]
    assert keys(page, "continue") == []


def test_fork(store: Store) -> None:
    """A branch becomes a conversation of its own, which is opened."""
    id = talked(store, "one", "two")
    page = opened(store, conversation=id)
    press(page, "fork")

    assert texts(page) == ["one", "You said one."]
    assert len(store.chats(LOCAL).recent()) == 2


def test_delete(store: Store) -> None:
    """A message goes with what follows it, and comes back."""
    page = opened(store, conversation=talked(store, "one", "two"))
    page.button(key=keys(page, "delete")[2]).click().run()
    assert texts(page) == ["one", "You said one."]
    assert "Deleted 2 messages" in captions(page)

    page.button(key="put-back").click().run()
    assert texts(page) == ["one", "You said one.", "two", "You said two."]
    assert "Deleted 2 messages" not in captions(page)


def test_prompt_without_answer(store: Store) -> None:
    """A prompt whose answer was deleted can be answered."""
    page = opened(store, answer("yes"), conversation=talked(store, "one"))
    page.button(key=keys(page, "delete")[-1]).click().run()
    assert texts(page) == ["one"]
    assert "Deleted a message" in captions(page)
    press(page, "regenerate")
    page.run()

    assert texts(page) == ["one", "yes"]


@pytest.mark.parametrize("name", ["regenerate", "fork", "delete"])
def test_while_an_answer_comes(store: Store, name: str) -> None:
    """Nothing that would collide with an answer is done while it comes, by whichever process; a sentence says why."""
    id = talked(store, "one")
    page = opened(store, conversation=id)
    chats = store.chats(LOCAL)
    chats.begin(Message("user", "two"), ModelChoice("e", "m"), provider="p", conversation_id=id)
    before = [message.id for message in chats.path(id)]
    press(page, name)

    assert "being answered" in page.toast[0].value
    assert [message.id for message in chats.path(id)] == before


def test_while_this_process_answers(store: Store) -> None:
    """Of an answer that this process writes, it says how to end it."""
    going = FakeStream([Delta("w"), threading.Event()], Completion("w"))
    opened(store)
    generation = generations.start(
        store.chats(LOCAL),
        FakeClient(going),  # type: ignore[arg-type]
        Message("user", "two"),
        ModelChoice("e", "m"),
    )
    with pytest.raises(BusyError) as caught:
        Branches(View(generation.turn.conversation_id))._check_free()
    generation.stop()
    generation.result()

    assert "press Stop" in str(caught.value.hint)


def test_rate(store: Store) -> None:
    """An answer is marked as good or bad, with a reason, and the mark is taken back."""
    id = talked(store, "one")
    page = opened(store, conversation=id)
    press(page, "thumb-down")
    next(each for each in page.text_input if str(each.key).startswith("note-")).set_value("too short").run()
    answer = store.chats(LOCAL).path(id)[-1]
    assert (answer.rating, answer.rating_note) == (-1, "too short")

    press(page, "thumb-down")
    assert store.chats(LOCAL).path(id)[-1].rating is None
