"""What the next call sends, what stays out of it, and answers that think or are of a form: walked as a person would."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from lib.generations.context import ASKED
from tests.browser.app import App
from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, DIALOG, INPUT, MENU, answered, close, enter, parameters, reopen, say
from tests.endpoint import FakeEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PRICES = """
[endpoints.{name}]
base_url = "{url}"
model = "{model}"
[endpoints.{name}.prices."*"]
input = {price}
output = {price}
"""
FRUIT = {"type": "object", "properties": {"fruit": {"type": "string"}, "price": {"type": "number"}}}
LIST = {"type": "array", "items": FRUIT}
INSIDE = """menu => {
  const { left, right } = menu.getBoundingClientRect(), widest = document.documentElement.scrollWidth;
  return left >= 0 && right <= innerWidth && widest <= innerWidth && menu.scrollWidth <= menu.clientWidth + 1;
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint) -> Iterator[App]:
    """The app with two endpoints that have prices, and two models, one of which soon has no room."""
    endpoint.models = [{"id": "small", "max_model_len": 1500}, {"id": "large", "max_model_len": 100_000}]
    named = ({"name": "work", "model": "small", "price": 2.0}, {"name": "home", "model": "large", "price": 0.5})
    secrets = "".join(PRICES.format(url=endpoint.url, **each) for each in named)
    app = App(tmp_path_factory.mktemp("app"), secrets).start()
    yield app
    app.stop()


def turn(page: Page, number: int, words: str) -> None:
    """Have one more turn, the one of this number."""
    say(page, f"n2 r0 {words}")
    expect(page.locator(ANSWER)).to_have_count(number)
    answered(page)


def meter(page: Page) -> Locator:
    """Open the meter, if it is not open."""
    menu = page.locator(MENU).filter(has_text="The next call")
    if not menu.is_visible():
        page.locator(".st-key-meter button:visible").first.click()
    expect(menu.get_by_role("row", name="New text")).to_be_visible()
    return menu


def test_context(page: Page, endpoint: FakeEndpoint) -> None:
    """The meter counts what is in the box too, prices every model, and what does not fit stays out or is summed up."""
    walk = Walk(page)
    turn(page, 1, "apple " * 700)
    turn(page, 2, "pear " * 700)
    page.fill(INPUT, "word " * 100)
    menu = meter(page)
    expect(menu.get_by_role("row", name="2 earlier turns")).to_contain_text(re.compile(r"~1.4\d\d.*~\$0\.00"))
    expect(menu.get_by_role("row", name="New text")).to_contain_text(re.compile(r"~10\d"))
    expect(menu).to_contain_text("This does not fit: small takes")
    menu.get_by_text("The same on every model").click()
    expect(menu.get_by_role("row", name="small · work")).to_contain_text("too small")
    expect(menu.get_by_role("row", name="large · home")).to_contain_text("100k")
    walk.look("the meter")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(menu).to_be_visible()
    page.wait_for_function(INSIDE, arg=menu.element_handle())
    page.set_viewport_size({"width": 1100, "height": 800})
    menu.get_by_role("button", name="Leave out the oldest turn").click()
    expect(page.get_by_text("The oldest turn stays out.")).to_be_visible()
    close(page)
    turn(page, 3, "third")

    assert "apple" not in json.dumps(endpoint.asked[-1].body)
    assert "pear" in json.dumps(endpoint.asked[-1].body)
    meter(page).get_by_role("button", name="Send all turns again").click()
    expect(page.locator(MENU).get_by_text("stays out")).to_have_count(0)
    meter(page).get_by_role("button", name="Sum").click()
    dialog = page.locator(DIALOG)
    expect(dialog).to_contain_text("is asked to sum up the")
    walk.look("a summary that is offered")
    dialog.get_by_role("button", name="Sum up", exact=True).click()
    box = dialog.get_by_label("What goes in their place")
    expect(box).to_have_value(re.compile("w0 w1"))
    assert "apple" in endpoint.asked[-1].prompt
    box.fill("They spoke of fruit.")
    box.press("Tab")
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog).to_have_count(0)
    turn(page, 4, "fourth")

    sent = [message["content"] for message in endpoint.asked[-1].body["messages"]]
    assert sent[:2] == [ASKED, "They spoke of fruit."]
    assert "apple" not in json.dumps(sent)
    reopen(page)
    expect(meter(page)).to_contain_text("a summary goes instead")
    assert walk.found == ""


def test_effort_and_schema(page: Page, endpoint: FakeEndpoint) -> None:
    """How much a model thinks is sent; an answer of a schema is a table or a tree, with what does not fit marked."""
    walk = Walk(page)
    menu = parameters(page)
    menu.get_by_role("combobox", name="Reasoning effort").click()
    page.get_by_role("option", name="low", exact=True).click()
    enter(menu.get_by_label("JSON schema"), json.dumps(LIST))
    close(page)
    say(page, 'say [{"fruit": "plum", "price": 12}, {"fruit": "pear", "price": "dear"}]')
    answered(page)

    body = endpoint.asked[-1].body
    assert body["reasoning_effort"] == "low"
    assert body["response_format"]["json_schema"]["schema"] == LIST
    for _ in range(2):
        expect(page.locator(ANSWER)).not_to_contain_text('"plum"', use_inner_text=True)
        found = page.locator("[class*=st-key-structure-]")
        expect(found.get_by_role("row")).to_have_count(3)
        expect(found.get_by_role("row", name="plum")).to_contain_text("12")
        expect(found.locator(".stMarkdownColoredText").filter(has_text="dear")).to_have_count(1)
        expect(found).to_contain_text("1 place does not fit the schema")
        expect(found).to_contain_text("row 2, price")
        reopen(page)
    walk.look("an answer as a table")
    say(page, 'say {"orchard": {"trees": [3, 4]}}')
    expect(page.locator(ANSWER)).to_have_count(2)
    answered(page)
    tree = page.locator("[class*=st-key-structure-]").last
    expect(tree.get_by_role("listitem").filter(has_text="orchard").first).to_contain_text("trees")
    expect(tree).to_contain_text("The whole")
    walk.look("an answer as a tree")
    assert walk.found == ""
