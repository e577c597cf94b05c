"""What the prompts of a conversation were about to cost: each message is counted once, however often it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from lib.pricing import token_estimates
from lib.store import StoredImage, StoredMessage
from lib.ui.images import tray

KEY = "expected"

Weigh = Callable[[StoredImage, str], int | None]


class Expected:
    """Prompt tokens by answer, each with all that was said before it; `weigh` tells those of an image for a model."""

    def __init__(self, conversation_id: str | None, weigh: Weigh = tray.tokens) -> None:
        self.conversation_id = conversation_id
        self._weigh = weigh
        self._texts: dict[int, int] = {}
        self._prompts: dict[int, int | None] = {}

    def __contains__(self, answer: StoredMessage) -> bool:
        return answer.id in self._prompts

    def get(self, answer: StoredMessage) -> int | None:
        """Return what the prompt of an answer was about to cost; None if nobody can know, or it was not counted."""
        return self._prompts.get(answer.id)

    def count(self, said: Sequence[StoredMessage]) -> None:
        """Count what is new in a conversation, oldest message first. What has been said does not change."""
        answers = [message for message in said if message.role == "assistant" and message not in self]
        for model in {answer.model or "" for answer in answers}:
            self._count(said, model)

    def _count(self, said: Sequence[StoredMessage], model: str) -> None:
        total: int | None = token_estimates.REPLY
        for message in said:
            if message.role == "assistant" and (message.model or "") == model:
                self._prompts.setdefault(message.id, total)
            own = self._tokens(message, model)
            total = None if total is None or own is None else total + own

    def _tokens(self, message: StoredMessage, model: str) -> int | None:
        images = [self._weigh(image, model) for image in message.images]
        return None if None in images else self._text(message) + sum(number or 0 for number in images)

    def _text(self, message: StoredMessage) -> int:
        if message.id in self._texts:
            return self._texts[message.id]
        number = token_estimates.FRAME + token_estimates.estimate(message.text)
        if message.state != "streaming":
            self._texts[message.id] = number
        return number


def of(conversation_id: str | None) -> Expected:
    """Return what is known in this browser session of the conversation that is open."""
    kept: Expected | None = st.session_state.get(KEY)
    if kept is None or kept.conversation_id != conversation_id:
        kept = st.session_state[KEY] = Expected(conversation_id)
    return kept
