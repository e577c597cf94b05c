"""Sharing: links are made and revoked in a dialog, and their visitor reads one conversation and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Endpoint, Settings
from lib.documents.document import Document, joined
from lib.messages import Image, LinkedImage, Message
from lib.model_choice import ModelChoice, Parameters
from lib.runtime import Runtime
from lib.store import LOCAL, Outcome, Store
from lib.ui.chat import shared, sharing
from tests import pictures
from tests.store.helpers import chat

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
PICTURE = Image(pictures.file(pictures.quarters()), "image/png")
ENDPOINT = Endpoint("work", "http://127.0.0.1:9/v1", "sk-shared-0123456789", model="m")


def opened(store: Store, **query: str) -> AppTest:
    """Open the page with this query."""
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,)), store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    for name, value in query.items():
        page.query_params[name] = value
    return drawn(page.run())


def drawn(page: AppTest) -> AppTest:
    """Return the page if it was drawn."""
    assert not page.exception
    return page


def captions(page: AppTest) -> list[str]:
    return [caption.value for caption in page.caption]


def asked(page: AppTest) -> AppTest:
    """Open the dialog again: a test's click draws the whole page."""
    page.session_state[sharing.ASKED] = True
    return drawn(page.run())


def whole(store: Store) -> str:
    """Make a conversation with everything in it; return its id."""
    text, files = joined("Look *here*", [Document("plan.md", "# Plan")])
    prompt = Message("user", text, (PICTURE, LinkedImage("https://a.b/c.png")), files)
    choice = ModelChoice("work", "m", Parameters("Be brief.", temperature=0.5))
    turn = store.chats(LOCAL).begin(prompt, choice, provider="openai")
    answer = Outcome("failed", "Well, ", "Because.", error="It broke off.", error_kind="server")
    store.chats(LOCAL).finish(turn, answer)
    return turn.conversation_id


def test_visitor(store: Store) -> None:
    """A visitor reads the messages with pictures and files, without parameters, and finds no way elsewhere."""
    page = opened(store, share=store.chats(LOCAL).share(whole(store)))

    assert page.title[0].value == "Look here"
    assert len(page.chat_message) == 2
    assert [markdown.value for markdown in page.chat_message[1].markdown] == ["Because.", "Well,"]
    assert captions(page)[-1] == "m · It broke off."
    assert page.chat_message[0].expander[0].label == "plan.md"
    assert page.code[0].value == "# Plan"
    assert not page.button
    assert not page.chat_input
    assert not page.get("page_link")
    assert not page.sidebar.children
    page.query_params.clear()
    assert page.run().title[0].value == "Look here"


def test_parameters(store: Store) -> None:
    """With parameters, a visitor sees the system prompt and what answers were asked for with."""
    page = opened(store, share=store.chats(LOCAL).share(whole(store), with_params=True))

    assert page.expander[0].label == "System prompt"
    assert page.code[0].value == "Be brief."
    assert captions(page)[-1].endswith("temperature 0\\.5")


def test_nothing(store: Store) -> None:
    """A token that opens nothing is one quiet page, whatever is wrong with it."""
    chats, id = store.chats(LOCAL), chat(store, "one")
    late, revoked = chats.share(id, datetime.now(UTC) - timedelta(days=1)), chats.share(id)
    chats.revoke(revoked)

    for token in ("", "guessed", late, revoked):
        page = opened(store, share=token)
        assert page.title[0].value == "Not found"
        assert captions(page) == ["There is nothing at this address, or not any more."]
        assert not page.get("page_link")


def test_long(store: Store) -> None:
    """A long conversation is drawn by and by, and a long text as far as a page takes it."""
    id = chat(store, *(f"{number}" for number in range(25)), "x " * 60_000)
    page = opened(store, share=store.chats(LOCAL).share(id))
    assert len(page.chat_message) == shared.WINDOW
    page = drawn(page.button(key="shared-more").click().run())

    assert len(page.chat_message) == 52
    assert not page.button
    assert [button.label for button in page.get("download_button")] == ["Download all"]


def test_dialog(store: Store) -> None:
    """Links are made in a dialog, which lists all there are, and each is revoked there."""
    chats, id, other = store.chats(LOCAL), chat(store, "one"), chat(store, "two")
    chats.share(other, goes_on=True, with_params=True)
    page = opened(store, c=id)
    page.session_state["conversation-menu"] = True
    drawn(page.run())
    drawn(page.button(key="share").click().run())
    drawn(page.button(key="share-make").click().run())
    asked(page)
    mine, theirs = chats.shares()

    assert (mine.conversation_id, mine.leaf_id is None, mine.with_params) == (id, False, False)
    assert mine.expires_at
    assert timedelta(days=6) < mine.expires_at - datetime.now(UTC) < timedelta(days=8)
    assert [code.value.partition("/?")[2] for code in page.code] == [f"share={each.token}" for each in (mine, theirs)]
    assert "for good, with what is said later, with parameters" in captions(page)
    drawn(page.button(key=f"revoke-{mine.token}").click().run())
    asked(page)
    page.segmented_control(key=sharing.ENDS).set_value("For good")
    page.checkbox(key=sharing.GOES_ON).check()
    drawn(page.button(key="share-make").click().run())

    assert [(each.expires_at, each.leaf_id) for each in chats.shares()] == [(None, None)] * 2
