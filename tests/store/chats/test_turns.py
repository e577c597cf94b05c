"""One turn, from the prompt to the finished answer, and what becomes of those left unfinished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lib.errors import StoreError
from lib.messages import Usage
from lib.model_choice import ModelChoice
from lib.store import Outcome, Store, Turn
from lib.store.processes import host, started
from tests.store.helpers import CHOICE, DONE, USAGE, begin, chat, execute, texts

STOPPED = Outcome("stopped", "Hi th", usage=Usage(completion_tokens=2), source="estimated", closed_ms=12.5, deltas=2)
FAILED = Outcome("failed", error_kind="rate_limit", error="Too many requests.", hint="Wait.", http_status=429)
INIT = f"{host()}/1/{started(1)}.00"  # as if the first process of this machine had written it


def retry(store: Store, turn: Turn, choice: ModelChoice = CHOICE, **target: str) -> Turn:
    """Begin another answer in the place of a turn's."""
    return store.retry(turn.message_id, choice, provider="openai", **target)


def ended(store: Store, outcome: Outcome = FAILED, prompt: str = "hello", conversation_id: str | None = None) -> Turn:
    """Return a turn that has ended like this."""
    turn = begin(store, prompt, conversation_id)
    store.finish(turn, outcome)
    return turn


def state(store: Store, turn: Turn) -> tuple[str, str]:
    """Return the state of a turn's answer, and that of its call."""
    (call,) = [call for call in store.calls() if call.id == turn.usage_id]
    return store.message(turn.message_id).state, call.status


def written_by(url: str, instance: str, *, minutes_ago: float = 0) -> None:
    """Pretend that everything unfinished was written by another process, so long ago."""
    then = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    moment = then.replace(tzinfo=None).isoformat(" ", "microseconds") if url.startswith("sqlite") else then
    for table, column in (("messages", "updated_at"), ("usage", "created_at")):
        change = f"UPDATE {table} SET instance = :instance, {column} = :moment WHERE instance IS NOT NULL"
        execute(url, change, instance=instance, moment=moment)


def test_begin_keeps_prompt(store: Store) -> None:
    """A prompt is kept before anything is sent."""
    turn = begin(store, "What is new?")

    assert store.message(turn.user_id).text == "What is new?"


def test_begin_state(store: Store) -> None:
    """A turn that has begun is streaming, and its call has started."""
    assert state(store, begin(store)) == ("streaming", "started")


def test_begin_opens_conversation(store: Store) -> None:
    """A prompt without a conversation opens one, titled after it."""
    turn = begin(store, "# What is *new*?")

    assert store.conversation(turn.conversation_id).title == "What is new?"


def test_begin_continues_conversation(store: Store) -> None:
    """A prompt in a conversation comes after what is there."""
    assert ["one", DONE.text, "two", DONE.text] == texts(store, chat(store, "one", "two"))


def test_begin_remembers_model(store: Store) -> None:
    """A conversation has the endpoint and the model of its latest turn."""
    turn = begin(store)
    begin(store, "again", turn.conversation_id, ModelChoice("home", "gpt-y"))
    found = store.conversation(turn.conversation_id)

    assert (found.endpoint, found.model) == ("home", "gpt-y")


@pytest.mark.parametrize("conversation_id", ["", "missing", "' OR 1=1 --"])
def test_begin_nowhere(store: Store, conversation_id: str) -> None:
    """A prompt in a conversation that does not exist is refused, and nothing is kept of it."""
    with pytest.raises(StoreError, match="does not exist any more"):
        begin(store, conversation_id=conversation_id)

    assert store.calls() == []


def test_begin_in_deleted(store: Store) -> None:
    """A prompt in a deleted conversation is refused."""
    conversation_id = chat(store, "hello")
    store.delete(conversation_id)
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
    store.save(turn, "Hi", "Let me think")
    found = store.message(turn.message_id)

    assert (found.text, found.reasoning, found.state) == ("Hi", "Let me think", "streaming")


def test_save_after_finish(store: Store) -> None:
    """Saving a part after the end changes nothing."""
    turn = ended(store, DONE)
    store.save(turn, "Hi", "")

    assert DONE.text == store.message(turn.message_id).text


@pytest.mark.parametrize("name", ["completed", "stopped", "failed", "incomplete", "interrupted"])
def test_finish_state(store: Store, name: str) -> None:
    """An answer and its call end in the same state."""
    assert (name, name) == state(store, ended(store, replace(DONE, state=name)))


def test_finish_figures(store: Store) -> None:
    """A finished answer is shown with the figures of its call."""
    turn = ended(store, replace(DONE, ttft_ms=120.5, duration_ms=900.25, deltas=7))
    found = store.message(turn.message_id)

    assert (
        found.usage,
        found.source,
        found.ttft_ms,
        found.duration_ms,
        found.deltas,
    ) == (USAGE, "reported", 120.5, 900.25, 7)


def test_finish_stopped(store: Store) -> None:
    """A stopped answer keeps its part, its estimate and how long the closing took."""
    found = store.message(ended(store, STOPPED).message_id)

    assert ("Hi th", Usage(completion_tokens=2), "estimated", 12.5) == (
        found.text,
        found.usage,
        found.source,
        found.closed_ms,
    )


def test_finish_failed(store: Store) -> None:
    """A failed answer keeps what went wrong and what to do about it."""
    found = store.message(ended(store).message_id)

    assert (found.error_kind, found.error, found.hint) == ("rate_limit", "Too many requests.", "Wait.")


def test_finish_served_model(store: Store) -> None:
    """The model that answered is told beside the one that was asked."""
    assert store.message(ended(store, DONE).message_id).served_model == "gpt-x-1"


def test_finish_unknown_model(store: Store) -> None:
    """The model that was asked is shown when nobody said which one answered."""
    assert store.message(ended(store).message_id).model == "gpt-x"


def test_finish_twice(store: Store) -> None:
    """A second finish of the same turn changes nothing at all."""
    turn = ended(store, DONE)
    before = store.message(turn.message_id), store.calls(), store.conversations()
    store.finish(turn, FAILED)

    assert before == (store.message(turn.message_id), store.calls(), store.conversations())


def test_finish_is_activity(store: Store) -> None:
    """A conversation whose answer ends moves to the top of the list."""
    turn = begin(store, "slow")
    quick = chat(store, "quick")
    store.finish(turn, DONE)

    assert [turn.conversation_id, quick] == [found.id for found in store.conversations()]


def test_finish_after_purge(store: Store) -> None:
    """An answer whose conversation is gone for good still completes its call."""
    turn = begin(store)
    store.delete(turn.conversation_id)
    store.purge(datetime.now(UTC))
    store.finish(turn, DONE)

    assert store.calls()[0].status == "completed"


def test_retry_replaces(store: Store) -> None:
    """A retry's answer is shown in the place of the one before."""
    turn = ended(store)
    store.finish(retry(store, turn), DONE)

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

    assert STOPPED.text == store.message(turn.message_id).text


def test_retry_keeps_ledger(store: Store) -> None:
    """The call that was retried stays in the ledger as it was."""
    turn = ended(store)
    before = store.calls()
    retry(store, turn)

    assert before == store.calls()[1:]


def test_retry_stays_in_place(store: Store) -> None:
    """A retry of an early answer is shown where that answer was."""
    turn = ended(store)
    begin(store, "next", turn.conversation_id)
    store.finish(retry(store, turn), DONE)

    assert ["hello", DONE.text, "next", ""] == texts(store, turn.conversation_id)


def test_retry_elsewhere(store: Store) -> None:
    """A retry may ask another model of another endpoint."""
    again = retry(store, ended(store), ModelChoice("home", "gpt-y"))
    found = store.message(again.message_id)

    assert (found.endpoint, found.model) == ("home", "gpt-y")


def test_retry_twice(store: Store) -> None:
    """An answer can be replaced once: a double click asks once."""
    turn = ended(store)
    retry(store, turn)
    with pytest.raises(StoreError, match="tried again already"):
        retry(store, turn)

    assert len(store.calls()) == 2


def test_retry_running(store: Store) -> None:
    """An answer that is still coming cannot be replaced."""
    turn = begin(store)
    with pytest.raises(StoreError, match="still running"):
        retry(store, turn)


def test_retry_prompt(store: Store) -> None:
    """A prompt is not an answer, and cannot be replaced."""
    turn = ended(store)
    with pytest.raises(StoreError):
        store.retry(turn.user_id, CHOICE, provider="openai")


def test_retry_in_deleted(store: Store) -> None:
    """A retry in a deleted conversation is refused, and the answer is not replaced."""
    turn = ended(store)
    store.delete(turn.conversation_id)
    with pytest.raises(StoreError):
        retry(store, turn)
    store.restore(turn.conversation_id)

    assert retry(store, turn)


def test_recover_marks(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What a store of a process before left unfinished becomes interrupted: the answer and its call."""
    turn = begin(store)
    later = opened(url)

    assert later.recover() == 1
    assert state(later, turn) == ("interrupted", "interrupted")


def test_recover_keeps_part(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """An interrupted answer keeps what had come of it."""
    turn = begin(store)
    store.save(turn, "Hi th", "")
    opened(url).recover()

    assert store.message(turn.message_id).text == "Hi th"


def test_recover_once(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What is marked already is not marked again."""
    begin(store)
    opened(url).recover()

    assert opened(url).recover() == 0


def test_recover_leaves_finished(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What had been finished stays as it is."""
    turn = ended(store, DONE)
    opened(url).recover()

    assert state(store, turn) == ("completed", "completed")


def test_recover_leaves_own(store: Store) -> None:
    """What the store itself is writing is not left behind."""
    begin(store)

    assert store.recover() == 0


def test_recover_leaves_living(store: Store, url: str) -> None:
    """What another living process of this machine writes is left alone, however long it is silent."""
    begin(store)
    written_by(url, INIT, minutes_ago=60)

    assert store.recover() == 0


def test_recover_dead(store: Store, url: str) -> None:
    """What a process of this machine wrote that is gone becomes interrupted at once."""
    begin(store)
    written_by(url, f"{host()}/{2**22 + 1}/1.00")

    assert store.recover() == 1


def test_recover_then_retry(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """An interrupted answer can be tried again."""
    turn = begin(store)
    later = opened(url)
    later.recover()

    assert retry(later, turn)


def test_late_finish(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A process that was thought dead and is not still brings its answer home."""
    turn = begin(store)
    opened(url).recover()
    store.finish(turn, DONE)

    assert state(store, turn) == ("completed", "completed")


def test_late_save(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A process that was thought dead and is not shows that it is still streaming."""
    turn = begin(store)
    opened(url).recover()
    store.save(turn, "Hi", "")

    assert store.message(turn.message_id).state == "streaming"


def test_other_machine_on_sqlite(file: object, opened: Callable[..., Store]) -> None:
    """A SQLite file has one machine: what another one left in it is left for good."""
    url = f"sqlite:///{file}"
    store = opened(url)
    begin(store)
    written_by(url, "elsewhere/1/1.00")

    assert store.recover() == 1


def test_other_machine_writing(postgresql: str, opened: Callable[..., Store]) -> None:
    """On PostgreSQL a replica on another machine that has written lately lives."""
    store = opened(postgresql)
    turn = begin(store)
    written_by(postgresql, "elsewhere/1/1.00", minutes_ago=4)

    assert store.recover() == 0
    assert state(store, turn) == ("streaming", "started")


def test_other_machine_silent(postgresql: str, opened: Callable[..., Store]) -> None:
    """On PostgreSQL a replica on another machine that is silent for five minutes has died."""
    store = opened(postgresql)
    turn = begin(store)
    written_by(postgresql, "elsewhere/1/1.00", minutes_ago=6)

    assert store.recover() == 1
    assert state(store, turn) == ("interrupted", "interrupted")


def test_other_machine_long_answer(postgresql: str, opened: Callable[..., Store]) -> None:
    """On PostgreSQL a call that began long ago lives as long as its answer grows."""
    store = opened(postgresql)
    turn = begin(store)
    written_by(postgresql, "elsewhere/1/1.00", minutes_ago=6)
    store.save(turn, "still here", "")
    store.recover()

    assert state(store, turn) == ("streaming", "started")
