"""What must last: conversations, messages and the ledger of upstream calls, on SQLite or PostgreSQL."""

from lib.store.chats.chats import Chats
from lib.store.library import KINDS, PRESET, PROJECT, PROMPT, Library
from lib.store.people import Event, Known, People
from lib.store.processes import Replica
from lib.store.scope import LOCAL, Scope
from lib.store.store import Store
from lib.store.usage.charts import ChartLine, Pivot, PivotRow, Series
from lib.store.usage.figures import Cell, Figures, Metric, Selection
from lib.store.usage.ledger import Ledger
from lib.store.usage.pages import Page
from lib.store.values import (
    Call,
    Collection,
    Conversation,
    Entry,
    FailedAttempt,
    Filter,
    ForeignCall,
    ForeignConversation,
    ForeignMessage,
    Hit,
    Outcome,
    Part,
    Queued,
    Removed,
    Room,
    Share,
    StoredContent,
    StoredImage,
    StoredMessage,
    TakenIn,
    Turn,
    Visit,
    Vote,
)
from lib.store.votes import Votes

__all__ = [
    "KINDS",
    "LOCAL",
    "PRESET",
    "PROJECT",
    "PROMPT",
    "Call",
    "Cell",
    "ChartLine",
    "Chats",
    "Collection",
    "Conversation",
    "Entry",
    "Event",
    "FailedAttempt",
    "Figures",
    "Filter",
    "ForeignCall",
    "ForeignConversation",
    "ForeignMessage",
    "Hit",
    "Known",
    "Ledger",
    "Library",
    "Metric",
    "Outcome",
    "Page",
    "Part",
    "People",
    "Pivot",
    "PivotRow",
    "Queued",
    "Removed",
    "Replica",
    "Room",
    "Scope",
    "Selection",
    "Series",
    "Share",
    "Store",
    "StoredContent",
    "StoredImage",
    "StoredMessage",
    "TakenIn",
    "Turn",
    "Visit",
    "Vote",
    "Votes",
]
