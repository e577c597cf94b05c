"""Where a generation is kept: an answer in a conversation, or a row of the ledger alone. Nothing else here writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from lib.config import Endpoint
from lib.messages import Delta, Message
from lib.model_choice import ModelChoice
from lib.store import Chats, Ledger, Outcome, StoredMessage, Turn

NOTHING = Delta()


class Record(Protocol):
    """What a generation needs of the place where it is kept; `turn` is None outside conversations.

    `usage_id` is its row in the ledger, `said` what the answer has before anything comes: that which it goes on from.
    `save` and `finish` raise StoreError; `finish` completes the row of the ledger as well, a second time changes
    nothing. `abandon` leaves what can never be finished to upkeep.
    """

    @property
    def turn(self) -> Turn | None: ...

    @property
    def usage_id(self) -> int: ...

    @property
    def said(self) -> Delta: ...

    def save(self, text: str, reasoning: str) -> None: ...

    def finish(self, outcome: Outcome) -> None: ...

    def abandon(self) -> None: ...


@dataclass(frozen=True)
class AnswerRecord:
    """An answer in a conversation, with its row in the ledger."""

    chats: Chats
    turn: Turn
    said: Delta = NOTHING

    @property
    def usage_id(self) -> int:
        """Its row in the ledger."""
        return self.turn.usage_id

    @classmethod
    def begin(
        cls,
        chats: Chats,
        endpoint: Endpoint,
        choice: ModelChoice,
        prompt: Message,
        *,
        conversation_id: str | None,
        purpose: str,
        temporary: bool,
    ) -> AnswerRecord:
        """Store a prompt and an empty answer to it, in a new conversation if none is named."""
        about: dict[str, Any] = {"provider": endpoint.provider, "purpose": purpose, "temporary": temporary}
        return cls(chats, chats.begin(prompt, choice, conversation_id=conversation_id, **about))

    @classmethod
    def edit(
        cls, chats: Chats, endpoint: Endpoint, choice: ModelChoice, message: StoredMessage, text: str, *, purpose: str
    ) -> AnswerRecord:
        """Store `text` beside a prompt, with its images, and an empty answer to it."""
        return cls(chats, chats.edit(message.id, text, choice, provider=endpoint.provider, purpose=purpose))

    @classmethod
    def retry(
        cls, chats: Chats, endpoint: Endpoint, choice: ModelChoice, message: StoredMessage, *, purpose: str
    ) -> AnswerRecord:
        """Store another empty answer to the same prompt as `message`."""
        return cls(chats, chats.retry(message.id, choice, provider=endpoint.provider, purpose=purpose))

    @classmethod
    def go_on(
        cls, chats: Chats, endpoint: Endpoint, choice: ModelChoice, message: StoredMessage, *, purpose: str
    ) -> AnswerRecord:
        """Store an answer that goes on from `message`, and has its text."""
        turn = chats.go_on(message.id, choice, provider=endpoint.provider, purpose=purpose)
        return cls(chats, turn, Delta(message.text, message.reasoning))

    def save(self, text: str, reasoning: str) -> None:
        """Keep what has come so far."""
        self.chats.save(self.turn, text, reasoning)

    def finish(self, outcome: Outcome) -> None:
        """Complete the answer."""
        self.chats.finish(self.turn, outcome)

    def abandon(self) -> None:
        """Leave it unfinished."""
        self.chats.abandon(self.turn)


@dataclass(frozen=True)
class CallRecord:
    """A call that belongs to no conversation: what comes of it is its caller's, the ledger has the figures."""

    ledger: Ledger
    usage_id: int
    turn: None = None
    said: Delta = NOTHING

    @classmethod
    def begin(cls, ledger: Ledger, endpoint: Endpoint, model: str, *, purpose: str) -> CallRecord:
        """Write the row before the call is made."""
        choice = ModelChoice(endpoint.name, model)
        return cls(ledger, ledger.begin(choice, provider=endpoint.provider, purpose=purpose))

    def save(self, text: str, reasoning: str) -> None:
        """Keep nothing: the ledger has no content."""

    def finish(self, outcome: Outcome) -> None:
        """Complete the row."""
        self.ledger.finish(self.usage_id, outcome)

    def abandon(self) -> None:
        """Leave it unfinished."""
        self.ledger.abandon(self.usage_id)
