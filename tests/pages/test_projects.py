"""Projects on the pages: shown while there is one, a new chat in one, conversations in and out, found, exported."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, PRESET, PROJECT, Entry, Filter, Store
from lib.ui.library.projects import exported
from tests.fake_client import ENDPOINT, answer
from tests.pages.test_chat import PAGE, FakeRuntime, menu, opened, talked
from tests.pages.test_library import captions, click, library, shown
from tests.pages.test_library import menu as prompts

THESIS = Entry(PROJECT, "Thesis", choice=ModelChoice(ENDPOINT.name, "", Parameters(system="Cite.")))


def links(page: AppTest) -> list[str]:
    """Return the labels of all links."""
    return [link.label for link in page.get("page_link")]


def began(store: Store, **address: int) -> AppTest:
    """Open the chat page at an address that says what a chat begins with."""
    runtime.use(FakeRuntime(store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    for kind, id in address.items():
        page.query_params[kind] = f"{id}"
    return shown(page.run())


def test_preset(store: Store) -> None:
    """A chat that begins with a preset does so after a reload; with one that is gone it begins as any other."""
    id = store.library(LOCAL).keep(Entry(PRESET, "Terse", choice=THESIS.choice))
    page = prompts(opened(store))
    click(page, f"start-{id}")
    assert page.query_params["preset"] == f"{id}"
    for preset, system in ((id, "Cite."), (99, "")):
        choice = began(store, preset=preset).session_state["view"].choice
        assert (choice.parameters.system if choice else "") == system


def test_nothing(store: Store) -> None:
    """While there is none, nothing speaks of projects."""
    page = menu(opened(store, conversation=talked(store, "one")))

    assert "Projects" not in captions(page)
    assert "Project" not in [box.label for box in page.selectbox]


def test_new_chat(store: Store) -> None:
    """A chat that begins in a project has its system prompt, and is among its conversations from then on."""
    id = store.library(LOCAL).keep(THESIS)
    other = talked(store, "elsewhere")
    page = opened(store, answer("Yes"))
    assert "Projects" in captions(page)
    click(page, f"project-{id}")
    click(page, f"begin-{id}")
    assert "In the project “Thesis”" in captions(page)
    assert page.query_params["project"] == f"{id}"
    again = began(store, project=id)
    assert "In the project “Thesis”" in captions(again)
    assert f"begin-{id}" in [button.key for button in again.button]
    shown(page.chat_input[0].set_value("first chapter").run())
    assert "project" not in page.query_params
    [inside] = store.chats(LOCAL).recent(project=id)
    assert (inside.title, inside.choice.parameters.system) == ("first chapter", "Cite.")
    shown(page.run())
    assert links(page).count("first chapter") == 2
    assert links(opened(store, conversation=inside.id)).count("first chapter") == 2
    assert "In the project" not in captions(began(store, project=99))
    click(page, f"project-{id}")
    assert links(page).count("first chapter") == 1

    assert {each.id for each in store.chats(LOCAL).recent()} == {inside.id, other}


def test_moved(store: Store) -> None:
    """A conversation is put into a project and taken out again by its menu; it stays when the project goes."""
    project, id = store.library(LOCAL).keep(THESIS), talked(store, "one")
    page = menu(opened(store, conversation=id))
    box = next(each for each in page.selectbox if each.label == "Project")
    shown(box.set_value(project).run())
    assert [each.id for each in store.chats(LOCAL).recent(project=project)] == [id]
    shown(next(each for each in menu(page).selectbox if each.label == "Project").set_value(0).run())
    assert store.chats(LOCAL).recent(project=project) == []
    store.chats(LOCAL).move(id, project)
    store.library(LOCAL).remove(project)

    assert store.chats(LOCAL).get(id)


def test_found(store: Store) -> None:
    """A search can be narrowed to a project, and says so."""
    project, id = store.library(LOCAL).keep(THESIS), talked(store, "the sea")
    talked(store, "the sea elsewhere")
    store.chats(LOCAL).move(id, project)
    page = opened(store)
    page.session_state["filters"] = True
    shown(page.run())
    shown(page.selectbox(key="filter-project").set_value(project).run())
    assert "Thesis" in captions(page)
    hits = store.chats(LOCAL).search("sea", within=Filter(project=project))

    assert {hit.conversation.id for hit in hits} == {id}


def test_library(store: Store) -> None:
    """A project is made on the library page; its conversations are a file, which names it."""
    page = library(store)
    click(page, "new-project")
    page.text_input(key="field-name").set_value("Thesis")
    click(page, "save-entry")
    [project] = store.library(LOCAL).all(PROJECT)
    store.chats(LOCAL).move(talked(store, "one"), project.id)
    talked(store, "two")
    document = json.loads(exported(store.chats(LOCAL), project, "json"))

    assert [(each["title"], each["project"]) for each in document["conversations"]] == [("one", "Thesis")]
    assert exported(store.chats(LOCAL), project, "markdown").startswith(b"# one\n")
    assert b"<title>one" in exported(store.chats(LOCAL), project, "html")
    labels = [button.label for button in library(store).get("download_button")]
    assert labels == ["Markdown", "JSON", "Web page", "Export"]
