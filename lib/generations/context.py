"""Which of the earlier turns go along with the next prompt, and about how many tokens they are.

A person may have left out the oldest turns, or had them summed up. That holds for the turns it was said of, which are
known by a mark of what stands in them: so it goes along into forks, files and other branches that begin with the same
turns, and on a branch that begins otherwise everything is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from lib.messages import Message
from lib.model_choice import Parameters
from lib.pricing import token_estimates
from lib.pricing.token_estimates import FRAME
from lib.store import StoredImage, StoredMessage

ASKED = "Sum up our conversation so far."  # what a summary is the answer to, in what is sent
PARTS = ("text", "files", "images")  # of what messages are, in tokens


class Said(Protocol):
    """What was said by one side."""

    @property
    def role(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def images(self) -> tuple[object, ...]: ...


Each = TypeVar("Each", bound=Said)


def answered(branch: Sequence[Each]) -> list[Each]:
    """Return what is sent of the messages of a branch: a prompt that got no answer stays out, with its empty one."""
    said: list[Each] = []
    for message in branch:
        if message.role == "assistant" and not (message.text or message.images):
            said = said[:-1]
        else:
            said.append(message)
    return said


def turns(said: Sequence[Each]) -> list[Sequence[Each]]:
    """Return what was said as turns: prompts with what follows each; what stands before the first goes with it."""
    begins = [number for number, message in enumerate(said) if message.role == "user"]
    ends = [*begins[1:], len(said)]
    return [said[begin:end] for begin, end in zip([0, *begins[1:]], ends, strict=True)] if begins else []


def mark(said: Sequence[Said]) -> str:
    """Return a sign by which turns are known again."""
    digest = hashlib.sha256()
    for message in said:
        digest.update(f"{message.role}\0{len(message.text)}\0{message.text}".encode("utf-8", "replace"))
    return digest.hexdigest()[:16]


def left_out(said: Sequence[Each], wanted: Parameters) -> int:
    """Return how many of the oldest turns stay out: none where they are not those that it was said of."""
    number = wanted.skip
    if not number:
        return 0
    first = [message for turn in turns(said)[:number] for message in turn]
    return number if mark(first) == wanted.skip_mark else 0


def sent(said: Sequence[Message], wanted: Parameters) -> list[Message]:
    """Return what is sent of what was said: without what stays out, with its summary if there is one."""
    number = left_out(said, wanted)
    if not number:
        return list(said)
    rest = [message for turn in turns(said)[number:] for message in turn]
    return [*summed_up(wanted), *rest]


def leaving_out(wanted: Parameters, branch: Sequence[Said], number: int, summary: str = "") -> Parameters:
    """Return parameters with which the oldest turns of a branch stay out, and `summary` goes in their place."""
    first = [message for turn in turns(answered(branch))[:number] for message in turn]
    return replace(wanted, skip=number, skip_mark=mark(first) if number else "", summary=summary)


def summed_up(wanted: Parameters) -> list[Message]:
    """Return what stands in the place of what stays out."""
    return [Message("user", ASKED), Message("assistant", wanted.summary)] if wanted.summary else []


@dataclass(frozen=True)
class Weight:
    """About how many tokens earlier turns are: what was typed and answered, files, images, and what sums others up."""

    turns: int = 0
    text: int = 0
    files: int = 0
    images: int = 0
    summary: int = 0

    @property
    def tokens(self) -> int:
        """All of it."""
        return self.text + self.files + self.images + self.summary


class Context:
    """The earlier turns of a branch, oldest first. Each message is counted once, by its id, in `known`.

    `weigh` says how many tokens an image is.
    """

    def __init__(
        self,
        branch: Sequence[StoredMessage],
        wanted: Parameters,
        known: dict[int, Weight],
        weigh: Callable[[StoredImage], int] = lambda _: 0,
        estimate: Callable[[str], int] = token_estimates.estimate,
    ) -> None:
        self._known, self._weigh, self._estimate = known, weigh, estimate
        said = answered(branch)
        self.turns = turns(said)
        self.without = left_out(said, wanted)
        self._summary = sum(FRAME + estimate(message.text) for message in summed_up(wanted)) if self.without else 0
        self._weights = [self._turn(turn) for turn in self.turns]

    @property
    def weight(self) -> Weight:
        """What goes along."""
        weights = self._weights[self.without :]
        text, files, images = (sum(getattr(each, name) for each in weights) for name in PARTS)
        return Weight(len(weights), text, files, images, self._summary)

    def over(self, room: int) -> int:
        """Return how many of the oldest turns have to stay out for the others to fit into so many tokens."""
        number = len(self._weights)
        for weight in reversed(self._weights):
            room -= weight.tokens
            if room < 0:
                break
            number -= 1
        return number

    def first(self, number: int) -> list[StoredMessage]:
        """Return what was said in the oldest turns."""
        return [message for turn in self.turns[:number] for message in turn]

    def tokens(self, message: StoredMessage) -> int:
        """Return about how many tokens one message is."""
        return self._count(message).tokens

    def _turn(self, turn: Sequence[StoredMessage]) -> Weight:
        counts = [self._count(message) for message in turn]
        text, files, images = (sum(getattr(each, name) for each in counts) for name in PARTS)
        return Weight(1, text, files, images)

    def _count(self, message: StoredMessage) -> Weight:
        if message.id not in self._known:
            typed = self._estimate(message.typed)
            files = self._estimate(message.text) - typed if message.files else 0
            files += sum(file.pages or 0 for file in message.files if file.whole) * token_estimates.PAGE
            # Those in answers are not sent: endpoints take images from the person alone.
            images = sum(map(self._weigh, message.images)) if message.role == "user" else 0
            self._known[message.id] = Weight(0, FRAME + typed, files, images)
        return self._known[message.id]
