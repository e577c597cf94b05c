"""What is asked of the ledger, and what it answers. Frozen values; `None` means unknown, never zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, zip_longest
from typing import Any

from sqlalchemy import ColumnElement

from lib.messages import Usage
from lib.pricing.prices import BILLION
from lib.store.schema import BINS

# Milliseconds, between the BINS of first-token times. A time read back from them is less than a quarter off.
EDGES = tuple(20 * 1.25**number for number in range(len(BINS) - 1))
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens", "cached_tokens")
DAY = timedelta(days=1)
METRICS = ("calls", *TOKENS, "cost", "ttft_median", "ttft_p95")


@dataclass(frozen=True)
class Selection:
    """Which calls: those of the days `first` to `last`, both included, of a time zone; where empty, of all."""

    first: date
    last: date
    zone: str = "UTC"
    owners: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """The columns that are not free, and what they may have."""
        columns = {
            "owner": self.owners,
            "endpoint": self.endpoints,
            "model": self.models,
            "purpose": self.purposes,
            "status": self.statuses,
            "source": self.sources,
            "origin": self.origins,
        }
        return {name: values for name, values in columns.items() if values}

    def among(self, columns: Any) -> list[ColumnElement[bool]]:
        """Return what the columns of a table must be like, besides the time."""
        return [columns[name].in_(values) for name, values in self.filters.items()]

    @property
    def before(self) -> Selection:
        """The period before: as many whole months where these are whole months, else as many days."""
        last, following = self.first - DAY, self.last + DAY
        if self.first.day == following.day == 1:
            months = (following.year - self.first.year) * 12 + following.month - self.first.month
            return replace(self, first=_earlier(self.first, months), last=last)
        return replace(self, first=last - (self.last - self.first), last=last)


def _earlier(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return day.replace(year=count // 12, month=count % 12 + 1)


@dataclass(frozen=True)
class Figures:
    """What some calls come to.

    A count of tokens is that of the calls where it is known; None when it is known of none. `counted` is the number of
    calls whose total is known, `priced` of those with a cost. `costs` are billionths by currency. `waits` are the calls
    by first-token time, bin after bin; empty when that was not asked for.
    """

    calls: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    counted: int = 0
    priced: int = 0
    reported_tokens: int = 0
    costs: tuple[tuple[str, int], ...] = ()
    waits: tuple[int, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Figures:
        """Return the figures of one row of sums, which is of one currency."""
        known = {name: row[name] if row[f"{name}_known"] else None for name in TOKENS}
        return cls(
            calls=row["calls"],
            **known,
            costs=((row["currency"], row["cost"]),) if row["cost_known"] else (),
            counted=row["total_tokens_known"],
            priced=row["cost_known"],
            reported_tokens=row["reported_tokens"],
            waits=tuple(row[name] for name in BINS if name in row),
        )

    def __add__(self, other: Figures) -> Figures:
        """Return what both come to."""
        counts: dict[str, Any] = {name: _sum(getattr(self, name), getattr(other, name)) for name in _COUNTS}
        costs = Counter(dict(self.costs))
        costs.update(dict(other.costs))
        waits = tuple(map(sum, zip_longest(self.waits, other.waits, fillvalue=0)))
        return Figures(**counts, costs=tuple(sorted(costs.items())), waits=waits)

    @property
    def coverage(self) -> float | None:
        """The share of the tokens that an endpoint reported, 0 to 1; the rest is estimated."""
        return self.reported_tokens / self.total_tokens if self.total_tokens else None

    @property
    def unpriced(self) -> int:
        """How many calls have tokens but no price."""
        return self.counted - self.priced

    def cost(self, currency: str = "USD") -> Decimal | None:
        """Return what the calls with a price in this currency cost; None when there are none."""
        amount = dict(self.costs).get(currency)
        return None if amount is None else Decimal(amount) / BILLION

    def wait(self, share: float) -> float | None:
        """Return the first-token time, in ms, that this share of the calls has at most: 0.5 is the median.

        It is read from bins, so that it is less than 25 % off; most often less than 5 %.
        """
        rank = share * sum(self.waits)
        if not rank:
            return None
        upto = list(accumulate(self.waits))
        number = next(number for number, count in enumerate(upto) if count >= rank)
        inside = 1 - (upto[number] - rank) / self.waits[number]
        low, high = (EDGES[0] / 1.25, *EDGES)[number], (*EDGES, EDGES[-1] * 1.25)[number]
        return float(low * (high / low) ** inside)

    def value(self, metric: str, currency: str = "USD") -> float | None:
        """Return one of METRICS: a count, money in `currency`, or milliseconds."""
        if metric == "cost":
            cost = self.cost(currency)
            return None if cost is None else float(cost)
        shares = {"ttft_median": 0.5, "ttft_p95": 0.95}
        found: float | None = self.wait(shares[metric]) if metric in shares else getattr(self, metric)
        return found

    @property
    def usage(self) -> Usage:
        """The tokens, as what-if prices take them."""
        return Usage(**{name: getattr(self, name) for name in TOKENS})


_COUNTS = [item.name for item in fields(Figures) if item.name not in ("costs", "waits")]


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None:
        return other
    return one if other is None else one + other


@dataclass(frozen=True)
class Cell:
    """The figures of one group: the first day of its step (None without steps), and the values it is told by."""

    start: Any
    names: tuple[str, ...]
    figures: Figures
