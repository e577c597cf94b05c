"""ChatGPT's export: conversations as mappings of nodes, in `conversations.json` or many files like it.

Described in https://github.com/mohamed-chs/convoviz/blob/main/docs/dev/chatgpt-spec.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from typing import Any

from lib.chats.source import (
    NO_OBJECT,
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
    placed,
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
CANVAS = "canmore."  # the tool by which a document is written beside the chat
SOUNDS = ("audio_asset_pointer", "real_time_user_audio_video_asset_pointer")


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
        is_pinned=bool(raw.get("is_starred") or raw.get("pinned_time")),
        is_archived=raw.get("is_archived") is True,
    )


def _node(node: Any, model: str) -> Node:
    if not isinstance(node, dict):
        return Node(None, refused=NO_OBJECT)
    parent, children = key(node.get("parent")) or None, keys(node.get("children"))
    message = record(node.get("message"))
    content = record(message.get("content"))
    if not message or _is_hidden(message, content):
        return Node(parent, children=children, thought=_thought(message, content))
    return placed(_said(message, content, model), parent, children)


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


def _said(message: Record, content: Record, model: str) -> Said:
    metadata = record(message.get("metadata"))
    is_mine = _role(message) in ("user", "system")
    found, pictures, unread = CONTENTS.get(text(content.get("content_type")), _other)(content)
    pictures = (*pictures, *_more(metadata, {picture.name for picture in pictures}))
    if _role(message) == "system":
        about = record(metadata.get("user_context_message_data"))
        found = joined(found, *(text(about.get(part)) for part in ABOUT))
    found = found if is_mine else MARKS.sub("", found)
    details = record(metadata.get("finish_details"))
    return Said(
        role="user" if is_mine else "assistant",
        text=joined(found, *_attached(metadata)),
        state="completed" if is_mine else STATES.get(text(message.get("status")), "completed"),
        finish_reason="length" if details.get("type") == "max_tokens" else None,
        moment=moment(message.get("create_time")),
        endpoint=None if is_mine else TITLE,
        model=None if is_mine else name(metadata.get("model_slug")) or model or None,
        pictures=pictures,
        sources=sources(_sources(metadata, content)),
        unread=unread,
        aside=_role(message) in ("tool", "function"),
    )


def _is_picture(attached: Record) -> bool:
    return text(attached.get("mime_type")).startswith("image/")


def _more(metadata: Record, shown: Container[str]) -> Iterator[Picture]:
    """Give the pictures that are not in the content: attached ones, and those that code has drawn."""
    drawn = records(record(metadata.get("aggregate_result")).get("messages"))
    attached = (each.get("id") for each in records(metadata.get("attachments")) if _is_picture(each))
    for pointer in (*attached, *(each.get("image_url") for each in drawn)):
        if (found := file_id(text(pointer))) and found not in shown:
            yield Picture(found)


def _attached(metadata: Record) -> Iterator[str]:
    """Give a line for each file that was attached, but for pictures."""
    for each in records(metadata.get("attachments")):
        if not _is_picture(each):
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


def _thought(message: Record, content: Record) -> str:
    """Return what a hidden message leaves to the answer after it: thoughts, and a document that was written beside."""
    if content.get("content_type") == "thoughts":
        thoughts = records(content.get("thoughts"))
        return joined(*(text(each.get("content")) or text(each.get("summary")) for each in thoughts))
    if not text(message.get("recipient")).startswith(CANVAS):
        return ""
    said = text(content.get("text")) or _parts(content)[0]
    return fenced(said, "json") if said.strip() else ""


Content = tuple[str, tuple[Picture, ...], tuple[str, ...]]  # its text, its pictures, and the kinds of what is unread


def _parts(content: Record) -> Content:
    parts = [part for part in listed(content.get("parts")) if part]
    pieces = [_piece(part) for part in parts]
    said = joined(*(said for said, _, _ in pieces))
    # What was said aloud stands beside its sound, in words; where it does not, that there is a sound.
    is_heard = not said and any(record(part).get("content_type") in SOUNDS for part in parts)
    pictures = tuple(each for _, more, _ in pieces for each in more)
    return left_out("Sound") if is_heard else said, pictures, tuple(kind for _, _, more in pieces for kind in more)


def _piece(part: Any) -> Content:
    if isinstance(part, str):
        return part, (), ()
    piece = record(part)
    kind, pointer, said = text(piece.get("content_type")), text(piece.get("asset_pointer")), text(piece.get("text"))
    if kind in SOUNDS or said:
        return said, (), ()
    if pointer and "video" not in kind:
        return "", (Picture(file_id(pointer)),), ()
    return (left_out("Video") if pointer else ""), (), (() if pointer or kind in PIECES else (name(kind),))


def file_id(pointer: str) -> str:
    """Return the name that a pointer gives to a file of the export, without what stands before and behind it."""
    path = pointer[:MAX_POINTER].rpartition("://")[2]
    found = FILE.match(path)
    return found[0] if found else name(path.rpartition("/")[2])


def _code(content: Record) -> Content:
    code = text(content.get("text"))
    language = text(content.get("language"))
    return (fenced(code, language if language != "unknown" else "") if code.strip() else ""), (), ()


def _quote(content: Record) -> Content:
    lines = text(content.get("text")).splitlines()
    return joined(name(content.get("title")), "\n".join(f"> {line}" for line in lines)), (), ()


def _output(content: Record) -> Content:
    return _code({"text": content.get("output_str")})


def _screen(content: Record) -> Content:
    return _parts({"parts": [content.get("screenshot")]})


def _other(content: Record) -> Content:
    """Return what a content of no known kind has to say."""
    said, pictures, unread = _parts(content)
    kind = (name(content.get("content_type")) or "without a type",) if content else ()
    return joined(text(content.get("text")), text(content.get("result")), said), pictures, (*kind, *unread)


PIECES = ("audio_transcription",)  # kinds of pieces that may be empty
CONTENTS: dict[str, Callable[[Record], Content]] = {
    "text": _parts,
    "multimodal_text": _parts,
    "code": _code,
    "execution_output": _code,
    "tether_quote": _quote,
    "citable_code_output": _output,
    "computer_output": _screen,
}
