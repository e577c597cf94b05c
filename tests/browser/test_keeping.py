"""A conversation that is kept, found again by what it is tagged with, and deleted for good."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, MENU, answered

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FOUND = ".st-key-found a"
WORDS = b"mirabelles"


def left(app: App) -> list[str]:
    """Return the files of the database that have the words."""
    files: list[Path] = sorted(app.database.parent.glob(f"{app.database.name}*"))
    return [file.name for file in files if WORDS in file.read_bytes()]


def test_walk(page: Page, app: App) -> None:
    """An address fills the box and sends nothing; a tag narrows the search; what is deleted for good is nowhere."""
    page.goto(f"{app.url}?q=say%20of%20mirabelles")
    box = page.locator(INPUT)
    expect(box).to_have_value("say of mirabelles")
    expect(page.locator(ANSWER)).to_have_count(0)
    box.press("Enter")
    answered(page)

    page.locator(".st-key-actions button").first.click()
    tags = page.locator(f"{MENU} input[aria-label=Tags]")
    tags.fill("fruit")
    tags.press("Enter")
    expect(page.locator(MENU).get_by_text("fruit", exact=True).first).to_be_visible()
    tags.press("Escape")
    tags.press("Escape")
    expect(page.locator(MENU)).to_have_count(0)
    page.locator(".st-key-filters button").first.click()
    page.locator(MENU).get_by_label("Tag").click()
    page.get_by_role("option", name="fruit").click()
    expect(page.locator(FOUND).filter(has_text="mirabelles").first).to_be_visible()
    for filter in ("Model", "Endpoint"):
        page.locator(MENU).get_by_label(filter).click()
        page.get_by_role("option").last.click()
        expect(page.locator(FOUND).filter(has_text="mirabelles").first).to_be_visible()
    page.locator(MENU).get_by_role("group", name="From").get_by_role("spinbutton").first.click()
    page.keyboard.type("20350101", delay=30)
    page.get_by_role("button", name="January 2, 2035").click()
    expect(page.locator(FOUND)).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator(FOUND)).to_have_count(0)

    assert left(app)
    page.locator(".st-key-actions button").first.click()
    page.locator(".st-key-delete button").click()
    page.locator(".st-key-erase button").click()
    expect(page.locator(".st-key-erase")).to_have_count(0)
    page.locator(".st-key-search input").fill("mirabelles")
    expect(page.get_by_text("Nothing has all words of “mirabelles”.")).to_be_visible()
    page.locator(".st-key-search input").fill("")
    assert left(app) == []
