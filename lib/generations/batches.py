"""One question over many pictures, each asked about on its own, a few at a time, in the background.

A batch belongs to the process, like a generation: pages come and go, find it by its id and follow it. Its calls are in
the ledger; its results are kept in memory, those of the latest batches, until the process ends.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from lib.errors import BudgetError, BusyError, ChatError, ImageError
from lib.generations.generation import Generation
from lib.messages import Message, Usage
from lib.pricing.prices import Cost
from lib.store import Outcome

log = logging.getLogger("parley")

MAX_IMAGES = 100  # of a batch
MAX_BYTES = 200_000_000  # of all of them, as they came
AT_ONCE = 3  # calls of one batch
MAX_RUNNING = 4  # batches at a time
MAX_KEPT = 12  # batches whose results are kept
MAX_SPARE_BYTES = 200_000_000  # of the files that all batches keep only because they could be asked about again
SIDE = 96  # pixels of a thumbnail

Ask = Callable[[Message], Generation]


@dataclass(frozen=True)
class Row:
    """One picture of a batch: `state` is waiting, running, done, failed or stopped.

    `data` is the file as it came; it is gone once there is an answer, or no room for it any more. `thumbnail` is a PNG
    or JPEG file. `usage` is what the endpoint reported.
    """

    name: str
    data: bytes = field(default=b"", repr=False)
    state: str = "waiting"
    text: str = ""
    error: str = ""
    thumbnail: bytes = field(default=b"", repr=False)
    usage: Usage | None = None
    cost: Cost | None = None

    @property
    def is_open(self) -> bool:
        """Whether something more will happen to it."""
        return self.state in ("waiting", "running")

    @property
    def can_be_asked_again(self) -> bool:
        """Whether it has no answer, and its file is still there."""
        return self.state in ("failed", "stopped") and bool(self.data)


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
    """A question and its rows. `ask` is called in several threads, with a prompt of one picture, and begins the call.

    `settled` is called whenever nothing more will happen to any row.
    """

    def __init__(
        self,
        question: str,
        rows: Iterable[Row],
        ask: Ask,
        *,
        detail: str = "auto",
        model: str = "",
        settled: Callable[[], object] = lambda: None,
    ) -> None:
        self.id = secrets.token_urlsafe(12)
        self.question = question
        self.detail = detail
        self.model = model
        self.rows: list[Row] = list(rows)
        self._ask = ask
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

    def start(self) -> None:
        """Ask about every row that waits, in threads of its own."""
        self._round = now = _Round(number for number, row in enumerate(self.rows) if row.state == "waiting")
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

    def again(self) -> None:
        """Ask again about the rows without an answer whose files are still there."""
        with self._news:
            self.rows = [
                replace(row, state="waiting", error="") if row.can_be_asked_again else row for row in self.rows
            ]
            self._tell()
        self.start()

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
        from lib.images.normalise import normalise  # the decoders are loaded for who has pictures

        made = normalise(self.rows[number].data, detail=self.detail, model=self.model)
        self._note(now, number, thumbnail=made.thumbnail(SIDE).data)
        if now.stopped.is_set():
            return {}
        generation = self._ask(Message("user", self.question, (made.image(self.detail),)))
        self._watch(now, number, generation)
        return _told(generation.result())

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


def _told(outcome: Outcome) -> dict[str, Any]:
    """Return what the outcome of a call makes of its row."""
    if outcome.state == "failed":
        return {"state": "failed", "error": f"{outcome.error} {outcome.hint or ''}".strip()}
    if outcome.state in ("stopped", "interrupted"):
        return {"state": "stopped"}
    usage = outcome.usage if outcome.source == "reported" else None
    return {"state": "done", "text": outcome.text, "usage": usage, "cost": outcome.cost, "data": b""}


_batches: OrderedDict[str, Batch] = OrderedDict()
_lock = threading.Lock()


def start(question: str, rows: Sequence[Row], ask: Ask, **options: Any) -> Batch:
    """Begin a batch; options are those of Batch.

    Raises ImageError for no pictures or too many, BusyError when several batches are running.
    """
    check(rows)
    batch = Batch(question, rows, ask, settled=_tidy, **options)
    with _lock:
        _check_room()
        _batches[batch.id] = batch
    batch.start()
    _tidy()
    return batch


def again(batch: Batch) -> None:
    """Ask again about what has no answer in a batch, as far as its files are kept.

    Raises BusyError when several batches are running.
    """
    with _lock:
        if not batch.is_running:
            _check_room()
            batch.again()


def check(rows: Sequence[Row]) -> None:
    """Check how many pictures there are, and of how many bytes. Raises ImageError."""
    if not rows:
        raise ImageError("There are no pictures to ask about yet.", hint="Choose some first.")
    if len(rows) > MAX_IMAGES:
        raise ImageError(f"These are {len(rows)} pictures; a batch has at most {MAX_IMAGES}.", hint="Make two of them.")
    if (size := sum(len(row.data) for row in rows)) > MAX_BYTES:
        said = f"The pictures have {size / 1e6:.0f} MB together; a batch has at most {MAX_BYTES / 1e6:.0f} MB."
        raise ImageError(said, hint="Make two batches of them.")


def find(id: str) -> Batch | None:
    """Return a batch by its id; None if it is not kept any more."""
    return _batches.get(id)


def stop_all() -> None:
    """Stop what is running, for the app ends."""
    for batch in list(_batches.values()):
        batch.stop("interrupted")


def _check_room() -> None:
    if sum(batch.is_running for batch in _batches.values()) >= MAX_RUNNING:
        raise BusyError(f"{MAX_RUNNING} batches are running already.", hint="Wait until one of them has ended.")


def _tidy() -> None:
    """Forget the oldest batches, and of the others the files for which there is no room, the oldest first."""
    with _lock:
        settled = [batch.id for batch in _batches.values() if not batch.is_running]
        for id in settled[: max(0, len(_batches) - MAX_KEPT)]:
            del _batches[id]
        room = MAX_SPARE_BYTES
        for batch in reversed(_batches.values()):
            room -= batch.spare_bytes
            if room < 0:
                batch.release()
