"""A walk with keys alone: stops that Tab leads to, what is pressed at each, and what is seen then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

MAX_PRESSES = 120  # of Tab, from one stop to the next
# Which key leads from where the cursor is towards a stop; "" when it is there.
TOWARDS = """css => {
  const at = document.activeElement, all = [...document.querySelectorAll(css)];
  const seen = all.filter((each) => each.checkVisibility({ visibilityProperty: true }));
  if (seen.includes(at)) return "";
  return seen.length && at.compareDocumentPosition(seen[0]) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
}"""
# Nothing is being drawn anew, but for an answer that comes.
SETTLED = """() => document.querySelector("[class*=st-key-answering]")
  || document.querySelector(".stApp").dataset.testScriptState === "notRunning" """


class Stop(NamedTuple):
    """What Tab leads to, what is pressed there ("=…" is typed), and what is seen then, or ("!…") is not any more."""

    where: str
    keys: Sequence[str]
    then: str


def follow(page: Page, stops: Iterable[Stop]) -> None:
    """Go from stop to stop, and do at each what is to be done there."""
    for stop in stops:
        expect(page.locator(stop.where).locator("visible=true").first).to_be_visible()
        page.wait_for_function(SETTLED)
        go(page, stop)
        act(page, stop)


def go(page: Page, stop: Stop) -> None:
    """Go to a stop with Tab."""
    for _ in range(MAX_PRESSES):
        key = page.evaluate(TOWARDS, stop.where)
        if not key:
            return
        page.keyboard.press(key)
    pytest.fail(f"{stop} is not reached; the cursor is on {page.evaluate('document.activeElement.outerHTML')[:300]}")


def act(page: Page, stop: Stop) -> None:
    """Press its keys, and see what then is."""
    for key in stop.keys:
        press: Callable[[str], None] = page.keyboard.type if key.startswith("=") else page.keyboard.press
        press(key.removeprefix("="))
    if stop.then.startswith("!"):
        expect(page.locator(f"{stop.then[1:]}:visible")).to_have_count(0)
        page.wait_for_timeout(300)  # as a person, who sees that it is closed before opening it again
    else:
        expect(page.locator(stop.then).locator("visible=true").first).to_be_visible()
