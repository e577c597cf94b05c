"""What a person does on the chat page."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.waiting import until

INPUT = "textarea[data-testid=stChatInputTextArea]"
STOP = ".st-key-stop button"
MENU = "[data-testid=stPopoverBody]"
DIALOG = "[data-testid=stDialog]"
ANSWER = "[data-testid=stChatMessageContent][aria-label$=assistant]"


def say(page: Page, text: str) -> None:
    """Type `text` and press Enter."""
    page.fill(INPUT, text)
    page.press(INPUT, "Enter")


def answers(page: Page) -> list[str]:
    """Return the texts of the answers on the page."""
    return page.locator(ANSWER).all_inner_texts()


def reopen(page: Page) -> None:
    """Reload the page and wait for the input box."""
    page.reload()
    page.wait_for_selector(INPUT)


def answered(page: Page) -> None:
    """Wait until the last answer has ended."""
    expect(page.locator(ANSWER).last).to_contain_text("tokens/s")


def choose(page: Page, model: str) -> None:
    """Choose a model in the menu."""
    page.locator(".st-key-models button").click()
    page.locator(MENU).get_by_role("button", name=model, exact=True).click()
    expect(page.locator(MENU)).to_have_count(0)


def parameters(page: Page) -> Locator:
    """Open the menu of parameters."""
    page.locator(".st-key-parameters button:visible").click()
    menu = page.locator(MENU)
    expect(menu.get_by_label("System prompt")).to_be_visible()
    return menu


def enter(field: Locator, text: str) -> None:
    """Type into a field and leave it, and wait until the app has taken note."""
    field.fill(text)
    field.press("Tab")
    expect(field.page.locator("[data-testid=stStatusWidget]")).to_have_count(0)
    field.page.wait_for_timeout(300)


def close(page: Page) -> None:
    """Close a menu by a click beside it."""
    page.keyboard.press("Escape")
    expect(page.locator(MENU)).to_have_count(0)


def attach(page: Page, file: FilePayload) -> None:
    """Attach a file to the prompt."""
    page.set_input_files("[data-testid=stChatInput] input[type=file]", files=[file])
    expect(page.get_by_text(file["name"])).to_be_visible()
    uploaded(page)


def uploaded(page: Page) -> None:
    """Wait until what was attached can be sent."""
    expect(page.get_by_test_id("stFileChipIconSpinner")).to_have_count(0)
    page.wait_for_timeout(500)


def details(page: Page) -> Locator:
    """Open the details of the last answer."""
    page.locator("[class*=st-key-details] button:visible").last.click()
    dialog = page.locator(DIALOG)
    expect(dialog.get_by_text("Details of this answer")).to_be_visible()
    return dialog


def interrupted(page: Page, database: Path) -> None:
    """Wait until no answer counts as running, and see the last one marked: a silent process is gone after 20 s."""
    with closing(sqlite3.connect(database)) as connection:
        running = "SELECT count(*) FROM messages WHERE state = 'streaming'"
        until(lambda: connection.execute(running).fetchone() == (0,), 40)
    reopen(page)
    expect(page.locator(ANSWER).last).to_contain_text("Interrupted")
