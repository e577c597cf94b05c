"""A conversation as it was read from another program's export, before anything is made of it.

Exports are written by anyone: what is read here is taken for what it is, or for nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lib.errors import ChatError
from lib.messages import Source, Usage
from lib.model_choice import PLAIN, Parameters
from lib.text import as_name

FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # of moments that are believed
FINER = 100_000_000_000, 1_000, 3  # beyond this it counts thousandths, millionths or billionths of seconds
MAX_MOMENT = 40  # characters of one
MAX_SOURCES = 100  # of an answer
MAX_URL = 4_000  # characters
MAX_COUNT = 2**53
MAX_TOOL = 20_000  # characters of what a tool was asked, or said
NO_OBJECT = "It is not an object."
Record = Mapping[str, Any]


class RefusedError(ChatError):
    """A conversation, or one message of it, is not taken; `str()` says why."""


@dataclass(frozen=True)
class Picture:
    """An image of a message: the `data` URL that it is, or its `name` among the files of the export."""

    name: str
    data: str = field(default="", repr=False)


@dataclass(frozen=True)
class Said:
    """A message that is to be seen. `moment` is None where the export does not say when it was.

    `pictures` are its images; of those that are not in the export it is said so in the text. `unread` are the kinds of
    its pieces of which nothing could be made. `aside`: it is no answer, and what was thought before it goes on to the
    next one. `rating` is 1 or -1, `note` why.
    """

    role: str
    text: str = ""
    reasoning: str = ""
    state: str = "completed"
    error: str | None = None
    finish_reason: str | None = None
    moment: datetime | None = None
    endpoint: str | None = None
    model: str | None = None
    pictures: tuple[Picture, ...] = ()
    sources: tuple[Source, ...] = ()
    usage: Usage | None = None
    unread: tuple[str, ...] = ()
    aside: bool = False
    rating: int | None = None
    note: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.text.strip() or self.reasoning.strip() or self.error or self.pictures)


@dataclass(frozen=True)
class Node:
    """A place in the tree of a conversation. Without `said` it is hidden on purpose, and only keeps the chain.

    `children` are those that the export names, in its order. `thought` is what a hidden node adds to the reasoning of
    the answer that follows. `refused` says why a node is not taken that is not hidden on purpose.
    """

    parent: str | None
    said: Said | None = None
    children: tuple[str, ...] = ()
    thought: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Tree:
    """A conversation of another program. `key` is its name there; `current` the end of the branch that was shown.

    `is_pinned` and `is_archived` as it was there.
    """

    key: str
    title: str
    nodes: Mapping[str, Node]
    current: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    endpoint: str = ""
    model: str = ""
    parameters: Parameters = PLAIN
    tags: tuple[str, ...] = ()
    is_pinned: bool = False
    is_archived: bool = False


def placed(said: Said, parent: str | None, children: tuple[str, ...] = ()) -> Node:
    """Return the place of a message: hidden where there is nothing to see, refused where nothing of it can be read."""
    refused = f"Its content, “{said.unread[0]}”, is of no known kind." if said.is_empty and said.unread else ""
    return Node(parent, None if said.is_empty else said, children, refused=refused)


def newest(nodes: Mapping[str, Node]) -> str | None:
    """Return the end of the branch in which something was written last; where no moment is known, of the last."""
    said = [(node.said.moment, number, id) for number, (id, node) in enumerate(nodes.items()) if node.said]
    dated = [(found, number, id) for found, number, id in said if found]
    at = max(dated)[2] if dated else said[-1][2] if said else None
    below = {node.parent: id for id, node in nodes.items()}
    for _ in nodes:  # each at most once, also in a circle
        if at not in below:
            break
        at = below[at]
    return at


def text(value: Any) -> str:
    """Return a text, "" for what is none."""
    return value if isinstance(value, str) else ""


def record(value: Any) -> Record:
    """Return an object, an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """Return a list, an empty one for what is none."""
    return value if isinstance(value, list) else []


def records(value: Any) -> list[Record]:
    """Return the objects in a list."""
    return [item for item in listed(value) if isinstance(item, dict)]


def key(value: Any) -> str:
    """Return the name of a message or a conversation: a text, or a whole number as one; "" for what is none."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)


def keys(value: Any) -> tuple[str, ...]:
    """Return the names in a list."""
    return tuple(filter(None, map(key, listed(value))))


def name(value: Any) -> str:
    """Return the name of a model or a file in one line; "" for what is none."""
    return as_name(text(value))


def unread(parts: Iterable[Record], known: Container[str]) -> tuple[str, ...]:
    """Return the kinds of pieces that are not known, each once."""
    kinds = (name(part.get("type")) or "without a type" for part in parts if part.get("type") not in known)
    return tuple(dict.fromkeys(kinds))


def moment(value: Any) -> datetime | None:
    """Return the moment that seconds, or finer parts of them, such a number as text, or an ISO text mean; or None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return _iso(value[:MAX_MOMENT])
    return _epoch(value) if isinstance(value, (int, float)) else None


def _iso(written: str) -> datetime | None:
    try:
        return _epoch(float(written))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(written)
        return _believed((found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _epoch(seconds: float) -> datetime | None:
    most, step, times = FINER
    for _ in range(times):
        seconds = seconds / step if abs(seconds) > most else seconds
    try:
        return _believed(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _believed(found: datetime) -> datetime | None:
    return found if FIRST < found < LAST else None


def source(title: Any, url: Any) -> Source | None:
    """Return where something comes from, None where neither a title nor an address of the web is known."""
    address = text(url)[:MAX_URL].strip()
    address = address if re.match(r"https?://\S+\Z", address) else ""
    shown = name(title) or address
    return Source(shown, address) if shown else None


def sources(found: Iterator[Source | None]) -> tuple[Source, ...]:
    """Return each source once, in the order they were found."""
    seen: dict[str, Source] = {}
    for each in found:
        if each and len(seen) < MAX_SOURCES:
            seen.setdefault(each.url or each.title, each)
    return tuple(seen.values())


def count(value: Any) -> int | None:
    """Return a count of tokens, None for what is none."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT
    return value if is_count else None


def fenced(code: str, language: str = "") -> str:
    """Return code as a block of markdown."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    word = language if re.fullmatch(r"[\w+#.-]{1,30}", language) else ""
    return f"{fence}{word}\n{code}\n{fence}"


def left_out(what: str, name: str = "") -> str:
    """Return what stands in a text in place of what the export has not."""
    return f"[{what}: {name}]" if name else f"[{what}]"


def joined(*texts: str) -> str:
    """Return texts as paragraphs of one."""
    return "\n\n".join(filter(None, texts))


def short(value: Any) -> str:
    """Return what a tool was asked, or said, as text of a bounded length."""
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value else ""
    return said if len(said) <= MAX_TOOL else said[:MAX_TOOL] + "…"
