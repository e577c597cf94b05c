"""The door to everything that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store.chats import conversations, images, titles, turns
from lib.store.columns import now
from lib.store.engine import Database, connect
from lib.store.processes import instance
from lib.store.usage import ledger
from lib.store.usage.reports import Reports
from lib.store.values import (
    OWNER,
    Call,
    Conversation,
    ForeignCall,
    Outcome,
    StoredContent,
    StoredMessage,
    Target,
    Turn,
    chosen,
)
from lib.store.versions import HISTORY, History, migrate


class Store:
    """An open database. It lives as long as the app; any number of threads may use it.

    Every method raises StoreError when the database fails; nothing is half written then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reports = Reports(database)
        self._instance = instance()

    @classmethod
    def open(cls, url: str, history: History = HISTORY) -> Store:
        """Open the database at a SQLAlchemy URL, made and migrated as needed.

        A SQLite file is made with mode 0600, its folder with 0700, and copied before a migration.
        Raises StoreError when it cannot be opened or its schema is newer than this code.
        """
        database = connect(url)
        try:
            migrate(database, history)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Give the connections back; the store is not usable afterwards."""
        self.reports.close()
        self._database.close()

    def ping(self) -> None:
        """Ask the database for next to nothing; raises StoreError when it does not answer."""
        with self._database.read() as db:
            db.execute(text("SELECT 1 FROM conversations LIMIT 1"))

    def recover(self) -> int:
        """Mark answers and calls that a dead process left unfinished as interrupted; return how many answers.

        Their partial text stays. What this very store has begun is left alone, and so is what a living process of
        this machine writes. On PostgreSQL, rows of another machine count as left after five minutes of silence.
        """
        with self._database.read() as db:
            gone, distant = turns.orphans(db, self._instance, shared=self._database.file is None)
        if not (gone or distant):
            return 0
        with self._database.write() as db:
            return turns.interrupt(db, gone, distant)

    def begin(
        self,
        prompt: Message,
        choice: ModelChoice,
        *,
        provider: str,
        conversation_id: str | None = None,
        owner: str = OWNER,
        purpose: str = "chat",
    ) -> Turn:
        """Keep a prompt before it is sent: its text and images, an empty answer and a ledger row, all or nothing.

        Without `conversation_id` a new conversation is opened, its title made from the prompt.
        Raises StoreError for a conversation that is deleted or belongs to someone else.
        """
        target = Target(choice, provider, owner, purpose, self._instance)
        with self._database.write() as db:
            return turns.begin(db, prompt, conversation_id, target)

    def retry(
        self,
        message_id: int,
        choice: ModelChoice,
        *,
        provider: str,
        owner: str = OWNER,
        purpose: str = "chat",
    ) -> Turn:
        """Begin another answer to the same prompt; the answer `message_id` is kept but not shown any more.

        Raises StoreError when that answer is still running or has been replaced already.
        """
        target = Target(choice, provider, owner, purpose, self._instance)
        with self._database.write() as db:
            return turns.retry(db, message_id, target)

    def begin_call(self, choice: ModelChoice, *, provider: str, purpose: str, owner: str = OWNER) -> int:
        """Keep a ledger row for a call that belongs to no conversation, before it is sent; return its id."""
        target = Target(choice, provider, owner, purpose, self._instance)
        with self._database.write() as db:
            return ledger.start(db, target)

    def finish_call(self, usage_id: int, outcome: Outcome) -> None:
        """Complete such a row; a second time changes nothing."""
        with self._database.write() as db:
            ledger.close(db, usage_id, outcome)

    def save(self, turn: Turn, text: str, reasoning: str) -> None:
        """Keep what has come so far of a running answer; changes nothing after `finish`."""
        with self._database.write() as db:
            conversations.save(db, turn.message_id, text, reasoning)

    def finish(self, turn: Turn, outcome: Outcome) -> None:
        """Complete the answer and its ledger row; a second time changes nothing."""
        with self._database.write() as db:
            turns.finish(db, turn, outcome)

    def conversations(self, owner: str = OWNER, limit: int = 100, before: datetime | None = None) -> list[Conversation]:
        """Return conversations, the latest activity first; `before` is the `updated_at` to go on from."""
        with self._database.read() as db:
            return conversations.listing(db, owner, limit, before)

    def conversation(self, id: str) -> Conversation | None:
        """Return a conversation; `None` if there is none or it is deleted."""
        with self._database.read() as db:
            return conversations.get(db, id)

    def messages(self, conversation_id: str, limit: int | None = None) -> list[StoredMessage]:
        """Return the last `limit` messages, oldest first, each with the figures of its call."""
        with self._database.read() as db:
            return conversations.shown(db, conversation_id, limit)

    def message(self, id: int) -> StoredMessage | None:
        """Return one message, be it shown or replaced."""
        with self._database.read() as db:
            return conversations.message(db, id)

    def image(self, id: str) -> StoredContent | None:
        """Return the bytes of an image; `None` if no message has it any more."""
        with self._database.read() as db:
            return images.content(db, id)

    def count(self, conversation_id: str) -> int:
        """Count the messages of a conversation that are shown."""
        with self._database.read() as db:
            return conversations.count(db, conversation_id)

    def rename(self, id: str, title: str) -> None:
        """Give a conversation another title."""
        with self._database.write() as db:
            conversations.change(db, id, title=titles.tidy(title))

    def choose(self, id: str, choice: ModelChoice) -> None:
        """Keep what was chosen for a conversation, before it is used."""
        with self._database.write() as db:
            conversations.change(db, id, **chosen(choice))

    def delete(self, id: str) -> None:
        """Hide a conversation; `restore` brings it back, `purge` removes it for good. The ledger stays as it is."""
        with self._database.write() as db:
            conversations.change(db, id, deleted_at=now())

    def restore(self, id: str) -> None:
        """Bring a deleted conversation back."""
        with self._database.write() as db:
            conversations.change(db, id, deleted_at=None)

    def purge(self, older_than: datetime) -> int:
        """Remove conversations deleted before `older_than` for good; return how many. The ledger stays as it is."""
        with self._database.write() as db:
            return conversations.purge(db, older_than)

    def calls(self, limit: int = 100) -> list[Call]:
        """Return the latest rows of the ledger, newest first."""
        with self._database.read() as db:
            return ledger.calls(db, limit)

    def take_in(self, calls: Sequence[ForeignCall]) -> int:
        """Add calls that other programs made to the ledger; return how many were not there yet."""
        with self._database.write() as db:
            return ledger.take_in(db, calls)

    def purge_calls(self, older_than: datetime) -> int:
        """Remove calls made before `older_than` from the ledger for good, and from all sums; return how many."""
        total = 0
        while count := self._purge_calls(older_than):
            total += count
        return total

    def _purge_calls(self, older_than: datetime) -> int:
        with self._database.write() as db:
            return ledger.purge(db, older_than)
