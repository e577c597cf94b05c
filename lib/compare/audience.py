"""A room votes on a round: what the phone of somebody there sees, what it votes, and what all of them voted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from lib.compare import votes
from lib.compare.rounds import Entry, Round, rounds
from lib.errors import ConfigError
from lib.store import Room, Scope, Store, Vote

VOTER = "phone: "  # what the name of a voter in a room begins with
GONE = "There is nothing to vote on at this address, or not any more."


@dataclass(frozen=True)
class Seat:
    """A place in a room: the round, and what was voted from there, None for nothing yet."""

    token: str
    room: Room
    round: Round
    voter: str
    ballot: str | None

    @property
    def entries(self) -> list[Entry]:
        """The answers in an order of this place's own."""
        return self.round.shuffled(self.voter)

    @property
    def named(self) -> list[Entry]:
        """The answers in the order in which whoever asked has them: by it all in the room call them the same."""
        return self.round.shuffled(self.room.owner)


@dataclass(frozen=True)
class Tally:
    """What a room voted: how many put a lane first, alone; how many found the best equal, or all bad."""

    votes: int
    firsts: Counter[str]
    equal: int
    bad: int


def seat(store: Store, token: str, device: str) -> Seat | None:
    """Return the place of a device in the room of a link; None for a link that opens nothing. Raises StoreError."""
    room = store.visitors.room(token)
    if room is None:
        return None
    found = [each for each in rounds(store.chats(Scope(room.owner)), room.conversation_id) if each.key == room.round]
    if not found:
        return None
    voter = f"{VOTER}{sha256(f'{room.conversation_id} {room.round} {device}'.encode()).hexdigest()[:16]}"
    return Seat(token, room, found[0], voter, store.visitors.voted(room, voter))


def cast(store: Store, seat: Seat, places: Sequence[Sequence[str]], *, bad: bool = False) -> None:
    """Keep a vote, the best lanes first; the one that was given before stands. Raises ConfigError, as for no room."""
    try:
        ballot = votes.ballot(seat.round, places, bad=bad)
    except ConfigError:  # a lane that is not there
        raise ConfigError(GONE) from None
    _keep(store, seat, ballot)


def take_back(store: Store, seat: Seat) -> None:
    """Take the vote back. Raises ConfigError when the room is closed."""
    _keep(store, seat, None)


def _keep(store: Store, seat: Seat, ballot: str | None) -> None:
    if not store.visitors.vote(seat.token, seat.voter, ballot):
        raise ConfigError(GONE)


def is_here(vote: Vote) -> bool:
    """Whether a vote was given in a room."""
    return vote.voter.startswith(VOTER) and vote.ballot is not None


def tally(given: Iterable[Vote]) -> Tally:
    """Return what a room voted, by all votes on its round."""
    ballots = [vote.ballot for vote in given if vote.voter.startswith(VOTER) and vote.ballot]
    best = [votes.places(ballot)[0] for ballot in ballots if not votes.is_bad(ballot)]
    firsts = Counter(lanes[0] for lanes in best if len(lanes) == 1)
    equal = len(best) - firsts.total()
    return Tally(len(ballots), firsts, equal, len(ballots) - len(best))
