"""The usage page as a script: what it shows of calls, how it is asked, and how one gets to a single call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Endpoint, Settings
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.pricing.budgets import Budget
from lib.runtime import Runtime
from lib.store import LOCAL, Outcome, Store
from lib.store.usage import rollups
from lib.ui.markdown import plain
from tests.store.calls import dollars, foreign, put, tokens
from tests.store.helpers import calls as ledger

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
ENDPOINT = Endpoint("work", "http://127.0.0.1:9/v1", "sk-usage-0123456789", model="m")
NOW = datetime.now(UTC) - timedelta(seconds=5)
HOSTILE = "![x](http://x.invalid/p.png)"
THIN = "\u2009"


def opened(store: Store, *budgets: Budget, **address: Any) -> AppTest:
    """Open the usage page at an address with these parameters."""
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), budgets=budgets), store))
    page = AppTest.from_file(PAGE, default_timeout=30)
    page.run()
    page.switch_page("usage.py")
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def tiles(page: AppTest) -> list[str]:
    """Return the six numbers."""
    return [metric.value for metric in page.metric]


def table(page: AppTest) -> list[list[Any]]:
    """Return the rows of the table beside the chart."""
    return page.dataframe[0].value.astype(object).where(lambda frame: frame.notna(), None).to_numpy().tolist()


def calls(page: AppTest) -> Any:
    """Return the latest calls, of all days."""
    return pd.concat([table.value for table in page.dataframe[1:]], ignore_index=True)


def captions(page: AppTest) -> str:
    """Return what is said in small."""
    return "\n".join(caption.value for caption in page.caption)


def test_empty(store: Store) -> None:
    """Without calls it says what it is for, and offers the first step."""
    page = opened(store)

    assert "Every call that Parley makes is counted here" in page.markdown[0].value
    assert page.main.get("page_link")[0].label == "Start a conversation"
    assert not page.metric


def test_tiles(store: Store) -> None:
    """Six numbers are the sums of the last 30 days, with the change against the 30 before."""
    put(store, foreign(NOW, cost=dollars("1.25")), foreign(NOW), foreign(NOW - timedelta(days=31)))
    page = opened(store)

    assert (
        page.main.markdown[0].value == f"In 30 days: 2 calls, 220 tokens, \\$1.25, 100{THIN}% more tokens than before."
    )
    assert tiles(page) == ["2", "200", "20", "220", "1.25", "–"]
    assert page.metric[0].delta == f"+100{THIN}%"
    assert "1 call unpriced" in captions(page)


def test_filter(store: Store) -> None:
    """A filter in the address holds for all that is shown."""
    put(store, foreign(NOW, model="a"), foreign(NOW, model="b"), foreign(NOW, model="b"))
    page = opened(store, model="b")

    assert tiles(page)[0] == "2"
    assert [row[0] for row in table(page)] == ["Total", "b"]
    assert set(calls(page).Model) == {"b"}
    assert "model **b**" in captions(page)


def test_filter_that_nothing_passes(store: Store) -> None:
    """A model that was not asked has no calls, and the list of calls says so."""
    put(store, foreign(NOW, model="a"))
    page = opened(store, model="other")

    assert tiles(page)[0] == "0"
    assert "No calls in these days with these filters." in captions(page)


def test_clear(store: Store) -> None:
    """All filters go with one click."""
    put(store, foreign(NOW, model="a"), foreign(NOW, model="b"))
    page = opened(store, model="b", status="completed")
    page.button(key="clear-filters").click().run()

    assert tiles(page)[0] == "2"


def test_range(store: Store) -> None:
    """Another range of days has other calls."""
    now = datetime.now(UTC)  # NOW may be of yesterday: tests run for longer than a midnight
    put(store, foreign(now), foreign(now - timedelta(days=40)))

    assert tiles(opened(store, range="90 days"))[0] == "2"
    assert tiles(opened(store, range="Today"))[0] == "1"


def test_own_range(store: Store) -> None:
    """Days of one's own choice stand in the address; until there are some, the usual ones are shown."""
    put(store, foreign(NOW), foreign(datetime(2026, 5, 4, 12, tzinfo=UTC)))
    page = opened(store, range="Custom", days=["2026-05-01", "2026-05-31"])

    assert tiles(page)[0] == "1"
    assert "1 May 2026 to 31 May 2026" in captions(page)
    assert tiles(opened(store, range="Custom"))[0] == "1"


def test_more_calls_than_a_file_takes(store: Store) -> None:
    """Where there are more calls than a file takes, the page says what to do instead of making one."""
    put(store, foreign(NOW, calls=100_001))
    page = opened(store)
    page.selectbox(key="download").set_value("Calls").run()

    assert "Choose fewer days" in captions(page)


def test_table(store: Store) -> None:
    """The table has the total first, then each with its parts below it."""
    put(store, foreign(NOW, model="a", owner="x", cost=dollars("0.5")), foreign(NOW, model="a", owner="y"))
    put(store, foreign(NOW, model="b", owner="y", usage=None))
    rows = table(opened(store, by="Model", then="Owner"))

    assert [row[0] for row in rows] == ["Total", "a", "    x", "    y", "b", "    y"]
    assert [row[1] for row in rows] == [3, 2, 1, 1, 1, 1]
    assert [row[2] for row in rows] == [220, 220, 110, 110, None, None]
    assert [row[3] for row in rows] == [0.5, 0.5, 0.5, None, None, None]


def test_latest_calls(store: Store) -> None:
    """The latest calls come a page at a time."""
    put(store, *(foreign(NOW - timedelta(minutes=number), model=f"m{number}") for number in range(25)))
    page = opened(store)
    assert calls(page).Model.tolist() == [f"m{number}" for number in range(20)]

    page.button(key="older").click().run()
    assert calls(page).Model.tolist() == [f"m{number}" for number in range(20, 25)]
    assert page.button(key="older").disabled

    page.button(key="newer").click().run()
    assert calls(page).Model[0] == "m0"


def test_currencies(store: Store) -> None:
    """A currency stands in the head of a column; several have a column of their own."""
    put(store, foreign(NOW, cost=dollars("1.5")))
    assert "Cost, USD" in calls(opened(store)).columns
    put(store, foreign(NOW, cost=dollars("2", "EUR")))

    page = opened(store)
    assert set(calls(page).Currency) == {"EUR", "USD"}
    assert "besides 2.00 EUR" in captions(page)


def test_hostile_names(store: Store) -> None:
    """Names are nowhere markdown: neither in tables nor where filters are told."""
    put(store, foreign(NOW, model=HOSTILE, endpoint=HOSTILE, owner=HOSTILE))
    page = opened(store, model=HOSTILE)

    assert "![" not in captions(page)
    assert calls(page).Model.tolist() == [HOSTILE]


def test_budget(store: Store) -> None:
    """A budget tells its pace, and warns from 80 % on."""
    put(store, foreign(NOW, cost=dollars("85")))
    budgets = (Budget(Decimal(100)), Budget(Decimal(50), endpoint="work", stop=True), Budget(Decimal(1000)))
    page = opened(store, *budgets)

    assert "85.00 of 100.00 USD" in page.warning[0].value
    assert "Calls are refused" in page.error[0].value
    assert page.get("progress")[0].proto.text.endswith("$1\u2009000.00 this month")
    assert "85.00 of 1\u2009000.00 USD" in page.metric[4].help


def test_what_if(store: Store) -> None:
    """What-if answers for the calls that are selected, once it is asked."""
    put(store, foreign(NOW, model="gpt-4o", usage=tokens(10**6, 0)))
    page = opened(store)
    assert not [box for box in page.selectbox if box.key == "what-if-model"]

    page.session_state["what-if"] = True
    page.run()
    box = next(box for box in page.selectbox if box.key == "what-if-endpoint")
    box.set_value(next(option for option in box.options if option.startswith("OpenAI"))).run()
    page.selectbox(key="what-if-model").set_value("gpt-4o").run()

    assert "would have cost **2.50 USD** with gpt-4o" in page.main.markdown[-1].value


def finished(store: Store) -> str:
    """Have a conversation of one answer; return its id."""
    turn = store.chats(LOCAL).begin(Message("user", "hello"), ModelChoice("work", "m"), provider="openai")
    store.chats(LOCAL).finish(
        turn, Outcome("completed", text="hi", usage=tokens(), source="reported", duration_ms=900.0)
    )
    return turn.conversation_id


def show(page: AppTest, id: int) -> AppTest:
    """Open a call, as a click on its row does."""
    page.session_state["opened-call"] = id
    return page.run()


def test_call(store: Store) -> None:
    """A call shows its figures, the way to its conversation, and its request as code."""
    finished(store)
    page = show(opened(store), ledger(store)[0].id)

    facts = str(page.table[0].value)
    assert "reported by the endpoint" in facts
    assert any(link.label == "Open the conversation" for link in page.get("page_link"))
    assert any("chat/completions" in code.value for code in page.code)


def test_hostile_call(store: Store) -> None:
    """Nothing that another program wrote into a call is markdown where the call is shown."""
    written = dict.fromkeys(("model", "endpoint", "owner", "purpose", "status", "error_kind", "origin"), HOSTILE)
    put(store, replace(foreign(NOW, cost=replace(dollars("1"), source=HOSTILE, version=HOSTILE)), **written))
    facts = show(opened(store), ledger(store)[0].id).table[0].value.to_numpy().ravel().tolist()

    assert not [fact for fact in facts if "![" in fact]
    assert sum(plain(HOSTILE) in fact for fact in facts) == 6


def test_call_of_a_deleted_conversation(store: Store) -> None:
    """Of a deleted conversation there are figures and no content."""
    store.chats(LOCAL).delete(finished(store))
    page = show(opened(store), ledger(store)[0].id)

    assert "The ledger has figures only" in captions(page)
    assert not page.code


def test_call_that_is_gone(store: Store) -> None:
    """A call that was purged meanwhile is told as such."""
    finished(store)

    assert "not in the ledger any more" in captions(show(opened(store), 999))


def test_conversation(store: Store) -> None:
    """A conversation's own page has its total and its calls, of other days, too."""
    id = finished(store)
    put(store, foreign(NOW))
    page = opened(store, conversation=id)

    assert tiles(page)[:2] == ["1", "100"]
    assert len(page.dataframe[0].value) == 1
    assert page.main.get("page_link")[0].label == "hello"


def test_conversation_that_is_deleted(store: Store) -> None:
    """What a deleted conversation came to stays."""
    id = finished(store)
    store.chats(LOCAL).delete(id)
    page = opened(store, conversation=id)

    assert tiles(page)[0] == "1"
    assert "deleted" in captions(page)


def test_not_added_up_yet(store: Store) -> None:
    """While the calls are being added up for the first time, the page says so instead of making a person wait."""
    put(store, foreign(NOW))
    rollups.add_zone(store._database, "UTC")
    with store._database.write():
        page = opened(store)

        assert "once: 0" in page.get("progress")[0].proto.text
        assert not page.metric


def test_added_up_meanwhile(store: Store) -> None:
    """Once they are, the figures are there."""
    put(store, foreign(NOW))
    rollups.add_zone(store._database, "UTC")
    with store._database.write():
        page = opened(store)
    store.usage(LOCAL).prepare("UTC", patience=30)

    assert tiles(page.run())[0] == "1"


def test_what_if_in_the_address(store: Store) -> None:
    """A link to what another model would have cost opens with the answer."""
    put(store, foreign(NOW))
    page = opened(store, **{"what-if-model": "gpt-4o"})

    assert any("no price for **gpt-4o**" in text.value for text in page.markdown)
