"""The library in a browser: `/` offers prompts, what one leaves open is asked for, and it stands in the box."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from lib.store import LOCAL, PROMPT, Entry, Store
from tests.browser.app import App
from tests.browser.axe import Walk
from tests.browser.chat import DIALOG, INPUT, MENU, answered, reopen
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
