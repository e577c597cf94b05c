"""The door to one person's conversations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import news
from lib.store.chats import (
    branches,
    collected,
    conversations,
    grafts,
    images,
    queue,
    search,
    shares,
    tags,
    titles,
    tree,
    turns,
)
from lib.store.columns import now
from lib.store.engine import Database
from lib.store.library import Library
from lib.store.news import Ear
from lib.store.processes import Lease
from lib.store.scope import Scope
from lib.store.values import (
    Collection,
    Conversation,
    Filter,
    ForeignConversation,
    Hit,
    Outcome,
    Part,
    Queued,
    Removed,
    Share,
    StoredContent,
    StoredMessage,
    TakenIn,
    Target,
    Turn,
    chosen,
)

ANYWHERE = Filter()


class Chats:
    """What one person said and was answered; any number of threads may use it.

    What belongs to someone else is not there: it reads as what never was. Every method raises StoreError when the
    database fails; nothing is half written then.
    """

    def __init__(self, database: Database, lease: Lease, scope: Scope) -> None:
        self.scope = scope
        self._database = database
        self._lease = lease

    def begin(
        self,
        prompt: Message,
        choice: ModelChoice,
        *,
        provider: str,
        conversation_id: str | None = None,
        purpose: str = "chat",
        temporary: bool = False,
    ) -> Turn:
        """Keep a prompt before it is sent: its text and images, an empty answer and a ledger row, all or nothing.

        Without `conversation_id` a new conversation is opened, its title made from the prompt; a `temporary` one is
        neither listed nor found, and is gone once it is closed, or an hour after its last prompt.
        Raises StoreError for a conversation that is not there, BusyError while another answer is written in it.
        """
        target = self._target(choice, provider, purpose)
        with self._database.write() as db:
            return turns.begin(db, prompt, conversation_id, target, temporary=temporary)

    def edit(self, message_id: int, text: str, choice: ModelChoice, *, provider: str, purpose: str = "chat") -> Turn:
        """Keep a prompt anew beside the one `message_id`, with its images, and begin its answer; nothing goes.

        Raises StoreError when that one is not shown any more, BusyError while an answer is written.
        """
        target = self._target(choice, provider, purpose)
        with self._database.write() as db:
            return turns.edit(db, message_id, text, target)

    def retry(self, message_id: int, choice: ModelChoice, *, provider: str, purpose: str = "chat") -> Turn:
        """Begin another answer to the same prompt, a sibling of the answer `message_id`, which is kept.

        A prompt that has no answer gets one. Raises what `edit` raises.
        """
        target = self._target(choice, provider, purpose)
        with self._database.write() as db:
            return turns.retry(db, message_id, target)

    def go_on(self, message_id: int, choice: ModelChoice, *, provider: str, purpose: str = "chat") -> Turn:
        """Begin a sibling of the answer `message_id` that has its text and goes on from there. Raises as `edit`."""
        target = self._target(choice, provider, purpose)
        with self._database.write() as db:
            return turns.go_on(db, message_id, target)

    def queue(
        self, prompt: Message, choice: ModelChoice, *, provider: str, conversation_id: str, purpose: str = "chat"
    ) -> int | None:
        """Keep a prompt behind the answer that is being written; return its id, None where none is written."""
        target = self._target(choice, provider, purpose)
        with self._database.write() as db:
            return queue.add(db, conversation_id, prompt, target)

    def queued(self, conversation_id: str) -> list[Queued]:
        """Return the prompts that wait in a conversation, in their order."""
        with self._database.read() as db:
            return queue.of(db, self.scope, conversation_id)

    def queued_after(self, message_id: int) -> Queued | None:
        """Return the prompt that goes out now that an answer has ended: none unless it ended well."""
        with self._database.read() as db:
            return queue.after(db, self.scope, message_id)

    def begin_queued(self, waiting: Queued, choice: ModelChoice, *, provider: str, tied: bool = False) -> Turn | None:
        """Keep a prompt that waited as a message, with its images, and begin its answer, all or nothing.

        `tied`: only if it still waits for the same answer. None where it was sent or taken back meanwhile.
        Raises what `begin` raises.
        """
        target = self._target(choice, provider, waiting.purpose)
        with self._database.write() as db:
            return queue.begin(db, waiting, target, tied=tied)

    def tie(self, waiting: Queued) -> bool:
        """Have a prompt follow the answer that is being written in its conversation; return whether one is."""
        with self._database.write() as db:
            return queue.tie(db, self.scope, waiting)

    def hold(self, id: int) -> bool:
        """Have a prompt wait for the person, whatever ends; return whether it still waited."""
        return self._change_queued(id, after_id=None)

    def reword(self, waiting: Queued, words: str) -> bool:
        """Give a prompt that waits other words, with its images and files; return whether it still did."""
        with self._database.write() as db:
            return queue.reword(db, self.scope, waiting, words)

    def take_back(self, id: int, *, on: bool = True) -> bool:
        """Take a prompt that waits back, or have it wait for the person again; return whether that was done."""
        if on:
            return self._change_queued(id, taken_at=now(), after_id=None)
        with self._database.write() as db:
            return queue.put_back(db, self.scope, id)

    def _change_queued(self, id: int, **values: object) -> bool:
        with self._database.write() as db:
            return queue.change(db, self.scope, id, **values)

    def collect(
        self,
        question: str,
        names: Sequence[str],
        choice: ModelChoice,
        *,
        provider: str,
        purpose: str,
        each: str,
        choices: Sequence[ModelChoice] = (),
    ) -> tuple[str, list[str]]:
        """Open a conversation that holds a question, with a part for each name, in which it is asked later.

        `each` is the purpose of the parts, `choices` are theirs where they differ. Returns the ids of the conversation
        and of its parts.
        """
        target = self._target(choice, provider, purpose)
        targets = [replace(target, purpose=each, choice=its) for its in choices or [choice] * len(names)]
        with self._database.write() as db:
            return turns.collect(db, question, names, target, targets)

    def join(self, id: str, name: str, choice: ModelChoice, *, provider: str, purpose: str) -> str:
        """Open one more part of a conversation, behind the others, and return its id. Raises StoreError."""
        target = self._target(choice, provider, purpose)
        with self._database.write() as db:
            return turns.join(db, id, name, target)

    def parts(self, id: str) -> list[Part]:
        """Return the parts of a conversation in their order, each with its latest prompt and answer."""
        with self._database.read() as db:
            return tree.parts(db, self.scope, id)

    def _target(self, choice: ModelChoice, provider: str, purpose: str) -> Target:
        self._lease.hold()
        return Target(choice, provider, self.scope, purpose, self._lease.name)

    @property
    def process(self) -> str:
        """What this process is called in rows that it has not finished."""
        return self._lease.name

    def elsewhere(self, conversation_id: str) -> Turn | None:
        """Return the turn that another process, which lives, is writing in a conversation now; None if none does."""
        with self._database.read() as db:
            return turns.elsewhere(db, self.scope, conversation_id, self._lease)

    def stop(self, turn: Turn) -> None:
        """Mark a running answer as stopped; the process that writes it sees that, and completes it."""
        with self._database.write() as db:
            turns.mark_stopped(db, self.scope, turn)
            news.tell(db, news.STOPS)

    def stopped_elsewhere(self) -> set[int]:
        """Return the answers that this process is writing, for anyone, and that were marked as stopped."""
        with self._database.read("recovery") as db:
            return turns.stopped(db, self._lease.name)

    def retiring(self, older_than: datetime) -> int:
        """Return in how many conversations nothing was said since `older_than`."""
        with self._database.read() as db:
            return conversations.retiring(db, self.scope, older_than)

    def gone(self, ids: set[int]) -> set[int]:
        """Return those of these answers, of anyone, that are there no more: a temporary chat may have been closed."""
        with self._database.read("recovery") as db:
            return turns.gone(db, ids)

    def save(self, turn: Turn, text: str, reasoning: str) -> None:
        """Keep what has come so far of a running answer; changes nothing after `finish`."""
        with self._database.write(alone=True) as db:
            turns.save(db, self.scope, turn, text, reasoning)

    def finish(self, turn: Turn, outcome: Outcome) -> None:
        """Complete the answer and its ledger row; a second time changes nothing."""
        with self._database.write() as db:
            turns.finish(db, self.scope, turn, outcome)
            news.tell(db, news.of_message(turn.message_id))

    def ear(self, often: float, turn: Turn | None = None) -> Ear:
        """Return what hears that more of an answer was kept; without one, that somebody has stopped any.

        It says every `often` seconds that it is time to look where nothing can be heard.
        """
        return self._database.news.ear(news.of_message(turn.message_id) if turn else news.STOPS, often)

    def abandon(self, turn: Turn) -> None:
        """Leave an answer that can never be finished to upkeep, which marks it as interrupted."""
        self._lease.abandoned.add(turn.usage_id)

    def recent(
        self, limit: int = 100, before: datetime | None = None, project: int | None = None
    ) -> list[Conversation]:
        """Return conversations but for parts, or those in a project, the latest activity first.

        `before` is the `updated_at` to go on from.
        """
        with self._database.read() as db:
            return conversations.listing(db, self.scope, limit, before, project)

    def collections(self, purpose: str, limit: int) -> list[Collection]:
        """Return the latest conversations of a purpose with what their parts come to."""
        with self._database.read() as db:
            return collected.latest(db, self.scope, purpose, limit)

    def answering(self) -> set[str]:
        """Return the conversations in which an answer is being written, or in one of whose parts, by any process."""
        with self._database.read() as db:
            return conversations.answering(db, self.scope)

    def pinned(self) -> list[Conversation]:
        """Return the conversations that are pinned, the latest first."""
        with self._database.read() as db:
            return conversations.pinned(db, self.scope)

    def pin(self, id: str, *, on: bool = True) -> None:
        """Have a conversation stand first in the list, or no longer."""
        self._change(id, pinned_at=now() if on else None)

    def archive(self, id: str, *, on: bool = True) -> None:
        """Take a conversation out of the list, or back into it; it is found either way."""
        self._change(id, archived_at=now() if on else None)

    def move(self, id: str, project: int | None) -> None:
        """Put a conversation into a project of this person, or with None out of the one that it is in."""
        self._change(id, project_id=project)

    def project(self, conversation: Conversation) -> str:
        """Return the name of the project that a conversation is in, "" where it is in none that is there."""
        if conversation.project_id is None:
            return ""
        found = Library(self._database, self.scope).get(conversation.project_id)
        return found.name if found else ""

    def rate(self, message_id: int, rating: int | None, note: str = "") -> None:
        """Keep what the person thinks of an answer: 1 or -1 and why, None for nothing."""
        with self._database.write() as db:
            turns.rate(db, self.scope, message_id, rating, note)

    def tags(self, id: str | None = None) -> list[str]:
        """Return the tags of a conversation, or all that there are."""
        with self._database.read() as db:
            return tags.of(db, self.scope, id)

    def tag(self, id: str, names: Iterable[str]) -> None:
        """Give a conversation these tags and no others."""
        with self._database.write() as db:
            tags.keep(db, self.scope, id, names)

    def choices(self) -> dict[str, list[str]]:
        """Return what a search can be narrowed to: the values of endpoint, model and tag."""
        with self._database.read() as db:
            return search.choices(db, self.scope)

    def search(self, query: str, limit: int = 30, within: Filter = ANYWHERE) -> list[Hit]:
        """Return what has all words of a query: conversations by title, then messages, `limit` of each at most.

        Without words these are the conversations that `within` leaves, where it leaves some out. A word is found in
        any script and within other words, without regard to case and accents; its signs mean nothing but themselves.
        Of a message the first million characters are searched.
        """
        with self._database.read() as db:
            return search.search(db, self.scope, query, limit, within)

    def get(self, id: str) -> Conversation | None:
        """Return a conversation; `None` if there is none or it is deleted."""
        with self._database.read() as db:
            return conversations.get(db, self.scope, id)

    def path(self, id: str, limit: int | None = None, until: int | None = None) -> list[StoredMessage]:
        """Return the last `limit` messages of the branch that is shown, oldest first, each with its call's figures.

        `until`: of the branch that ends at that message instead.
        """
        with self._database.read() as db:
            return tree.path(db, self.scope, id, limit, until)

    def message(self, id: int) -> StoredMessage | None:
        """Return one message, be it on the branch that is shown or not."""
        with self._database.read() as db:
            return tree.message(db, self.scope, id)

    def siblings(self, shown: Iterable[StoredMessage]) -> dict[int, tuple[int, ...]]:
        """Return by message the ids of all that stand in its place, in their order, where there are several.

        The messages are those of one conversation.
        """
        with self._database.read() as db:
            return branches.siblings(db, self.scope, shown)

    def show(self, message_id: int) -> str:
        """Show the branch that goes through a message from now on, to its latest end; return the conversation.

        Raises StoreError when the message is not there, BusyError while an answer is written.
        """
        with self._database.write() as db:
            return branches.show(db, self.scope, message_id)

    def fork(self, message_id: int) -> str:
        """Copy the branch that ends at a message into a conversation of its own; return its id. Raises as `show`."""
        with self._database.write() as db:
            return branches.fork(db, self.scope, message_id)

    def remove(self, message_id: int) -> Removed:
        """Hide a message with all below it; `put_back` undoes it, upkeep removes them for good. Raises as `show`."""
        with self._database.write() as db:
            return branches.remove(db, self.scope, message_id)

    def put_back(self, removed: Removed) -> None:
        """Bring back what `remove` hid, and show what was shown then.

        Raises StoreError when what stood before it was deleted since, BusyError while an answer is written.
        """
        with self._database.write() as db:
            branches.put_back(db, self.scope, removed)

    def all(self) -> list[str]:
        """Return the ids of all conversations but for parts and deleted ones, the latest activity first."""
        with self._database.read() as db:
            return conversations.all_ids(db, self.scope)

    def whole(self, id: str) -> list[StoredMessage]:
        """Return every message of a conversation, those on other branches too, in the order they were written."""
        with self._database.read() as db:
            return tree.whole(db, self.scope, id)

    def leaf(self, id: str) -> int | None:
        """Return the message that the branch that is shown ends with; raises StoreError where there is none such."""
        with self._database.read() as db:
            return conversations.leaf(db, self.scope, id)

    def take_in(self, given: ForeignConversation, *, dry: bool = False) -> TakenIn:
        """Keep what is new of a conversation from elsewhere, all of it or nothing; `dry`: only say what that would be.

        It is this person's from then on. Taken in a second time, it changes nothing; if it was deleted, it is back.
        """
        if dry:
            with self._database.read("import") as db:
                return grafts.look(db, self.scope, given)
        with self._database.write("import") as db:
            return grafts.take_in(db, self.scope, given)

    def share(
        self, id: str, expires_at: datetime | None = None, *, goes_on: bool = False, with_params: bool = False
    ) -> str:
        """Make a link by which anyone reads the branch that is shown as it is now; return its token.

        `goes_on`: what comes later is shown as well, `with_params`: what answers were asked for with. Raises StoreError
        when the conversation is not there.
        """
        with self._database.write() as db:
            return shares.add(db, self.scope, id, expires_at, goes_on=goes_on, with_params=with_params)

    def shares(self) -> list[Share]:
        """Return the links that open something, the latest first."""
        with self._database.read() as db:
            return shares.of(db, self.scope)

    def revoke(self, token: str) -> None:
        """Have a link open nothing any more."""
        with self._database.write() as db:
            shares.revoke(db, self.scope, token)

    def image(self, id: str) -> StoredContent | None:
        """Return the bytes of an image; `None` if no message of this person has it any more."""
        with self._database.read() as db:
            return images.content(db, self.scope, id)

    def rename(self, id: str, title: str) -> None:
        """Give a conversation another title; its place in the list stays."""
        self._change(id, title=titles.tidy(title))

    def choose(self, id: str, choice: ModelChoice) -> None:
        """Keep what was chosen for a conversation, before it is used."""
        self._change(id, **chosen(choice))

    def delete(self, id: str) -> None:
        """Hide a conversation and its parts; `restore` brings them back, upkeep removes them for good.

        The ledger stays as it is.
        """
        self._hide(id, now())

    def restore(self, id: str) -> None:
        """Bring a deleted conversation back."""
        self._hide(id, None)

    def erase(self, id: str) -> bool:
        """Remove a conversation that was deleted for good: its text, images and entries in the index.

        Returns whether there was one. The ledger stays as it is, it has no content.
        """
        with self._database.write("purge") as db:
            erased = conversations.erase(db, self.scope, id) > 0
        self._database.scrub()
        return erased

    def close(self, id: str) -> bool:
        """Remove a temporary conversation for good; return whether it was one. The ledger stays as it is."""
        with self._database.write("purge") as db:
            closed = conversations.close(db, self.scope, id) > 0
        if closed:
            self._database.scrub()
        return closed

    def _hide(self, id: str, since: datetime | None) -> None:
        with self._database.write() as db:
            conversations.hide(db, self.scope, id, since)

    def _change(self, id: str, **values: object) -> None:
        with self._database.write() as db:
            conversations.change(db, self.scope, id, **values)
