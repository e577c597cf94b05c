"""The library page, and what is kept there at the input box."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.store import LOCAL, PROMPT, Entry, Store
from lib.ui.chat.prompts import ABOUT, CHOSEN, FEW
from lib.ui.library.prompts import Prompts
from tests.fake_client import answer
from tests.pages.test_chat import FakeRuntime, opened

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "library.py")
FRENCH = Entry(PROMPT, "French", "Say {{what}} in {{ language }}!")
TERSE = Entry(PROMPT, "Terse", "Be **short**.")


def shown(page: AppTest) -> AppTest:
    """Return the page if it was drawn."""
    assert not page.exception
    return page


def library(store: Store) -> AppTest:
    """Open the page."""
    runtime.use(FakeRuntime(store))
    return shown(AppTest.from_file(PAGE, default_timeout=20).run())


def kept(store: Store, kind: str = PROMPT) -> list[tuple[str, str]]:
    """Return the names and texts of what is kept."""
    return [(entry.name, entry.text) for entry in store.library(LOCAL).all(kind)]


def captions(page: AppTest) -> str:
    """Return all small print."""
    return "\n".join(caption.value for caption in page.caption)


def click(page: AppTest, key: str) -> AppTest:
    """Press a button."""
    return shown(page.button(key=key).click().run())


def test_written_and_changed(store: Store) -> None:
    """A prompt is written in a form that says what is wrong, and changed in its place; Cancel changes nothing."""
    page = library(store)
    assert Prompts.about in captions(page)
    click(page, "new-prompt")
    click(page, "save-entry")
    assert "The prompt has no name." in page.error[0].value
    page.text_input(key="field-name").set_value("French")
    page.text_area(key="field-text").set_value("En français")
    click(page, "save-entry")
    assert (kept(store), len(page.text_input(key="search").value or "")) == ([("French", "En français")], 0)
    [entry] = store.library(LOCAL).all(PROMPT)
    click(page, f"edit-entry-{entry.id}")
    assert page.text_area(key="field-text").value == "En français"
    page.text_area(key="field-text").set_value("Non")
    click(page, "leave-entry")
    assert kept(store) == [("French", "En français")]
    click(page, f"edit-entry-{entry.id}")
    page.text_area(key="field-text").set_value("Oui")
    click(page, "save-entry")

    assert kept(store) == [("French", "Oui")]


def test_deleted(store: Store) -> None:
    """What is deleted can be brought back."""
    id = store.library(LOCAL).keep(TERSE)
    page = library(store)
    click(page, f"delete-entry-{id}")
    assert (kept(store), "Deleted “Terse”" in captions(page)) == ([], True)
    click(page, "undo-entry")

    assert kept(store) == [("Terse", "Be **short**.")]
    assert "Deleted" not in captions(page)


def box(page: AppTest) -> str:
    """Return what is in the input box."""
    return page.chat_input[0].value or ""


def menu(page: AppTest) -> AppTest:
    """Open the menu of prompts."""
    page.session_state["prompts"] = True
    return shown(page.run())


def test_menu(store: Store) -> None:
    """The menu says what it is for while it is empty; what is chosen there stands in the box, and is not sent."""
    page = menu(opened(store))
    assert ABOUT in captions(page)
    id = store.library(LOCAL).keep(TERSE)
    click(menu(page), f"use-{id}")
    assert box(page) == "Be **short**."
    assert store.chats(LOCAL).recent() == []
    click(menu(page), f"use-{id}")

    assert box(page) == "Be **short**."


def test_many(store: Store) -> None:
    """Prompts too many for a list are searched."""
    for number in range(FEW + 1):
        store.library(LOCAL).keep(Entry(PROMPT, f"p{number:02}", f"text {number}"))
    page = menu(opened(store))
    shown(page.selectbox(key="search-prompts").set_value("p07").run())

    assert box(page) == "text 7"


def test_variables(store: Store) -> None:
    """What a prompt leaves open is asked for, and stands in it then."""
    store.library(LOCAL).keep(FRENCH)
    page = shown(opened(store).chat_input[0].set_value("/french").run())
    assert [area.label for area in page.text_area] == ["what", "language"]
    page.text_area(key="variable-0").set_value("{{language}}")
    page.text_area(key="variable-1").set_value("French")
    form = next(button for button in page.button if button.label == "Insert")
    shown(form.click().run())

    assert box(page) == "Say {{language}} in French!"
    assert not page.text_area


def test_by_name(store: Store) -> None:
    """A name behind a stroke is no prompt; another word behind one is, and so is the name in a sentence."""
    store.library(LOCAL).keep(TERSE)
    page = opened(store, answer("Yes"), answer("Yes"))
    shown(page.chat_input[0].set_value("/terse").run())
    assert (box(page), store.chats(LOCAL).recent()) == ("Be **short**.", [])
    shown(page.chat_input[0].set_value("/tmp").run())
    shown(page.chat_input[0].set_value("see /terse").run())

    [conversation] = store.chats(LOCAL).recent()
    said = [message.text for message in store.chats(LOCAL).path(conversation.id)]
    assert said == ["/tmp", "Yes", "see /terse", "Yes"]


def test_chosen_in_the_browser(store: Store) -> None:
    """The browser has the names, and says which was chosen; one that is gone is told, and nonsense is nothing."""
    id = store.library(LOCAL).keep(TERSE)
    page = opened(store)
    assert f'[[{id}, "Terse"]]' in [text.value for text in page.text]
    shown(page.text_input(key=CHOSEN).set_value("nonsense").run())
    assert not box(page)
    shown(page.text_input(key=CHOSEN).set_value(f"{id} 1").run())
    assert box(page) == "Be **short**."
    shown(page.text_input(key=CHOSEN).set_value("999 2").run())

    assert [toast.value for toast in page.toast] == ["This prompt has been deleted."]


def test_from_the_library(store: Store) -> None:
    """A prompt that is used on the library page stands in the box of the chat."""
    page = opened(store)
    page.session_state["prompt-wanted"] = store.library(LOCAL).keep(TERSE)

    assert box(shown(page.run())) == "Be **short**."
