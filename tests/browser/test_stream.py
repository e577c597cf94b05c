"""An answer on the page: it streams, it stops, and nothing that happens to the page loses it."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.app import App
from tests.browser.chat import ANSWER, DIALOG, INPUT, STOP, answers, reopen, say
from tests.endpoint import Asked, FakeEndpoint
from tests.waiting import until

pytestmark = pytest.mark.browser

RECEIPT = re.compile(
    r"Stopped: connection closed after \d\.\d+ s, ~\d+ tokens? received \(usage not reported: an estimate\)\."
)
VOICE = "p.parley-unseen[role=status]"


def last(endpoint: FakeEndpoint) -> Asked:
    return endpoint.asked[-1]


def test_answer_streams(page: Page, endpoint: FakeEndpoint) -> None:
    """The first words are on the page while the endpoint is still writing; who does not see it hears of both ends."""
    say(page, "n9000 r50 streams")

    expect(page.locator(ANSWER)).to_contain_text("w5 w6")

    assert not last(endpoint).finished
    expect(page.locator(VOICE)).to_have_text("An answer is being written.")
    page.click(STOP)
    expect(page.locator(VOICE)).to_have_text("The answer is there.")


def test_answer_is_in_few_containers(page: Page) -> None:
    """An answer is in its message's container and its fragment's: for each word the browser goes through them all."""
    say(page, "n3 r0 few")
    expect(page.locator(ANSWER)).to_contain_text("w2")

    around = page.locator(ANSWER).last.locator("xpath=ancestor::*[@data-testid='stLayoutWrapper']")

    expect(around).to_have_count(2)


def test_answer_is_whole(page: Page) -> None:
    """Every token of the answer is on the page at its end, in order."""
    say(page, "n300 r0 whole")

    expect(page.locator(ANSWER)).to_contain_text("w298 w299")

    assert " ".join(f"w{number}" for number in range(300)) in answers(page)[0]


def test_figures(page: Page) -> None:
    """Under the answer stand the model, the tokens, the time to the first and the speed."""
    say(page, "n20 r50 figures")

    line = page.locator(ANSWER).get_by_text(re.compile("fake-served"))

    more = r"7 / 20 tokens · \d\.\d+ s to first · \d+ tokens/s"
    expect(line).to_have_text(re.compile(rf"^fake-served · \d\.\d+ s · {more}$".replace(" ", r"\s")))


def test_estimate_is_marked(page: Page) -> None:
    """Figures that the endpoint did not report are marked."""
    say(page, "n20 r0 quiet")

    expect(page.locator(ANSWER)).to_contain_text(re.compile(r"~\d+\s/\s~\d+\stokens"))


def test_thinking_shows_before_the_first_token(page: Page, endpoint: FakeEndpoint) -> None:
    """While nothing has come, the page says that the model is thinking."""
    endpoint.silent = True
    say(page, "n5 slow start")

    expect(page.locator(".st-key-answering")).to_have_text("Thinking")
    endpoint.silent = False
    expect(page.locator(ANSWER)).to_contain_text("w4")
    expect(page.locator(".st-key-answering")).to_have_count(0)


def test_reasoning_is_collapsed(page: Page) -> None:
    """Reasoning text is there, behind a click."""
    say(page, "think n5 r0")
    expect(page.locator(ANSWER)).to_contain_text("w4")

    reasoning = page.locator("[data-testid=stExpander]")
    expect(reasoning.get_by_text("hm0 hm1")).to_be_hidden()
    reasoning.get_by_text("Reasoning").click()

    expect(reasoning.get_by_text("hm0 hm1")).to_be_visible()


def test_second_turn_sends_the_first(page: Page, endpoint: FakeEndpoint) -> None:
    """The endpoint gets the conversation so far with the second prompt."""
    say(page, "n2 r0 first")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    say(page, "n3 r0 second")
    expect(page.locator(ANSWER).nth(1)).to_contain_text("w2")

    contents = [message["content"] for message in last(endpoint).body["messages"]]

    assert contents == ["n2 r0 first", "w0 w1 ", "n3 r0 second"]


def test_one_run(page: Page) -> None:
    """A prompt takes one run of the script, in which it is stored, drawn and answered: what it waits for is short."""
    runs: list[str] = []

    def note(frame: str | bytes) -> None:
        if isinstance(frame, bytes) and ForwardMsg.FromString(frame).HasField("new_session"):
            runs.append("run")

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    reopen(page)
    say(page, "n3 r0 opened")
    expect(page.locator(ANSWER)).to_contain_text("/ 3 tokens")
    page.wait_for_timeout(300)  # after that the browser has the page
    runs.clear()

    say(page, "n3 r0 one run")

    expect(page.locator(ANSWER).last).to_contain_text("/ 3 tokens")
    expect(page.locator(ANSWER)).to_have_count(2)
    assert len(runs) == 1


def test_click_in_mid_stream(page: Page, endpoint: FakeEndpoint) -> None:
    """What is clicked in an earlier turn while an answer comes is done at once, and the answer goes on."""
    say(page, "n3 r0 earlier")
    expect(page.locator(ANSWER)).to_contain_text("/ 3 tokens")
    say(page, "n80 r0 held later")
    expect(page.locator(ANSWER).last).to_contain_text("w5")

    page.locator("[class*=st-key-details] button").first.click()

    expect(page.locator(DIALOG)).to_be_visible()
    assert "w79" not in answers(page)[-1]
    endpoint.let_go("n80 r0 held later")
    expect(page.locator(ANSWER).last).to_contain_text("w78 w79")
    expect(page.locator(ANSWER)).to_have_count(2)


def test_many_turns(page: Page) -> None:
    """A conversation goes on beyond the turns that a page adds one by one."""
    for turn in range(11):
        say(page, f"n{turn + 1} r0 turn {turn}")
        expect(page.locator(ANSWER).last).to_contain_text(f"/ {turn + 1} tokens")

    # Drawn anew meanwhile, as a page is where a prompt follows at once, it has the latest ten.
    assert len(answers(page)) >= 10


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_stop_in_mid_stream(page: Page, endpoint: FakeEndpoint, way: str) -> None:
    """Stop closes the upstream connection; the partial answer and a receipt stay, after a reload too."""
    say(page, f"n9000 r50 stopped by {way}")
    expect(page.locator(ANSWER)).to_contain_text("w10")

    page.click(STOP) if way == "button" else page.press(INPUT, "Escape")

    expect(page.locator(ANSWER)).to_contain_text(RECEIPT)
    until(lambda: last(endpoint).closed_at)
    reopen(page)
    expect(page.locator(ANSWER)).to_contain_text(RECEIPT)
    expect(page.locator(ANSWER)).to_contain_text("w10")


def test_stop_before_the_first_token(page: Page, endpoint: FakeEndpoint) -> None:
    """Stop works while the endpoint is silent, too."""
    asked = len(endpoint.asked)
    say(page, "n5 d10000 silent")
    until(lambda: len(endpoint.asked) > asked)

    page.click(STOP)

    expect(page.locator(ANSWER)).to_contain_text("Stopped: connection closed after")
    assert last(endpoint).closed_at
    assert last(endpoint).sent == 0


def test_stop_is_hidden_when_nothing_runs(page: Page, endpoint: FakeEndpoint) -> None:
    """Stop is seen only while an answer is being written."""
    expect(page.locator(STOP)).to_be_hidden()
    say(page, "n50 r0 held runs")
    expect(page.locator(STOP)).to_be_visible()
    endpoint.let_go("n50 r0 held runs")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")

    expect(page.locator(STOP)).to_be_hidden()


def test_reload_in_mid_stream(page: Page, endpoint: FakeEndpoint) -> None:
    """After a reload the page follows the same answer to its end."""
    say(page, "n100 r0 held reloaded")
    expect(page.locator(ANSWER)).to_contain_text("w5")

    reopen(page)

    expect(page.locator(ANSWER)).to_contain_text("w5")
    endpoint.let_go("n100 r0 held reloaded")
    expect(page.locator(ANSWER)).to_contain_text("w99")
    expect(page.locator(ANSWER)).to_have_count(1)


def test_closed_tab(page: Page, context: BrowserContext, endpoint: FakeEndpoint) -> None:
    """An answer whose tab was closed is complete when its address is opened again."""
    say(page, "n60 r60 closed")
    expect(page.locator(ANSWER)).to_contain_text("w5")
    address = page.url
    page.close()
    until(lambda: last(endpoint).finished)

    again = context.new_page()
    again.goto(address)

    expect(again.locator(ANSWER)).to_contain_text("w59")
    expect(again.locator(ANSWER)).to_contain_text("7 / 60 tokens")


def test_other_conversation_in_between(page: Page) -> None:
    """Another conversation opened in mid-stream shows only itself; the first goes on meanwhile."""
    say(page, "n100 r50 first of two")
    expect(page.locator(ANSWER)).to_contain_text("w5")
    first = page.url

    page.get_by_role("link", name="New chat").click()
    expect(page.locator(ANSWER)).to_have_count(0)
    say(page, "n4 r0 second of two")
    expect(page.locator(ANSWER)).to_contain_text("w3")
    expect(page.locator(ANSWER)).to_have_count(1)
    page.goto(first)

    expect(page.locator(ANSWER)).to_contain_text("w99")


def test_dropped_socket(context: BrowserContext, app: App) -> None:
    """When the connection to the app drops in mid-stream, the page reconnects and goes on."""
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page = context.new_page()
    page.route_web_socket(re.compile("_stcore/stream"), through)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "n150 r50 dropped")
    expect(page.locator(ANSWER)).to_contain_text("w5")

    sockets[0].close()

    expect(page.locator(ANSWER)).to_contain_text("w149")
    expect(page.locator(ANSWER)).to_contain_text("7 / 150 tokens")
    assert len(sockets) > 1


def test_nothing_is_asked_twice(page: Page, endpoint: FakeEndpoint) -> None:
    """Reloads and reconnections send nothing to the endpoint."""
    say(page, "n60 r60 asked once")
    expect(page.locator(ANSWER)).to_contain_text("w5")
    reopen(page)
    reopen(page)
    expect(page.locator(ANSWER)).to_contain_text("w59")

    assert [asked.prompt for asked in endpoint.asked].count("n60 r60 asked once") == 1


def test_every_call_is_in_the_ledger(app: App, endpoint: FakeEndpoint, page: Page) -> None:
    """The ledger has as many rows as the endpoint was asked times."""
    say(page, "n3 r0 the last")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    until(lambda: all(asked.finished or asked.closed_at for asked in endpoint.asked))

    with sqlite3.connect(app.database) as database:
        rows = database.execute("SELECT count(*) FROM usage").fetchone()[0]

    assert rows == len(endpoint.asked)
