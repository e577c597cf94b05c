"""What is kept to be used again: prompts, presets and projects, by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lib.errors import StoreError
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, PRESET, PROJECT, PROMPT, Entry, Filter, Scope, Store, library
from tests.store import releases
from tests.store.helpers import chat, execute

FRENCH = Entry(PROMPT, "French", "Translate into French: {{text}}")
TERSE = Entry(PRESET, "Terse", choice=ModelChoice("work", "gpt-x", Parameters(system="Be short.", temperature=0.2)))


def names(store: Store, kind: str = PROMPT) -> list[str]:
    """Return the names of what is kept, in their order."""
    return [entry.name for entry in store.library(LOCAL).all(kind)]


def test_kept(store: Store) -> None:
    """What is kept is found by kind, id and name, as it was, and can be changed."""
    mine = store.library(LOCAL)
    id = mine.keep(FRENCH)
    sent = replace(TERSE.choice.parameters, skip=2, skip_mark="x", summary="They spoke.")  # of one conversation
    preset = mine.keep(replace(TERSE, choice=replace(TERSE.choice, parameters=sent)))
    assert mine.get(id) == mine.find(PROMPT, "  fRENCH ") == replace(FRENCH, id=id)
    assert mine.all(PRESET) == [replace(TERSE, id=preset)]
    assert mine.find(PRESET, "French") is None
    mine.keep(Entry(PROMPT, "french", "En français", id=id))

    assert mine.all(PROMPT) == [Entry(PROMPT, "french", "En français", id=id)]


def test_order(store: Store) -> None:
    """They stand by their names, whatever their case; a name is one line of so many characters."""
    for name in ("b", "A", " c\n d \0" + "x" * 100):
        store.library(LOCAL).keep(Entry(PROMPT, name, "text"))

    assert names(store)[:2] == ["A", "b"]
    assert names(store)[2].startswith("c d ")
    assert len(names(store)[2]) == library.MAX_NAME


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Entry(PROMPT, " ", "text"), "has no name"),
        (Entry(PROMPT, "x", "\n"), "has no text"),
        (Entry(PROMPT, "x", "x" * (library.MAX_TEXT + 1)), "longer than 100,000"),
        (Entry(PROMPT, "FRENCH", "text"), "There is a prompt called “FRENCH” already"),
    ],
)
def test_refused(store: Store, entry: Entry, said: str) -> None:
    """What has no name, no text, too much of it or a name that is taken is not kept, and it is said why."""
    store.library(LOCAL).keep(FRENCH)
    with pytest.raises(StoreError, match=said):
        store.library(LOCAL).keep(entry)

    assert names(store) == ["French"]


def test_removed(store: Store) -> None:
    """What is deleted is gone, can be brought back, and is removed for good with all else."""
    mine = store.library(LOCAL)
    id = mine.keep(FRENCH)
    mine.remove(id)
    assert (mine.get(id), names(store)) == (None, [])
    mine.put_back(id)
    assert names(store) == ["French"]
    mine.remove(id)
    store.upkeep.purge(datetime.now(UTC) + timedelta(days=1))
    mine.put_back(id)

    assert names(store) == []


def test_taken_in(store: Store) -> None:
    """What is here already is left out, and what has only the name of another gets a number; all of it or nothing."""
    mine = store.library(LOCAL)
    mine.keep(FRENCH)
    others = [FRENCH, replace(FRENCH, text="En français"), Entry(PROMPT, "New", "text"), TERSE]
    assert mine.look(others) == ["", "French 2", "New", "Terse"]
    assert mine.take_in(others) == 3
    assert mine.take_in([replace(FRENCH, text="Un, deux")]) == 1
    assert names(store) == ["French", "French 2", "French 3", "New"]
    with pytest.raises(StoreError):
        mine.take_in([Entry(PROMPT, "Newer", "text"), Entry(PROMPT, "Empty")])

    assert names(store) == ["French", "French 2", "French 3", "New"]


MANY = """INSERT INTO library (owner, kind, name, text, endpoint, model, created_at)
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most)
    SELECT 'local', 'prompt', 'p' || n, 'x', '', '', CURRENT_TIMESTAMP FROM numbers"""


def test_too_many(store: Store, url: str) -> None:
    """There are only so many of a kind."""
    execute(url, MANY, most=library.MAX_ENTRIES)
    store.library(LOCAL).keep(TERSE)
    with pytest.raises(StoreError, match="There are 1,000 prompts already"):
        store.library(LOCAL).keep(FRENCH)


def test_only_the_owner(store: Store) -> None:
    """What is somebody else's is not there, and stays as it is."""
    theirs, mine = store.library(Scope("else")), store.library(LOCAL)
    id = theirs.keep(FRENCH)
    mine.keep(Entry(PROMPT, "Mine", "x", id=id))
    mine.remove(id)
    assert mine.get(id) is None
    assert mine.keep(FRENCH) != id

    assert theirs.all(PROMPT) == [replace(FRENCH, id=id)]


def test_release_before(blank: str, opened: Callable[..., Store]) -> None:
    """A database of the release before keeps its conversations, which are in no project, and takes prompts."""
    releases.restore(blank, "0007")
    before = execute(blank, "SELECT id, title, updated_at FROM conversations ORDER BY id")
    store = opened(blank)
    store.library(LOCAL).keep(FRENCH)

    assert execute(blank, "SELECT id, title, updated_at FROM conversations ORDER BY id") == before
    assert execute(blank, "SELECT DISTINCT project_id FROM conversations") == [(None,)]
    assert names(store) == ["French"]


def test_projects(store: Store) -> None:
    """A conversation is in a project until it is taken out or the project goes; a copy of it is in it, too."""
    chats, mine = store.chats(LOCAL), store.library(LOCAL)
    project, id = mine.keep(Entry(PROJECT, "Thesis")), chat(store, "one")
    chat(store, "two")
    chats.move(id, project)
    copy = chats.fork(chats.path(id)[-1].id)
    assert {each.id for each in chats.recent(project=project)} == {id, copy}
    assert {each.conversation.id for each in chats.search("", within=Filter(project=project))} == {id, copy}
    assert [chats.project(each) for each in chats.recent() if each.title == "two"] == [""]
    mine.remove(project)
    [gone] = [each for each in chats.recent() if each.id == id]
    assert chats.project(gone) == ""
    mine.put_back(project)
    assert chats.project(gone) == "Thesis"
    chats.move(id, None)

    assert [each.id for each in chats.recent(project=project)] == [copy]
