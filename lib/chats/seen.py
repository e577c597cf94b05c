"""What was in the files so far: a conversation that stands in them again comes in once."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lib.store import ForeignConversation, ForeignMessage

ROOT = 0  # what the first messages of a conversation go on from


@dataclass(frozen=True)
class Growth:
    """What a conversation adds to what was seen of it before: messages, images, and leaves of the tree of all."""

    messages: int
    images: int
    leaves: int


class Seen:
    """The conversations that were seen, by their ids. Of a message 16 bytes are kept: files are large."""

    def __init__(self) -> None:
        self._paths: dict[str, array[int]] = {}  # of each message what tells it from others, then its parent's

    def __contains__(self, id: str) -> bool:
        return id in self._paths

    def add(self, id: str, given: ForeignConversation) -> Growth:
        """Note a conversation; return what is new in it."""
        before = self._paths.setdefault(id, array("q"))
        left, paths, images = Counter(before[::2]), array("q"), 0
        for message, path, parent in _paths(given):
            if left[path]:
                left[path] -= 1
            else:
                paths.extend((path, parent))
                images += len(message.images)
        all = before + paths
        self._paths[id] = all
        return Growth(len(paths) // 2, images, _leaves(all) - _leaves(before))


def _leaves(paths: array[int]) -> int:
    return len(set(paths[::2]) - set(paths[1::2]))


def _paths(given: ForeignConversation, root: int = ROOT) -> Iterator[tuple[ForeignMessage, int, int]]:
    """Give each message, those of parts too, with what tells it from others: what was said up to it."""
    known: list[int] = []
    for message in given.messages:
        parent = root if message.parent is None else known[message.parent]
        known.append(hash((parent, message.role, message.text)))
        yield message, known[-1], parent
    for number, part in enumerate(given.parts, 1):
        yield from _paths(part, hash((root, number)))
