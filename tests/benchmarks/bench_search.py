"""How long a search over 100,000 messages takes on the server, and what its index costs."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from lib.store import LOCAL, Store
from lib.store.columns import now
from lib.store.schema import conversations, messages
from tests.benchmarks.bench_tree import kind, took
from tests.postgres import running

pytestmark = pytest.mark.timeout(1200)

MESSAGES, EACH = 100_000, 40
SYLLABLES = [a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "en", "er", "st", "ch")]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parley.db'}"
        return
    with running() as server:
        yield server.url(server.create())


def fill(store: Store, draw: random.Random) -> list[str]:
    """Make many messages behind the store's back, of words as frequent as those of a language; return these words."""
    words = ["".join(draw.choices(SYLLABLES, k=draw.choice((1, 1, 2, 2, 3, 4)))) for _ in range(30_000)]
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(words))))

    def said() -> str:
        return " ".join(draw.choices(words, cum_weights=weights, k=draw.choice((10, 60, 150))))

    def chat(number: int) -> dict[str, object]:
        about = {"owner": LOCAL.owner, "endpoint": "e", "model": "m", "purpose": "chat"}
        return {"id": f"c{number}", "title": said()[:60], "created_at": now(), "updated_at": now(), **about}

    def message(number: int) -> dict[str, object]:
        about = {"role": "user", "reasoning": "", "state": "completed", "parent_id": None}
        return {"id": number + 1, "conversation_id": f"c{number // EACH}", "text": said(), **about}

    with store._database.write("import") as db:
        db.execute(insert(conversations), [chat(number) for number in range(MESSAGES // EACH)])
        for begin in range(0, MESSAGES, 5_000):
            db.execute(insert(messages), [message(number) for number in range(begin, begin + 5_000)])
    return words


def test_search(url: str) -> None:
    """Print how long words take, from the most frequent to one that is nowhere, one letter to two words."""
    with closing(Store.open(url)) as store:
        words = fill(store, random.Random(1))
        begun = time.monotonic()
        assert store.upkeep.index(1200) == MESSAGES
        print(f"\n{kind(url)}: {MESSAGES} messages into the index {time.monotonic() - begun:.0f} s")
        chats = store.chats(LOCAL)
        queries = {
            "one letter": "b",
            "two letters": "ba",
            "the most frequent word": words[0],
            "a frequent word": words[100],
            "a rare word": words[20_000],
            "part of a rare word": words[29_000][1:5],
            "two frequent words": f"{words[50]} {words[70]}",
            "a frequent and a rare word": f"{words[0]} {words[25_000]}",
            "five words": " ".join(words[200:205]),
            "a word that is nowhere": "qqqqqqqq",
            "two letters that are nowhere": "qq",
            "only signs": "' OR 1=1 --",
        }
        for name, query in queries.items():
            found = len(chats.search(query))
            print(f"  {name}: {took(lambda query=query: chats.search(query)):.1f} ms, {found} found")
