"""A process that makes random calls until it is killed, and now and then asks for the days of another time zone."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

from lib.messages import Usage
from lib.store import LOCAL, FailedAttempt, Outcome, Selection, Store
from tests.store.calls import NOON, dollars, foreign
from tests.store.helpers import CHOICE, begin

ZONES = ("UTC", "Pacific/Auckland", "Asia/Kolkata", "Europe/Lisbon")
STATES = ("completed", "stopped", "failed", "incomplete", "interrupted")


def outcome(chance: random.Random) -> Outcome:
    """Return some end of a call."""
    used = Usage(chance.randrange(1000), chance.choice([None, 7]), chance.choice([None, 9]))
    attempts = tuple(FailedAttempt(moment(chance)) for _ in range(chance.choice([0, 0, 2])))
    return Outcome(
        chance.choice(STATES),
        usage=chance.choice([used, None]),
        source=chance.choice(["reported", "estimated"]),
        ttft_ms=chance.choice([None, chance.uniform(1, 200_000)]),
        cost=chance.choice([None, dollars(str(chance.random())), dollars("1", "EUR")]),
        attempts=attempts,
    )


def moment(chance: random.Random):
    """Return some moment of a year."""
    return NOON + timedelta(minutes=chance.randrange(365 * 24 * 60))


def turn(store: Store, chance: random.Random, name: str) -> None:
    """Make a call in a conversation; some are left as they are."""
    begun = begin(store, name, owner=chance.choice(["anna", "ben"]))
    if chance.random() < 0.9:
        store.chats(LOCAL).finish(begun, outcome(chance))


def call(store: Store, chance: random.Random, name: str) -> None:
    """Make a call outside of conversations."""
    store.usage(LOCAL).finish(store.usage(LOCAL).begin(CHOICE, provider="openai", purpose="doctor"), outcome(chance))


def take_in(store: Store, chance: random.Random, name: str) -> None:
    """Take in a few calls from elsewhere, some for the second time."""
    numbers = (chance.randrange(50) for _ in range(5))
    store.upkeep.take_in([foreign(moment(chance), origin_id=str(number), calls=number + 1) for number in numbers])


def ask(store: Store, chance: random.Random, name: str) -> None:
    """Ask for the days of some time zone."""
    store.usage(LOCAL).figures(Selection(date(2026, 1, 1), date(2027, 12, 31), chance.choice(ZONES)))


def purge(store: Store, chance: random.Random, name: str) -> None:
    """Forget the oldest calls."""
    store.upkeep.purge_calls(NOON + timedelta(days=chance.randrange(20)))


DEEDS: tuple[Callable[[Store, random.Random, str], None], ...] = (turn, turn, turn, call, call, take_in, ask, purge)


def main(url: str, name: str) -> None:
    """Write until the end."""
    store, chance = Store.open(url), random.Random(name)
    print("open", flush=True)
    for number in count():
        chance.choice(DEEDS)(store, chance, f"{name}-{number}")


if __name__ == "__main__":
    main(*sys.argv[1:])
