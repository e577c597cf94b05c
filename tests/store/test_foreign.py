"""Every door of the store, tried with what is another's: it is not there, and it stays as it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lib.errors import ChatError
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import Chats, Entry, Scope, Store

ANN, BEN = Scope("https://id.example.org ann"), Scope("https://id.example.org ben")
CHOICE = ModelChoice("work", "m")
SECRET = "only Ann knows this"
OTHERS = {"prompt": Message("user", "x"), "choice": CHOICE, "provider": "openai"}  # what else is asked for
TABLES = ("conversations", "messages", "shares", "library", "votes", "rooms", "queued_prompts", "usage")


def doors(door: Any) -> list[Callable[..., Any]]:
    """Return the methods of a door that take an id of what is somebody's."""
    named = ("id", "ids", "conversation_id", "message_id", "token", "message")
    found = (getattr(door, name) for name in dir(type(door)) if not name.startswith("_"))
    return [each for each in found if inspect.ismethod(each) and set(named) & set(inspect.signature(each).parameters)]


def dump(store: Store) -> dict[str, list[Any]]:
    """Return every row of what is Ann's."""
    with store._database.read("health") as db:
        return {name: list(db.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1")) for name in TABLES}


def test_foreign(store: Store) -> None:
    """Of N ways in with a foreign id none gives anything of its owner's, or changes it."""
    turn = store.chats(ANN).begin(Message("user", SECRET), CHOICE, provider="openai")
    token = store.chats(ANN).share(turn.conversation_id)
    entry = store.library(ANN).keep(Entry("prompt", "Mine", SECRET))
    stored = store.chats(ANN).message(turn.message_id)
    before, tried, succeeded = dump(store), 0, []
    given: dict[str, list[Any]] = {
        "id": [turn.conversation_id, turn.message_id, entry],
        "ids": [[turn.conversation_id]],
        "conversation_id": [turn.conversation_id],
        "message_id": [turn.message_id],
        "token": [token],
        "message": [stored],
    }
    for door in (store.chats(BEN), store.library(BEN), store.votes(BEN), store.usage(BEN)):
        for method in doors(door):
            for arguments in _calls(method, given):
                with suppress(ChatError):
                    if SECRET in repr(_read(method(**arguments))):
                        succeeded.append(method.__name__)
                tried += 1
                if dump(store) != before:
                    succeeded.append(f"{method.__name__} changed something")
                    before = dump(store)

    print(f"{tried} ways in, {len(succeeded)} succeeded")
    assert succeeded == []
    assert tried > 40
    assert store.chats(ANN).get(turn.conversation_id)
    assert isinstance(store.chats(ANN), Chats)


def _read(result: Any) -> Any:
    return list(result) if inspect.isgenerator(result) else result


def _calls(method: Callable[..., Any], given: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return the arguments to try a method with: each foreign id once, the rest as they can be."""
    wanted = inspect.signature(method).parameters
    named = [name for name in wanted if name in given]
    needed = (name for name, each in wanted.items() if each.default is inspect.Parameter.empty)
    others = {name: OTHERS.get(name, "x") for name in needed if name not in given}
    return [
        {**others, **{name: given[name][min(number, len(given[name]) - 1)] for name in named}}
        for number in range(max(len(given[name]) for name in named))
    ]
