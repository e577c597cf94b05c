"""What is shown of what is written: the cases of docs/rendering.md in a browser, live and reloaded; "
"copying; directions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, answered, reopen, say
from tests.endpoint import FakeEndpoint
from tests.ui.markdown.cases import KINDS
from tests.waiting import until

pytestmark = pytest.mark.browser

NOTATION = Path(__file__).with_name("notation.js").read_text(encoding="utf-8")
PLACES = {f"case-{place}-{number}": case for place, kind in enumerate(KINDS) for number, case in enumerate(kind.cases)}


def notation(page: Page, selector: str) -> str:
    """Return what a part of the page shows, in the notation of the cases."""
    return str(page.locator(selector).last.evaluate(NOTATION))


@pytest.fixture(scope="module")
def drawn(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of all cases."""
    app = App(tmp_path_factory.mktemp("cases"), script="tests/browser/rendering_app.py").start()
    page = browser.new_page()
    page.goto(app.url)
    page.get_by_text("All drawn", exact=True).wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    yield page
    page.close()
    app.stop()


def wrong(page: Page) -> list[str]:
    """Return the cases that are not shown as they are to be, and how they are shown."""
    shown = {case: notation(page, f".st-key-{key} [data-testid=stChatMessageContent]") for key, case in PLACES.items()}
    return [f"{case.written!r}\n  {case.shown}\n  {text}" for case, text in shown.items() if text != case.shown]


def test_cases(drawn: Page) -> None:
    """Each case is shown as docs/rendering.md says."""
    with suppress(AssertionError):
        until(lambda: not wrong(drawn))  # what draws code and formulas is loaded when it is needed
    assert not wrong(drawn), "\n".join(wrong(drawn))


ANSWERS = "\n\n".join(case.written for kind in KINDS[:5] for case in kind.cases if "<details>" not in case.written)


def whole(page: Page) -> str:
    """Return what the answer shows once the page has what draws code and formulas: it loads that when it needs it."""
    expect(page.locator(ANSWER)).to_contain_text("tokens/s", timeout=60_000)
    expect(page.locator(f"{ANSWER} [data-testid=stCode] code")).to_have_count(ANSWERS.count("```") // 2)
    expect(page.locator(f"{ANSWER} .katex").first).to_be_visible()
    return notation(page, ANSWER)


@pytest.mark.parametrize("speed", [3, 40, 100_000], ids=["in threes", "in forties", "at once"])
def test_live_and_reloaded(page: Page, endpoint: FakeEndpoint, speed: int) -> None:
    """However fast an answer comes, what is on the page at its end is what a reload draws."""
    endpoint.pieces = speed
    say(page, f"say {ANSWERS}")
    live = whole(page)
    reopen(page)

    assert whole(page) == live
    assert "[the guide](https://a.b/c)" in live


WRITTEN = (
    "Use `![a](b)` or:\n\n- this\n  ```md\n  ![c](d) :material/home:\n  ```\n\n"
    "\u2060\n\n```py\n\nx = 1\n\n```\n\nThe end: :smile:  \n"
)


def test_copying(page: Page, endpoint: FakeEndpoint) -> None:
    """What is copied is what was written: a selection, code in a list, code, and the whole answer."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    say(page, f"say {WRITTEN}")
    answered(page)
    read = "navigator.clipboard.readText()"
    buttons = page.locator(f"{ANSWER} [data-testid=stCode] button")
    expect(buttons).to_have_count(2)

    for button, code in zip(buttons.all(), ["![c](d) :material/home:", "\nx = 1\n"], strict=True):
        button.evaluate("button => button.click()")
        page.wait_for_function(f"async code => (await {read}) === code", arg=code)

    page.locator(ANSWER).evaluate("answer => getSelection().selectAllChildren(answer)")
    page.evaluate("document.execCommand('copy')")
    selected = page.evaluate(read)
    assert "Use ![a](b) or:" in selected
    assert "The end: :smile:" in selected
    assert "\u2060\u2063" not in selected

    page.locator(f"{ANSWER} [class*=st-key-copy-] button").first.click()
    expect(page.get_by_text("Copied as it was written")).to_be_visible()
    page.wait_for_function(f"async () => (await {read}).startsWith('Use `!')")
    assert page.evaluate(read) == endpoint.asked[-1].prompt.removeprefix("say ")


def test_long_code_is_one_block(page: Page, endpoint: FakeEndpoint) -> None:
    """Code that grew in pieces is one block with one button at its end."""
    endpoint.pieces = 700
    code = "\n".join(f"value_{number} = {number}" for number in range(1_000))
    say(page, f"say ```python\n{code}\n```\n\nDone.")
    answered(page)

    expect(page.locator(f"{ANSWER} [data-testid=stCode]")).to_have_count(1)
    assert page.locator(f"{ANSWER} [data-testid=stCode] code").text_content() == code


ARABIC = "هذه إجابة باللغة العربية، وفيها `code x` و Python."
DIRECTED = (
    f"{ARABIC}\n\nEnglish, then عربي.\n\n- البند الأول\n- second\n\n1. one\n\n"
    f"> {ARABIC}\n\n| اسم | x |\n|---|---|\n| قيمة | y |\n\n## זו כותרת\n\n`print` {ARABIC}"
)


def test_directions(page: Page) -> None:
    """Each part of an answer, the prompt, the input box and the title in the sidebar go in their own direction."""
    page.fill(INPUT, ARABIC)
    assert page.locator(INPUT).evaluate("box => box.matches(':dir(rtl)')")
    say(page, f"say {DIRECTED}")
    answered(page)
    expect(page.locator(f"{ANSWER} h2")).to_be_visible()
    found = page.locator(ANSWER).evaluate(
        """answer => [...answer.querySelectorAll("p, ul, ol, blockquote, table, h2")].slice(0, 9)
        .filter(e => !e.closest("[data-testid=stCaptionContainer]") && !e.parentElement.closest("blockquote"))
        .map(e => [e.tagName.toLowerCase(), e.matches(":dir(rtl)")])"""
    )
    code = page.locator(f"{ANSWER} code").first.evaluate("code => getComputedStyle(code).direction")

    assert found[:7] == [
        *(["p", True], ["p", False], ["ul", True], ["ol", False], ["blockquote", True]),
        *(["table", True], ["h2", True]),
    ]
    assert code == "ltr"
    left, right = (
        page.locator(f"{ANSWER} ul li").nth(number).evaluate("e => getComputedStyle(e).unicodeBidi")
        for number in (0, 1)
    )
    assert left == right == "plaintext"
