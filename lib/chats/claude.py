"""Claude's export: `conversations.json`, a list of conversations with messages in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lib.chats.source import (
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
    record,
    records,
    short,
    source,
    sources,
    text,
)
from lib.messages import Source

NAME = "claude"
TITLE = "Claude"
ROLES = {"human": "user", "user": "user", "assistant": "assistant"}


def read(raw: Record) -> Tree:
    """Return the conversation that an entry of the export is. Raises RefusedError for ids that are there twice."""
    messages = listed(raw.get("chat_messages"))
    nodes = _nodes(records(messages))
    if len(nodes) != len(messages):
        raise RefusedError("Two of its messages have the same id, or one is not an object.")
    return Tree(
        key=key(raw.get("uuid")),
        title=text(raw.get("name")),
        nodes=nodes,
        current=_newest(nodes),
        created=moment(raw.get("created_at")),
        updated=moment(raw.get("updated_at")),
        endpoint=TITLE,
        model=name(raw.get("model")),
    )


def _nodes(messages: list[Record]) -> dict[str, Node]:
    """Return the messages by their ids. One that names no parent follows the one before it in the list."""
    nodes: dict[str, Node] = {}
    before: str | None = None
    for number, message in enumerate(messages):
        id = key(message.get("uuid")) or f"#{number}"
        nodes[id] = _node(message, key(message.get("parent_message_uuid")) or before)
        before = id
    return nodes


def _node(message: Record, parent: str | None) -> Node:
    role = ROLES.get(text(message.get("sender")))
    if role is None:
        sender = name(message.get("sender"))
        return Node(parent, refused=f"Its sender, “{sender}”, is neither a person nor a model.")
    said = _said(message, role)
    return Node(parent, None if said.is_empty else said)


def _said(message: Record, role: str) -> Said:
    parts = records(message.get("content"))
    spoken = joined(*(_shown(part) for part in parts)) or text(message.get("text"))
    return Said(
        role=role,
        text=joined(spoken, *_attached(message)),
        reasoning=joined(*(_behind(part) for part in parts)) if role == "assistant" else "",
        moment=moment(message.get("created_at")),
        endpoint=TITLE if role == "assistant" else None,
        sources=sources(_sources(parts)),
    )


def _shown(part: Record) -> str:
    """Return what of a part is the answer: its text, and what an artifact holds."""
    if part.get("type") == "text":
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


def _newest(nodes: Mapping[str, Node]) -> str | None:
    """Return the message that was written last, which ends the branch that is shown."""
    said = [(node.said.moment, number, id) for number, (id, node) in enumerate(nodes.items()) if node.said]
    dated = [(found, number, id) for found, number, id in said if found]
    return max(dated)[2] if dated else said[-1][2] if said else None
