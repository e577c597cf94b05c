"""The rounds of a comparison: each prompt with the answers of all lanes to it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from lib.model_choice import Parameters
from lib.store import Chats, Conversation, StoredMessage


@dataclass(frozen=True)
class Entry:
    """What a lane has in a round: the answer, None where none was begun. `name` says who answers, and how."""

    lane: str
    name: str
    answer: StoredMessage | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.answer is not None and self.answer.state != "streaming"


@dataclass(frozen=True)
class Round:
    """A prompt and what the lanes have to it, in the order of the lanes that were asked it.

    `key` is the same for ever: it follows from the prompt's text, and how often that was asked before.
    """

    key: str
    prompt: StoredMessage
    entries: tuple[Entry, ...]

    @property
    def is_over(self) -> bool:
        """Whether every answer has ended."""
        return all(entry.is_over for entry in self.entries)

    def shuffled(self, voter: str) -> list[Entry]:
        """Return the entries in an order of their own for this round and voter, which tells nothing of the lanes'."""
        return sorted(self.entries, key=lambda entry: _mixed(self.key, voter, entry.lane))


def rounds(chats: Chats, id: str) -> list[Round]:
    """Return the rounds of a comparison, the first asked first."""
    found: dict[str, tuple[StoredMessage, list[Entry]]] = {}
    for part in chats.parts(id):
        for key, prompt, answer in _asked(chats.path(part.conversation.id)):
            _, entries = found.setdefault(key, (prompt, []))
            entries.append(_entry(part.conversation, answer))
    made = [Round(key, prompt, tuple(entries)) for key, (prompt, entries) in found.items()]
    return sorted(made, key=lambda each: each.prompt.id)


def _asked(path: Sequence[StoredMessage]) -> Iterator[tuple[str, StoredMessage, StoredMessage | None]]:
    """Give the key of each prompt of a lane, the prompt, and its answer if there is one."""
    before: Counter[str] = Counter()
    for number, said in enumerate(path):
        if said.role == "user":
            key = _mixed(said.text, str(before[said.text]))[:16]
            before[said.text] += 1
            after = path[number + 1] if number + 1 < len(path) else None
            yield key, said, after if after and after.role == "assistant" else None


def _entry(lane: Conversation, answer: StoredMessage | None) -> Entry:
    if answer is None:
        return Entry(lane.id, name(lane.endpoint, lane.model, lane.choice.parameters), None)
    who = (answer.endpoint or lane.endpoint, answer.model or lane.model)
    return Entry(lane.id, name(*who, Parameters.load(answer.params)), answer)


def name(endpoint: str, model: str, parameters: Parameters) -> str:
    """Return what tells one who answers from others: model, endpoint, and the parameters that are set."""
    set_here = sorted(replace(parameters, schema={}).request().items())
    given = [f"{name.replace('_', ' ')} {value}" for name, value in set_here]
    effort = [f"reasoning effort {parameters.effort}"] if parameters.effort else []
    form = [f"JSON schema {_mixed(json.dumps(parameters.schema, sort_keys=True))[:4]}"] if parameters.schema else []
    system = [f"system prompt {_mixed(parameters.system)[:4]}"] if parameters.system else []
    return " · ".join((model or "default model", endpoint, *given, *effort, *form, *system))


def _mixed(*words: str) -> str:
    return sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()
