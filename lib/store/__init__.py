"""What must last: conversations, messages and the ledger of upstream calls, on SQLite or PostgreSQL."""

from lib.store.store import Store
from lib.store.usage.charts import ChartLine, Pivot, PivotRow, Series
from lib.store.usage.figures import Cell, Figures, Metric, Selection
from lib.store.usage.pages import Page
from lib.store.usage.reports import Reports
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
    "ChartLine",
    "Conversation",
    "FailedAttempt",
    "Figures",
    "ForeignCall",
    "Metric",
    "Outcome",
    "Page",
    "Pivot",
    "PivotRow",
    "Reports",
    "Selection",
    "Series",
    "Store",
    "StoredContent",
    "StoredImage",
    "StoredMessage",
    "Turn",
]
