"""One question over many pictures, each asked about on its own, a few at a time, in the background.

A batch belongs to the process, like a generation: pages come and go, find it by its id and follow it. Its calls are in
the ledger; its results are kept in memory, those of the latest batches, until the process ends.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from lib.errors import BusyError, ChatError, ImageError
from lib.messages import Completion, Message, Usage
from lib.pricing.prices import Cost

log = logging.getLogger("parley")

MOST = 100  # pictures of a batch
SIZE = 200_000_000  # bytes of all of them, as they came
AT_ONCE = 3  # calls of one batch
RUNNING = 4  # batches at a time
KEPT = 12  # batches whose results are kept
SIDE = 96  # pixels of a thumbnail

Ask = Callable[[Message], Completion]
Price = Callable[[Completion], Cost | None]


@dataclass(frozen=True)
class Row:
    """One picture of a batch: `state` is waiting, running, done, failed or stopped.

    `data` is the file as it came; it is gone once there is an answer. `thumbnail` is a PNG or JPEG file.
    """

    name: str
    data: bytes = field(default=b"", repr=False)
    state: str = "waiting"
    text: str = ""
    error: str = ""
    thumbnail: bytes = field(default=b"", repr=False)
    usage: Usage | None = None
    cost: Cost | None = None


def _unpriced(_: Completion) -> None:
    """Know no price."""


class Batch:
    """A question and its rows. `ask` is called in several threads, with a prompt of one picture.

    `price` tells what an answer cost.
    """

    def __init__(
        self,
        question: str,
        rows: Iterable[Row],
        ask: Ask,
        *,
        detail: str = "auto",
        model: str = "",
        price: Price = _unpriced,
    ) -> None:
        self.id = secrets.token_urlsafe(12)
        self.question = question
        self.detail = detail
        self.model = model
        self.rows: list[Row] = list(rows)
        self._ask = ask
        self._price = price
        self._stopped = threading.Event()
        self._news = threading.Condition()
        self._version = 0

    @property
    def ended(self) -> int:
        """How many rows nothing more will happen to."""
        return sum(row.state not in ("waiting", "running") for row in self.rows)

    @property
    def is_running(self) -> bool:
        """Whether something more will happen."""
        return self.ended < len(self.rows)

    @property
    def tokens(self) -> tuple[int, int] | None:
        """The prompt and completion tokens that were reported for all rows with an answer; None if some were not."""
        usages = [row.usage for row in self.rows if row.state == "done"]
        counts = [(usage.prompt_tokens, usage.completion_tokens) if usage else (None, None) for usage in usages]
        prompts, answers = [first for first, _ in counts if first is not None], [last for _, last in counts if last]
        return (sum(prompts), sum(answers)) if counts and len(prompts) == len(counts) else None

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
        threading.Thread(target=self._run, name=f"batch-{self.id}", daemon=True).start()

    def stop(self) -> None:
        """Begin nothing more; what is being asked comes to its end."""
        self._stopped.set()
        for number, row in enumerate(self.rows):
            if row.state == "waiting":
                self._note(number, replace(row, state="stopped"))

    def again(self) -> None:
        """Ask again about the rows that failed or were stopped."""
        self._stopped.clear()
        for number, row in enumerate(self.rows):
            if row.state in ("failed", "stopped"):
                self._note(number, replace(row, state="waiting", error=""))
        self.start()

    def grown(self, version: int, timeout: float) -> int:
        """Wait until something has happened since `version`, at most `timeout` seconds; return the version now."""
        with self._news:
            self._news.wait_for(lambda: self._version != version, timeout)
            return self._version

    def _run(self) -> None:
        waiting = [number for number, row in enumerate(self.rows) if row.state == "waiting"]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"batch-{self.id}") as pool:
            list(pool.map(self._answer, waiting))

    def _answer(self, number: int) -> None:
        row = self.rows[number]
        if self._stopped.is_set() or row.state != "waiting":
            return
        self._note(number, replace(row, state="running"))
        try:
            self._note(number, self._asked(number))
        except ChatError as error:
            self._note(number, replace(self.rows[number], state="failed", error=f"{error} {error.hint}".strip()))
        except Exception:
            log.exception("A picture of batch %s failed", self.id)
            said = "Parley itself failed while asking about this picture."
            self._note(number, replace(self.rows[number], state="failed", error=said))

    def _asked(self, number: int) -> Row:
        """Return the row with its answer; its thumbnail is shown before that comes."""
        from lib.images.normalise import normalise  # the decoders are loaded for who has pictures

        picture = normalise(self.rows[number].data, detail=self.detail, model=self.model)
        row = replace(self.rows[number], thumbnail=picture.thumbnail(SIDE).data)
        self._note(number, row)
        completion = self._ask(Message("user", self.question, (picture.image(self.detail),)))
        text = completion.text or completion.refusal or ""
        cost = self._price(completion)
        return replace(row, state="done", text=text, usage=completion.usage, cost=cost, data=b"")

    def _note(self, number: int, row: Row) -> None:
        with self._news:
            self.rows[number] = row
            self._version += 1
            self._news.notify_all()


_batches: OrderedDict[str, Batch] = OrderedDict()
_lock = threading.Lock()


def start(question: str, rows: Sequence[Row], ask: Ask, **options: Any) -> Batch:
    """Begin a batch; options are those of Batch.

    Raises ImageError for no pictures or too many, BusyError when several batches are running.
    """
    check(rows)
    batch = Batch(question, rows, ask, **options)
    with _lock:
        if sum(other.is_running for other in _batches.values()) >= RUNNING:
            raise BusyError(f"{RUNNING} batches are running already.", hint="Wait until one of them has ended.")
        _batches[batch.id] = batch
        settled = [other.id for other in _batches.values() if not other.is_running]
        for id in settled[: max(0, len(_batches) - KEPT)]:
            del _batches[id]
    batch.start()
    return batch


def check(rows: Sequence[Row]) -> None:
    """Check how many pictures there are, and of how many bytes. Raises ImageError."""
    if not rows:
        raise ImageError("There are no pictures to ask about yet.", hint="Choose some first.")
    if len(rows) > MOST:
        raise ImageError(f"These are {len(rows)} pictures; a batch has at most {MOST}.", hint="Make two of them.")
    if (size := sum(len(row.data) for row in rows)) > SIZE:
        said = f"The pictures have {size / 1e6:.0f} MB together; a batch has at most {SIZE / 1e6:.0f} MB."
        raise ImageError(said, hint="Make two batches of them.")


def find(id: str) -> Batch | None:
    """Return a batch by its id; None if it is not kept any more."""
    return _batches.get(id)


def stop_all() -> None:
    """Stop what is running."""
    for batch in list(_batches.values()):
        batch.stop()
