"""LibreChat's export: a file for each conversation, its messages in a list or, each with its children, in a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib.chats.source import (
    NO_OBJECT,
    Node,
    Picture,
    Record,
    RefusedError,
    Said,
    Tree,
    count,
    joined,
    key,
    left_out,
    listed,
    moment,
    name,
    placed,
    record,
    records,
    short,
    text,
    unread,
)
from lib.messages import Usage
from lib.model_choice import Parameters

NAME = "librechat"
TITLE = "LibreChat"
ROOT = "00000000-0000-0000-0000-000000000000"
PARTS = ("text", "output_text", "think", "tool_call", "image_file", "image_url", "error", "agent_update")
RATINGS = {"thumbsUp": 1, "thumbsDown": -1}
SETTINGS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")


def read(raw: Record) -> Tree:
    """Return the conversation that a file is. Raises RefusedError for one without messages."""
    found = raw.get("messagesTree") if isinstance(raw.get("messagesTree"), list) else raw.get("messages")
    if not isinstance(found, list):
        raise RefusedError("It has no messages: “messages” is missing.")
    options = record(raw.get("options"))
    model, endpoint = name(options.get("model")), name(raw.get("endpoint")) or TITLE
    nodes = _nodes(found, model, endpoint)
    moments = [node.said.moment for node in nodes.values() if node.said and node.said.moment]
    return Tree(
        key=key(raw.get("conversationId")),
        title=text(raw.get("title")),
        nodes=nodes,
        current=_newest(nodes),
        created=min(moments, default=None),
        updated=max(moments, default=None),
        endpoint=endpoint,
        model=model,
        parameters=_parameters(options),
    )


def _parameters(options: Record) -> Parameters:
    values: Any = {item: float(options[item]) for item in SETTINGS if _is_number(options.get(item))}
    return Parameters(text(options.get("promptPrefix")), max_tokens=count(options.get("max_tokens")), **values)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 2


@dataclass(frozen=True)
class _Place:
    """A message, the one that it lies in, if it lies in one, and its number in the file."""

    message: Any
    inside: str | None
    number: int

    @property
    def id(self) -> str:
        return key(record(self.message).get("messageId")) or f"#{self.number}"


def _places(messages: list[Any]) -> Iterator[_Place]:
    """Give the messages and those inside them, without recursion: exports are as deep as conversations are long."""
    waiting: list[tuple[Any, str | None]] = [(message, None) for message in reversed(messages)]
    number = 0
    while waiting:
        message, inside = waiting.pop()
        place = _Place(message, inside, number)
        yield place
        number += 1
        found = record(message)
        children = listed(found.get("children")) or listed(found.get("messages"))
        waiting.extend((child, place.id) for child in reversed(children))


def _nodes(messages: list[Any], model: str, endpoint: str) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for place in _places(messages):
        if place.id in nodes:
            raise RefusedError(f"Two of its messages have the id {name(place.id)}.")
        nodes[place.id] = _node(place, model, endpoint)
    return nodes


def _node(place: _Place, model: str, endpoint: str) -> Node:
    if not isinstance(place.message, dict):
        return Node(place.inside, refused=NO_OBJECT)
    parent = key(place.message.get("parentMessageId"))
    above = place.inside or (parent if parent != ROOT else None)
    return placed(_said(place.message, model, endpoint), above or None)


def _said(message: Record, model: str, endpoint: str) -> Said:
    parts = records(message.get("content"))
    is_mine, feedback = _is_mine(message), record(message.get("feedback"))
    spoken = joined(*(_shown(part) for part in parts)) or text(message.get("text"))
    failure = "" if is_mine else _failed(message, parts, spoken)
    usage = Usage(count(message.get("promptTokens")), None if is_mine else count(message.get("tokenCount")))
    return Said(
        role="user" if is_mine else "assistant",
        text=joined("" if failure and failure == spoken else spoken, *_attached(message)),
        reasoning=joined(*(_behind(part) for part in parts)),
        state="completed" if is_mine else _state(message, failure),
        error=failure or None,
        finish_reason=name(message.get("finish_reason")) or None,
        moment=moment(message.get("createdAt")),
        endpoint=None if is_mine else name(message.get("endpoint")) or endpoint,
        model=None if is_mine else name(message.get("model")) or model or None,
        pictures=tuple(_pictures(parts)),
        usage=None if is_mine or usage == Usage() else usage,
        unread=unread(parts, PARTS),
        rating=RATINGS.get(text(feedback.get("rating"))),
        note=text(feedback.get("text")),
    )


def _is_mine(message: Record) -> bool:
    said = message.get("isCreatedByUser")
    return said if isinstance(said, bool) else message.get("sender") == "User"


def _failed(message: Record, parts: list[Record], spoken: str) -> str:
    said = spoken or "The answer failed."
    return joined(*(_failure(part) for part in parts)) or (said if message.get("error") is True else "")


def _state(message: Record, failure: str) -> str:
    if failure:
        return "failed"
    is_cut = message.get("unfinished") is True or message.get("finish_reason") == "incomplete"
    return "incomplete" if is_cut else "completed"


def _shown(part: Record) -> str:
    if part.get("type") in ("text", "output_text"):
        return _of(part.get("text"))
    if part.get("type") == "image_file":
        file = record(part.get("image_file"))
        return left_out("Image", name(file.get("filename")) or name(file.get("file_id")))
    url = text(record(part.get("image_url")).get("url")) or text(part.get("image_url"))
    return left_out("Image", name(url)) if url and not url.startswith("data:") else ""


def _of(value: Any) -> str:
    return text(value) or text(record(value).get("value"))


def _behind(part: Record) -> str:
    if part.get("type") == "think":
        return _of(part.get("think"))
    call = record(part.get("tool_call"))
    inner = record(call.get("function")) or record(call.get("code_interpreter")) or call
    asked = inner.get("args", inner.get("arguments", inner.get("input")))
    if not call:
        return ""
    title = name(inner.get("name")) or name(call.get("name")) or name(call.get("type"))
    return joined(f"{title}: {short(asked)}", short(inner.get("output", inner.get("outputs"))))


def _failure(part: Record) -> str:
    return _of(part.get("error")) or _of(part.get("text")) if part.get("type") == "error" else ""


def _pictures(parts: list[Record]) -> Iterator[Picture]:
    for part in parts:
        url = text(record(part.get("image_url")).get("url")) or text(part.get("image_url"))
        if url.startswith("data:"):
            yield Picture("image", url)


def _attached(message: Record) -> Iterator[str]:
    for each in (*records(message.get("files")), *records(message.get("attachments"))):
        title = name(each.get("filename")) or name(each.get("filepath")) or name(each.get("file_id"))
        kind = "Image" if text(each.get("type")).startswith("image/") else "File"
        yield left_out(kind, title)


def _newest(nodes: Mapping[str, Node]) -> str | None:
    """Return the end of the branch that LibreChat shows: of siblings, the newest."""
    children: dict[str | None, list[str]] = {}
    for id, node in nodes.items():
        children.setdefault(node.parent if node.parent in nodes else None, []).append(id)
    at: str | None = None
    for _ in nodes:  # each at most once, also in a circle
        if not (below := children.get(at)):
            break
        at = _latest(below, nodes)
    return at


def _latest(siblings: list[str], nodes: Mapping[str, Node]) -> str:
    """Return the one that was written last; the last of them where not all say when that was."""
    said = [(number, id, nodes[id].said) for number, id in enumerate(siblings)]
    dated = [(found.moment, number, id) for number, id, found in said if found and found.moment]
    return max(dated)[2] if len(dated) == len(siblings) else siblings[-1]
