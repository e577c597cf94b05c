"""How long a conversation of 1,000 messages takes to open beside one of 20, and how soon a click in it is answered."""

from __future__ import annotations

import statistics

import pytest
from playwright.sync_api import Browser, Page

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Store
from tests.browser.app import App
from tests.browser.chat import INPUT

pytestmark = pytest.mark.timeout(600)

SHORT, LONG = 20, 1_000  # messages
ROUNDS = 7
LAST = "the last of it"
# When the last answer stood there, in ms since the page was asked for; and how soon a click was answered.
OPENED = """last => { const at = [...document.querySelectorAll("[data-testid=stChatMessageContent]")].at(-1);
  return at?.textContent.includes(last) && performance.now(); }"""
CLICK = """([button, sign, gone]) => new Promise((done) => {
  const begun = performance.now(), there = () => (document.querySelector(sign) !== null) !== gone;
  const end = () => { look.disconnect(); done(performance.now() - begun); };
  const look = new MutationObserver(() => there() && requestAnimationFrame(end));
  look.observe(document, { subtree: true, childList: true, attributes: true });
  [...document.querySelectorAll(button)].at(-1).click();
})"""
CLICKS = {
    "Edit": ("[class*=st-key-edit-] button", "[class*=st-key-editor-]", False),
    "Cancel": ("[class*=st-key-cancel-] button", "[class*=st-key-editor-]", True),
    "A good answer": ("[class*=st-key-thumb-up-] button", "[class*=st-key-rated-]", False),
    "Take it back": ("[class*=st-key-thumb-up-] button", "[class*=st-key-rated-]", True),
}


def talk(app: App, messages: int) -> str:
    """Have a conversation of so many messages; return its address."""
    store = Store.open(f"sqlite:///{app.database}")
    chats, id = store.chats(LOCAL), None
    for number in range(messages // 2):
        prompt = Message("user", f"Prompt {number}: what is **meant** by it, and what follows?")
        turn = chats.begin(prompt, ModelChoice("default", "fake"), provider="openai", conversation_id=id)
        said = LAST if number == messages // 2 - 1 else f"Answer {number}. " + "A sentence of some words. " * 40
        chats.finish(turn, Outcome("completed", said, finish_reason="stop"))
        id = turn.conversation_id
    store.close()
    return f"{app.url}?c={id}"


def opened(page: Page, address: str) -> float:
    """Open a conversation; return how long it took until its last answer stood there."""
    page.goto("about:blank")
    page.goto(address)
    return float(page.wait_for_function(OPENED, arg=LAST, polling="raf").json_value())


def test_long(browser: Browser, app: App) -> None:
    """Print how long both take to open, and how long clicks in the long one."""
    addresses = {number: talk(app, number) for number in (SHORT, LONG)}
    page = browser.new_context(viewport={"width": 1100, "height": 800}).new_page()
    for address in addresses.values():
        opened(page, address)
    times: dict[int, list[float]] = {number: [] for number in addresses}
    for _ in range(ROUNDS):
        for number, address in addresses.items():
            times[number].append(opened(page, address))
    for number, found in times.items():
        print(
            f"\n{number} messages open in {statistics.median(found):.0f} ms ({min(found):.0f} to {max(found):.0f})",
            end="",
        )
    page.wait_for_selector(INPUT)
    page.wait_for_timeout(1000)
    clicked: dict[str, list[float]] = {name: [] for name in CLICKS}
    for _ in range(ROUNDS):
        for name, asked in CLICKS.items():
            clicked[name].append(page.evaluate(CLICK, list(asked)))
            page.wait_for_timeout(500)
    for name, found in clicked.items():
        print(f"\n  {name}: {statistics.median(found):.0f} ms, at most {max(found):.0f}", end="")
