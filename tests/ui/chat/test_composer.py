"""A composer and a transcript on a page of their own: what another page overrides, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Settings
from lib.runtime import Runtime
from lib.store import Store
from tests.fake_client import ENDPOINT, FakeClient, FakeStream, answer
from tests.store.helpers import calls


class FakeRuntime(Runtime):
    """A runtime whose endpoint is a script."""

    def __init__(self, store: Store, *streams: FakeStream, limit: int = 32) -> None:
        super().__init__(Settings(endpoints=(ENDPOINT,), max_generations=limit), store)
        self.fake = FakeClient(*streams)

    def client(self, _=None) -> FakeClient:  # type: ignore[override]
        return self.fake


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that is this process's own."""
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    yield store
    runtime.use(None)


def lane() -> None:
    """A page with a box and a greeting of its own, and something under each answer."""
    import streamlit as st

    from lib.ui.chat import answerer, view
    from lib.ui.chat.composer import Composer
    from lib.ui.chat.transcript import Transcript

    class Box(Composer):
        box = "lane"
        ready = "Ask all of them"

    class Lane(Transcript):
        def greet(self) -> None:
            st.caption("Nobody has asked yet.")

        def below(self, message) -> None:
            st.caption(f"Vote for answer {message.text}")

    page = view.current("compare")
    composer, who = Box(page), answerer.find(page)
    transcript = Lane(page, composer, who)
    composer.draw(who, transcript.turn)
    transcript.draw()


def test_page_of_its_own(store: Store) -> None:
    """Its box takes a prompt, its calls have its purpose, and its answers what it draws under them."""
    runtime.use(FakeRuntime(store, answer("forty two")))
    page = AppTest.from_function(lane, default_timeout=20).run()
    assert page.chat_input[0].placeholder == "Ask all of them"
    assert "Nobody has asked yet." in [caption.value for caption in page.caption]
    page.chat_input[0].set_value("How many?").run()

    assert not page.exception
    assert "Vote for answer fortytwo" in [caption.value for caption in page.caption]
    assert [call.purpose for call in calls(store)] == ["compare"]


def test_refused(store: Store) -> None:
    """A prompt that is refused is in the box again, and the page says why."""
    runtime.use(FakeRuntime(store, limit=0))
    page = AppTest.from_function(lane, default_timeout=20).run()
    page.chat_input[0].set_value("How many?").run()

    assert not page.chat_message
    assert page.error[0].value.startswith("Parley is writing 0 answers already")
    assert page.chat_input[0].value == "How many?"
