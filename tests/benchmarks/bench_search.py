"""How long a search over 100,000 messages takes on the server, and what its index costs."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from lib.store import LOCAL, Store
from lib.store.chats.index import PARTS
from lib.store.chats.words import parts
from lib.store.columns import now
from lib.store.schema import SEARCH, conversations, messages
from tests.benchmarks.bench_tree import kind
from tests.postgres import running

pytestmark = pytest.mark.timeout(1200)

MESSAGES, EACH, ROUNDS = 100_000, 40, 15
TEXTS = 20_000  # that differ; each is said several times, so that its pieces are cut once
SAMPLE = 2_000  # messages that the store itself puts into the index
SYLLABLES = [a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "en", "er", "st", "ch")]
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3_000)]  # without spaces between words


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parley.db'}"
        return
    with running() as server:
        yield server.url(server.create())


def spread(words: list[str]) -> list[float]:
    """Return how often the words of a language are said, the first most."""
    return list(itertools.accumulate(1 / (rank + 1) for rank in range(len(words))))


def texts(draw: random.Random, words: list[str]) -> list[str]:
    """Return what is said: short and long, every tenth in a script without spaces."""
    often, han = spread(words), spread(HAN)

    def said(number: int) -> str:
        if number % 10 == 9:
            return "".join(draw.choices(HAN, cum_weights=han, k=draw.choice((20, 100, 300)))) + "。"
        return " ".join(draw.choices(words, cum_weights=often, k=draw.choice((10, 60, 150))))

    return [said(number) for number in range(TEXTS)]


def fill(store: Store, said: list[str]) -> None:
    """Make many messages behind the store's back, all but the last of them in the index."""

    def chat(number: int) -> dict[str, object]:
        about = {"owner": LOCAL.owner, "endpoint": "e", "model": "m", "purpose": "chat"}
        return {"id": f"c{number}", "title": said[number][:60], "created_at": now(), "updated_at": now(), **about}

    def message(number: int) -> dict[str, object]:
        about = {"role": "user", "reasoning": "", "state": "completed", "parent_id": None}
        indexed = {"search_parts": 1 if number < MESSAGES - SAMPLE else None}
        place = {"id": number + 1, "conversation_id": f"c{number // EACH}"}
        return {**place, "text": said[number % TEXTS], **about, **indexed}

    with store._database.write("import") as db:
        db.execute(insert(conversations), [chat(number) for number in range(MESSAGES // EACH)])
        for begin in range(0, MESSAGES, 5_000):
            db.execute(insert(messages), [message(number) for number in range(begin, begin + 5_000)])
        _put(db, [sorted(next(parts(text))) for text in said])


def _put(db: Connection, pieces: list[list[str]]) -> None:
    """Write the index at once: of PostgreSQL's, the tree when all is there."""
    ids = range(1, MESSAGES - SAMPLE + 1)
    driver: Any = db.connection.driver_connection
    if db.dialect.name == "sqlite":
        joined = [" ".join(each) for each in pieces]
        rows = ((id * PARTS, joined[(id - 1) % TEXTS]) for id in ids)
        driver.executemany("INSERT INTO message_search (rowid, grams) VALUES (?, ?)", rows)
        return
    driver.execute("DROP INDEX ix_message_search_grams")
    vectors = [" ".join(f"'{piece}'" for piece in each) for each in pieces]
    with driver.cursor() as cursor, cursor.copy("COPY message_search (message_id, part, grams) FROM STDIN") as copy:
        for id in ids:
            copy.write_row((id, 0, vectors[(id - 1) % TEXTS]))
    driver.execute(SEARCH["postgresql"][-1])
    driver.execute("ANALYZE")


def queries(words: list[str], said: list[str]) -> dict[str, str]:
    """Return what is looked for, by what it is."""
    han = said[9]
    return {
        "one letter": "b",
        "two letters": "ba",
        "the most frequent word": words[0],
        "a frequent word": words[100],
        "a rare word": words[20_000],
        "the beginning of a rare word": words[29_000][:4],
        "part of a rare word": words[29_000][1:5],
        "two frequent words": f"{words[50]} {words[70]}",
        "a frequent and a rare word": f"{words[0]} {words[25_000]}",
        "five words": " ".join(words[200:205]),
        "a phrase": " ".join(said[0].split()[2:6]),
        "a word that is nowhere": "qqqqqqqq",
        "two letters that are nowhere": "qq",
        "only signs": "' OR 1=1 --",
        "the most frequent Chinese character": HAN[0],
        "a frequent Chinese word of two": HAN[3] + HAN[1],
        "a rare Chinese word of two": HAN[2_000] + HAN[1],
        "a Chinese word of four": han[5:9],
        "a Chinese phrase of twelve": han[4:16],
    }


def test_search(url: str) -> None:
    """Print how long words take, from the most frequent to one that is nowhere, one letter to a phrase."""
    draw = random.Random(1)
    words = ["".join(draw.choices(SYLLABLES, k=draw.choice((1, 1, 2, 2, 3, 4)))) for _ in range(30_000)]
    said = texts(draw, words)
    with closing(Store.open(url)) as store:
        fill(store, said)
        begun = time.monotonic()
        assert store.upkeep.index(600) == SAMPLE
        print(f"\n{kind(url)}: a message into the index {(time.monotonic() - begun) / SAMPLE * 1000:.2f} ms")
        chats = store.chats(LOCAL)
        for name, query in queries(words, said).items():
            found = len(chats.search(query))
            median, most = times(lambda query=query: chats.search(query))
            print(f"  {name}: {median:.1f} ms, at most {most:.1f}, {found} found")


def times(ask: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the longest time of a question, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken), max(taken)
