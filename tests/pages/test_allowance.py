"""What is left of a budget, on the pages."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import ROOT, Endpoint, Settings
from lib.pricing.budgets import Budget
from lib.runtime import Runtime
from lib.store import Store
from tests.store.calls import dollars, foreign, put

ENDPOINT = Endpoint("first", "http://127.0.0.1:9/v1", "sk-first", model="m-1")
MINE = Budget(Decimal(10), each=True, stop=True, period="day")


def opened(store: Store, spent: str, *budgets: Budget) -> AppTest:
    """Open the chat where so much is spent."""
    put(store, foreign(datetime.now(UTC), endpoint="first", model="m-1", owner="local", cost=dollars(spent)))
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), budgets=budgets), store))
    return AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=20).run()


@pytest.mark.parametrize(
    ("spent", "said"), [("7", []), ("8.5", ["85 % of today's budget"]), ("10", ["100 % of today's budget"])]
)
def test_told(store: Store, spent: str, said: list[str]) -> None:
    """From 80 % on it stands above the input box, with when it begins anew; then a prompt is refused and kept."""
    page = opened(store, spent, MINE, Budget(Decimal(100)))
    found = [each.value.replace("\u2009", " ") for each in page.caption if "budget" in each.value]

    assert [words.partition(" of 10 ")[0] for words in found] == said
    assert not found or ("Calls are refused once" in found[0]) is (spent == "8.5")
    if spent == "10":
        page.chat_input[0].set_value("one more").run()
        assert "budget of 10 USD for you is spent" in page.error[0].value
        assert page.chat_input[0].value == "one more"
        assert store.usage(runtime.LOCAL).figures(_today()).calls == 1


def _today():  # type: ignore[no-untyped-def]  # a selection
    from lib.store import Selection

    day = datetime.now(UTC).date()
    return Selection(day, day)


def test_usage(store: Store) -> None:
    """The page of usage has what is one's own, and what of shared ones is spent, in their units."""
    words = Budget(Decimal(100), unit="tokens", period="week")
    page = opened(store, "9", MINE, words, Budget(Decimal(1), owner="somebody"))
    page.switch_page("usage.py").run()
    said = " ".join(each.value for each in (*page.warning, *page.error)).replace("\u2009", " ").replace("\u2009", " ")

    assert not page.exception
    assert "Budget for **you**: 9.00 of 10.00 USD" in said
    assert "110 of 100 tokens" in said
