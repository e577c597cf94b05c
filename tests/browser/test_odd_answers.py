"""Answers of a kind that nobody promised, streamed into the page and loaded again."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.api.scripted import OK, SSE, Peer, Scripted
from tests.browser.app import KEY, App
from tests.browser.chat import ANSWER, INPUT, answered, details, reopen, say
from tests.browser.test_pictures import PIXEL as WHOLE

pytestmark = pytest.mark.browser

A, B = "https://example.com/a", "https://example.com/b"
PIXEL = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
DRAWN = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(WHOLE).decode()}"}}


def deltas(*contents: object) -> list[dict]:
    return [{"choices": [{"index": 0, "delta": {"content": content}}]} for content in contents]


STREAMS = {
    "numbers": deltas("It is [", 1, "], costs $", 0.005, " and ", 0, " or ", True, " x"),
    "sources": [
        {**deltas("Fact[1] and other[2].")[0], "citations": [A, B]},
        {"choices": [], "citations": [A, B], "search_results": [{"title": "The *first*", "url": A}]},
    ],
    "many": [
        {**deltas("All of it[9].")[0], "citations": [f"https://example.com/{number}" for number in range(9)]},
    ],
    "pictures": [{"choices": [{"delta": {"content": "", "images": [PIXEL]}}]}],
    "drawn": [{"choices": [{"delta": {"content": "Here it is.", "images": [DRAWN]}}]}],
    "stray": [*deltas("Half"), "no document", *deltas(" an answer.")],
    "thought": deltas("<thought>The user", " asks.</thought>", "Blue."),
    "literal": deltas("<think> is the tag R1", " uses; it ends with </th", "ink>, like HTML."),
}
END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def serve(peer: Peer) -> None:
    """Stream what the prompt names, or list a model."""
    if peer.body is None:
        peer.send(OK, b"\r\n", json.dumps({"data": [{"id": "m"}]}).encode())
        return
    said = STREAMS[peer.body["messages"][-1]["content"]]
    lines = [line if isinstance(line, str) else json.dumps(line) for line in (*said, END)]
    peer.send(SSE, *(b"data: %s\n\n" % line.encode() for line in (*lines, "[DONE]")))


@pytest.fixture
def page(tab: Page, tmp_path: Path) -> Iterator[Page]:
    """The chat page, talking to it."""
    with Scripted(serve) as endpoint:
        app = App(tmp_path, API_BASE_URL=endpoint.url, API_KEY=KEY, API_MODEL="m").start()
        tab.goto(app.url)
        tab.wait_for_selector(INPUT)
        yield tab
        app.stop()


def asked(page: Page, prompt: str) -> Locator:
    """Ask, and return the answer once it has ended."""
    number = page.locator(ANSWER).count() + 1
    say(page, prompt)
    expect(page.locator(ANSWER)).to_have_count(number)
    answered(page)
    return page.locator(ANSWER).last


def opened(page: Page, link: Locator) -> str:
    """Follow a source; return what the tab that it opens in asks for. It has no way back to this page."""
    page.context.route("https://example.com/**", lambda route: route.fulfill(body="The source."))
    with page.context.expect_page() as waiting:
        link.click()
    tab = waiting.value
    expect(tab.get_by_text("The source.")).to_be_visible()
    assert tab.evaluate("window.opener") is None
    address = tab.url
    tab.close()
    page.context.unroute("https://example.com/**")
    return address


def test_odd_answers(page: Page) -> None:
    """Numbers are text, sources are links, what is not shown is told, reasoning is folded away: live and reloaded."""
    expect(asked(page, "numbers")).to_contain_text("It is [1], costs $0.005 and 0 or true x")

    sources = asked(page, "sources").get_by_role("list")
    expect(sources.get_by_role("listitem")).to_have_text(["The *first*", B])
    assert [link.get_attribute("href") for link in sources.get_by_role("link").all()] == [A, B]
    assert opened(page, sources.get_by_role("link", name="first")) == A

    many = asked(page, "many")
    last = many.get_by_role("link", name="https://example.com/8")
    expect(last).to_be_hidden()
    many.get_by_text("9 sources").click()
    assert opened(page, last) == "https://example.com/8"
    many.get_by_text("9 sources").click()
    expect(last).to_be_hidden()

    expect(asked(page, "pictures")).to_contain_text("A picture of this answer is not shown.")

    drawn = asked(page, "drawn")
    expect(drawn.get_by_alt_text("A picture of this answer")).to_have_js_property("naturalWidth", 1)
    with page.expect_download() as waiting:
        drawn.get_by_role("button", name="Download").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")

    thought = asked(page, "thought")
    expect(thought).to_contain_text("Blue.")
    expect(thought.get_by_text("Reasoning")).to_be_visible()
    expect(asked(page, "literal")).to_contain_text("<think> is the tag R1 uses; it ends with </think>, like HTML.")

    expect(asked(page, "stray")).to_contain_text("A piece of this answer could not be read")

    live = page.locator(ANSWER).all_inner_texts()
    reopen(page)
    expect(page.locator(ANSWER)).to_have_count(len(live))
    answered(page)
    expect(page.locator(ANSWER).last).to_contain_text("Delete")  # buttons come behind the texts
    assert page.locator(ANSWER).all_inner_texts() == live

    dialog = details(page)
    dialog.get_by_role("tab", name="Response").click()
    expect(dialog.get_by_text("Pieces that could not be read")).to_be_visible()
    expect(dialog.get_by_text("no document", exact=True)).to_be_visible()
