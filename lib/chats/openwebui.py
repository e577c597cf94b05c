"""Open WebUI's export: a list of chats, each with a history of messages by their ids.

Described in https://docs.openwebui.com/features/chat-conversations/data-controls/import-export.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
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
    keys,
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
from lib.messages import Source, Usage
from lib.model_choice import Parameters

NAME = "openwebui"
TITLE = "Open WebUI"
ROLES = ("user", "assistant")
# What a tool said may stand in it whole, escaped.
DETAILS = re.compile(r'<details type="(reasoning|tool_calls|code_interpreter)"[^<>]*+>')
END = "</details>"
SUMMARY = re.compile(r"\s*+<summary>[^<]{0,500}</summary>")


def read(raw: Record) -> Tree:
    """Return the conversation that an entry of the export is. Raises RefusedError for one without messages."""
    chat = record(raw.get("chat")) or raw
    history = record(chat.get("history"))
    nodes = _nodes(history.get("messages"), chat.get("messages"))
    parameters = record(chat.get("params"))
    system = text(parameters.get("system")) or text(chat.get("system")) or _system(history.get("messages"))
    return Tree(
        key=key(raw.get("id")) or key(chat.get("id")),
        title=text(raw.get("title")) or text(chat.get("title")),
        nodes=nodes,
        current=current if (current := key(history.get("currentId"))) in nodes else newest(nodes),
        created=moment(raw.get("created_at")) or moment(chat.get("timestamp")),
        updated=moment(raw.get("updated_at")),
        endpoint=TITLE,
        model=name(next(iter(listed(chat.get("models"))), "")),
        parameters=Parameters(system),
        tags=_tags(record(raw.get("meta")).get("tags") or chat.get("tags")),
        is_pinned=raw.get("pinned") is True,
        is_archived=raw.get("archived") is True,
    )


def _tags(found: Any) -> tuple[str, ...]:
    """Return the tags, which are words, or objects with a name."""
    return tuple(filter(None, (name(each) or name(record(each).get("name")) for each in listed(found))))


def _nodes(by_id: Any, in_order: Any) -> dict[str, Node]:
    """Return the messages of a history; of old exports, the list of them."""
    if isinstance(by_id, dict) and (by_id or not in_order):
        return {id: _node(message, key(record(message).get("parentId")) or None) for id, message in by_id.items()}
    if not isinstance(in_order, list):
        raise RefusedError("It has no messages: “history” is missing.")
    return _chain(in_order)


def _chain(messages: list[Any]) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    before: str | None = None
    for number, message in enumerate(messages):
        id = key(record(message).get("id")) or f"#{number}"
        if id in nodes:
            raise RefusedError(f"Two of its messages have the id {name(id)}.")
        nodes[id] = _node(message, before)
        before = id
    return nodes


def _system(by_id: Any) -> str:
    messages = record(by_id).values()
    return next((_content(each)[0] for each in map(record, messages) if each.get("role") == "system"), "")


def _node(message: Any, parent: str | None) -> Node:
    if not isinstance(message, dict):
        return Node(parent, refused=NO_OBJECT)
    place: Any = {"parent": parent, "children": keys(message.get("childrenIds"))}
    if message.get("role") in ("system", "tool"):
        return Node(**place)
    if message.get("role") not in ROLES:
        return Node(**place, refused=f"Its role, “{name(message.get('role'))}”, is neither a person's nor a model's.")
    return placed(_said(message, text(message.get("role"))), **place)


def _said(message: Record, role: str) -> Said:
    spoken, reasoning, pictures = _content(message)
    more, files = _files(records(message.get("files")))
    failure = _failure(message.get("error")) if role == "assistant" else ""
    is_cut = role == "assistant" and message.get("done") is False
    return Said(
        role=role,
        text=joined(spoken, text(record(message.get("merged")).get("content")), *files),
        reasoning=reasoning,
        state="failed" if failure else "incomplete" if is_cut and spoken else "completed",
        error=failure or None,
        moment=moment(message.get("timestamp")),
        endpoint=TITLE if role == "assistant" else None,
        model=(name(message.get("model")) or name(message.get("modelName")) or None) if role == "assistant" else None,
        pictures=(*pictures, *more),
        sources=sources(_sources(message)),
        usage=_usage(record(message.get("usage")) or record(record(message.get("info")).get("usage"))),
        unread=unread(records(message.get("content")), ("text", "image_url")),
        **_rated(record(message.get("annotation"))),
    )


def _rated(annotation: Record) -> dict[str, Any]:
    rating = annotation.get("rating")
    if rating not in (1, -1) or isinstance(rating, bool):
        return {}
    return {"rating": int(rating), "note": text(annotation.get("comment")) or text(annotation.get("reason"))}


def _failure(error: Any) -> str:
    said = text(error) or text(record(error).get("content")) or text(record(error).get("message"))
    return said or ("The answer failed." if error else "")


def _usage(found: Record) -> Usage | None:
    asked = count(found.get("prompt_tokens", found.get("input_tokens")))
    answered = count(found.get("completion_tokens", found.get("output_tokens")))
    usage = Usage(asked, answered, count(found.get("total_tokens")))
    return None if usage == Usage() else usage


def _content(message: Record) -> tuple[str, str, tuple[Picture, ...]]:
    """Return the text of a message, its reasoning, and the pictures in it."""
    content, output = message.get("content"), records(message.get("output"))
    if isinstance(content, list):
        urls = [text(record(part.get("image_url")).get("url")) for part in records(content)]
        away = (left_out("Image", name(url)) for url in urls if url and not url.startswith("data:"))
        said = joined(*(text(part.get("text")) for part in records(content)), *away)
        return said, "", tuple(Picture("image", url) for url in urls if url.startswith("data:"))
    said, behind = unfold(text(content)) if message.get("role") == "assistant" else (text(content), "")
    shown = joined(*(_pieces(item) for item in output if item.get("type") == "message"))
    return shown or said, joined(*map(_behind, output)) or behind, ()


def _pieces(item: Record) -> str:
    return "".join(text(piece.get("text")) for piece in records(item.get("content")))


def _behind(item: Record) -> str:
    kind = item.get("type")
    if kind == "reasoning":
        return _pieces(item) or joined(*(text(each.get("text")) for each in records(item.get("summary"))))
    if kind == "function_call":
        return f"{name(item.get('name'))}: {short(item.get('arguments'))}"
    outputs = "\n".join(text(each.get("text")) for each in records(item.get("output")))
    return short(outputs or text(item.get("output"))) if kind == "function_call_output" else ""


def unfold(content: str) -> tuple[str, str]:
    """Return a text without what is folded away in it, and what of that was thought."""
    shown, thoughts, at = [], [], 0
    while found := DETAILS.search(content, at):
        end = content.find(END, found.end())
        if end < 0:
            break
        shown.append(content[at : found.start()])
        body = content[found.end() : end]
        if found[1] == "reasoning":
            thoughts.append(_plain(body))
        at = end + len(END)
    return joined(*(piece.strip("\n") for piece in (*shown, content[at:]))), joined(*thoughts)


def _plain(body: str) -> str:
    """Return what stands folded away as it was: it is escaped, and each line begins as a quotation's."""
    summary = SUMMARY.match(body)
    lines = html.unescape(body[summary.end() :] if summary else body).strip().splitlines()
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


def _files(files: list[Record]) -> tuple[tuple[Picture, ...], list[str]]:
    """Return the pictures that are in the export, and a line for each file that is not."""
    pictures, lines = [], []
    for file in files:
        url, title = text(file.get("url")), name(file.get("name"))
        if url.startswith("data:image/"):
            pictures.append(Picture(title or "image", url))
        else:
            is_image = file.get("type") == "image" or text(file.get("content_type")).startswith("image/")
            lines.append(left_out("Image" if is_image else "File", title or name(url)))
    return tuple(pictures), lines


def _sources(message: Record) -> Iterator[Source | None]:
    for each in (*records(message.get("sources")), *records(message.get("citations"))):
        about = record(each.get("source"))
        found = records(each.get("metadata"))
        if about.get("url") or not found:
            yield source(about.get("name"), about.get("url"))
        for piece in found:
            yield source(piece.get("name") or piece.get("title") or about.get("name"), piece.get("source"))
