"""One prompt to several models: a comparison is a conversation that holds the first prompt, its lanes are its parts.

So a lane is a conversation like any other: it streams, stops, is retried and stored as one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lib import generations
from lib.api import ChatClient
from lib.documents import document
from lib.errors import ChatError, ConfigError
from lib.generations import request
from lib.messages import Image, LinkedImage, Message
from lib.model_choice import ModelChoice
from lib.store import Chats, StoredMessage

log = logging.getLogger("parley")

PURPOSE = "compare"  # of a comparison, and of all calls in it
EACH = "lane"  # of the conversations that are its lanes
MIN_LANES = 2
MAX_LANES = 6
HOLD = 0.2  # seconds after its end in which a lane is not stored: the others are likely to end then
FULL = f"A comparison has at most {MAX_LANES} lanes."

_behind: set[str] = set()  # lanes of this process that are being asked what the others were


@dataclass(frozen=True)
class Contender:
    """Who answers in a lane. `allow` raises BudgetError when it may not be asked any more."""

    client: ChatClient
    choice: ModelChoice
    allow: Callable[[], object] = lambda: None

    @property
    def name(self) -> str:
        """What its lane is called."""
        return f"{self.choice.model or 'default model'} · {self.choice.endpoint}"


@dataclass(frozen=True)
class Lane:
    """A lane, and who answers in it."""

    id: str
    contender: Contender


def check(count: int) -> None:
    """Check how many lanes there are to be. Raises ConfigError."""
    if count < MIN_LANES:
        raise ConfigError("A comparison needs at least two lanes.", hint="Add a model above.")
    if count > MAX_LANES:
        raise ConfigError(f"These are {count} lanes. {FULL}", hint="Take some out.")


def begin(chats: Chats, contenders: Sequence[Contender], prompt: Message) -> tuple[str, list[Lane]]:
    """Keep a comparison of `contenders`, a lane for each; return its id and the lanes, in which nobody was asked yet.

    Raises ConfigError for too few or too many, StoreError when it cannot be kept.
    """
    check(len(contenders))
    first, choices = contenders[0], [each.choice for each in contenders]
    names, provider = [each.name for each in contenders], first.client.endpoint.provider
    question = document.typed(prompt.text, prompt.files)  # the lanes have the files
    id, parts = chats.collect(
        question, names, first.choice, provider=provider, purpose=PURPOSE, each=EACH, choices=choices
    )
    return id, [Lane(part, each) for part, each in zip(parts, contenders, strict=True)]


def ask(chats: Chats, lanes: Iterable[Lane], prompt: Message, limit: int) -> dict[str, ChatError]:
    """Ask the next prompt in each lane; return why it was not asked in those in which it was not, by their ids."""
    refused: dict[str, ChatError] = {}
    for lane in lanes:
        try:
            _ask(chats, lane, prompt, limit).hold(HOLD)
        except ChatError as error:
            refused[lane.id] = error
    return refused


def add(chats: Chats, id: str, contender: Contender, limit: int) -> Lane:
    """Open one more lane, in which the prompts of the first one are asked, one after the other, in the background.

    Raises ConfigError when there are as many as there may be, StoreError.
    """
    parts = chats.parts(id)
    check(len(parts) + 1)
    provider = contender.client.endpoint.provider
    lane = Lane(chats.join(id, contender.name, contender.choice, provider=provider, purpose=EACH), contender)
    prompts = [said for said in chats.path(parts[0].conversation.id) if said.role == "user"] if parts else []
    _behind.add(lane.id)
    threading.Thread(target=_catch_up, args=(chats, lane, prompts, limit), name=f"lane-{lane.id}", daemon=True).start()
    return lane


def is_behind(id: str) -> bool:
    """Whether a lane that was added is still being asked what the others were."""
    return id in _behind


def stop(chats: Chats, ids: Iterable[str]) -> None:
    """End what is being written in lanes."""
    for id in ids:
        if generation := generations.follow(chats, id):
            generation.stop()


def _ask(chats: Chats, lane: Lane, prompt: Message, limit: int) -> generations.Generation:
    who = lane.contender
    who.allow()
    return generations.start(
        chats, who.client, prompt, who.choice, conversation_id=lane.id, purpose=PURPOSE, limit=limit
    )


def _catch_up(chats: Chats, lane: Lane, prompts: Sequence[StoredMessage], limit: int) -> None:
    try:
        for prompt in prompts:
            if _ask(chats, lane, _as_asked(chats, prompt), limit).result().state != "completed":
                return
    except ChatError as error:
        log.warning("Lane %s does not catch up: %s", lane.id, error)
    finally:
        _behind.discard(lane.id)


def _as_asked(chats: Chats, prompt: StoredMessage) -> Message:
    """Return a stored prompt as it is asked again, with its files, and its images as far as they are kept."""
    images: list[Image | LinkedImage] = []
    for image in prompt.images:
        kept = chats.image(image.id) if image.id else None
        if kept:
            images.append(Image(kept.content, kept.media_type, image.detail, kept.pixels))
        elif image.url:
            images.append(LinkedImage(image.url, image.detail))
    return Message("user", prompt.text, tuple(images), prompt.files, tuple(request.whole(prompt.files, chats.image)))
