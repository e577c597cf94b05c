"""One question over many pictures, each asked about on its own, a few at a time, in the background.

A batch is a conversation that holds the question, with a part for each picture: what was answered is in the store. It
runs in the process that began it, like a generation: pages come and go, find it by its id and follow it.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from lib.api import ChatClient
from lib.errors import BudgetError, BusyError, ChatError, ImageError, LimitError, StoreError
from lib.generations import registry
from lib.generations.generation import Generation
from lib.messages import Message, Usage
from lib.model_choice import ModelChoice
from lib.pricing.prices import BILLION, Cost
from lib.store import Chats, Outcome, Part, Scope, StoredMessage

log = logging.getLogger("parley")

MAX_IMAGES = 100  # of a batch
MAX_BYTES = 200_000_000  # of all of them, as they came
AT_ONCE = 3  # calls of one batch
MAX_RUNNING = 4  # batches at a time
MAX_KEPT = 12  # batches that are followed in memory; the store has them all
MAX_SPARE_BYTES = 200_000_000  # of the files that all batches keep only because they could still be asked about
SIDE = 96  # pixels of a thumbnail
WITHOUT = {"stopped": "stopped", "interrupted": "stopped", "streaming": "elsewhere"}  # an answer, and what that makes
PURPOSE = "batch"  # of the conversation
EACH = "image"  # of its parts, and of their calls


@dataclass(frozen=True)
class Row:
    """One picture of a batch: `state` is waiting, running, done, failed, stopped, or elsewhere: another process asks.

    `id` is that of its conversation. `data` is the file as it came; it is gone once it was asked about, for the store
    has the picture then, `image`, and the prompt; or when there is no room for it any more. `answer` is the latest
    one, `thumbnail` a PNG or JPEG file, `usage` what the endpoint reported.
    """

    name: str
    data: bytes = field(default=b"", repr=False)
    id: str = ""
    image: str | None = None
    answer: int | None = None
    state: str = "waiting"
    text: str = ""
    error: str = ""
    thumbnail: bytes = field(default=b"", repr=False)
    usage: Usage | None = None
    cost: Cost | None = None

    @classmethod
    def of(cls, part: Part) -> Row:
        """Return the row that a part of a stored batch is."""
        images = part.prompt.images if part.prompt else ()
        row = cls(part.conversation.title, id=part.conversation.id, image=images[0].id if images else None)
        if part.answer is None:
            return replace(row, state="stopped")
        return replace(row, answer=part.answer.id, **_told(part.answer, _paid(part.answer)))

    @property
    def is_open(self) -> bool:
        """Whether something more will happen to it."""
        return self.state in ("waiting", "running")

    @property
    def can_be_asked_again(self) -> bool:
        """Whether it has no answer, and the picture is still there."""
        return self.state in ("failed", "stopped") and bool(self.data or self.answer)


@dataclass(frozen=True)
class Asker:
    """Who is asked, and for whom; `allow` raises BudgetError when no more may be asked, which ends the batch."""

    chats: Chats
    client: ChatClient
    choice: ModelChoice
    allow: Callable[[], object] = lambda: None

    def ask(self, row: Row, prompt: Message | None) -> Generation:
        """Begin to ask about a row; without a prompt the stored one again. Called in several threads."""
        self.allow()
        about: Any = {"purpose": EACH, "limit": None}
        if prompt:
            return registry.start(self.chats, self.client, prompt, self.choice, conversation_id=row.id, **about)
        answer = self.chats.message(row.answer or 0)
        if answer is None:
            raise StoreError("This picture was deleted meanwhile.", hint="Load the page again.")
        return registry.retry(self.chats, self.client, answer, self.choice, **about)


class _Round:
    """One way through the rows that wait, until it is stopped; its calls end in state `end` then."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.stopped = threading.Event()
        self.end = "stopped"
        self.asking: dict[int, Generation] = {}
        self._numbers = iter(list(numbers))
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        """Return the next row; may be called from several threads."""
        with self._lock:
            return next(self._numbers)


class Batch:
    """A question and its rows. `detail` and `model` say how pictures are made.

    `settled` is called whenever nothing more will happen to any row.
    """

    def __init__(
        self,
        id: str,
        question: str,
        rows: Iterable[Row],
        *,
        detail: str = "auto",
        model: str = "",
        settled: Callable[[], object] = lambda: None,
    ) -> None:
        self.id = id
        self.question = question
        self.detail = detail
        self.model = model
        self.rows: list[Row] = list(rows)
        self._asker: Asker
        self._settled = settled
        self._round = _Round(())
        self._news = threading.Condition()
        self._version = 0

    @property
    def ended(self) -> int:
        """How many rows nothing more will happen to."""
        return sum(not row.is_open for row in self.rows)

    @property
    def is_running(self) -> bool:
        """Whether something more will happen."""
        return self.ended < len(self.rows)

    @property
    def spare_bytes(self) -> int:
        """How many bytes of files are kept only because they could be asked about again."""
        return sum(len(row.data) for row in self.rows if not row.is_open)

    @property
    def tokens(self) -> tuple[int | None, int | None]:
        """The prompt and completion tokens that were reported for all rows with an answer; None if some were not."""
        usages = [row.usage or Usage() for row in self.rows if row.state == "done"]
        prompt, completion = [each.prompt_tokens for each in usages], [each.completion_tokens for each in usages]
        return _sum(prompt), _sum(completion)

    @property
    def cost(self) -> Cost | None:
        """What all rows with an answer cost together; None if that is not known of one."""
        costs = [row.cost for row in self.rows if row.state == "done"]
        known = [cost for cost in costs if cost]
        if len(known) < len(costs) or len({cost.currency for cost in known}) != 1:
            return None
        return replace(known[0], amount=sum((cost.amount for cost in known), Decimal(0)))

    def start(self, asker: Asker) -> None:
        """Ask about every row that waits, in threads of its own."""
        waiting = [number for number, row in enumerate(self.rows) if row.state == "waiting"]
        self._asker = asker
        self._round = now = _Round(waiting)
        for place in range(AT_ONCE):
            threading.Thread(target=self._run, args=(now,), name=f"batch-{self.id}-{place}", daemon=True).start()

    def stop(self, end: str = "stopped") -> None:
        """Begin nothing more, and close the connections of what is being asked; its calls end in state `end`."""
        with self._news:
            self._round.end = end
            self._round.stopped.set()
            self.rows = [replace(row, state="stopped") if row.is_open else row for row in self.rows]
            self._tell()
            asking = list(self._round.asking.values())
        for generation in asking:
            generation.stop(end)
        self._settled()

    def again(self, asker: Asker) -> None:
        """Ask again about the rows without an answer whose pictures are still there."""
        with self._news:
            self.rows = [
                replace(row, state="waiting", error="") if row.can_be_asked_again else row for row in self.rows
            ]
            self._tell()
        self.start(asker)

    def release(self) -> None:
        """Give back the files of rows that have ended."""
        with self._news:
            self.rows = [row if row.is_open else replace(row, data=b"") for row in self.rows]
            self._tell()

    def wait_for_more(self, version: int, timeout: float) -> int:
        """Wait until something has happened since `version`, at most `timeout` seconds; return the version now."""
        with self._news:
            self._news.wait_for(lambda: self._version != version, timeout)
            return self._version

    def _run(self, now: _Round) -> None:
        for number in now:
            if now.stopped.is_set():
                return
            self._answer(now, number)
        if not self.is_running:
            self._settled()

    def _answer(self, now: _Round, number: int) -> None:
        self._note(now, number, state="running")
        try:
            self._note(now, number, **self._asked(now, number))
        except BudgetError as error:
            self._note(now, number, **_failed(error))
            self.stop()
        except ChatError as error:
            self._note(now, number, **_failed(error))
        except BaseException:
            log.exception("A picture of batch %s failed", self.id)
            self._note(now, number, state="failed", error="Parley itself failed while asking about this picture.")

    def _asked(self, now: _Round, number: int) -> dict[str, Any]:
        """Return what is known of a row when it has its answer; its thumbnail is shown before that comes."""
        row = self.rows[number]
        prompt = None if row.answer else self._prompt(now, number)
        if now.stopped.is_set():
            return {}
        generation = self._begun(now, row, prompt)
        if generation is None:
            return {}
        self._watch(now, number, generation)
        self._note(now, number, data=b"", answer=generation.message_id)
        outcome = generation.result()
        return _told(outcome, outcome.cost)

    def _begun(self, now: _Round, row: Row, prompt: Message | None) -> Generation | None:
        """Ask about a row, as soon as the person may make another call; None if the round is stopped before."""
        while True:
            try:
                return self._asker.ask(row, prompt)
            except LimitError as error:
                if error.retry_after is None:
                    raise
                if now.stopped.wait(error.retry_after):
                    return None

    def _prompt(self, now: _Round, number: int) -> Message:
        from lib.images.normalise import normalise  # the decoders are loaded for who has pictures

        made = normalise(self.rows[number].data, detail=self.detail, model=self.model)
        self._note(now, number, thumbnail=made.thumbnail(SIDE).data)
        return Message("user", self.question, (made.image(self.detail),))

    def _watch(self, now: _Round, number: int, generation: Generation) -> None:
        """Have a call stopped with its round, which may have happened while it was begun."""
        with self._news:
            now.asking[number] = generation
        if now.stopped.is_set():
            generation.stop(now.end)

    def _note(self, now: _Round, number: int, **fields: Any) -> None:
        """Change a row, unless its round was stopped: then it has ended already."""
        with self._news:
            if not now.stopped.is_set():
                self.rows[number] = replace(self.rows[number], **fields)
                self._tell()

    def _tell(self) -> None:
        self._version += 1
        self._news.notify_all()


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [number for number in counts if number is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _failed(error: ChatError) -> dict[str, Any]:
    """Return what a failure makes of a row; a file that is no picture need not be kept."""
    gone = {"data": b""} if isinstance(error, ImageError) else {}
    return {"state": "failed", "error": f"{error} {error.hint}".strip(), **gone}


def _told(end: Outcome | StoredMessage, cost: Cost | None) -> dict[str, Any]:
    """Return what the end of a call, or where a stored one is, makes of its row."""
    if end.state == "failed":
        return {"state": "failed", "error": f"{end.error} {end.hint or ''}".strip()}
    if end.state in WITHOUT:
        return {"state": WITHOUT[end.state]}
    usage = end.usage if end.source == "reported" else None
    return {"state": "done", "text": end.text, "usage": usage, "cost": cost}


def _paid(answer: StoredMessage) -> Cost | None:
    if answer.cost is None or answer.currency is None:
        return None
    return Cost(Decimal(answer.cost) / BILLION, answer.currency, "the ledger", "")


_batches: OrderedDict[tuple[Scope, str], Batch] = OrderedDict()
_lock = threading.Lock()


def start(asker: Asker, question: str, rows: Sequence[Row], *, detail: str = "auto") -> Batch:
    """Keep a question and the names of its pictures, and begin to ask about each.

    Raises ImageError for no pictures or too many, BusyError when several batches are running, StoreError when it cannot
    be kept; nothing has been sent then.
    """
    check(rows)
    with _lock:
        _check_room()
    chats, choice, provider = asker.chats, asker.choice, asker.client.endpoint.provider
    names = [row.name for row in rows]
    id, parts = chats.collect(question, names, choice, provider=provider, purpose=PURPOSE, each=EACH)
    named = [replace(row, id=part) for row, part in zip(rows, parts, strict=True)]
    batch = Batch(id, question, named, detail=detail, model=choice.model, settled=_tidy)
    with _lock:
        _batches[chats.scope, id] = batch
    batch.start(asker)
    _tidy()
    return batch


def again(asker: Asker, batch: Batch) -> None:
    """Ask again about what has no answer in a batch, as far as its pictures are kept.

    Raises BusyError when several batches are running.
    """
    with _lock:
        place = (asker.chats.scope, batch.id)
        if not _batches.get(place, batch).is_running:
            _check_room()
            _batches[place] = batch
            batch.again(asker)
    _tidy()


def check(rows: Sequence[Row]) -> None:
    """Check how many pictures there are, and of how many bytes. Raises ImageError."""
    if not rows:
        raise ImageError("There are no pictures to ask about yet.", hint="Choose some first.")
    if len(rows) > MAX_IMAGES:
        raise ImageError(f"These are {len(rows)} pictures; a batch has at most {MAX_IMAGES}.", hint="Make two of them.")
    if (size := sum(len(row.data) for row in rows)) > MAX_BYTES:
        said = f"The pictures have {size / 1e6:.0f} MB together; a batch has at most {MAX_BYTES / 1e6:.0f} MB."
        raise ImageError(said, hint="Make two batches of them.")


def find(chats: Chats, id: str) -> Batch | None:
    """Return a batch by its id: the one that is followed here, else as it is stored; None if there is none.

    Raises StoreError.
    """
    conversation = chats.get(id)
    if conversation is None or conversation.purpose != PURPOSE:
        return None
    if followed := _batches.get((chats.scope, id)):
        return followed
    (question,) = chats.path(id)
    return Batch(id, question.text, map(Row.of, chats.parts(id)), model=conversation.model, settled=_tidy)


def stop_all() -> None:
    """Stop what is running, for the app ends."""
    for batch in list(_batches.values()):
        batch.stop("interrupted")


def _check_room() -> None:
    if sum(batch.is_running for batch in _batches.values()) >= MAX_RUNNING:
        raise BusyError(f"{MAX_RUNNING} batches are running already.", hint="Wait until one of them has ended.")


def _tidy() -> None:
    """Follow the oldest batches no longer, and give back the files for which there is no room, the oldest first."""
    with _lock:
        settled = [place for place, batch in _batches.items() if not batch.is_running]
        for place in settled[: max(0, len(_batches) - MAX_KEPT)]:
            del _batches[place]
        room = MAX_SPARE_BYTES
        for batch in reversed(_batches.values()):
            room -= batch.spare_bytes
            if room < 0:
                batch.release()
