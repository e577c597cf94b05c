"""One turn, from the prompt to the finished answer, and what becomes of those left unfinished."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from lib.errors import BusyError, StoreError
from lib.messages import Extras, Image, LinkedImage, Message, Source, Usage
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Store, Turn
from lib.store.chats import turns
from lib.store.values import Target
from tests.store.chats.test_images import PIXEL, REMOTE
from tests.store.helpers import CHOICE, DONE, USAGE, begin, calls, chat, execute, texts

STOPPED = Outcome("stopped", "Hi th", usage=Usage(completion_tokens=2), source="estimated", closed_ms=12.5, deltas=2)
FAILED = Outcome("failed", error_kind="rate_limit", error="Too many requests.", hint="Wait.", http_status=429)


def retry(store: Store, turn: Turn, choice: ModelChoice = CHOICE, **target: str) -> Turn:
    """Begin another answer in the place of a turn's."""
    return store.chats(LOCAL).retry(turn.message_id, choice, provider="openai", **target)


def ended(store: Store, outcome: Outcome = FAILED, prompt: str = "hello", conversation_id: str | None = None) -> Turn:
    """Return a turn that has ended like this."""
    turn = begin(store, prompt, conversation_id)
    store.chats(LOCAL).finish(turn, outcome)
    return turn


def state(store: Store, turn: Turn) -> tuple[str, str]:
    """Return the state of a turn's answer, and that of its call."""
    (call,) = [call for call in calls(store) if call.id == turn.usage_id]
    return store.chats(LOCAL).message(turn.message_id).state, call.status


def test_begin_keeps_prompt(store: Store) -> None:
    """A prompt is kept before anything is sent."""
    turn = begin(store, "What is new?")

    assert store.chats(LOCAL).message(turn.user_id).text == "What is new?"


def test_begin_state(store: Store) -> None:
    """A turn that has begun is streaming, and its call has started."""
    assert state(store, begin(store)) == ("streaming", "started")


def test_begin_opens_conversation(store: Store) -> None:
    """A prompt without a conversation opens one, titled after it."""
    turn = begin(store, "# What is *new*?")

    assert store.chats(LOCAL).get(turn.conversation_id).title == "What is new?"


def test_begin_continues_conversation(store: Store) -> None:
    """A prompt in a conversation comes after what is there."""
    assert ["one", DONE.text, "two", DONE.text] == texts(store, chat(store, "one", "two"))


def test_finish_keeps_extras(store: Store) -> None:
    """What came beside the text of an answer is kept with it."""
    extras = Extras((Source("A", "https://example.com/a"),), ("image",), ("{oops",))
    turn = ended(store, replace(DONE, extras=extras))

    assert store.chats(LOCAL).message(turn.message_id).extras == extras


def test_begin_remembers_model(store: Store) -> None:
    """A conversation has the endpoint and the model of its latest turn."""
    turn = ended(store)
    begin(store, "again", turn.conversation_id, ModelChoice("home", "gpt-y"))
    found = store.chats(LOCAL).get(turn.conversation_id)

    assert (found.endpoint, found.model) == ("home", "gpt-y")


@pytest.mark.parametrize("conversation_id", ["", "missing", "' OR 1=1 --"])
def test_begin_nowhere(store: Store, conversation_id: str) -> None:
    """A prompt in a conversation that does not exist is refused, and nothing is kept of it."""
    with pytest.raises(StoreError, match="does not exist any more"):
        begin(store, conversation_id=conversation_id)

    assert calls(store) == []


def test_begin_in_deleted(store: Store) -> None:
    """A prompt in a deleted conversation is refused."""
    conversation_id = chat(store, "hello")
    store.chats(LOCAL).delete(conversation_id)
    with pytest.raises(StoreError, match="does not exist any more"):
        begin(store, conversation_id=conversation_id)


def test_begin_in_someone_elses(store: Store) -> None:
    """A prompt in another owner's conversation is refused."""
    conversation_id = chat(store, "hello", owner="anna")
    with pytest.raises(StoreError, match="does not exist any more"):
        begin(store, conversation_id=conversation_id, owner="berta")


def test_begin_all_or_nothing(store: Store, url: str) -> None:
    """A prompt whose call cannot be noted is not kept either."""
    execute(url, "DROP TABLE usage")
    with pytest.raises(StoreError):
        begin(store)

    assert execute(url, "SELECT count(*) FROM conversations")[0][0] == 0


def test_save(store: Store) -> None:
    """What has come so far can be read while the rest is still coming."""
    turn = begin(store)
    store.chats(LOCAL).save(turn, "Hi", "Let me think")
    found = store.chats(LOCAL).message(turn.message_id)

    assert (found.text, found.reasoning, found.state) == ("Hi", "Let me think", "streaming")


def test_save_after_finish(store: Store) -> None:
    """Saving a part after the end changes nothing."""
    turn = ended(store, DONE)
    store.chats(LOCAL).save(turn, "Hi", "")

    assert DONE.text == store.chats(LOCAL).message(turn.message_id).text


@pytest.mark.parametrize("name", ["completed", "stopped", "failed", "incomplete", "interrupted"])
def test_finish_state(store: Store, name: str) -> None:
    """An answer and its call end in the same state."""
    assert (name, name) == state(store, ended(store, replace(DONE, state=name)))


def test_finish_figures(store: Store) -> None:
    """A finished answer is shown with the figures of its call."""
    turn = ended(store, replace(DONE, ttft_ms=120.5, duration_ms=900.25, deltas=7))
    found = store.chats(LOCAL).message(turn.message_id)

    assert (
        found.usage,
        found.source,
        found.ttft_ms,
        found.duration_ms,
        found.deltas,
    ) == (USAGE, "reported", 120.5, 900.25, 7)


def test_finish_stopped(store: Store) -> None:
    """A stopped answer keeps its part, its estimate and how long the closing took."""
    found = store.chats(LOCAL).message(ended(store, STOPPED).message_id)

    assert ("Hi th", Usage(completion_tokens=2), "estimated", 12.5) == (
        found.text,
        found.usage,
        found.source,
        found.closed_ms,
    )


def test_finish_failed(store: Store) -> None:
    """A failed answer keeps what went wrong and what to do about it."""
    found = store.chats(LOCAL).message(ended(store).message_id)

    assert (found.error_kind, found.error, found.hint) == ("rate_limit", "Too many requests.", "Wait.")


def test_finish_served_model(store: Store) -> None:
    """The model that answered is told beside the one that was asked."""
    assert store.chats(LOCAL).message(ended(store, DONE).message_id).served_model == "gpt-x-1"


def test_finish_unknown_model(store: Store) -> None:
    """The model that was asked is shown when nobody said which one answered."""
    assert store.chats(LOCAL).message(ended(store).message_id).model == "gpt-x"


def test_finish_twice(store: Store) -> None:
    """A second finish of the same turn changes nothing at all."""
    turn = ended(store, DONE)
    before = store.chats(LOCAL).message(turn.message_id), calls(store), store.chats(LOCAL).recent()
    store.chats(LOCAL).finish(turn, FAILED)

    assert before == (store.chats(LOCAL).message(turn.message_id), calls(store), store.chats(LOCAL).recent())


def test_finish_is_activity(store: Store) -> None:
    """A conversation whose answer ends moves to the top of the list."""
    turn = begin(store, "slow")
    quick = chat(store, "quick")
    store.chats(LOCAL).finish(turn, DONE)

    assert [turn.conversation_id, quick] == [found.id for found in store.chats(LOCAL).recent()]


def test_finish_after_purge(store: Store) -> None:
    """An answer whose conversation is gone for good still completes its call."""
    turn = begin(store)
    store.chats(LOCAL).delete(turn.conversation_id)
    store.upkeep.purge(datetime.now(UTC))
    store.chats(LOCAL).finish(turn, DONE)

    assert calls(store)[0].status == "completed"


def test_retry_is_a_sibling(store: Store) -> None:
    """A retry's answer has the same parent as the one before."""
    turn = ended(store)
    chats, again = store.chats(LOCAL), retry(store, turn)

    assert chats.message(turn.message_id).parent_id == chats.message(again.message_id).parent_id == turn.user_id


def test_retry_replaces(store: Store) -> None:
    """A retry's answer is shown in the place of the one before."""
    turn = ended(store)
    store.chats(LOCAL).finish(retry(store, turn), DONE)

    assert ["hello", DONE.text] == texts(store, turn.conversation_id)


def test_retry_same_prompt(store: Store) -> None:
    """A retry answers the same prompt in the same conversation, with a message and a call of its own."""
    turn = ended(store)
    again = retry(store, turn)

    assert (turn.conversation_id, turn.user_id) == (again.conversation_id, again.user_id)
    assert turn.message_id != again.message_id
    assert turn.usage_id != again.usage_id


def test_retry_keeps_answer(store: Store) -> None:
    """The answer that was replaced is kept."""
    turn = ended(store, STOPPED)
    retry(store, turn)

    assert STOPPED.text == store.chats(LOCAL).message(turn.message_id).text


def test_retry_keeps_ledger(store: Store) -> None:
    """The call that was retried stays in the ledger as it was."""
    turn = ended(store)
    before = calls(store)
    retry(store, turn)

    assert before == calls(store)[1:]


def test_retry_of_an_early_answer(store: Store) -> None:
    """An answer that others came after can be asked for again; they stay below it, on the branch that is left."""
    turn = ended(store)
    ended(store, DONE, "next", turn.conversation_id)
    store.chats(LOCAL).finish(retry(store, turn), DONE)
    assert texts(store, turn.conversation_id) == ["hello", DONE.text]

    store.chats(LOCAL).show(turn.message_id)
    assert texts(store, turn.conversation_id) == ["hello", "", "next", DONE.text]


def test_retry_elsewhere(store: Store) -> None:
    """A retry may ask another model of another endpoint."""
    again = retry(store, ended(store), ModelChoice("home", "gpt-y"))
    found = store.chats(LOCAL).message(again.message_id)

    assert (found.endpoint, found.model) == ("home", "gpt-y")


def test_retry_twice(store: Store) -> None:
    """An answer that is shown no more is not asked for again: a double click asks once."""
    turn = ended(store)
    store.chats(LOCAL).finish(retry(store, turn), DONE)
    with pytest.raises(StoreError, match="done already"):
        retry(store, turn)

    assert len(calls(store)) == 2


def test_retry_running(store: Store) -> None:
    """An answer that is still coming cannot be tried again."""
    turn = begin(store)
    with pytest.raises(BusyError):
        retry(store, turn)


def test_one_at_a_time(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A conversation in which an answer is being written takes no second prompt, and says who writes.

    Nor does it take one from another process, or a second answer in place of the one before.
    """
    first = ended(store)
    turn = begin(store, "more", first.conversation_id)
    for writer in (store, opened(url)):
        with pytest.raises(BusyError, match=f"process {os.getpid()} on "):
            begin(writer, "and more", turn.conversation_id)
        with pytest.raises(BusyError):
            retry(writer, first)


def test_one_at_a_time_by_the_database(store: Store, url: str) -> None:
    """The database itself refuses a second running answer, whatever the program believes."""
    turn = begin(store)
    second = (
        "INSERT INTO messages (conversation_id, role, text, reasoning, state, created_at, updated_at, instance)"
        " SELECT conversation_id, role, text, reasoning, state, created_at, updated_at, 'other/1/x'"
        " FROM messages WHERE id = :id"
    )
    with pytest.raises(IntegrityError):
        execute(url, second, id=turn.message_id)


def test_lost_race(store: Store) -> None:
    """Who is refused by the database alone hears the same as who is refused before."""
    turn = begin(store)
    target = Target(CHOICE, "openai", LOCAL, "chat", "other/1/x")
    with pytest.raises(BusyError), store._database.write() as db:
        turns._answer(db, turn.conversation_id, turn.user_id, target)


def test_other_fault_of_the_database(store: Store, url: str) -> None:
    """What the database refuses for another reason is told as such."""
    turn = ended(store, DONE)
    execute(url, "CREATE UNIQUE INDEX one_of_each ON messages (role)")
    with pytest.raises(StoreError):
        retry(store, turn)


def test_retry_in_deleted(store: Store) -> None:
    """A retry in a deleted conversation is refused, and the answer is not replaced."""
    turn = ended(store)
    store.chats(LOCAL).delete(turn.conversation_id)
    with pytest.raises(StoreError):
        retry(store, turn)
    store.chats(LOCAL).restore(turn.conversation_id)

    assert retry(store, turn)


def test_retry_unanswered_prompt(store: Store) -> None:
    """A prompt whose only answer was deleted can be asked again."""
    turn, chats = ended(store), store.chats(LOCAL)
    chats.remove(turn.message_id)
    again = chats.retry(turn.user_id, CHOICE, provider="openai")

    assert (again.user_id, again.conversation_id) == (turn.user_id, turn.conversation_id)


def test_retry_answer_to_nothing(store: Store, url: str) -> None:
    """An answer that nothing stands before, as an import may have, cannot be asked for again, nor gone on from."""
    turn, chats = ended(store, DONE), store.chats(LOCAL)
    execute(url, "UPDATE messages SET parent_id = NULL WHERE id = :id", id=turn.message_id)
    with pytest.raises(StoreError, match="Nothing was asked"):
        retry(store, turn)
    with pytest.raises(StoreError, match="nothing to go on from"):
        chats.go_on(turn.message_id, CHOICE, provider="openai")


def test_edit(store: Store) -> None:
    """A prompt that is edited stands beside the one before, and is answered; what came after that one is kept."""
    turn, chats = ended(store, DONE), store.chats(LOCAL)
    ended(store, DONE, "next", turn.conversation_id)
    again = chats.edit(turn.user_id, "hello again", CHOICE, provider="openai")
    chats.finish(again, STOPPED)

    assert texts(store, turn.conversation_id) == ["hello again", STOPPED.text]
    chats.show(turn.user_id)
    assert texts(store, turn.conversation_id) == ["hello", DONE.text, "next", DONE.text]


def test_edit_keeps_images(store: Store) -> None:
    """A prompt that is edited still has its images, in their order."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "What is it?", (PIXEL, LinkedImage(REMOTE))), CHOICE, provider="openai")
    chats.finish(turn, DONE)
    again = chats.edit(turn.user_id, "And now?", CHOICE, provider="openai")
    before, after = chats.message(turn.user_id), chats.message(again.user_id)

    assert len(after.images) == 2
    assert after.images == before.images


def test_edit_an_answer(store: Store) -> None:
    """Only prompts are edited: what a model said stays as it was said."""
    turn = ended(store, DONE)
    with pytest.raises(StoreError, match="cannot be done"):
        store.chats(LOCAL).edit(turn.message_id, "better", CHOICE, provider="openai")


def test_edit_twice(store: Store) -> None:
    """A prompt that another has taken the place of is not edited by a second click."""
    turn, chats = ended(store, DONE), store.chats(LOCAL)
    chats.finish(chats.edit(turn.user_id, "again", CHOICE, provider="openai"), DONE)
    with pytest.raises(StoreError, match="done already"):
        chats.edit(turn.user_id, "again", CHOICE, provider="openai")


def test_go_on(store: Store) -> None:
    """An answer that goes on from another one stands beside it, with its text from the first moment."""
    turn, chats = ended(store, STOPPED), store.chats(LOCAL)
    again = chats.go_on(turn.message_id, CHOICE, provider="openai")
    found = chats.message(again.message_id)

    assert (found.text, found.state, found.parent_id) == (STOPPED.text, "streaming", turn.user_id)
    assert found.continues_id == turn.message_id


def test_go_on_with_images(store: Store) -> None:
    """An answer that goes on has the images of the one before, and then those that come with it."""
    images = [Image(each, "image/png") for each in (b"red", b"blue")]
    turn, chats = ended(store, replace(STOPPED, pictures=(images[0],))), store.chats(LOCAL)
    again = chats.go_on(turn.message_id, CHOICE, provider="openai")
    assert len(chats.message(again.message_id).images) == 1
    chats.finish(again, replace(DONE, pictures=(images[1],)))

    found = [chats.image(image.id).content for image in chats.message(again.message_id).images]
    assert found == [b"red", b"blue"]
    assert [chats.image(image.id).content for image in chats.message(turn.message_id).images] == [b"red"]


def test_go_on_from_nothing(store: Store) -> None:
    """An answer of which no word came has no rest."""
    turn = ended(store, FAILED)
    with pytest.raises(StoreError, match="nothing to go on from"):
        store.chats(LOCAL).go_on(turn.message_id, CHOICE, provider="openai")
