"""A summary of the oldest turns, made by a call of its own; the person decides whether it goes in their place."""

from __future__ import annotations

from collections.abc import Sequence

from lib.api import ChatClient
from lib.generations import registry
from lib.generations.context import Said
from lib.generations.generation import Generation
from lib.generations.request import request_for
from lib.messages import Message
from lib.model_choice import ModelChoice, Parameters
from lib.store import Ledger

PURPOSE = "summary"
TASK = (
    "Sum up the conversation below, for its assistant to go on from. Keep what was decided, what was asked for and is"
    " still open, names, numbers and code that later turns may need; leave out pleasantries. Write in the language of"
    " the conversation, in at most 400 words, and nothing but the summary."
)
WHO = {"user": "User", "assistant": "Assistant"}
CHARACTERS = 3  # of a token, at least, in most texts
ANSWER = 1_500  # tokens that are left for the task and the summary
MAX_CHARACTERS = 400_000  # characters that are summed up where the window is not known
GAP = "[…]"


def start(
    ledger: Ledger,
    client: ChatClient,
    choice: ModelChoice,
    said: Sequence[Said],
    *,
    before: str = "",
    window: int | None = None,
) -> Generation:
    """Ask for a summary of what was `said`, in the background; `before` is one of what stood before it.

    What does not fit into `window` tokens is cut out of the middle of long messages. Raises StoreError.
    """
    bare = ModelChoice(choice.endpoint, choice.model, Parameters(stream=choice.parameters.stream))
    request = request_for(client.endpoint, bare, [Message("user", text(said, before, room(window)))])
    return registry.call(ledger, client, request, purpose=PURPOSE)


def room(window: int | None) -> int:
    """Return how many characters may be summed up: half of a small window, all but some of a larger one."""
    return MAX_CHARACTERS if window is None else max(window // 2, window - ANSWER) * CHARACTERS


def text(said: Sequence[Said], before: str, most: int) -> str:
    """Return what is asked: the task, and at most so many characters of what was said."""
    parts = [(WHO.get(message.role, message.role), message.text) for message in said]
    if before:
        parts.insert(0, ("Summary of what was said before", before))
    share = _share([len(words) for _, words in parts], most)
    return "\n\n".join([TASK, *(f"{who}:\n{_cut(words, share)}" for who, words in parts)])


def _share(lengths: list[int], most: int) -> int:
    """Return how long each may be for all to come to `most`: what short ones leave is for the long ones."""
    left = most
    for number, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - number)
        if length > share:
            return share
        left -= length
    return most


def _cut(words: str, most: int) -> str:
    half = most // 2
    return words if len(words) <= most else f"{words[:half]}\n{GAP}\n{words[len(words) - half :]}"
