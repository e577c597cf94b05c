"""The tables. `conversations` owns `messages`; `usage` is the ledger and outlives both; `usage_sums` follows from it.

A change here needs a migration in migrations/versions and a new head in versions.py; a test compares them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    and_,
    event,
    literal_column,
)

from lib.store.columns import CleanText, Count, Key, Time, now

metadata = MetaData()
HERE = "parley"  # the origin of what this program calls

conversations = Table(
    "conversations",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("title", CleanText, nullable=False),
    Column("owner", CleanText, nullable=False),
    Column("endpoint", CleanText, nullable=False),
    Column("model", CleanText, nullable=False),
    # What was chosen besides, as lib.model_choice keeps it; the session is one of this endpoint and model.
    Column("params", CleanText),
    Column("session_id", CleanText),
    # What it was begun for, which says on what page.
    Column("purpose", CleanText, nullable=False, default="chat", server_default="chat"),
    # The last message of the branch that is shown. No foreign key: the message is one of its own, and goes with it.
    Column("leaf_id", Key),
    # The conversation that it is a part of, as a picture's is of its batch, and its place in there, from 0. No foreign
    # key: what is deleted is marked so with all its parts, and goes with them.
    Column("part_of", CleanText),
    Column("position", Integer),
    Column("created_at", Time, nullable=False, default=now),
    Column("updated_at", Time, nullable=False, default=now),
    Column("deleted_at", Time),
    Column("pinned_at", Time),
    Column("archived_at", Time),
    # When a temporary one goes; it is neither listed nor found.
    Column("expires_at", Time),
    # The project that it is in. No foreign key: in one that is gone it is in none.
    Column("project_id", Key),
)

conversation_tags = Table(
    "conversation_tags",
    metadata,
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", CleanText, primary_key=True),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Key, primary_key=True),
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    # What it answers, or goes on from; NULL for the first. No foreign key: it is of the same conversation.
    Column("parent_id", Key),
    Column("role", CleanText, nullable=False),
    Column("text", CleanText, nullable=False, default=""),
    Column("reasoning", CleanText, nullable=False, default=""),
    Column("state", CleanText, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
    Column("updated_at", Time, nullable=False, default=now, onupdate=now),
    Column("endpoint", CleanText),
    Column("model", CleanText),
    Column("params", CleanText),
    # How many images it has: most have none, and then nothing is looked up.
    Column("images", Integer),
    # Where the texts of attached files stand in that of a prompt, and which of them go as they are, as lib.messages
    # keeps it; NULL for most.
    Column("files", CleanText),
    Column("error_kind", CleanText),
    Column("error", CleanText),
    Column("hint", CleanText),
    Column("finish_reason", CleanText),
    # What came beside the text of an answer, as lib.messages keeps it; NULL for most.
    Column("extras", CleanText),
    # The ledger row whose figures this answer shows. No foreign key: the ledger is purged on its own.
    Column("usage_id", Key),
    # The process that is writing the row; NULL once it has finished it.
    Column("instance", CleanText),
    # The answer that this one goes on from: it begins with that one's text.
    Column("continues_id", Key),
    # Deleted with a message, itself or one before it, and with all below that one.
    Column("deleted_at", Time),
    Column("deleted_with", Key),
    # How many rows it has in the index of the search; NULL until it is there.
    Column("search_parts", Integer),
    # What the person thought of an answer: 1 or -1, and why.
    Column("rating", Integer),
    Column("rating_note", CleanText),
    # Row numbers are never given twice: the ledger remembers those of deleted messages.
    sqlite_autoincrement=True,
)

# Prompts that wait for the end of an answer. They are no messages yet.
queued_prompts = Table(
    "queued_prompts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    # The answer that it follows by itself if that ends well. Without one, or when that has ended, it waits for the
    # person.
    Column("after_id", Key),
    Column("text", CleanText, nullable=False),
    Column("files", CleanText),
    Column("purpose", CleanText, nullable=False),
    Column("endpoint", CleanText, nullable=False),
    Column("model", CleanText, nullable=False),
    Column("params", CleanText),
    Column("session_id", CleanText),
    Column("created_at", Time, nullable=False, default=now),
    # When it was taken back; it can be put back until it is purged.
    Column("taken_at", Time),
    sqlite_autoincrement=True,
)

# One copy of an image, or of a file, however often it is used; its id is the SHA-256 of its bytes.
images = Table(
    "images",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("media_type", CleanText, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
)

# An image of a message: one that is kept, or a URL that the endpoint fetches; or a file that goes as it is, whose
# `detail` is "file".
message_images = Table(
    "message_images",
    metadata,
    Column("message_id", Key, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("image_id", CleanText, ForeignKey("images.id")),
    Column("url", CleanText),
    Column("detail", CleanText, nullable=False),
    # What became of it on its way here, in words.
    Column("note", CleanText),
)

# An image of a prompt that waits, as it will be one of a message.
queued_images = Table(
    "queued_images",
    metadata,
    Column(
        "prompt_id", Key, ForeignKey("queued_prompts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("image_id", CleanText, ForeignKey("images.id")),
    Column("url", CleanText),
    Column("detail", CleanText, nullable=False),
    Column("note", CleanText),
)

# Links by which anyone reads a conversation. `leaf_id` is where the branch ended when it was made; NULL for one that
# shows what comes later as well. No foreign key: the message is one of the conversation's.
shares = Table(
    "shares",
    metadata,
    Column("token", CleanText, primary_key=True),
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("owner", CleanText, nullable=False),
    Column("leaf_id", Key),
    Column("with_params", Integer, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
    Column("expires_at", Time),
)

# What a person keeps to use it again: prompts, presets and projects, which `kind` tells apart. A prompt has a text, the
# others have what is chosen with them.
library = Table(
    "library",
    metadata,
    Column("id", Key, primary_key=True),
    Column("owner", CleanText, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("text", CleanText, nullable=False, default=""),
    Column("endpoint", CleanText, nullable=False, default=""),
    Column("model", CleanText, nullable=False, default=""),
    Column("params", CleanText),
    Column("created_at", Time, nullable=False, default=now),
    Column("deleted_at", Time),
    # Row numbers are never given twice: conversations remember those of projects.
    sqlite_autoincrement=True,
)

# What somebody thinks of the answers of a round, one of the prompts of a comparison: a row for each who looks at it.
votes = Table(
    "votes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("round", CleanText, nullable=False),
    Column("voter", CleanText, nullable=False),
    # Whose comparison it is.
    Column("owner", CleanText, nullable=False),
    # Whether the answers had no names when the vote was given.
    Column("blind", Integer, nullable=False),
    # What was voted, as lib.compare.votes keeps it; NULL while nothing was, or when it was taken back.
    Column("ballot", CleanText),
    Column("created_at", Time, nullable=False, default=now),
    Column("voted_at", Time),
    # When the names were shown.
    Column("revealed_at", Time),
    sqlite_autoincrement=True,
)

# Links by which a room votes on a round, by the hashes of their tokens.
rooms = Table(
    "rooms",
    metadata,
    Column("token_hash", CleanText, primary_key=True),
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("round", CleanText, nullable=False),
    Column("owner", CleanText, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
    Column("closed_at", Time),
)

# Who has come in: `off_at` is when they were switched off, before `out_at` no login of theirs counts any more.
people = Table(
    "people",
    metadata,
    Column("owner", CleanText, primary_key=True),
    Column("name", CleanText, nullable=False),
    Column("email", CleanText, nullable=False),
    Column("role", CleanText, nullable=False),
    # The groups that rules are for, each in a line, with a line end before and after them.
    Column("groups", CleanText),
    Column("seen_at", Time, nullable=False),
    Column("off_at", Time),
    Column("out_at", Time),
)

# What was done by whom, and to whom or what. Rows are added, and never changed but for the name of who is gone.
audit = Table(
    "audit",
    metadata,
    Column("id", Key, primary_key=True),
    Column("created_at", Time, nullable=False, default=now),
    Column("actor", CleanText, nullable=False),
    Column("event", CleanText, nullable=False),
    Column("about", CleanText, nullable=False),
    Column("detail", CleanText, nullable=False),
    sqlite_autoincrement=True,
)

usage = Table(
    "usage",
    metadata,
    Column("id", Key, primary_key=True),
    Column("created_at", Time, nullable=False, default=now),
    Column("endpoint", CleanText, nullable=False),
    Column("provider", CleanText, nullable=False),
    Column("model", CleanText, nullable=False),
    Column("served_model", CleanText),
    Column("purpose", CleanText, nullable=False),
    Column("status", CleanText, nullable=False),
    Column("prompt_tokens", Count),
    Column("completion_tokens", Count),
    Column("total_tokens", Count),
    Column("reasoning_tokens", Count),
    Column("cached_tokens", Count),
    Column("accepted_prediction_tokens", Count),
    Column("rejected_prediction_tokens", Count),
    Column("source", CleanText, nullable=False),
    Column("ttft_ms", Float(53)),
    Column("duration_ms", Float(53)),
    Column("cost_usd", Float(53)),
    Column("finish_reason", CleanText),
    Column("error_kind", CleanText),
    Column("http_status", Count),
    Column("deltas", Count),
    Column("closed_ms", Float(53)),
    Column("conversation_id", CleanText),
    Column("message_id", Key),
    Column("owner", CleanText, nullable=False),
    Column("instance", CleanText),
    Column("images", Count),
    Column("request_bytes", Count),
    Column("response_bytes", Count),
    # Counts that the endpoint sent and no one can believe; names, with commas.
    Column("refused", CleanText),
    # In billionths of the currency: whole numbers, so that sums do not depend on their order. `cost_usd` is the same.
    Column("cost", BigInteger),
    Column("currency", CleanText),
    Column("price_source", CleanText),
    Column("price_version", CleanText),
    # Where the row comes from, and what it is called there: nothing is imported twice.
    Column("origin", CleanText, nullable=False, default=HERE, server_default=HERE),
    Column("origin_id", CleanText),
    # How many calls the row stands for: exports from elsewhere have sums.
    Column("calls", BigInteger, nullable=False, default=1, server_default="1"),
    sqlite_autoincrement=True,
)

# What the sums of the ledger are kept apart by, and what is summed up. Every sum is a whole number.
DIMENSIONS = ("owner", "endpoint", "model", "purpose", "status", "source", "origin", "currency")
MEASURES = ("prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens", "cached_tokens", "cost")
KNOWN = tuple(f"{name}_known" for name in MEASURES)  # for how many calls it is known
# First-token times, by size: below 20 ms, 38 steps of a quarter each, above 96 s (no call waits that long in silence).
BINS = tuple(f"ttft_{number}" for number in range(40))
SUMS = ("calls", *MEASURES, *KNOWN, "reported_tokens", *BINS)

usage_sums = Table(
    "usage_sums",
    metadata,
    Column("zone", CleanText, primary_key=True),
    Column("level", CleanText, primary_key=True),
    # The day in that zone, or the first one of its month.
    Column("day", Date, primary_key=True),
    # "" is what a level does not tell apart, or a currency that is not known.
    *(Column(name, CleanText, primary_key=True) for name in DIMENSIONS),
    *(Column(name, Integer if name in BINS else BigInteger, nullable=False) for name in SUMS),
    sqlite_with_rowid=False,
)

# The time zones that sums are kept for: how far each is from UTC, from when to when.
usage_zones = Table(
    "usage_zones",
    metadata,
    Column("zone", CleanText, primary_key=True),
    Column("since", Time, primary_key=True),
    Column("until", Time, nullable=False),
    Column("minutes", Integer, nullable=False),
    # Calls before this moment are in the sums of the zone, later ones not yet.
    Column("filled", Time, nullable=False),
)


# Who writes to this database: a row for each process, touched every few seconds while it lives.
processes = Table(
    "processes",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("host", CleanText, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("build", CleanText),
    Column("version", CleanText),  # of the schema that it knows
    Column("secret", CleanText),  # what tells whether two sign cookies with the same one
    Column("draining_at", Time),
)

# The oldest version of the schema whose code lives with this one: one row.
compatibility = Table("compatibility", metadata, Column("oldest", CleanText, primary_key=True))


# The index of the search: each database's own kind. What stands in it says lib.store.chats.index.
SEARCH = {
    "sqlite": [
        """
        CREATE VIRTUAL TABLE message_search
        USING fts5(grams, content='', columnsize=0, detail='none', tokenize='ascii', prefix='1 2')
        """,
    ],
    "postgresql": [
        """
        CREATE TABLE message_search (
            message_id BIGINT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            part INTEGER NOT NULL,
            grams TSVECTOR NOT NULL,
            PRIMARY KEY (message_id, part)
        ) WITH (toast_tuple_target = 128)
        """,
        "CREATE INDEX ix_message_search_grams ON message_search USING gin (grams)",
    ],
}


@event.listens_for(metadata, "after_create")
def _create_search(_: MetaData, db: Connection, **_options: object) -> None:
    for statement in SEARCH[db.dialect.name]:
        db.exec_driver_sql(statement)


def _index(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False) -> Index:
    return Index(name, *columns, sqlite_where=where, unique=unique)


# Both databases have such indexes. But who names PostgreSQL in one loads all that SQLAlchemy has for it: a tenth of a
# second of each start, on SQLite as well.
@event.listens_for(metadata, "before_create")
def _tell_conditions(_: MetaData, db: Connection, **_options: object) -> None:
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        index.dialect_kwargs[f"{db.dialect.name}_where"] = index.dialect_kwargs["sqlite_where"]


_index(
    "ix_conversations_recent",
    conversations.c.owner,
    conversations.c.updated_at,
    where=and_(conversations.c.deleted_at.is_(None), conversations.c.part_of.is_(None)),
)
_index(
    "ix_conversations_parts",
    conversations.c.part_of,
    conversations.c.position,
    where=conversations.c.part_of.is_not(None),
)
_index("ix_messages_open", messages.c.instance, where=messages.c.instance.is_not(None))
# One answer at a time in a conversation, whichever process asks for it.
_index(
    "ux_messages_running",
    messages.c.conversation_id,
    where=and_(messages.c.instance.is_not(None), messages.c.state == literal_column("'streaming'")),
    unique=True,
)
_index("ix_messages_unindexed", messages.c.id, where=messages.c.search_parts.is_(None))
_index("ix_messages_deleted", messages.c.deleted_with, where=messages.c.deleted_with.is_not(None))
_index(
    "ix_conversations_pinned",
    conversations.c.owner,
    conversations.c.pinned_at,
    where=conversations.c.pinned_at.is_not(None),
)
_index("ix_conversations_project", conversations.c.project_id, where=conversations.c.project_id.is_not(None))
_index("ix_conversations_expiring", conversations.c.expires_at, where=conversations.c.expires_at.is_not(None))
_index("ix_usage_open", usage.c.instance, where=usage.c.instance.is_not(None))
Index("ix_message_images_image", message_images.c.image_id)
Index("ix_queued_images_image", queued_images.c.image_id)
Index("ix_queued_prompts_conversation", queued_prompts.c.conversation_id, queued_prompts.c.id)
_index("ix_queued_prompts_after", queued_prompts.c.after_id, where=queued_prompts.c.after_id.is_not(None))
Index("ix_messages_conversation", messages.c.conversation_id, messages.c.id)
Index("ix_messages_parent", messages.c.parent_id)
Index("ix_shares_conversation", shares.c.conversation_id)
Index("ix_shares_owner", shares.c.owner, shares.c.created_at)
Index("ix_library_owner", library.c.owner, library.c.kind)
Index("ux_votes_voter", votes.c.conversation_id, votes.c.round, votes.c.voter, unique=True)
Index("ix_votes_owner", votes.c.owner, votes.c.voted_at)
Index("ix_rooms_conversation", rooms.c.conversation_id, rooms.c.round)
Index("ix_usage_created", usage.c.created_at, usage.c.id)
Index("ix_usage_owner", usage.c.owner, usage.c.created_at, usage.c.id)
Index("ix_usage_model", usage.c.model, usage.c.created_at, usage.c.id)
Index("ix_usage_status", usage.c.status, usage.c.created_at, usage.c.id)
_index("ix_usage_conversation", usage.c.conversation_id, where=usage.c.conversation_id.is_not(None))
_index("ix_usage_origin", usage.c.origin, usage.c.origin_id, where=usage.c.origin_id.is_not(None), unique=True)
Index("ix_usage_message", usage.c.message_id)


def insert_into(table: Table, dialect: str) -> Any:
    """Return an INSERT that has ON CONFLICT: each database has one of its own, which is loaded where it is used."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def add(db: Connection, table: Table, **values: object) -> int:
    """Insert one row and return its number."""
    key: Any = db.execute(table.insert().values(values)).inserted_primary_key
    return int(key[0])


def add_new(db: Connection, table: Table, **values: object) -> None:
    """Insert one row unless there is one with its key; another process may be adding it at the same moment."""
    db.execute(insert_into(table, db.dialect.name).values(values).on_conflict_do_nothing())
