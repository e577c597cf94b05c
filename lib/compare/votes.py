"""Votes on the answers of a round: what may be voted, how it is kept, and what it says of models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from lib.compare.ranking import Ballot
from lib.compare.rounds import Round
from lib.errors import ConfigError
from lib.store import Vote

STRANGE = "This vote names an answer that this round does not have, or one twice."


def ballot(round: Round, places: Sequence[Sequence[str]], *, bad: bool = False, reason: str = "") -> str:
    """Return a vote as it is kept: the lanes by place, the best first, those in one place equally good.

    Lanes that are not named share the last place. `bad`: all are. `reason` is a model's for its opinion.
    Raises ConfigError for lanes that are not there.
    """
    entries = {entry.lane: entry for entry in round.entries}
    named = [lane for place in places for lane in place]
    if len(set(named)) < len(named) or not set(named) <= set(entries):
        raise ConfigError(STRANGE, hint="Load the page again, and vote once more.")
    rest = [lane for lane in entries if lane not in named]
    who = {lane: entry.name for lane, entry in entries.items()}
    answers = {lane: entry.answer for lane, entry in entries.items() if entry.answer}
    lengths = {lane: len(answer.text) for lane, answer in answers.items()}
    given = {
        "places": [list(place) for place in (*places, rest) if place],
        "bad": bad,
        "who": who,
        "lengths": lengths,
        "reason": reason,
        "answers": {lane: answer.id for lane, answer in answers.items()},
    }
    return json.dumps(given, ensure_ascii=False)


def places(kept: str) -> list[list[str]]:
    """Return the lanes of a vote by place."""
    found: list[list[str]] = json.loads(kept)["places"]
    return found


def is_bad(kept: str) -> bool:
    """Whether a vote says that all answers are bad."""
    return bool(json.loads(kept)["bad"])


def reason(kept: str) -> str:
    """Return why a model thinks so."""
    return str(json.loads(kept)["reason"])


def in_words(kept: str) -> str:
    """Return a vote with the names of who answered."""
    given = json.loads(kept)
    if given["bad"]:
        return "all bad"
    return " > ".join(" = ".join(given["who"][lane] for lane in place) for place in given["places"])


def answered(kept: str) -> dict[int, str]:
    """Return who gave each of the answers that were voted on, by their ids."""
    given = json.loads(kept)
    return {int(id): str(given["who"][lane]) for lane, id in given["answers"].items()}


def read(given: Iterable[Vote]) -> list[Ballot]:
    """Return what votes say of who answered."""
    return [_read(vote.ballot) for vote in given if vote.ballot]


def _read(kept: str) -> Ballot:
    given = json.loads(kept)
    who: dict[str, str] = given["who"]
    named = tuple(tuple(who[lane] for lane in place) for place in given["places"])
    return Ballot(named, given["bad"], {who[lane]: length for lane, length in given["lengths"].items()})
