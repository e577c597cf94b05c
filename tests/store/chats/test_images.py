"""Images of prompts: kept once, given back as they came, gone with the last prompt that has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lib.messages import Image, LinkedImage, Message
from lib.store import LOCAL, Store, StoredImage
from tests import pictures
from tests.store.helpers import CHOICE, DONE, begin, execute

PIXEL = Image(pictures.png(3, 2, b""), "image/png")
REMOTE = "https://example.com/a.png"


def ask(store: Store, *images: Image | LinkedImage) -> tuple[str, tuple[StoredImage, ...]]:
    """Store a prompt with images; return its conversation and its images as they are stored."""
    turn = store.chats(LOCAL).begin(Message("user", "look", images), CHOICE, provider="openai")
    store.chats(LOCAL).finish(turn, DONE)
    message = store.chats(LOCAL).message(turn.user_id)
    assert message
    return turn.conversation_id, message.images


def test_bytes_come_back(store: Store) -> None:
    """An image that was sent as data is kept as bytes, with its type."""
    _, (image,) = ask(store, replace(PIXEL, detail="low"))
    content = store.chats(LOCAL).image(image.id or "")

    assert content
    assert content.image(image.detail) == replace(PIXEL, detail="low")


def test_note_comes_back(store: Store) -> None:
    """What became of an image on its way is kept with the prompt."""
    _, images = ask(store, replace(PIXEL, note="Page 1 of 3."), PIXEL)

    assert [image.note for image in images] == ["Page 1 of 3.", ""]


def test_pixels_come_back(store: Store) -> None:
    """An image that is kept knows its width and height."""
    _, (image,) = ask(store, PIXEL)
    content = store.chats(LOCAL).image(image.id or "")

    assert content
    assert content.image("auto").pixels == (3, 2)


def test_url_is_kept_as_it_is(store: Store) -> None:
    """An image that the endpoint fetches is kept as its URL."""
    assert ask(store, LinkedImage(REMOTE, "high"))[1] == (StoredImage(None, REMOTE, "high"),)


def test_order_is_kept(store: Store) -> None:
    """Images come back in the order they were given."""
    _, images = ask(store, LinkedImage(REMOTE), PIXEL, LinkedImage(REMOTE + "?2"))

    assert [image.url for image in images] == [REMOTE, None, REMOTE + "?2"]


def test_one_copy(store: Store, url: str) -> None:
    """The same picture in two prompts is stored once."""
    ask(store, PIXEL)
    ask(store, PIXEL, PIXEL)

    assert execute(url, "SELECT count(*) FROM images")[0][0] == 1


def test_listing_has_images(store: Store) -> None:
    """The messages of a conversation come with their images, the others with none."""
    conversation_id, images = ask(store, PIXEL)

    assert [message.images for message in store.chats(LOCAL).path(conversation_id)] == [images, ()]


def test_purge_takes_the_last_copy(store: Store) -> None:
    """An image goes with the last conversation that has it."""
    conversation_id, (image,) = ask(store, PIXEL)
    store.chats(LOCAL).delete(conversation_id)

    store.upkeep.purge(datetime.now(UTC) + timedelta(seconds=1))

    assert store.chats(LOCAL).image(image.id or "") is None


def test_purge_spares_what_is_used(store: Store) -> None:
    """An image that another conversation has stays."""
    conversation_id, (image,) = ask(store, PIXEL)
    ask(store, PIXEL)
    store.chats(LOCAL).delete(conversation_id)

    store.upkeep.purge(datetime.now(UTC) + timedelta(seconds=1))

    assert store.chats(LOCAL).image(image.id or "")


def test_pictures_of_an_answer(store: Store) -> None:
    """Images that came with an answer are kept with it, once, and go along into a copy of its branch."""
    chats, turn = store.chats(LOCAL), begin(store)
    outcome = replace(DONE, pictures=(PIXEL, PIXEL))
    chats.finish(turn, outcome)
    chats.finish(turn, outcome)
    answer = chats.message(turn.message_id)

    assert answer
    assert len(answer.images) == 2
    assert chats.path(chats.fork(turn.message_id))[-1].images == answer.images
    assert chats.image(answer.images[0].id or "")
