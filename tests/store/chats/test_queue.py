"""Prompts that wait for the end of an answer: kept, changed, taken back, and sent once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lib.documents import document
from lib.documents.document import Document
from lib.errors import BusyError, StoreError
from lib.messages import Image, LinkedImage, Message
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Chats, Outcome, Queued, Scope, Store
from tests.store.helpers import CHOICE, DONE, begin, chat, execute, texts

IMAGES = (Image(b"red", "image/png"), LinkedImage("https://example.org/a.png"))
CHOSEN = ModelChoice("work", "gpt-y", Parameters(temperature=0.5), "session")


@pytest.fixture
def chats(store: Store) -> Chats:
    """The door to a person's conversations."""
    return store.chats(LOCAL)


def wait(chats: Chats, conversation_id: str, text: str = "and then?", *images: Image | LinkedImage) -> Queued:
    """Have a prompt wait, and return it."""
    prompt = Message("user", text, tuple(images))
    assert chats.queue(prompt, CHOSEN, provider="openai", conversation_id=conversation_id)
    return chats.queued(conversation_id)[-1]


def test_waits(store: Store, chats: Chats) -> None:
    """A prompt waits behind the answer that is being written, with what it is to be asked of; it is no message yet."""
    turn = begin(store, "first")
    waiting = wait(chats, turn.conversation_id, "and then?", *IMAGES)
    wait(chats, turn.conversation_id, "and at last?")

    assert (waiting.after_id, waiting.text, waiting.choice, waiting.images) == (turn.message_id, "and then?", CHOSEN, 2)
    assert [each.text for each in chats.queued(turn.conversation_id)] == ["and then?", "and at last?"]
    assert texts(store, turn.conversation_id) == ["first", ""]
    assert len(chats.whole(turn.conversation_id)) == 2


def test_nothing_to_wait_for(store: Store, chats: Chats) -> None:
    """Where no answer is being written nothing waits; nor in a conversation of somebody else."""
    id, theirs = chat(store, "first"), begin(store, "theirs", owner="else").conversation_id

    assert chats.queue(Message("user", "?"), CHOICE, provider="openai", conversation_id=id) is None
    assert chats.queue(Message("user", "?"), CHOICE, provider="openai", conversation_id=theirs) is None


def test_goes_out(store: Store, chats: Chats) -> None:
    """When the answer has ended well it becomes a message, with its images; what is behind it waits for its answer."""
    turn = begin(store, "first")
    waiting = wait(chats, turn.conversation_id, "and then?", *IMAGES)
    behind = wait(chats, turn.conversation_id, "and at last?")
    assert chats.queued_after(turn.message_id) is None
    chats.finish(turn, DONE)
    assert chats.queued_after(turn.message_id) == waiting
    sent = chats.begin_queued(waiting, waiting.choice, provider="openai", tied=True)
    assert sent

    assert texts(store, turn.conversation_id) == ["first", "Hi there", "and then?", ""]
    prompt = chats.message(sent.user_id)
    assert prompt
    assert [image.url or chats.image(image.id or "").content for image in prompt.images] == [  # type: ignore[union-attr]
        b"red",
        "https://example.org/a.png",
    ]
    assert [(each.id, each.after_id) for each in chats.queued(turn.conversation_id)] == [(behind.id, sent.message_id)]


def test_never_twice(store: Store, chats: Chats) -> None:
    """Whoever sends it, and how many at once: it goes out once."""
    turn = begin(store, "first")
    waiting = wait(chats, turn.conversation_id)
    chats.finish(turn, DONE)

    def send(_: int) -> object:
        try:
            return chats.begin_queued(waiting, CHOICE, provider="openai")
        except BusyError:
            return None

    with ThreadPoolExecutor(4) as pool:
        assert len([each for each in pool.map(send, range(4)) if each]) == 1
    assert texts(store, turn.conversation_id) == ["first", "Hi there", "and then?", ""]


@pytest.mark.parametrize("state", ["stopped", "failed", "incomplete", "interrupted"])
def test_waits_for_the_person(store: Store, chats: Chats, state: str) -> None:
    """After an answer that did not end well nothing goes out by itself, not behind a later one either."""
    turn = begin(store, "first")
    waiting = wait(chats, turn.conversation_id)
    chats.finish(turn, Outcome(state))
    again = chats.retry(turn.message_id, CHOICE, provider="openai")
    chats.finish(again, DONE)

    assert chats.queued_after(turn.message_id) is None
    assert chats.queued_after(again.message_id) is None
    assert chats.begin_queued(waiting, CHOICE, provider="openai")


def test_edited(store: Store, chats: Chats) -> None:
    """While it is edited it is held; it goes out in its new words."""
    turn = begin(store, "first")
    waiting = wait(chats, turn.conversation_id)
    assert chats.hold(waiting.id)
    assert chats.reword(waiting, "and why?")
    assert chats.tie(waiting)
    assert chats.queued(turn.conversation_id)[0].after_id == turn.message_id
    assert chats.hold(waiting.id)
    chats.finish(turn, DONE)

    assert chats.queued_after(turn.message_id) is None
    assert not chats.tie(waiting)
    assert chats.begin_queued(waiting, CHOICE, provider="openai", tied=True) is None
    assert chats.begin_queued(waiting, CHOICE, provider="openai")
    assert texts(store, turn.conversation_id)[-2] == "and why?"
    assert not chats.reword(waiting, "too late")


def test_files(store: Store, chats: Chats) -> None:
    """A file goes with it, and is not among the words that are edited."""
    turn = begin(store, "first")
    text, files = document.joined("read this", [Document("a.txt", "all of it")])
    prompt = Message("user", text, files=files)
    chats.queue(prompt, CHOSEN, provider="openai", conversation_id=turn.conversation_id)
    [waiting] = chats.queued(turn.conversation_id)
    assert waiting.typed == "read this"
    chats.reword(waiting, "read that")
    chats.finish(turn, DONE)
    sent = chats.begin_queued(waiting, CHOICE, provider="openai")
    kept = sent and chats.message(sent.user_id)

    assert kept
    assert (kept.typed, [file.name for file in kept.files]) == ("read that", ["a.txt"])
    assert "all of it" in kept.text


def test_taken_back(store: Store, chats: Chats) -> None:
    """What was taken back does not go out, can be put back, and goes for good with what else was deleted then."""
    turn = begin(store, "first")
    waiting = wait(chats, turn.conversation_id, "and then?", IMAGES[0])
    assert chats.take_back(waiting.id)
    assert chats.queued(turn.conversation_id) == []
    chats.finish(turn, DONE)
    assert chats.begin_queued(waiting, CHOICE, provider="openai") is None
    assert chats.take_back(waiting.id, on=False)
    assert chats.queued(turn.conversation_id)[0].after_id is None
    chats.take_back(waiting.id)
    store.upkeep.purge(datetime.now(UTC) + timedelta(days=1))

    assert not chats.take_back(waiting.id, on=False)
    assert chats.image("red") is None


def test_taken_back_is_not_changed(store: Store, chats: Chats) -> None:
    """What was taken back elsewhere cannot be held, reworded or taken back again, and is put back as it was, once."""
    turn = begin(store, "first")
    waiting = wait(chats, turn.conversation_id, "and then?")
    chats.take_back(waiting.id)

    assert not any((chats.hold(waiting.id), chats.reword(waiting, "late"), chats.take_back(waiting.id)))
    assert chats.take_back(waiting.id, on=False)
    assert not chats.take_back(waiting.id, on=False)
    assert [each.typed for each in chats.queued(turn.conversation_id)] == ["and then?"]


def test_images_stay(store: Store, chats: Chats, url: str) -> None:
    """A purge leaves the images of what waits; with their conversation they go for good."""
    turn = begin(store, "first")
    wait(chats, turn.conversation_id, "and then?", IMAGES[0])
    store.upkeep.purge(datetime.now(UTC))
    assert execute(url, "SELECT count(*) FROM images")[0][0] == 1
    chats.delete(turn.conversation_id)
    chats.erase(turn.conversation_id)

    assert [execute(url, f"SELECT count(*) FROM {table}")[0][0] for table in ("images", "queued_prompts")] == [0, 0]


def test_foreign(store: Store, chats: Chats) -> None:
    """What somebody else has waiting is not there."""
    turn = begin(store, "theirs", owner="else")
    theirs = wait(store.chats(Scope("else")), turn.conversation_id)

    assert chats.queued(turn.conversation_id) == []
    assert not any((chats.hold(theirs.id), chats.reword(theirs, "mine"), chats.take_back(theirs.id)))
    assert not chats.tie(theirs)
    assert chats.queued_after(turn.message_id) is None
    with pytest.raises(StoreError):
        chats.begin_queued(theirs, CHOICE, provider="openai")
