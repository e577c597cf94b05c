"""Packs of what was asked before: prompts and rounds become steps, answers recordings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.compare import packs
from lib.compare.lanes import ask, begin
from lib.compare.making import pack_of
from lib.documents import document
from lib.documents.document import Document
from lib.errors import ChatError
from lib.images.normalise import normalise
from lib.messages import LinkedImage, Message
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Store
from tests import pictures
from tests.compare.test_lanes import answers, contender
from tests.store.helpers import DONE

CHOICE = ModelChoice("work", "m", Parameters("Be brief.", temperature=0.5, stop=("x",)))
PICTURE = normalise(pictures.file(pictures.quarters())).image()
TEXT, FILES = document.joined("What is this?", [Document("a.txt", "Text")])


def test_conversation(store: Store) -> None:
    """Each prompt with its pictures and files is a step that goes on from the one before; its answer is a recording."""
    chats = store.chats(LOCAL)
    turn = chats.begin(
        Message("user", TEXT, (PICTURE, LinkedImage("https://a/b.png")), FILES), CHOICE, provider="openai"
    )
    chats.finish(turn, replace(DONE, ttft_ms=500.0, duration_ms=1500.0))
    id = turn.conversation_id
    second = chats.begin(Message("user", "Why?"), CHOICE, provider="openai", conversation_id=id)
    chats.finish(second, replace(DONE, state="failed"))
    pack = pack_of(chats, id)
    first, then = pack.steps
    said = first.recordings[0]

    assert (first.prompt, first.images, first.files) == ("What is this?", (PICTURE,), (Document("a.txt", "Text"),))
    assert first.lanes == (replace(CHOICE, parameters=Parameters("Be brief.", temperature=0.5)),)
    assert (first.follows, then.follows, then.recordings) == (False, True, (None,))
    assert said
    assert (said.text, said.first) == (DONE.text, 0.5)
    assert 0.5 <= said.chunks[-1][0] <= 1.5
    assert packs.read(packs.written(pack)).steps[1] == then


def test_comparison(store: Store) -> None:
    """Each round is a step with the lanes that were asked it."""
    chats = store.chats(LOCAL)
    id, lanes = begin(chats, [contender("one"), contender("two")], Message("user", "Which?"))
    assert ask(chats, lanes, Message("user", "Which?"), 8) == {}
    assert [answers(chats, lane) for lane in lanes] == [["one"], ["two"]]
    (step,) = pack_of(chats, id).steps

    assert [each.text if each else None for each in step.recordings] == ["one", "two"]
    assert [lane.model for lane in step.lanes] == ["m", "m"]


def test_nothing_to_show(store: Store) -> None:
    """What is not there, was not answered, or is too long, is told in words."""
    chats = store.chats(LOCAL)
    with pytest.raises(ChatError, match="no such conversation"):
        pack_of(chats, "never")
    id, _ = chats.collect("Which?", [], CHOICE, provider="openai", purpose="compare", each="lane", choices=[])
    with pytest.raises(ChatError, match="Nothing was answered"):
        pack_of(chats, id)
    turn = chats.begin(Message("user", "x" * 100_001), CHOICE, provider="openai")
    chats.finish(turn, DONE)
    with pytest.raises(ChatError, match="more than 100,000"):
        pack_of(chats, turn.conversation_id)
