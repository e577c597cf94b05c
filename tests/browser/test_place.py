"""What our scripts know of the page as a whole: what comes, goes or changes its class is seen, wherever it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import ANSWER, INPUT, STOP, say

pytestmark = pytest.mark.browser

COUNT = """() => {
  window.looks = 0;
  for (const name of ["querySelector", "querySelectorAll"]) {
    const look = Document.prototype[name];
    Document.prototype[name] = function (selector) {
      window.looks += selector.includes("st-key-");
      return look.call(this, selector);
    };
  }
}"""


def test_looks_at_what_comes(page: Page) -> None:
    """While an answer grows, nothing of ours goes through the whole page for it."""
    say(page, "n9000 r50 grows")
    expect(page.locator(ANSWER)).to_contain_text("w5 w6")
    page.wait_for_timeout(500)
    page.evaluate(COUNT)

    expect(page.locator(ANSWER)).to_contain_text("w80")

    assert page.evaluate("window.looks") == 0
    page.click(STOP)


def test_comes(page: Page) -> None:
    """What comes deep within something else is seen."""
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p><b><i class=\"st-key-stage\"></i></b></p>')")

    expect(page.locator("html[data-stage]")).to_have_count(1)


def test_changes(page: Page) -> None:
    """What is there and becomes of that kind is seen, and that it is of it no more."""
    page.evaluate("document.querySelector('.stMain').classList.add('st-key-stage')")
    expect(page.locator("html[data-stage]")).to_have_count(1)

    page.evaluate("document.querySelector('.stMain').classList.remove('st-key-stage')")

    expect(page.locator("html[data-stage]")).to_have_count(0)


def test_goes(page: Page) -> None:
    """While one of two is left, the page has it; what a script waits for is the one that is left."""
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p class=\"st-key-stage\"></p>'.repeat(2))")
    page.evaluate("document.querySelector('.st-key-stage').remove()")
    page.wait_for_timeout(50)
    expect(page.locator("html[data-stage]")).to_have_count(1)

    page.evaluate("document.querySelector('.st-key-stage').remove()")

    expect(page.locator("html[data-stage]")).to_have_count(0)


def test_box(page: Page) -> None:
    """What is typed on the page goes into the box that is there now, not into one that is gone."""
    page.evaluate("{ const bottom = document.querySelector('.stBottom'); bottom.replaceWith(bottom.cloneNode(true)); }")
    page.evaluate("document.activeElement.blur()")

    page.keyboard.press("x")

    assert page.input_value(INPUT) == "x"
