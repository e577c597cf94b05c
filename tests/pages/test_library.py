"""The library page, and what is kept there at the input box."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.chats import library as files
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, PRESET, PROMPT, Entry, Store
from lib.store.library import MAX_ENTRIES
from lib.ui.chat.prompts import ABOUT, CHOSEN, FEW
from lib.ui.library.files import _written
from lib.ui.library.prompts import Prompts
from tests.fake_client import ENDPOINT, answer
from tests.pages.test_chat import FakeRuntime, opened, talked

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


CHOICE = ModelChoice("fake", "", Parameters(system="Be short.", temperature=0.2))


def test_saved_and_started(store: Store) -> None:
    """What is set for a chat is saved as a preset, and another chat begins with it from the menu."""
    page = opened(store, answer("Yes"), conversation=talked(store, "one"))
    page.session_state["parameters"] = True
    shown(page.run())
    field = next(box for box in page.text_input if box.label == "Save as a preset")
    shown(field.set_value("  ").run())
    next(area for area in page.text_area if area.label == "System prompt").set_value("Be short.")
    shown(page.run())
    shown(next(box for box in page.text_input if box.label == "Save as a preset").set_value("Terse").run())
    shown(next(box for box in page.text_input if box.label == "Save as a preset").set_value("terse").run())
    assert "There is a preset called “terse” already." in page.toast[-1].value
    [entry] = store.library(LOCAL).all(PRESET)
    assert (entry.name, entry.choice.parameters) == ("Terse", Parameters(system="Be short."))
    click(menu(page), f"start-{entry.id}")
    assert page.title[0].value == "What would you like to know?"
    assert "“Terse” is set for this chat." in page.toast[-1].value
    shown(page.chat_input[0].set_value("hello").run())

    [begun] = [each for each in store.chats(LOCAL).recent() if each.title == "hello"]
    assert begun.choice.parameters.system == "Be short."


def test_endpoint_that_is_gone(store: Store) -> None:
    """A preset whose endpoint is not here begins with another one, which is said; so where there is none at all."""
    gone = Entry(PRESET, "Gone", choice=ModelChoice("elsewhere", "x", Parameters(system="Be short.")))
    id = store.library(LOCAL).keep(gone)
    page = menu(opened(store))
    click(page, f"start-{id}")
    assert "its own model is not here" in page.toast[-1].value
    assert page.session_state["view"].choice.endpoint == ENDPOINT.name
    page = menu(opened(store, endpoint=None))
    click(page, f"start-{id}")

    assert page.session_state["view"].choice.parameters.system == "Be short."


def test_temporary_chat_is_left(store: Store) -> None:
    """Who begins a chat with a preset from a temporary one has closed that."""
    id = store.library(LOCAL).keep(Entry(PRESET, "Terse", choice=CHOICE))
    page = opened(store, answer("Yes"))
    click(page, "temporary")
    shown(page.chat_input[0].set_value("hush").run())
    hidden = str(page.query_params["c"]).strip("[']")
    assert store.chats(LOCAL).get(hidden)
    click(menu(page), f"start-{id}")

    assert store.chats(LOCAL).get(hidden) is None


def test_preset_is_changed(store: Store) -> None:
    """A preset is written and changed in its form, which says what is no parameter."""
    page = library(store)
    click(page, "new-preset")
    page.text_input(key="field-name").set_value("Terse")
    page.text_area(key="field-system").set_value(" Be short. ")
    for wrong, said in (("{", "not JSON"), ("[1]", "no object"), ('{"heat": 1}', "“heat” is no parameter")):
        page.text_area(key="field-parameters").set_value(wrong)
        click(page, "save-entry")
        assert said in page.error[0].value
    page.text_area(key="field-parameters").set_value('{"temperature": 0.2}')
    click(page, "save-entry")
    [entry] = store.library(LOCAL).all(PRESET)
    assert entry.choice.parameters == CHOICE.parameters
    assert "Be short. · temperature 0.2" in str([line.value for line in page.markdown])
    click(page, f"edit-entry-{entry.id}")
    assert page.text_area(key="field-parameters").value == '{"temperature": 0.2}'
    page.selectbox(key="field-endpoint").set_value(ENDPOINT.name)
    page.text_input(key="field-model").set_value("m")
    click(page, "save-entry")

    assert store.library(LOCAL).all(PRESET)[0].choice == ModelChoice(ENDPOINT.name, "m", CHOICE.parameters)


def test_out_of_range(store: Store) -> None:
    """Parameters that were imported and that no field can have are shown as near as they can be."""
    wild = Parameters(temperature=9, max_tokens=-5, seed=2**60, stop=("a", "a", "b", "c", "d", "e"))
    id = store.library(LOCAL).keep(Entry(PRESET, "Wild", choice=ModelChoice(ENDPOINT.name, "m", wild)))
    page = menu(opened(store))
    click(page, f"start-{id}")
    page.session_state["parameters"] = True
    shown(page.run())

    found = {each.label: each.value for each in page.number_input}
    assert (found["Temperature"], found["Max tokens"], found["Seed"], found["Top p"]) == (2.0, 1, 2**53 - 1, None)


def sent(store: Store, data: bytes) -> AppTest:
    """Choose a file on the library page."""
    page = library(store)
    return shown(page.file_uploader[0].set_value(("library.json", data, "application/json")).run())


def preview(page: AppTest) -> str:
    """Return what is said of a file before it comes in."""
    return next(each.value for each in page.markdown if each.value.startswith("- **"))


EMPTY = b'{"parley_library": 1, "prompts": [{"name": "Empty"}]}'


def test_files(store: Store) -> None:
    """What would come in is shown before it does; what is known stays, and what is no library is refused."""
    data = files.written([TERSE, Entry(PRESET, "P", choice=CHOICE)]).encode()
    page = sent(store, data)
    assert preview(page) == "- **1 prompt** Terse\n- **1 preset** P"
    assert kept(store) == []
    assert "2 entries came in." in captions(click(page, "library-go"))
    page = sent(store, data)
    assert preview(page) == "- **Left out, because here already** Terse, P"
    assert page.button(key="library-go").disabled
    click(page, "library-leave")
    assert not [each for each in page.button if each.key == "library-go"]
    for refused, why in ((b"{}", "no library that Parley exported"), (EMPTY, "The prompt has no text.")):
        page = sent(store, refused)
        assert why in page.error[0].value
        shown(page.run())
    assert "There is nothing in this library." in captions(sent(store, files.written([]).encode()))

    assert kept(store) == [("Terse", "Be **short**.")]
    assert _written(store.library(LOCAL)) == data


def test_many_in_a_file(store: Store) -> None:
    """Of many entries the first are named; one whose name is taken says which it gets."""
    store.library(LOCAL).keep(TERSE)
    page = sent(
        store,
        files.written(
            [Entry(PROMPT, "terse", "other"), *(Entry(PROMPT, f"n{number:02}", "x") for number in range(12))]
        ).encode(),
    )

    assert preview(page).startswith("- **13 prompts** terse 2 (another terse is here), n00, n01,")
    assert preview(page).endswith("n10 and 1 other")


def test_too_many_meanwhile(store: Store) -> None:
    """What cannot come in any more when it is to is told."""
    page = sent(store, files.written([TERSE]).encode())
    store.library(LOCAL).take_in([Entry(PROMPT, f"p{number}", "x") for number in range(MAX_ENTRIES)])
    page.button(key="library-go").click().run()
    assert "There are 1,000 prompts already" in page.error[0].value
