"""Files of prompts: their texts are a part of the prompt's own, and where they stand stays known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lib.documents.document import Document, joined
from lib.messages import Message, WholeFile
from lib.store import LOCAL, Store, StoredMessage, Turn
from tests.store.helpers import CHOICE, DONE

PLAN = Document("plan.md", "# Plan\n\nZwiebelkuchen", "Cut.")
DATA = Document("data.csv", "a,b\n1,2")


PAPER = Document("paper.pdf", "Apples", whole=WholeFile(b"%PDF-1.7", "application/pdf", "paper.pdf", 3))


def ask(store: Store, *documents: Document, words: str = "What is in it?") -> Turn:
    """Store a prompt with files, and its answer."""
    text, files = joined(words, documents)
    whole = tuple(each.whole for each in documents if each.whole)
    turn = store.chats(LOCAL).begin(Message("user", text, (), files, whole), CHOICE, provider="openai")
    store.chats(LOCAL).finish(turn, DONE)
    return turn


def texts(message: StoredMessage | None) -> Sequence[str]:
    assert message
    return [message.text[file.begin : file.end] for file in message.files]


def test_files_come_back(store: Store) -> None:
    """Files come back with their names and texts, apart from what was typed."""
    turn = ask(store, PLAN, DATA)
    prompt, answer = store.chats(LOCAL).path(turn.conversation_id)

    assert prompt.typed == "What is in it?"
    assert texts(prompt) == [PLAN.text, DATA.text]
    assert [(file.name, file.note) for file in prompt.files] == [("plan.md", "Cut."), ("data.csv", "")]
    assert answer.typed == answer.text == DONE.text
    assert answer.files == ()


def test_edited(store: Store) -> None:
    """A prompt that is edited keeps its files behind its new words."""
    chats, turn = store.chats(LOCAL), ask(store, PLAN, DATA)
    again = chats.edit(turn.user_id, "And what is not in it, after all?", CHOICE, provider="openai")
    prompt = chats.message(again.user_id)

    assert prompt
    assert prompt.typed == "And what is not in it, after all?"
    assert texts(prompt) == [PLAN.text, DATA.text]
    assert chats.message(turn.user_id)


def test_forked(store: Store) -> None:
    """A branch that is copied has them too."""
    chats, turn = store.chats(LOCAL), ask(store, PLAN)
    prompt, _ = chats.path(chats.fork(turn.message_id))

    assert texts(prompt) == [PLAN.text]


def test_whole(store: Store) -> None:
    """A file that goes as it is is kept with its prompt, in edits, forks and queues, and gone with the last of them."""
    assert PAPER.whole
    chats, turn = store.chats(LOCAL), ask(store, PLAN, PAPER)
    fork = chats.fork(turn.message_id)
    again = chats.edit(turn.user_id, "And now?", CHOICE, provider="openai")
    text, files = joined("And then?", [PAPER])
    chats.queue(
        Message("user", text, (), files, (PAPER.whole,)),
        CHOICE,
        provider="openai",
        conversation_id=turn.conversation_id,
    )
    (waiting,) = chats.queued(turn.conversation_id)
    assert waiting.images == 0
    chats.finish(again, DONE)
    sent = chats.begin_queued(waiting, CHOICE, provider="openai")
    assert sent
    for prompt in (*chats.path(turn.conversation_id)[::2], chats.path(fork)[0]):
        file = prompt.files[-1]
        kept = chats.image(file.whole or "")
        assert kept
        assert (kept.content, file.pages, prompt.images) == (b"%PDF-1.7", 3, ())
    chats.finish(sent, DONE)
    for id in (turn.conversation_id, fork):
        assert chats.image(PAPER.whole.id)
        chats.delete(id)
        store.upkeep.purge(datetime(2200, 1, 1, tzinfo=UTC))
    assert chats.image(PAPER.whole.id) is None


def test_found(store: Store) -> None:
    """What stands in a file is found, before it is in the index and after."""
    turn = ask(store, PLAN)
    for _ in range(2):
        hits = store.chats(LOCAL).search("elkuch")
        assert [hit.message_id for hit in hits] == [turn.user_id]
        store.upkeep.index()


def test_title(store: Store) -> None:
    """A conversation is named after what was typed."""
    assert store.chats(LOCAL).recent()[:1] == []
    ask(store, PLAN)
    assert store.chats(LOCAL).recent()[0].title == "What is in it?"
