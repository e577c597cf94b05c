"""Finding conversations by words, on both databases, and what is left of words that were removed for good."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Chats, Filter, Hit, Scope, Store
from lib.store.chats import search
from tests.store.chats.test_images import PIXEL
from tests.store.helpers import CHOICE, DONE, begin, chat, execute, silenced

Make = Callable[..., Store]


@pytest.fixture(params=["before", "after"])
def indexed(request: pytest.FixtureRequest, store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Chats]:
    """What returns the door to search by: before all is in the index, or where only the index knows it."""

    def door() -> Chats:
        if request.param == "after":
            monkeypatch.setattr(search, "MAX_LATEST", 0)
            store.upkeep.index()
        return store.chats(LOCAL)

    return door


def texts(hits: list[Hit]) -> list[str]:
    """Return what is shown of what was found."""
    return ["".join(piece for piece, _ in hit.pieces) for hit in hits if hit.message_id]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Die Donaudampfschifffahrtsgesellschaft", "schifffahrt"),
        ("私は東京に住んでいます", "東京"),
        ("100 % sure", "%"),
        ("a_b", "_"),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ('so " NEAR( it', '" NEAR('),
        ("a\\b:*'c", "\\b:*'"),
        ("Straße und Café", "strasse CAFE"),
        ("one two three four five six", "six one"),
    ],
)
def test_found(store: Store, indexed: Callable[[], Chats], text: str, query: str) -> None:
    """A message is found by any part of its words, in any script; signs are literal. Others are not found."""
    turn = begin(store, f"first {text}")
    store.chats(LOCAL).finish(turn, DONE)
    chat(store, "something else altogether")
    found = [hit for hit in indexed().search(query) if hit.message_id]

    assert [(hit.message_id, hit.conversation.id) for hit in found] == [(turn.user_id, turn.conversation_id)]


def test_end_of_a_long_text(store: Store) -> None:
    """A word behind many others is found, once it is in the index."""
    chat(store, "words " * 20_000 + "needle")
    store.upkeep.index()

    assert len(store.chats(LOCAL).search("needle")) == 1


def test_answers_are_found(store: Store, indexed: Callable[[], Chats]) -> None:
    """Answers are found as well, the latest first, each with the words marked."""
    chat(store, "one", "two")
    found = indexed().search("there")

    assert texts(found) == ["Hi there", "Hi there"]
    assert ("there", True) in found[0].pieces
    assert found[0].message_id > found[1].message_id


def test_titles(store: Store) -> None:
    """A conversation is found by its title, before messages."""
    id = chat(store, "hello")
    store.chats(LOCAL).rename(id, "Weather in Hi")
    found = store.chats(LOCAL).search("hi")

    assert [hit.message_id is None for hit in found] == [True, False]
    assert found[0].pieces == (("Weather in ", False), ("Hi", True), ("", False))


def test_nobody_elses(store: Store, indexed: Callable[[], Chats]) -> None:
    """What is another's is not found."""
    chat(store, "secret", owner="anna")

    assert indexed().search("secret") == []


def test_no_words(store: Store) -> None:
    """Nothing is found by nothing."""
    chat(store, "hello")

    assert store.chats(LOCAL).search(" ") == []


def test_deleted_is_not_found(store: Store, indexed: Callable[[], Chats]) -> None:
    """What is deleted, a conversation or a message, is not found until it is brought back."""
    id, other, chats = chat(store, "needle"), chat(store, "hello", "needle too"), indexed()
    removed = chats.remove(chats.path(other)[2].id)
    chats.delete(id)
    assert chats.search("needle") == []

    chats.restore(id)
    chats.put_back(removed)
    assert len(texts(chats.search("needle"))) == 2


def test_parts_are_found(store: Store, indexed: Callable[[], Chats]) -> None:
    """What was said in a part of a conversation is found in the whole."""
    chats = store.chats(LOCAL)
    whole, (part,) = chats.collect("What is it?", ["a.png"], CHOICE, provider="p", purpose="batch", each="batch")
    chats.finish(begin(store, "needle", part), DONE)
    store.upkeep.index()

    assert [hit.conversation.id for hit in indexed().search("needle")] == [whole]


def test_limit(store: Store, indexed: Callable[[], Chats]) -> None:
    """No more is found than is asked for, the latest of it."""
    id = chat(store, *(f"needle {number}" for number in range(5)))
    store.chats(LOCAL).rename(id, "no match")

    assert texts(indexed().search("needle", limit=2)) == ["needle 4", "needle 3"]


def test_running_is_not_in_the_index(store: Store, url: str) -> None:
    """An answer is put into the index when it has ended, what was never finished a day later; then it is final."""
    turn = begin(store, "needle")
    store.chats(LOCAL).save(turn, "half a needle", "")
    assert store.upkeep.index() == 1  # the prompt

    silenced(url)
    execute(url, "UPDATE messages SET state = 'interrupted'")
    assert store.upkeep.index() == 0
    long_ago = datetime.now(UTC) - timedelta(days=2)
    moment = long_ago.replace(tzinfo=None).isoformat(" ", "microseconds") if url.startswith("sqlite") else long_ago
    execute(url, "UPDATE messages SET updated_at = :moment", moment=moment)
    assert store.upkeep.index() == 1
    store.chats(LOCAL).finish(turn, DONE)

    assert store.chats(LOCAL).message(turn.message_id).text == "half a needle"


def test_index_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is filled in steps that take no longer than is asked for, and long texts do not add up."""
    monkeypatch.setattr("lib.store.chats.index.BATCH_CHARACTERS", 10)
    chat(store, "one", "two")

    assert [store.upkeep.index(0) for _ in range(5)] == [1, 1, 1, 1, 0]


def test_index_changes_nothing(store: Store) -> None:
    """To be in the index does not make a message look changed."""
    id, chats = chat(store, "hello"), store.chats(LOCAL)
    before = chats.path(id)
    store.upkeep.index()

    assert chats.path(id) == before


def test_erase_waits_for_delete(store: Store) -> None:
    """Only what is deleted can be removed for good, and only by its owner."""
    id, chats = chat(store, "hello"), store.chats(LOCAL)
    assert not chats.erase(id)
    chats.delete(id)
    assert not store.chats(Scope("ben")).erase(id)
    assert chats.erase(id)
    chats.restore(id)

    assert chats.get(id) is None


def test_nothing_is_left_in_the_index(store: Store, url: str) -> None:
    """What is removed for good is not in the index any more; what was not is found as before."""
    chats, id = store.chats(LOCAL), chat(store, "xylophone")
    chat(store, "hello needle")
    store.upkeep.index()
    chats.delete(id)
    chats.erase(id)

    if url.startswith("sqlite"):
        execute(url, "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(message_search, row)")
        pieces = [row.term for row in execute(url, "SELECT term FROM vocabulary")]
    else:
        pieces = [row[0] for row in execute(url, "SELECT unnest(tsvector_to_array(grams)) FROM message_search")]
    assert "needl" in pieces
    assert not [piece for piece in pieces if piece in ("xylop", "phone")]
    assert len(chats.search("needle")) == 2


def test_nothing_is_left_in_the_file(store_of: Callable[[Path], Store], tmp_path: Path) -> None:
    """After a final delete no word, title or image of it is in the file, nor beside it."""
    file = tmp_path / "parley.db"
    store = store_of(file)
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "Xylophonkonzert im Quellwald", (PIXEL,)), CHOICE, provider="openai")
    for number in range(20):
        chats.save(turn, "Zwetschgenmus " * 500 * number, "Bananenbrot " * 500)
    chats.finish(turn, DONE)
    edited = chats.edit(turn.user_id, "Xylophonkonzert im Moor", CHOICE, provider="openai")
    chats.finish(edited, DONE)
    chat(store, "something else")
    store.upkeep.index()
    secrets = [b"Xylophon", b"xylop", b"Quellwald", b"quell", b"Zwetschgen", b"Bananen", PIXEL.data]
    assert b"Xylophon" in file.read_bytes()
    chats.delete(turn.conversation_id)
    chats.erase(turn.conversation_id)

    left = b"".join(each.read_bytes() for each in tmp_path.glob("parley.db*"))
    assert [secret for secret in secrets if secret in left] == []


def test_nothing_is_left_in_the_tables(store: Store, url: str) -> None:
    """After a final delete no table has a word, title or image of it, on either database."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "Xylophonkonzert im Quellwald", (PIXEL,)), CHOICE, provider="openai")
    chats.finish(turn, replace(DONE, text="Zwetschgenmus", reasoning="Bananenbrot"))
    chats.tag(turn.conversation_id, ["Mandarine"])
    chats.rate(turn.message_id, 1, "Kirschkuchen")
    chat(store, "something else")
    store.upkeep.index()
    said = ["xylop", "quell", "zwets", "bananenbrot", "mandarine", "kirschkuchen"]
    words = [*said, hashlib.sha256(PIXEL.data).hexdigest()]
    before = everything(url)
    chats.delete(turn.conversation_id)
    chats.erase(turn.conversation_id)

    assert [word for word in words if word in before] == words
    assert [word for word in words if word in everything(url)] == []


def everything(url: str) -> str:
    """Return all that stands in all tables, in small letters."""
    if url.startswith("sqlite"):
        names = [row[0] for row in execute(url, "SELECT name FROM sqlite_master WHERE type = 'table'")]
        execute(url, "CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(message_search, row)")
        names = [name for name in names if name not in ("message_search", "vocabulary")]  # its rows are its vocabulary
        rows = [execute(url, f'SELECT * FROM "{name}"') for name in (*names, "vocabulary")]
    else:
        names = [row[0] for row in execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = [execute(url, f'SELECT t::text FROM "{name}" t') for name in names]
    return str(rows).lower()


def test_purge_removes_messages(store: Store) -> None:
    """A message that was deleted goes for good with all below it, when its time has come."""
    id, chats = chat(store, "a", "needle"), store.chats(LOCAL)
    store.upkeep.index()
    removed = chats.remove(chats.path(id)[2].id)
    store.upkeep.purge(datetime.now(UTC))
    chats.put_back(removed)

    assert [message.text for message in chats.path(id)] == ["a", DONE.text]
    assert chats.search("needle") == []


@pytest.fixture
def store_of(opened: Make) -> Callable[[Path], Store]:
    """What opens a store of a SQLite file."""
    return lambda file: opened(f"sqlite:///{file}")


def test_index_is_whole(store: Store, file: Path) -> None:
    """SQLite finds its index in order after entries were put in and taken out."""
    chats = store.chats(LOCAL)
    for number in range(20):
        id = chat(store, f"words {number} of many")
        store.upkeep.index()
        if number % 2:
            chats.delete(id)
            chats.erase(id)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.execute("INSERT INTO message_search (message_search) VALUES ('integrity-check')")
    assert len(texts(chats.search("words"))) == 10


def test_narrowed(store: Store) -> None:
    """A search is narrowed to an endpoint, a model, a tag or some days; without words it gives all that is left."""
    chats, choice = store.chats(LOCAL), ModelChoice("home", "gpt-y")
    mine, other = begin(store, "needle", choice=choice), chat(store, "needle")
    chats.finish(mine, DONE)
    chats.tag(mine.conversation_id, ["work", " ", "work", "a" * 100])
    now, day = datetime.now(UTC), timedelta(days=1)

    def found(**within: Any) -> set[str]:
        return {hit.conversation.id for words in ("needle", "") for hit in chats.search(words, within=Filter(**within))}

    for within in ({"endpoint": "home"}, {"model": "gpt-y"}, {"tag": "work"}, {"tag": "a" * 40}):
        assert found(**within) == {mine.conversation_id}
    assert found(since=now - day, until=now + day) == {mine.conversation_id, other}
    assert found(since=now + day) == found(until=now - day) == found(tag="play") == set()


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("PLAIN Ink", "plain"), ("100% of_it /x", "100%"), ("100% of_it /x", "f_i"), ("100% of_it /x", "/x"),
        ("Ärger und Öl", "arger ol"), ("Straße", "strasse"), ("ﬁne print", "fine"), ("漢字の本", "字の"),
        ("Plain", "漢"),
    ],
)  # fmt: skip
def test_odd_titles(store: Store, title: str, words: str) -> None:
    """Titles are found as messages are, whatever the database itself takes for the same letter."""
    chats, id = store.chats(LOCAL), chat(store, "x")
    chats.rename(id, title)

    assert [hit.conversation.id for hit in chats.search(words)] == ([] if words == "漢" else [id])


@pytest.mark.parametrize("words", ["needle of", "needle of zz", "of ze", "needl", "needlneedl"])
def test_short_beside_long(store: Store, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """A short word beside a long one is found, also where more has the long one than is looked at."""
    chats = store.chats(LOCAL)
    for number in range(6):
        chat(store, f"a needle {'of zinc' if number < 2 else 'in it'} {'zz' if number == 0 else ''}")
    store.upkeep.index()
    monkeypatch.setattr(search, "MAX_LATEST", 0)
    monkeypatch.setattr(search, "MAX_CHECKED", 3)
    found = chats.search(words, limit=2)

    assert (
        len([hit for hit in found if hit.message_id])
        == {"needle of": 2, "needle of zz": 1, "of ze": 0, "needl": 2, "needlneedl": 0}[words]
    )


def test_choices(store: Store) -> None:
    """What a search can be narrowed to is what there is."""
    chats = store.chats(LOCAL)
    id = chat(store, "hello")
    chats.tag(id, ["work", "home"])
    assert chats.choices() == {"endpoint": ["work"], "model": ["gpt-x"], "tag": ["home", "work"]}
    assert chats.tags(id) == ["home", "work"]

    chats.tag(id, ["play"])
    assert chats.tags(id) == ["play"]
    chats.delete(id)
    assert chats.choices() == {"endpoint": [], "model": [], "tag": []}
