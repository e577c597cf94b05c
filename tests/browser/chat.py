"""What a person does on the chat page."""

from __future__ import annotations

from playwright.sync_api import Page

INPUT = "textarea[data-testid=stChatInputTextArea]"
STOP = ".st-key-stop button"
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
