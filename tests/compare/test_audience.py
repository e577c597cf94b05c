"""A room: what a phone sees and votes, and what all of them voted."""

from __future__ import annotations

from collections import Counter

import pytest

from lib.compare import audience, lanes, votes
from lib.compare.audience import GONE, Seat, Tally
from lib.compare.rounds import Round, rounds
from lib.errors import ConfigError
from lib.messages import Message
from lib.store import LOCAL, Store
from tests.compare.test_lanes import answers, contender


def asked(store: Store) -> tuple[str, Round]:
    """Return the id of a comparison of three lanes, and its round."""
    chats, three = store.chats(LOCAL), [contender("first"), contender("second"), contender("third")]
    id, opened = lanes.begin(chats, three, Message("user", "Which?"))
    lanes.ask(chats, opened, Message("user", "Which?"), 9)
    assert all(answers(chats, lane) for lane in opened)
    return id, rounds(chats, id)[0]


def seat(store: Store, token: str, device: str = "a") -> Seat:
    found = audience.seat(store, token, device)
    assert found
    return found


def test_seat(store: Store) -> None:
    """Each device has an order of its own, and one name for each answer with all others; who it is, is not kept."""
    id, round = asked(store)
    token = store.votes(LOCAL).open_room(id, round.key)
    seats = [seat(store, token, device) for device in "abcdefghij"]

    assert len({tuple(entry.lane for entry in each.entries) for each in seats}) > 1
    assert {tuple(entry.lane for entry in each.named) for each in seats} == {
        tuple(entry.lane for entry in round.shuffled(LOCAL.owner))
    }
    assert len({each.voter for each in seats}) == 10
    assert all(each.voter != f"{audience.VOTER}{device}" for each, device in zip(seats, "abcdefghij", strict=True))


def test_votes(store: Store) -> None:
    """Votes of phones count in the ranking, and are told by who was put first."""
    id, round = asked(store)
    token, (one, two, _) = store.votes(LOCAL).open_room(id, round.key), (each.lane for each in round.entries)
    audience.cast(store, seat(store, token, "a"), [[one], [two]])
    audience.cast(store, seat(store, token, "b"), [[one, two]])
    audience.cast(store, seat(store, token, "c"), [], bad=True)
    audience.cast(store, seat(store, token, "d"), [[two]])
    audience.cast(store, seat(store, token, "d"), [[one]])
    audience.cast(store, seat(store, token, "e"), [[one]])
    audience.take_back(store, seat(store, token, "e"))
    store.votes(LOCAL).cast(id, round.key, "me", votes.ballot(round, []))

    given = store.votes(LOCAL).of(id)
    assert audience.tally(given) == Tally(4, Counter({one: 1, two: 1}), 1, 1)
    assert [audience.is_here(vote) for vote in given] == [True] * 4 + [False] * 2
    assert len(store.votes(LOCAL).blind()) == 4


def test_nothing(store: Store) -> None:
    """A closed link, a guess, a lane that is not there, and a round that is gone are told in the same words."""
    id, round = asked(store)
    token = store.votes(LOCAL).open_room(id, round.key)
    lost, here = store.votes(LOCAL).open_room(id, "never"), seat(store, token)
    with pytest.raises(ConfigError, match=GONE):
        audience.cast(store, here, [["never"]])
    store.votes(LOCAL).close_room(id, round.key)

    for change in (lambda: audience.cast(store, here, []), lambda: audience.take_back(store, here)):
        with pytest.raises(ConfigError, match=GONE):
            change()
    assert [audience.seat(store, each, "a") for each in (token, "guessed", lost)] == [None] * 3
