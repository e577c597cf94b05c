"""Two processes on one database, each answering: what becomes of either leaves the other's answers alone."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.endpoint import FakeEndpoint
from tests.forks import Fork
from tests.generations import answering
from tests.postgres import running
from tests.store.helpers import execute
from tests.waiting import until

pytestmark = pytest.mark.timeout(240)

KILLS = 15  # on each of two databases: 30 in all
ANSWERS = "SELECT state, text FROM messages WHERE role = 'assistant' ORDER BY id"
MARKED_SECONDS = 20  # a machine may be busy; a silent process counts as gone after 1.5 s here, after 20 in earnest


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parley.db'}"
        return
    with running() as server:
        yield server.url(server.create())


def process(database: str, url: str, name: str, silence: float = answering.SILENCE) -> Fork:
    """Start one of the two. It says what it has begun: a name and a message, in order."""
    return Fork(answering.main, database, url, name, silence)


def states(database: str) -> dict[int, str]:
    """Return the states of all answers."""
    return {row.id: row.state for row in execute(database, "SELECT id, state FROM messages WHERE role = 'assistant'")}


def answers(database: str) -> list[tuple[str, str]]:
    """Return the states and texts of all answers."""
    return [(row.state, row.text) for row in execute(database, ANSWERS)]


def unfinished(database: str, writer: Fork) -> set[int]:
    """Return the answers that a process has begun and not finished."""
    rows = execute(database, "SELECT id FROM messages WHERE instance LIKE :name", name=f"%/{writer.pid}/%")
    return {row.id for row in rows}


def test_killed_with_its_first_words(database: str, endpoint: FakeEndpoint) -> None:
    """The first words are kept soon: who is killed while the endpoint pauses after them leaves an answer with them."""
    writer = Fork(answering.one, database, endpoint.url, "n6 held")
    until(lambda: writer.said and answers(database) == [("streaming", "w0 w1 w2 w3 w4 ")], 60)
    writer.kill()
    other = process(database, endpoint.url, "other")
    until(lambda: answers(database)[0] == ("interrupted", "w0 w1 w2 w3 w4 "), 60)
    other.kill()


def test_killed_and_started_again(database: str, endpoint: FakeEndpoint) -> None:
    """Whichever is killed and started again, whenever: its own answer ends as interrupted, the other's go on."""
    kill_again_and_again(database, endpoint, KILLS)


def kill_again_and_again(database: str, endpoint: FakeEndpoint, kills: int) -> None:
    """Do so, so many times, and look at what is left."""
    chance = random.Random(11)
    pair = [process(database, endpoint.url, f"first{number}") for number in range(2)]
    until(lambda: all(each.said for each in pair), 60)
    began: list[tuple[str, int]] = []
    cut: set[int] = set()
    for number in range(kills):
        time.sleep(chance.uniform(0, 0.6))
        place = chance.randrange(2)
        began += pair[place].kill()
        left = unfinished(database, pair[place])
        cut |= left
        pair[place] = process(database, endpoint.url, f"next{number}")
        until(lambda left=left: all(states(database)[id] == "interrupted" for id in left), MARKED_SECONDS)
        until(lambda place=place: bool(pair[place].said), 60)
    for each in pair:
        began += each.kill()
        cut |= unfinished(database, each)
    found = states(database)

    assert {id for id, state in found.items() if state == "interrupted"} <= cut
    assert {found[id] for _, id in began if id not in cut} == {"completed"}
    assert_sent_once(endpoint)


def assert_sent_once(endpoint: FakeEndpoint) -> None:
    """Each prompt has reached the endpoint at most once."""
    prompts = Counter(asked.body["messages"][-1]["content"] for asked in endpoint.asked)

    assert prompts
    assert max(prompts.values()) == 1


def test_other_is_left_alone(database: str, endpoint: FakeEndpoint) -> None:
    """A process that starts beside another does not touch what that one is writing."""
    start = partial(process, database, endpoint.url, silence=answering.EARNEST)
    first = start("first")
    until(lambda: first.said, 60)
    later = [start(f"later{number}") for number in range(2)]
    until(lambda: all(each.said for each in later) and len(first.said) > 2, 60)
    found = states(database)

    assert "interrupted" not in found.values()
    for each in (first, *later):
        each.kill()
