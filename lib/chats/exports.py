"""Conversations as files: JSON that can be taken in again, markdown to read, and a web page that needs nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from lib.chats import page, parley
from lib.documents import document
from lib.errors import ChatError
from lib.net import redaction
from lib.store import Chats, Conversation, StoredMessage

MAX_NAME = 60  # characters of a title that a file is called by
AUTHORS = {"user": "You", "assistant": "Answer"}


def json_of(chats: Chats, ids: Sequence[str]) -> Iterator[str]:
    """Give the JSON of conversations piece by piece; only one of them is in memory at a time."""
    yield f'{{"parley": {parley.VERSION},\n"images": ['
    yield from _parted(_images(chats, ids))
    yield '],\n"conversations": ['
    yield from _parted(redaction.redact(_line(_written(chats, id))) for id in ids)
    yield "]}\n"


def _parted(lines: Iterable[str]) -> Iterator[str]:
    sign = "\n"
    for line in lines:
        yield sign + line
        sign = ",\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _images(chats: Chats, ids: Sequence[str]) -> Iterator[str]:
    """Give each image that the messages have once, and each file that went as it is."""
    seen: set[str] = set()
    for message in (message for id in ids for message in _all_messages(chats, id)):
        for kept in (*(image.id for image in message.images), *(file.whole for file in message.files)):
            if kept and kept not in seen and (content := chats.image(kept)):
                seen.add(kept)
                yield _line(parley.image(kept, content.media_type, content.content))


def _all_messages(chats: Chats, id: str) -> Iterator[StoredMessage]:
    for each in (id, *(part.conversation.id for part in chats.parts(id))):
        yield from chats.whole(each)


def _written(chats: Chats, id: str) -> dict[str, Any]:
    parts = [_alone(chats, part.conversation, []) for part in chats.parts(id)]
    return _alone(chats, found(chats, id), parts)


def _alone(chats: Chats, conversation: Conversation, parts: list[dict[str, Any]]) -> dict[str, Any]:
    messages = [_redacted(message) for message in chats.whole(conversation.id)]
    id, project = conversation.id, chats.project(conversation)
    return parley.written(conversation, messages, chats.leaf(id), parts, project, chats.tags(id))


def _redacted(message: StoredMessage) -> StoredMessage:
    """Return a message whose text has no key, and its files where they stand then."""
    if not message.files:
        return message
    text, files = document.changed(message.text, message.files, redaction.redact)
    return replace(message, text=text, files=files)


def found(chats: Chats, id: str) -> Conversation:
    """Return a conversation. Raises ChatError where there is none."""
    conversation = chats.get(id)
    if conversation is None:
        raise ChatError("There is no such conversation; it may have been deleted.", hint="Look at its address again.")
    return conversation


def _each(chats: Chats, ids: Iterable[str]) -> Iterator[Conversation]:
    """Give conversations, each before its parts."""
    for id in ids:
        yield found(chats, id)
        yield from (part.conversation for part in chats.parts(id))


def markdown_of(chats: Chats, ids: Sequence[str]) -> Iterator[str]:
    """Give the branches of conversations that are shown, as markdown."""
    for number, conversation in enumerate(_each(chats, ids)):
        yield "\n---\n\n" if number else ""
        yield redaction.redact(f"# {conversation.title}\n")
        for message in chats.path(conversation.id):
            lines = (_heading(message), message.text, message.error or "", *_links(message))
            yield redaction.redact("\n" + "\n\n".join(filter(None, lines)) + "\n")


def _heading(message: StoredMessage) -> str:
    model = message.served_model or message.model
    return f"## {AUTHORS[message.role]}" + (f" ({model})" if model else "")


def _links(message: StoredMessage) -> Iterator[str]:
    for image in message.images:
        yield f"[Image: {image.url or (image.id or '')[:12]}]"
    for number, source in enumerate(message.extras.sources, 1):
        yield f"{number}. {source.title} {source.url}".rstrip()


def html_of(chats: Chats, ids: Sequence[str], *, with_system: bool = False) -> Iterator[str]:
    """Give a web page with the branches of conversations that are shown. It opens offline, and sends nothing."""
    yield redaction.redact(page.head(found(chats, ids[0]).title if len(ids) == 1 else "Conversations"))
    for conversation in _each(chats, ids):
        messages = chats.path(conversation.id)
        system = conversation.choice.parameters.system if with_system else ""
        yield redaction.redact(page.opening(conversation, system))
        for message in messages:
            yield page.message(message, AUTHORS[message.role], chats.image, redaction.redact)
        yield page.closing(messages)
    yield page.FOOT


FORMATS: dict[str, Callable[[Chats, Sequence[str]], Iterator[str]]] = {
    "json": json_of,
    "markdown": markdown_of,
    "html": html_of,
}
ENDINGS = {"json": "json", "markdown": "md", "html": "html"}


def file_name(title: str, form: str) -> str:
    """Return what a file is called that conversations of a title are written to in a format."""
    words = re.findall(r"[\w-]+", title[:MAX_NAME])
    return f"{'-'.join(words) or 'conversation'}.{ENDINGS[form]}"
