"""The library in a browser: `/` offers prompts, what one leaves open is asked for, and it stands in the box."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lib.store import LOCAL, PROMPT, Entry, Store
from tests.browser.app import App
from tests.browser.axe import Walk
from tests.browser.chat import DIALOG, INPUT, MENU, answered, close, enter, parameters, reopen, say
from tests.endpoint import FakeEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OFFER = ".parley-prompts"
TIDES, TERSE = "say {{what}}, in {{language}}", "say **short**"


def keep(app: App, *entries: Entry) -> None:
    """Keep something while the app runs."""
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        for entry in entries:
            store.library(LOCAL).keep(entry)


def test_prompts(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """One walks what / offers with the arrows and fills in what is open; a menu puts one behind what stands there."""
    keep(app, Entry(PROMPT, "Terse", TERSE), Entry(PROMPT, "Tides", TIDES))
    walk = Walk(page)
    reopen(page)
    box, offer = page.locator(INPUT), page.locator(OFFER)
    expect(box).to_be_focused()
    box.press_sequentially("/t")
    expect(offer.get_by_role("option")).to_have_text(["Terse", "Tides"])
    walk.look("prompts are offered")
    box.press("Escape")
    expect(offer).to_be_hidden()
    box.press_sequentially("i")
    expect(offer.get_by_role("option")).to_have_text(["Tides"])
    box.fill("/t")
    expect(offer.get_by_role("option")).to_have_count(2)
    box.press("ArrowDown")
    expect(offer.get_by_role("option", name="Tides")).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    dialog = page.locator(DIALOG)
    dialog.get_by_label("what").fill("tides")
    dialog.get_by_label("language").fill("French")
    walk.look("what a prompt leaves open")
    dialog.get_by_role("button", name="Insert").click()
    expect(dialog).to_have_count(0)
    expect(box).to_have_value("say tides, in French")
    reopen(page)
    expect(box).to_have_value("say tides, in French")

    box.press("Alt+Shift+P")
    menu = page.locator(MENU)
    expect(menu.get_by_role("button", name="Terse")).to_be_visible()
    walk.look("the menu of prompts")
    menu.get_by_role("button", name="Terse").click()
    expect(box).to_have_value(f"say tides, in French\n\n{TERSE}")
    box.press("Enter")
    answered(page)
    assert walk.found == ""


def test_projects(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """A project is made, a chat begins in it and stands below it in the sidebar; reloads keep it open."""
    walk = Walk(page)
    page.get_by_role("link", name="Library").click()
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name").fill("Thesis")
    page.get_by_label("System prompt").fill("Cite your sources.")
    walk.look("the form of a project")
    page.get_by_role("button", name="Save", exact=True).click()
    kept = page.locator("[class*=st-key-kept-]").filter(has_text="Thesis")
    expect(kept.last).to_contain_text("Cite your sources.")
    walk.look("the library")
    kept.last.get_by_role("button", name="New chat").click()
    for _ in range(2):
        expect(page.get_by_text("In the project “Thesis”")).to_be_visible()
        reopen(page)
    box = page.locator(INPUT)
    box.fill("say chapter one")
    box.press("Enter")
    answered(page)
    assert endpoint.asked[-1].body["messages"][0] == {"role": "system", "content": "Cite your sources."}
    reopen(page)
    inside = page.locator("[class*=st-key-in-project-]")
    expect(inside.get_by_role("link", name="chapter one").first).to_be_visible()
    walk.look("an open project")

    assert walk.found == ""


def test_presets(page: Page, app: App, endpoint: FakeEndpoint, tmp_path: Path) -> None:
    """What is set is kept as a preset and begins a chat, also once it went out as a file and came in again."""
    menu = parameters(page)
    enter(menu.get_by_label("System prompt"), "Answer as a pirate.")
    enter(menu.get_by_role("spinbutton", name="Temperature"), "0.3")
    menu.get_by_role("textbox", name="Save as a preset").fill("Pirate")
    menu.get_by_role("textbox", name="Save as a preset").press("Enter")
    expect(page.get_by_text("“Pirate” is kept")).to_be_visible()
    close(page)

    page.goto(app.url)
    begin = page.locator(INPUT)
    begin.press("Alt+Shift+P")
    page.locator(MENU).get_by_role("button", name="Pirate").click()
    expect(page.get_by_text("“Pirate” is set for this chat.")).to_be_visible()
    begun(page, endpoint)

    page.get_by_role("link", name="Library").click()
    export = page.locator(".st-key-export-library button")
    expect(export).to_be_visible()
    settled(page)
    with page.expect_download() as loading:
        export.click()
    loading.value.save_as(file := tmp_path / "library.json")
    kept = page.locator("[class*=st-key-kept-]").filter(has_text="Pirate").last
    kept.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted “Pirate”")).to_be_visible()
    page.get_by_test_id("stExpander").get_by_text("Import").click()
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(file)
    preview = page.locator(".st-key-library-preview")
    expect(preview.get_by_text("1 preset")).to_be_visible()
    preview.get_by_role("button", name="Import").click()
    expect(kept).to_contain_text("Answer as a pirate.")
    kept.get_by_role("button", name="Start").click()
    begun(page, endpoint)


def settled(page: Page) -> None:
    """Wait until the page is drawn to its end."""
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()


def begun(page: Page, endpoint: FakeEndpoint) -> None:
    """Ask something in a new chat, and see that it is asked as the preset says."""
    expect(page.get_by_text("2 set")).to_be_visible()
    say(page, "say ahoy")
    answered(page)
    body = endpoint.asked[-1].body
    assert body["messages"] == [
        {"role": "system", "content": "Answer as a pirate."},
        {"role": "user", "content": "say ahoy"},
    ]
    assert body["temperature"] == 0.3
