"""What must last: conversations, messages and the ledger of upstream calls, on SQLite or PostgreSQL."""

from lib.store.store import Store
from lib.store.values import Call, Conversation, FailedAttempt, Outcome, StoredContent, StoredImage, StoredMessage, Turn

__all__ = [
    "Call",
    "Conversation",
    "FailedAttempt",
    "Outcome",
    "Store",
    "StoredContent",
    "StoredImage",
    "StoredMessage",
    "Turn",
]
