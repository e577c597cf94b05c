"""Parley's own JSON: whatever a conversation is, so that an export that is taken in and exported again is the same.

An object with three names, in this order: `parley`, the version of the format; `images`, a list of what the messages
refer to by its SHA-256; `conversations`, a list. Of a conversation the messages are in the order they were written;
`id` and `parent` of a message are numbers in that list. What is null, empty or false is left out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

from lib.chats.source import (
    Record,
    RefusedError,
    count,
    key,
    listed,
    moment,
    name,
    record,
    records,
    text,
)
from lib.documents import kinds
from lib.errors import ChatError
from lib.messages import Attached, Extras, Image, LinkedImage, Source, Usage, WholeFile
from lib.model_choice import PLAIN, Parameters
from lib.store import (
    Conversation,
    ForeignConversation,
    ForeignMessage,
    StoredImage,
    StoredMessage,
)

NAME = "parley"
VERSION = 1
ROLES = ("user", "assistant")
STATES = ("completed", "stopped", "failed", "incomplete", "interrupted")
SOURCES = ("reported", "estimated", "missing")
TEXTS = ("role", "text", "reasoning", "state", "endpoint", "model", "error_kind", "error", "hint", "finish_reason")
OBJECTS = ("extras", "call", "usage")  # in which nothing empty is kept either
DETAILS = ("low", "high", "auto")
NUMBERS = ("ttft_ms", "duration_ms", "closed_ms")
COUNTS = ("deltas", "cost")
WEB = ("https://", "http://")
MAX_URL = 4_000  # characters
MAX_NOTE = 500  # characters
MAX_WHOLE = 20_000_000  # bytes of a file that goes as it is
MAX_PARTS = 1_000  # conversations in one
Find = Callable[[str], bytes | None]  # an image by its SHA-256
Admit = Callable[[bytes, str, str], Image]  # a file, with its detail and note


def written(
    conversation: Conversation,
    messages: list[StoredMessage],
    leaf: int | None,
    parts: list[dict[str, Any]],
    project: str = "",
    tags: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a conversation as it stands in the file. `parts` are those of it that are written already.

    `project` is the name of the one that it is in.
    """
    numbers = {message.id: number for number, message in enumerate(messages)}
    about = _full({
        "id": conversation.id,
        "title": conversation.title,
        "purpose": conversation.purpose,
        "created_at": _time(conversation.created_at),
        "updated_at": _time(conversation.updated_at),
        "endpoint": conversation.endpoint,
        "model": conversation.model,
        "params": json.loads(conversation.params or "{}"),
        "project": project,
        "tags": list(tags),
        "pinned_at": _time(conversation.pinned_at),
        "archived_at": _time(conversation.archived_at),
        "leaf": numbers.get(leaf or 0),
        "parts": parts,
    })  # fmt: skip
    return {**about, "messages": [_message(message, numbers) for message in messages]}


def _message(message: StoredMessage, numbers: Mapping[int, int]) -> dict[str, Any]:
    # What is being written is here as far as it has come, and whoever takes it in will not see the end.
    state = "interrupted" if message.state == "streaming" else message.state
    place = {"id": numbers[message.id], "parent": numbers.get(message.parent_id or 0)}
    rated = {"rating": message.rating, "rating_note": message.rating_note}
    return _full({
        **place,
        **{name: getattr(message, name) for name in TEXTS},
        "continues": numbers.get(message.continues_id or 0),
        **rated,
        "state": state,
        "created_at": _time(message.created_at),
        "updated_at": _time(message.updated_at),
        "params": json.loads(message.params or "{}"),
        "images": [_image(image) for image in message.images],
        "files": [_full(asdict(file)) for file in message.files],
        "extras": {**json.loads(message.extras.dump() or "{}"), "call": {}},
        "call": _call(message),
    })  # fmt: skip


def _image(image: StoredImage) -> dict[str, Any]:
    return _full({"image": image.id, "url": image.url, "detail": image.detail, "note": image.note})


def _call(message: StoredMessage) -> dict[str, Any]:
    names = ("served_model", "source", *NUMBERS, *COUNTS, "currency")
    usage = asdict(message.usage) if message.usage else {}
    return _full({"usage": usage, **{name: getattr(message, name) for name in names}})


def _full(values: dict[str, Any]) -> dict[str, Any]:
    """Return what is there of some values, and in those of them that are objects."""
    inner = {item: _full(value) if item in OBJECTS else value for item, value in values.items()}
    return {item: value for item, value in inner.items() if value is not None and value not in ("", [], {})}


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def image(id: str, media_type: str, content: bytes) -> dict[str, str]:
    """Return an image as it stands in the file."""
    return {"id": id, "media_type": media_type, "data": base64.b64encode(content).decode()}


def read(raw: Record, find: Find, admit: Admit) -> ForeignConversation:
    """Return the conversation that an entry of the file is, with its parts. Raises RefusedError for what is none."""
    parts = tuple(_read(part, find, admit) for part in records(raw.get("parts"))[:MAX_PARTS])
    return replace(_read(raw, find, admit), parts=parts)


def _read(raw: Record, find: Find, admit: Admit) -> ForeignConversation:
    messages = records(raw.get("messages"))
    if len(messages) != len(listed(raw.get("messages"))):
        raise RefusedError("One of its messages is not an object.")
    numbers = _numbers(messages)
    created = moment(raw.get("created_at")) or datetime.now(UTC)
    return ForeignConversation(
        id=key(raw.get("id")),
        title=text(raw.get("title")),
        created_at=created,
        updated_at=moment(raw.get("updated_at")) or created,
        messages=tuple(_foreign(message, numbers, created, find, admit) for message in messages),
        leaf=numbers.get(key(raw.get("leaf"))),
        endpoint=name(raw.get("endpoint")),
        model=name(raw.get("model")),
        params=parameters(record(raw.get("params"))).dump() or None,
        purpose=name(raw.get("purpose"))[:40] or "chat",
        project=name(raw.get("project")),
        tags=tuple(filter(None, map(name, listed(raw.get("tags"))))),
        pinned_at=moment(raw.get("pinned_at")),
        archived_at=moment(raw.get("archived_at")),
    )


def _numbers(messages: list[Record]) -> dict[str, int]:
    """Return the places of messages by their ids. Each stands behind its parent, so there is no circle."""
    numbers: dict[str, int] = {}
    for number, message in enumerate(messages):
        id, parent = key(message.get("id")), key(message.get("parent"))
        if not id or id in numbers:
            raise RefusedError("Two of its messages have the same id, or one has none.")
        if parent and parent not in numbers:
            raise RefusedError(f"Message {name(id)} follows one that does not stand before it.")
        numbers[id] = number
    return numbers


def _foreign(
    message: Record, numbers: Mapping[str, int], created: datetime, find: Find, admit: Admit
) -> ForeignMessage:
    if message.get("role") not in ROLES:
        raise RefusedError(f"Message {key(message.get('id'))} is neither a person's nor a model's.")
    values: dict[str, Any] = {name: text(message.get(name)) or None for name in TEXTS}
    whole = {name: values[name] or "" for name in ("role", "text", "reasoning")}
    state = values["state"] if values["state"] in STATES else "interrupted"
    written = moment(message.get("created_at")) or created
    files, going = _files(records(message.get("files")), len(whole["text"]), find)
    return ForeignMessage(**{
        **values,
        **whole,
        "state": state,
        "parent": numbers.get(key(message.get("parent"))),
        "created_at": written,
        "updated_at": moment(message.get("updated_at")) or written,
        "params": parameters(record(message.get("params"))).dump() or None,
        "images": tuple(_admitted(image, find, admit) for image in records(message.get("images"))),
        "files": files,
        "whole_files": going,
        "rating": raw if (raw := message.get("rating")) in (1, -1) and type(raw) is int else None,
        "rating_note": text(message.get("rating_note")) or None,
        "continues": _earlier(message, numbers),
        "extras": _extras(record(message.get("extras")), call(record(message.get("call")))),
    })  # fmt: skip


def _earlier(message: Record, numbers: Mapping[str, int]) -> int | None:
    """Return the place of the answer that one goes on from, which stands before it."""
    place, own = numbers.get(key(message.get("continues"))), numbers[key(message.get("id"))]
    return place if place is not None and place < own else None


def _files(found: list[Record], length: int, find: Find) -> tuple[tuple[Attached, ...], tuple[WholeFile, ...]]:
    """Return the files of a text of so many characters: one behind the other, else it has none that can be told.

    With them come those that go as they are: PDFs that went so and are there; of others the text goes.
    """
    files, whole, end = [], [], 0
    for raw in found:
        begin, then = count(raw.get("begin")), count(raw.get("end"))
        if begin is None or then is None or not end <= begin <= then <= length:
            return (), ()
        about = (name(raw.get("name")), begin, end := then, text(raw.get("note"))[:MAX_NOTE])
        file = _whole(find(text(raw.get("whole"))), name(raw.get("name")), count(raw.get("pages")) or 0)
        files.append(Attached(*about, file.id, file.pages) if file else Attached(*about))
        whole += [file] if file else []
    return tuple(files), tuple(whole)


def _whole(data: bytes | None, name: str, pages: int) -> WholeFile | None:
    is_one = data is not None and kinds.is_pdf(data) and len(data) <= MAX_WHOLE
    return WholeFile(data, kinds.PDF_TYPE, name, pages) if data and is_one else None


def _admitted(image: Record, find: Find, admit: Admit) -> Image | LinkedImage:
    detail = text(image.get("detail")) if image.get("detail") in DETAILS else "auto"
    if url := text(image.get("url")):
        if not url.startswith(WEB) or len(url) > MAX_URL:
            raise RefusedError("One of its pictures has an address that is none of the web.")
        return LinkedImage(url, detail)
    data = find(text(image.get("image")))
    if data is None:
        raise RefusedError("One of its pictures is not in the file.")
    return admit(data, detail, text(image.get("note"))[:MAX_NOTE])


def _extras(raw: Record, call: Mapping[str, Any]) -> Extras:
    found = tuple(_source(each) for each in records(raw.get("sources")))
    media = tuple(name(each) for each in listed(raw.get("media")) if isinstance(each, str))
    unread = tuple(each for each in listed(raw.get("unread")) if isinstance(each, str))
    notes = tuple(each for each in listed(raw.get("notes")) if isinstance(each, str))
    return Extras(found, media, unread, call, notes)


def _source(raw: Record) -> Source:
    url = text(raw.get("url"))
    return Source(text(raw.get("title")), url if url.startswith(WEB) and len(url) <= MAX_URL else "")


def call(raw: Record) -> dict[str, Any]:
    """Return what is known of a call that was made elsewhere, as the store keeps it."""
    usage = {item.name: count(record(raw.get("usage")).get(item.name)) for item in fields(Usage)}
    found = {
        "usage": {name: value for name, value in usage.items() if value is not None},
        "served_model": name(raw.get("served_model")),
        "source": raw.get("source") if raw.get("source") in SOURCES else None,
        "currency": name(raw.get("currency")),
        **{item: raw.get(item) for item in NUMBERS if _is_number(raw.get(item))},
        **{item: count(raw.get(item)) for item in COUNTS},
    }
    return {item: value for item, value in found.items() if value is not None and value not in ("", {})}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def parameters(raw: Record) -> Parameters:
    """Return the request parameters among some values: those that are known, each of the kind that it has to be."""
    kinds: dict[str, Callable[[Any], bool]] = {
        **dict.fromkeys(("system", "effort", "skip_mark", "summary"), lambda value: isinstance(value, str)),
        "stop": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
        **dict.fromkeys(("extra", "schema"), lambda value: isinstance(value, dict)),
        **dict.fromkeys(("json_mode", "stream", "debug"), lambda value: isinstance(value, bool)),
        **dict.fromkeys(("max_tokens", "seed", "skip"), lambda value: type(value) is int),
        **dict.fromkeys(("temperature", "top_p", "presence_penalty", "frequency_penalty"), _is_number),
    }
    values = {item: raw[item] for item, fits in kinds.items() if item in raw and fits(raw[item])}
    return Parameters(**{**values, "stop": tuple(values.get("stop", ()))}) if values else PLAIN


def decoded(raw: Record) -> tuple[str, bytes]:
    """Return the id and the bytes of an image of the file. Raises ChatError."""
    try:
        return key(raw.get("id")), base64.b64decode(text(raw.get("data")), validate=True)
    except ValueError as error:
        raise ChatError("The picture is damaged in the file.") from error
