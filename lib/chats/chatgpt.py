"""ChatGPT's export: conversations as mappings of nodes, in `conversations.json` or many files like it.

Described in https://github.com/mohamed-chs/convoviz/blob/main/docs/dev/chatgpt-spec.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from lib.chats.source import (
    Node,
    Picture,
    Record,
    RefusedError,
    Said,
    Tree,
    fenced,
    joined,
    key,
    keys,
    left_out,
    listed,
    moment,
    name,
    record,
    records,
    source,
    sources,
    text,
)
from lib.messages import Source

NAME = "chatgpt"
TITLE = "ChatGPT"
# What a tool says that is to be seen; all else of it is between the model and the tool.
OF_TOOLS = ("execution_output", "multimodal_text", "tether_quote")
HIDDEN = (
    "user_editable_context",
    "model_editable_context",
    "thoughts",
    "reasoning_recap",
    "sonic_webpage",
    "tether_browsing_display",
    "system_error",
)
STATES = {"in_progress": "interrupted", "finished_partial_completion": "incomplete", "error": "failed"}
# Marks of citations: 【3†source】, and between private characters what the page makes a link of.
MARKS = re.compile("【[^【】]{0,200}†[^【】]{0,200}】|\ue200[^\ue200\ue201]{0,2000}\ue201|[\ue200-\ue206]")
FILE = re.compile(r"file[-_][A-Za-z0-9]{1,100}")
MAX_POINTER = 1_000  # characters
ABOUT = ("about_user_message", "about_model_message")


def read(raw: Record) -> Tree:
    """Return the conversation that an entry of the export is. Raises RefusedError for what has no nodes."""
    mapping = raw.get("mapping")
    if not isinstance(mapping, dict):
        raise RefusedError("It has no messages: “mapping” is missing.")
    model = name(raw.get("model_slug")) or name(raw.get("default_model_slug"))
    return Tree(
        key=key(raw.get("conversation_id")) or key(raw.get("id")),
        title=text(raw.get("title")),
        nodes={id: _node(node, model) for id, node in mapping.items()},
        current=key(raw.get("current_node")) or None,
        created=moment(raw.get("create_time")),
        updated=moment(raw.get("update_time")),
        endpoint=TITLE,
        model=model,
    )


def _node(node: Any, model: str) -> Node:
    if not isinstance(node, dict):
        raise RefusedError("One of its messages is not an object.")
    place: Any = {"parent": key(node.get("parent")) or None, "children": keys(node.get("children"))}
    message = record(node.get("message"))
    content = record(message.get("content"))
    if content.get("content_type") == "thoughts":
        return Node(**place, thought=_thoughts(content))
    if not message or _is_hidden(message, content):
        return Node(**place)
    said = _said(message, content, model)
    if said.is_empty and not _is_known(content):
        return Node(**place, refused=f"Its content, “{name(content.get('content_type'))}”, is of no known kind.")
    return Node(**place, said=None if said.is_empty else said)


def _is_hidden(message: Record, content: Record) -> bool:
    """Whether ChatGPT itself would not show a message."""
    role, metadata = _role(message), record(message.get("metadata"))
    kind, recipient = content.get("content_type"), message.get("recipient")
    is_for_tool = recipient not in ("all", None, "")
    return bool(
        (role == "system" and not metadata.get("is_user_system_message"))
        or metadata.get("is_visually_hidden_from_conversation")
        or (message.get("weight") == 0 and message.get("weight") is not None)
        or kind in HIDDEN
        or (role in ("tool", "function") and kind not in OF_TOOLS)
        or (role == "assistant" and is_for_tool)
        or (kind == "code" and is_for_tool)
    )


def _role(message: Record) -> str:
    return text(record(message.get("author")).get("role"))


def _is_known(content: Record) -> bool:
    return not content or content.get("content_type") in CONTENTS


def _said(message: Record, content: Record, model: str) -> Said:
    metadata = record(message.get("metadata"))
    is_mine = _role(message) in ("user", "system")
    found, pictures = CONTENTS.get(text(content.get("content_type")), _other)(content)
    if _role(message) == "system":
        about = record(metadata.get("user_context_message_data"))
        found = joined(found, *(text(about.get(part)) for part in ABOUT))
    found = found if is_mine else MARKS.sub("", found)
    details = record(metadata.get("finish_details"))
    return Said(
        role="user" if is_mine else "assistant",
        text=joined(found, *_attached(metadata, pictures)),
        state="completed" if is_mine else STATES.get(text(message.get("status")), "completed"),
        finish_reason="length" if details.get("type") == "max_tokens" else None,
        moment=moment(message.get("create_time")),
        endpoint=None if is_mine else TITLE,
        model=None if is_mine else name(metadata.get("model_slug")) or model or None,
        pictures=pictures,
        sources=sources(_sources(metadata, content)),
    )


def _attached(metadata: Record, pictures: tuple[Picture, ...]) -> Iterator[str]:
    """Give a line for each file that was attached, but for pictures that are shown."""
    shown = {picture.name for picture in pictures}
    for each in records(metadata.get("attachments")):
        if text(each.get("id")) not in shown:
            yield left_out("File", name(each.get("name")) or name(each.get("id")))


def _sources(metadata: Record, content: Record) -> Iterator[Source | None]:
    if content.get("content_type") == "tether_quote":
        yield source(content.get("title"), content.get("url"))
    for each in records(metadata.get("citations")):
        about = record(each.get("metadata"))
        yield source(about.get("title"), about.get("url"))
    groups = (*records(metadata.get("content_references")), *records(metadata.get("search_result_groups")))
    for group in groups:
        inner = (*records(group.get("items")), *records(group.get("sources")), *records(group.get("entries")))
        for each in (group, *inner):
            if each.get("url"):
                yield source(each.get("title"), each.get("url"))


def _thoughts(content: Record) -> str:
    thoughts = records(content.get("thoughts"))
    return joined(*(text(each.get("content")) or text(each.get("summary")) for each in thoughts))


Content = tuple[str, tuple[Picture, ...]]


def _text(content: Record) -> Content:
    return joined(*map(text, listed(content.get("parts")))), ()


def _multimodal(content: Record) -> Content:
    pieces = [_piece(part) for part in listed(content.get("parts"))]
    return joined(*(said for said, _ in pieces)), tuple(each for _, more in pieces for each in more)


def _piece(part: Any) -> Content:
    if isinstance(part, str):
        return part, ()
    piece = record(part)
    if pointer := text(piece.get("asset_pointer")):
        if text(piece.get("content_type")) != "audio_asset_pointer":
            return "", (Picture(file_id(pointer)),)
    elif said := text(piece.get("text")):
        return said, ()
    # What was said aloud stands beside its sound, in words.
    return (left_out("Sound") if "frames_asset_pointers" in piece else ""), ()


def file_id(pointer: str) -> str:
    """Return the name that a pointer gives to a file of the export, without what stands before and behind it."""
    path = pointer[:MAX_POINTER].rpartition("://")[2]
    found = FILE.match(path)
    return found[0] if found else name(path.rpartition("/")[2])


def _code(content: Record) -> Content:
    code = text(content.get("text"))
    language = text(content.get("language"))
    return (fenced(code, language if language != "unknown" else "") if code.strip() else ""), ()


def _quote(content: Record) -> Content:
    lines = text(content.get("text")).splitlines()
    return joined(name(content.get("title")), "\n".join(f"> {line}" for line in lines)), ()


def _other(content: Record) -> Content:
    """Return what a content of no known kind has to say."""
    return joined(text(content.get("text")), text(content.get("result")), _text(content)[0]), ()


CONTENTS: dict[str, Callable[[Record], Content]] = {
    "text": _text,
    "multimodal_text": _multimodal,
    "code": _code,
    "execution_output": _code,
    "tether_quote": _quote,
}
