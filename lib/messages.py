"""The nouns of a conversation. Frozen values; `None` means unknown, never zero.

Field names follow the wire: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# What endpoints say in place of stop, length, content_filter and tool_calls.
FINISH = {
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "sensitive": "content_filter",
    "safety": "content_filter",
    "content_filtered": "content_filter",
    "tool_use": "tool_calls",
}
BESIDE = "(The file is attached.)"  # what stands in a prompt in place of the text of a file that goes as it is


def normal_finish_reason(reason: str | None) -> str | None:
    """Return a finish reason in the words of the protocol, where an endpoint has its own."""
    return FINISH.get((reason or "").lower(), reason)


@dataclass(frozen=True)
class Image:
    """An image that is sent along: the bytes of its file, what they are, how closely to look (low, high or auto).

    `pixels` are its width and height, None where they are not known; they follow from the bytes. `note` says what
    became of it on its way here that one would not expect.
    """

    data: bytes = field(repr=False)
    media_type: str
    detail: str = "auto"
    pixels: tuple[int, int] | None = field(default=None, compare=False)
    note: str = field(default="", compare=False, repr=False)

    def wire(self) -> dict[str, Any]:
        """Return the content part as endpoints expect it: only here the bytes become a data URL."""
        return _part(f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}", self.detail)


@dataclass(frozen=True)
class LinkedImage:
    """An image that only the endpoint sees: it fetches the web address."""

    url: str
    detail: str = "auto"

    def wire(self) -> dict[str, Any]:
        """Return the content part as endpoints expect it."""
        return _part(self.url, self.detail)


def _part(url: str, detail: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


@dataclass(frozen=True)
class Attached:
    """A file whose text is a part of a prompt's own, from the character `begin` on to before `end`.

    `note` says what of the file was left out. `whole` is the SHA-256 of one that goes as it is, in place of its text,
    and `pages` how many it has.
    """

    name: str
    begin: int
    end: int
    note: str = ""
    whole: str | None = None
    pages: int | None = None


@dataclass(frozen=True)
class WholeFile:
    """A file that goes as it is: its bytes, what they are, its name and its pages."""

    data: bytes = field(repr=False)
    media_type: str
    name: str
    pages: int = 0

    @property
    def id(self) -> str:
        """The SHA-256 of its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def wire(self) -> dict[str, Any]:
        """Return the content part as endpoints expect it: only here the bytes become a data URL."""
        url = f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"
        return {"type": "file", "file": {"filename": self.name, "file_data": url}}


def dump_files(files: tuple[Attached, ...]) -> str | None:
    """Return the files of a prompt as JSON for keeping, None where there are none."""
    kept = [{name: value for name, value in asdict(file).items() if value is not None} for file in files]
    return json.dumps(kept, ensure_ascii=False) if kept else None


def load_files(text: str | None) -> tuple[Attached, ...]:
    """Read what `dump_files` returned."""
    return tuple(Attached(**file) for file in json.loads(text or "[]"))


@dataclass(frozen=True)
class Message:
    """What one side said. `role` is system, user or assistant. `text` has that of the `files` in it.

    `whole_files` are those of them that go as they are: their texts are then left out.
    """

    role: str
    text: str
    images: tuple[Image | LinkedImage, ...] = ()
    files: tuple[Attached, ...] = ()
    whole_files: tuple[WholeFile, ...] = ()

    def wire(self) -> dict[str, Any]:
        """Return the message as endpoints expect it: plain text, or parts if it has images or whole files."""
        beside = [part.wire() for part in (*self.whole_files, *self.images)]
        if not beside:
            return {"role": self.role, "content": self.text}
        return {"role": self.role, "content": [{"type": "text", "text": self._said()}, *beside]}

    def _said(self) -> str:
        """Return the text without that of files which go as they are."""
        text, whole = self.text, {file.id for file in self.whole_files}
        for file in reversed(self.files):
            if file.whole in whole:
                text = f"{text[: file.begin]}{BESIDE}{text[file.end :]}"
        return text


@dataclass(frozen=True)
class Delta:
    """What one piece of a stream adds: answer text, reasoning text, or both."""

    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True)
class Usage:
    """Token counts as the endpoint reported them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None


@dataclass(frozen=True)
class Choice:
    """One of several answers to the same request (`n` > 1)."""

    text: str = ""
    finish_reason: str | None = None


@dataclass(frozen=True)
class Source:
    """Where something in an answer comes from. `url` is an address of the web, "" where none is known."""

    title: str
    url: str = ""


@dataclass(frozen=True)
class Extras:
    """What came beside the text of an answer.

    `sources` are in the order that an answer numbers them in. `media` has image, audio, video or file for each piece
    of them that is not kept, and `notes` say why one is not. `unread` are the beginnings of pieces of which no sense
    could be made. `call` is what is known of the call of an answer that was made elsewhere, and which the ledger
    therefore has not.
    """

    sources: tuple[Source, ...] = ()
    media: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    call: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def dump(self) -> str | None:
        """Return it as JSON for keeping, None where there is nothing to keep."""
        kept = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(kept, ensure_ascii=False) if kept else None

    @classmethod
    def load(cls, text: str | None) -> Extras:
        """Read what `dump` returned."""
        kept = json.loads(text or "{}")
        sources = tuple(Source(**source) for source in kept.get("sources", ()))
        return cls(
            sources,
            tuple(kept.get("media", ())),
            tuple(kept.get("unread", ())),
            kept.get("call", {}),
            tuple(kept.get("notes", ())),
        )


@dataclass(frozen=True)
class Completion:
    """An answer, whole or as far as it came.

    `incomplete`: the stream ended with neither a finish reason nor `[DONE]`.
    `tool_calls`, `function_call`: as on the wire, with the arguments joined. `model`: the one that answered.
    `debug`: what came in fields called debug… beside the choices, in the order it came.
    `implausible`: the counts of `usage` that the endpoint sent and that cannot be true; they are None there.
    `images`: the data of those that came with it, as data URLs or mere base64.
    """

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    incomplete: bool = False
    refusal: str | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()
    function_call: dict[str, Any] | None = None
    choices: tuple[Choice, ...] = ()
    debug: tuple[Any, ...] = ()
    implausible: tuple[str, ...] = ()
    extras: Extras = Extras()
    images: tuple[str, ...] = field(default=(), repr=False)
