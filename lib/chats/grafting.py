"""Another program's tree made into ours: what is hidden goes, what is to be seen keeps its place and its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from lib.chats.source import Picture, RefusedError, Said, Tree, joined, left_out
from lib.messages import Extras, Image
from lib.store import ForeignConversation, ForeignMessage
from lib.store.chats import grafts, titles

MAX_MESSAGES = 200_000  # of a conversation
MAX_IMAGE_BYTES = 150_000_000  # of all images of a conversation
See = Callable[[str, Picture], Image | None]  # the message it is in, and the picture; None if it is not in the export


@dataclass
class Grafted:
    """What became of a tree: the conversation, None if nothing of it is to be seen, and what is not in it."""

    conversation: ForeignConversation | None
    hidden: int
    refused: list[tuple[str, str]]
    leaves: int


@dataclass(frozen=True)
class _Stem:
    """What a node hands down: the last message above it that is seen, and what was thought since."""

    number: int | None = None
    thoughts: tuple[str, ...] = ()


def graft(tree: Tree, owner: str, format: str, see: See) -> Grafted:
    """Return what a tree becomes. Raises RefusedError for one that is too long, or in which messages go in a circle."""
    if len(tree.nodes) > MAX_MESSAGES:
        raise RefusedError(f"It has more than {MAX_MESSAGES:,} messages.")
    crown = _Crown(tree, see)
    crown.grow()
    refused = [(id, node.refused) for id, node in tree.nodes.items() if node.refused]
    hidden = len(tree.nodes) - len(crown.messages) - len(refused)
    id = grafts.derived(owner, format, tree.key or _fingerprint(tree))
    conversation = _conversation(tree, crown, id) if crown.messages else None
    return Grafted(conversation, hidden, refused, leaves(crown.messages))


def _conversation(tree: Tree, crown: _Crown, id: str) -> ForeignConversation:
    prompts = (message.text for message in crown.messages if message.role == "user")
    dates = [message.created_at for message in crown.messages]
    return ForeignConversation(
        id=id,
        title=titles.tidy(tree.title) if tree.title.strip() else titles.title(next(prompts, "")),
        created_at=crown.created,
        updated_at=tree.updated or max(dates),
        messages=tuple(crown.messages),
        leaf=crown.leaf(tree.current),
        endpoint=tree.endpoint,
        model=tree.model or next((message.model for message in reversed(crown.messages) if message.model), ""),
        params=tree.parameters.dump() or None,
        tags=tree.tags,
        pinned_at=(tree.updated or max(dates)) if tree.is_pinned else None,
        archived_at=(tree.updated or max(dates)) if tree.is_archived else None,
    )


def leaves(messages: list[ForeignMessage] | tuple[ForeignMessage, ...]) -> int:
    """Count the messages that nothing follows."""
    return len(messages) - len({message.parent for message in messages} - {None})


def _order(tree: Tree) -> Iterator[tuple[str, str | None]]:
    """Give every node with its parent and behind it, siblings in their order; without recursion: chains are long."""
    parents = _parents(tree)
    children: dict[str | None, dict[str, None]] = {}
    for id, node in tree.nodes.items():
        named = (child for child in node.children if parents.get(child) == id)
        children.setdefault(id, {}).update(dict.fromkeys(named))
    for id, parent in parents.items():
        children.setdefault(parent, {})[id] = None
    waiting, given = list(reversed(children.get(None, ()))), 0
    while waiting:
        id = waiting.pop()
        given += 1
        yield id, parents[id]
        waiting.extend(reversed(children[id]))
    if given < len(tree.nodes):
        raise RefusedError("Its messages follow each other in a circle.")


def _parents(tree: Tree) -> dict[str, str | None]:
    """Return the parent of each node: the one that it names, else the one that names it as a child."""
    named = {child: id for id, node in tree.nodes.items() for child in node.children if child != id}
    return {
        id: node.parent if node.parent in tree.nodes else None if node.parent else named.get(id)
        for id, node in tree.nodes.items()
    }


class _Crown:
    """The messages that are seen, in the order of the tree."""

    def __init__(self, tree: Tree, see: See) -> None:
        dates = [node.said.moment for node in tree.nodes.values() if node.said and node.said.moment]
        self.messages: list[ForeignMessage] = []
        self.created = tree.created or min(dates, default=None) or tree.updated or datetime.now(UTC)
        self._tree = tree
        self._see = see
        self._stems: dict[str | None, _Stem] = {None: _Stem()}
        self._room = MAX_IMAGE_BYTES

    def grow(self) -> None:
        """Put every message behind the nearest one above it that is seen."""
        for id, parent in _order(self._tree):
            node, stem = self._tree.nodes[id], self._stems[parent]
            if node.said is None:
                thoughts = (*stem.thoughts, node.thought) if node.thought else stem.thoughts
                self._stems[id] = _Stem(stem.number, thoughts)
            else:
                self._stems[id] = _Stem(len(self.messages), stem.thoughts if node.said.aside else ())
                self.messages.append(self._message(id, node.said, stem))

    def leaf(self, current: str | None) -> int | None:
        """Return the message that the branch that was shown ends with; the last of all where the source names none."""
        stem = self._stems.get(current) if current else None
        return stem.number if stem and stem.number is not None else len(self.messages) - 1

    def _message(self, id: str, said: Said, stem: _Stem) -> ForeignMessage:
        written = said.moment or self.created
        images, lines = self._images(id, said.pictures)
        thoughts = stem.thoughts if said.role == "assistant" and not said.aside else ()
        return ForeignMessage(
            role=said.role,
            text=joined(said.text, *lines),
            created_at=written,
            updated_at=written,
            parent=stem.number,
            reasoning=joined(*thoughts, said.reasoning),
            state=said.state,
            endpoint=said.endpoint,
            model=said.model,
            error_kind="upstream" if said.error else None,
            error=said.error,
            finish_reason=said.finish_reason,
            images=images,
            extras=Extras(said.sources, unread=said.unread, call=_call(said)),
            rating=said.rating,
            rating_note=said.note or None,
        )

    def _images(self, id: str, pictures: tuple[Picture, ...]) -> tuple[tuple[Image, ...], list[str]]:
        """Return the images of a message, and a line for each that is not in the export or not taken."""
        images, lines = [], []
        for picture in pictures:
            image = self._see(id, picture) if self._room > 0 else None
            if image is None:
                lines.append(left_out("Image", picture.name))
            else:
                self._room -= len(image.data)
                images.append(image)
        return tuple(images), lines


def _call(said: Said) -> dict[str, object]:
    usage = asdict(said.usage) if said.usage else {}
    found = {name: value for name, value in usage.items() if value is not None}
    return {"usage": found, "source": "reported"} if found else {}


def _fingerprint(tree: Tree) -> str:
    """Return what tells a conversation without a name from others: when and how it began."""
    first = next((node.said.text for node in tree.nodes.values() if node.said), "")
    return f"{tree.created}\0{tree.title}\0{next(iter(tree.nodes), '')}\0{first}"
