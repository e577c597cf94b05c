"""What must last: conversations, messages and the ledger of upstream calls, on SQLite or PostgreSQL."""

from lib.store.calls import Page
from lib.store.charts import Line, Pivot, Row, Series
from lib.store.figures import Cell, Figures, Selection
from lib.store.reports import Reports
from lib.store.store import Store
from lib.store.values import (
    OWNER,
    Call,
    Conversation,
    FailedAttempt,
    ForeignCall,
    Outcome,
    StoredContent,
    StoredImage,
    StoredMessage,
    Turn,
)

__all__ = [
    "OWNER",
    "Call",
    "Cell",
    "Conversation",
    "FailedAttempt",
    "Figures",
    "ForeignCall",
    "Line",
    "Outcome",
    "Page",
    "Pivot",
    "Reports",
    "Row",
    "Selection",
    "Series",
    "Store",
    "StoredContent",
    "StoredImage",
    "StoredMessage",
    "Turn",
]
