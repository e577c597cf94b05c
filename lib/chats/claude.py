"""Claude's export: `conversations.json`, a list of conversations with messages in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lib.chats.source import (
    NO_OBJECT,
    Node,
    Record,
    RefusedError,
    Said,
    Tree,
    fenced,
    joined,
    key,
    left_out,
    listed,
    moment,
    name,
    newest,
    placed,
    record,
    records,
    short,
    source,
    sources,
    text,
    unread,
)
from lib.messages import Source

NAME = "claude"
TITLE = "Claude"
PARENT = "parent_message_uuid"
SPOKEN = ("text", "voice_note")
PARTS = (*SPOKEN, "thinking", "redacted_thinking", "tool_use", "tool_result", "flag", "token_budget")
# What stands in a text in place of what a tool did.
UNSHOWN = re.compile(r"(?:```\s{0,10})?This block is not supported on your current device yet\.?+(?:\s{0,10}```)?")
ROLES = {"human": "user", "user": "user", "assistant": "assistant"}


def read(raw: Record) -> Tree:
    """Return the conversation that an entry of the export is. Raises RefusedError for ids that are there twice."""
    nodes = _nodes(listed(raw.get("chat_messages")))
    return Tree(
        key=key(raw.get("uuid")),
        title=text(raw.get("name")),
        nodes=nodes,
        current=newest(nodes),
        created=moment(raw.get("created_at")),
        updated=moment(raw.get("updated_at")),
        endpoint=TITLE,
        model=name(raw.get("model")),
        is_pinned=raw.get("is_starred") is True,
    )


def _nodes(messages: list[Any]) -> dict[str, Node]:
    """Return the messages by their ids, each behind the one that it names.

    One that says nothing of a parent follows the one before it in the list; so do all where none names one.
    """
    nodes: dict[str, Node] = {}
    before: str | None = None
    is_tree = any(key(message.get(PARENT)) for message in records(messages))
    for number, found in enumerate(messages):
        message = record(found)
        id = key(message.get("uuid")) or f"#{number}"
        if id in nodes:
            raise RefusedError(f"Two of its messages have the id {name(id)}.")
        is_root = is_tree and PARENT in message
        parent = key(message.get(PARENT)) or (None if is_root else before)
        nodes[id] = _node(message, parent) if message else Node(parent, refused=NO_OBJECT)
        before = id
    return nodes


def _node(message: Record, parent: str | None) -> Node:
    sender = message.get("sender") or message.get("role")
    role = ROLES.get(text(sender))
    if role is None:
        return Node(parent, refused=f"Its sender, “{name(sender)}”, is neither a person nor a model.")
    return placed(_said(message, role), parent)


def _said(message: Record, role: str) -> Said:
    parts = records(message.get("content"))
    spoken = joined(*(_shown(part) for part in parts)) or UNSHOWN.sub("", text(message.get("text"))).strip()
    return Said(
        role=role,
        text=joined(spoken, *_attached(message)),
        reasoning=joined(*(_behind(part) for part in parts)) if role == "assistant" else "",
        moment=moment(message.get("created_at")),
        endpoint=TITLE if role == "assistant" else None,
        sources=sources(_sources(parts)),
        unread=unread(parts, PARTS),
    )


def _shown(part: Record) -> str:
    """Return what of a part is the answer: its text, and what an artifact holds."""
    if part.get("type") in SPOKEN:
        return text(part.get("text"))
    if part.get("type") == "tool_use" and part.get("name") == "artifacts":
        return _artifact(record(part.get("input")))
    return ""


def _artifact(made: Record) -> str:
    title = name(made.get("title")) or name(made.get("id"))
    body = text(made.get("content")) or text(made.get("new_str"))
    if not body:
        return ""
    kind = text(made.get("type"))
    shown = body if kind == "text/markdown" else fenced(body, text(made.get("language")) or KINDS.get(kind, ""))
    return joined(f"**{title}**" if title else "", shown)


KINDS = {
    "text/html": "html",
    "image/svg+xml": "svg",
    "application/vnd.ant.react": "jsx",
    "application/vnd.ant.mermaid": "mermaid",
}


def _behind(part: Record) -> str:
    """Return what of a part was thought, asked of a tool, or said by one."""
    kind = part.get("type")
    if kind == "thinking":
        return text(part.get("thinking")) or joined(*(text(s.get("summary")) for s in records(part.get("summaries"))))
    if kind == "tool_use" and part.get("name") != "artifacts":
        return f"{name(part.get('name'))}: {short(part.get('input'))}"
    return short(_result(part)) if kind == "tool_result" and part.get("name") != "artifacts" else ""


def _result(part: Record) -> str:
    content = part.get("content")
    pieces = (text(each.get("text")) or name(each.get("title")) for each in records(content))
    return text(content) or "\n".join(filter(None, pieces))


def _attached(message: Record) -> Iterator[str]:
    """Give the text of what was attached, or its name where the export has not more."""
    for each in records(message.get("attachments")):
        title, body = name(each.get("file_name")), text(each.get("extracted_content"))
        yield joined(left_out("File", title), fenced(body) if body else "")
    for each in records(message.get("files")):
        yield left_out("File", name(each.get("file_name")) or key(each.get("file_uuid")))


def _sources(parts: list[Record]) -> Iterator[Source | None]:
    for part in parts:
        for citation in records(part.get("citations")):
            details = record(citation.get("details"))
            yield source(citation.get("title") or details.get("title"), details.get("url") or citation.get("url"))
        for result in records(part.get("content")):
            if result.get("type") == "knowledge":
                yield source(result.get("title"), result.get("url"))
