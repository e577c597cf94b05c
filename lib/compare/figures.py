"""What the answers that were voted on cost, and how soon they came."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from lib.compare import votes
from lib.pricing.prices import BILLION
from lib.store import Call, Ledger, Vote

MAX_ANSWERS = 5_000  # that are looked up, the latest ones


@dataclass
class Figures:
    """What is known of somebody's answers: amounts by currency, and milliseconds to first tokens."""

    amounts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    first: list[float] = field(default_factory=list)

    def cost(self, currency: str) -> float | None:
        """Return what an answer costs in the mean, None where nothing is known in this currency."""
        amounts = self.amounts.get(currency)
        return sum(amounts) / len(amounts) if amounts else None

    @property
    def median(self) -> float | None:
        """The median of the times to first tokens."""
        return median(self.first) if self.first else None


def figures(given: Iterable[Vote], ledger: Ledger) -> dict[str, Figures]:
    """Return the figures of the answers that were voted on, each once, by who gave them. Raises StoreError."""
    who: dict[int, str] = {}
    for vote in given:
        if len(who) < MAX_ANSWERS and vote.ballot:
            who.update(votes.answered(vote.ballot))
    found: dict[str, Figures] = {name: Figures() for name in who.values()}
    for call in ledger.of_answers(list(who)):
        _add(found[who[call.message_id or 0]], call)
    return found


def _add(figures: Figures, call: Call) -> None:
    if call.cost is not None and call.currency:
        figures.amounts[call.currency].append(float(call.cost / BILLION))
    if call.ttft_ms is not None:
        figures.first.append(call.ttft_ms)


def currency(all: Iterable[Figures]) -> str:
    """Return the currency that most answers have their cost in, "" if none has one."""
    counts: Counter[str] = Counter()
    for each in all:
        counts.update({name: len(amounts) for name, amounts in each.amounts.items()})
    return max(counts, key=lambda name: (counts[name], name), default="")
