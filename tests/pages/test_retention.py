"""That conversations go is told before they do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import ROOT, Settings
from lib.runtime import Runtime
from lib.store import Store
from tests.pages.test_chat import talked
from tests.pages.test_temporary import hidden

MAY_GO = "This conversation goes for good after"


def opened(store: Store, id: str, days: int) -> list[str]:
    """Open a conversation where they stay for so many days; return the small lines."""
    runtime.use(Runtime(Settings(conversation_days=days), store))
    page = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=20)
    page.query_params["c"] = id
    page.run()
    assert not page.exception
    return [each.value for each in page.caption]


def test_told(store: Store) -> None:
    """A week before its end a conversation says so, and the list how many do; a temporary one has its own end."""
    id, other = talked(store, "one"), hidden(store)
    with store._database.write("purge") as db:
        ago = datetime.now(UTC) - timedelta(days=25)
        db.exec_driver_sql(f"UPDATE conversations SET updated_at = '{ago:%Y-%m-%d %H:%M:%S}'")
    soon, later, temporary = opened(store, id, 30), opened(store, id, 90), opened(store, other, 30)

    assert any(each.startswith(MAY_GO) and "keeps it for 30 days more" in each for each in soon)
    assert "Conversations go for good 30 days after the last prompt. Within a week: 1." in soon
    assert "Conversations go for good 90 days after the last prompt." in later
    assert not any(each.startswith(MAY_GO) for each in (*later, *temporary))
