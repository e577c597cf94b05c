"""A process that asks an endpoint for one answer after the other until it is killed, and keeps up its database.

It says each conversation that it begins, so that who reads it knows what was promised.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

from lib import generations
from lib.api import ChatClient
from lib.config import Endpoint
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Store
from lib.store.processes import Lease
from lib.store.upkeep import Routine

BEAT, SILENCE = 0.2, 1.5  # seconds; a twentieth of what holds in earnest
EARNEST = 20.0  # seconds; a busy machine may stop a process for more than a second


def main(say: Callable[[tuple[str, int]], None], database: str, url: str, name: str, silence: float = SILENCE) -> None:
    """Ask until the end. Who has said nothing for `silence` seconds counts as gone."""
    store = Store.open(database, lease=partial(Lease, beat=BEAT, silence=silence))
    store.lease.then = Routine(store.upkeep, 30)
    store.lease.hold()
    endpoint = Endpoint("fake", url, model="m")
    with ChatClient(endpoint) as client:
        for number in count():
            prompt = Message("user", f"n30 r60 {name}-{number}")
            generation = generations.start(store.chats(LOCAL), client, prompt, ModelChoice("fake", "m"))
            say((f"{name}-{number}", generation.turn.message_id))
            generation.wait(30)


def one(say: Callable[[str], None], database: str, url: str, prompt: str) -> None:
    """Ask once, say the conversation, and end when the answer has."""
    store = Store.open(database)
    store.lease.hold()
    with ChatClient(Endpoint("fake", url, model="m")) as client:
        choice = ModelChoice("fake", "m")
        generation = generations.start(store.chats(LOCAL), client, Message("user", prompt), choice)
        say(generation.turn.conversation_id)
        generation.wait(60)
