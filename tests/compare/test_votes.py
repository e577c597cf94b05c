"""Votes on a round: what may be voted, and what it says of models."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from lib.compare.ranking import Ballot
from lib.compare.rounds import Entry, Round
from lib.compare.votes import ballot, is_bad, places, read
from lib.errors import ConfigError
from lib.store import Vote


def entry(lane: str, text: str | None) -> Entry:
    answer = None if text is None else SimpleNamespace(id=7, text=text, state="completed")
    return Entry(lane, f"model {lane}", answer)  # type: ignore[arg-type]


ROUND = Round("r", None, (entry("a", "four"), entry("b", "fifty"), entry("c", None)))  # type: ignore[arg-type]


def vote(kept: str | None) -> Vote:
    now = datetime.now(UTC)
    return Vote(1, "c", "r", "me", "me", blind=True, ballot=kept, created_at=now, voted_at=now, revealed_at=None)


def test_kept() -> None:
    """A vote names lanes by place; those that it leaves out share the last."""
    kept = ballot(ROUND, [["b"]])

    assert places(kept) == [["b"], ["a", "c"]]
    assert not is_bad(kept)
    assert read([vote(kept), vote(None)]) == [
        Ballot((("model b",), ("model a", "model c")), lengths={"model a": 4, "model b": 5})
    ]


def test_all_bad() -> None:
    """All bad, as all equal, puts all in one place."""
    assert places(ballot(ROUND, [], bad=True)) == places(ballot(ROUND, [])) == [["a", "b", "c"]]
    assert is_bad(ballot(ROUND, [], bad=True))
    assert read([vote(ballot(ROUND, [], bad=True))])[0].bad


@pytest.mark.parametrize("named", [[["never"]], [["a"], ["a"]], [["a", "a"]]])
def test_strange(named: list[list[str]]) -> None:
    """A vote for a lane that is not there, or for one twice, is refused."""
    with pytest.raises(ConfigError):
        ballot(ROUND, named)
