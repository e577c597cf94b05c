"""Packs made of what was asked before: each prompt of a conversation, or round of a comparison, becomes a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lib.chats import exports
from lib.compare.lanes import PURPOSE
from lib.compare.packs import MAX_SECONDS, MAX_STEPS, MAX_TEXT, MAX_TITLE, NUMBERS, TYPES, Pack, Recording, Step
from lib.compare.rounds import rounds
from lib.documents.document import Document
from lib.errors import ChatError
from lib.messages import Image
from lib.model_choice import ModelChoice, Parameters
from lib.pricing.prices import BILLION
from lib.store import Chats, StoredMessage

PIECE = 6  # characters of an answer that come at a time: when each of them came is not kept
Answered = tuple[StoredMessage, Sequence[StoredMessage]]  # a prompt, and its answers


def pack_of(chats: Chats, id: str) -> Pack:
    """Return a conversation or a comparison as a pack, its answers as recordings.

    Raises ChatError where there is none, nothing was answered, or a text is too long.
    """
    conversation = exports.found(chats, id)
    asked = _rounds(chats, id) if conversation.purpose == PURPOSE else _turns(chats, id)
    answered = [each for each in asked if each[1]][:MAX_STEPS]
    steps = [_step(chats, number, *each) for number, each in enumerate(answered)]
    if not steps:
        raise ChatError("Nothing was answered here that could be shown.", hint="Ask something first.")
    return Pack(conversation.title[:MAX_TITLE], tuple(steps))


def _turns(chats: Chats, id: str) -> Iterator[Answered]:
    path = chats.path(id)
    for said, after in pairwise(path):
        if (said.role, after.role) == ("user", "assistant"):
            yield said, [after]


def _rounds(chats: Chats, id: str) -> Iterator[Answered]:
    for each in rounds(chats, id):
        yield each.prompt, [entry.answer for entry in each.entries if entry.answer]


def _step(chats: Chats, number: int, prompt: StoredMessage, answers: Sequence[StoredMessage]) -> Step:
    files = tuple(Document(file.name, prompt.text[file.begin : file.end], file.note) for file in prompt.files)
    if any(len(text) > MAX_TEXT for text in (prompt.typed, *(file.text for file in files))):
        raise ChatError(f"A prompt here has more than {MAX_TEXT:,} characters.", hint="Make a pack of a shorter one.")
    return Step(
        prompt.typed,
        tuple(map(_lane, answers)),
        images=tuple(_images(chats, prompt)),
        files=files,
        recordings=tuple(map(_recording, answers)),
        follows=number > 0,
    )


def _lane(answer: StoredMessage) -> ModelChoice:
    given = Parameters.load(answer.params)
    numbers = {name: getattr(given, name) for name in NUMBERS}
    return ModelChoice(answer.endpoint or "", answer.model or "", Parameters(given.system[:MAX_TEXT], **numbers))


def _images(chats: Chats, prompt: StoredMessage) -> Iterator[Image]:
    for image in prompt.images:
        kept = chats.image(image.id) if image.id else None
        if kept and kept.media_type in TYPES.values():
            yield kept.image(image.detail)


def _recording(answer: StoredMessage) -> Recording | None:
    """Return an answer as a recording, its words spread evenly over the time that it took."""
    if answer.state != "completed" or not 0 < len(answer.text) <= MAX_TEXT:
        return None
    pieces = [answer.text[at : at + PIECE] for at in range(0, len(answer.text), PIECE)]
    first, last = (min(MAX_SECONDS, (time or 0.0) / 1000) for time in (answer.ttft_ms, answer.duration_ms))
    step = max(0.0, last - first) / len(pieces)
    chunks = tuple((first + step * number, piece) for number, piece in enumerate(pieces))
    cost = None if answer.cost is None else answer.cost / BILLION
    tokens = answer.usage.completion_tokens if answer.usage else None
    model = answer.served_model or answer.model or ""
    return Recording(answer.created_at, model, chunks, tokens, cost and float(cost), answer.currency or "")
