"""What is asked of the ledger, and what it answers. Frozen values; `None` means unknown, never zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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
# The fields of a selection, by the dimension that they are values of.
FILTERS = {
    "owner": "owners",
    "endpoint": "endpoints",
    "model": "models",
    "purpose": "purposes",
    "status": "statuses",
    "source": "sources",
    "origin": "origins",
}


@dataclass(frozen=True)
class Metric:
    """One kind of figure. Its `unit` is "calls", "tokens", "money" or "ms".

    A first-token time has the `quantile` that it is: the time that this share of the calls has at most.
    """

    name: str
    unit: str
    quantile: float | None = None

    @property
    def is_additive(self) -> bool:
        """Whether the figures of two groups add up to that of both: quantiles do not."""
        return self.quantile is None


CALLS, COST = Metric("calls", "calls"), Metric("cost", "money")
TTFT_MEDIAN, TTFT_P95 = Metric("ttft_median", "ms", 0.5), Metric("ttft_p95", "ms", 0.95)
METRICS = {
    metric.name: metric for metric in (CALLS, *(Metric(name, "tokens") for name in TOKENS), COST, TTFT_MEDIAN, TTFT_P95)
}


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
        return {name: values for name, field in FILTERS.items() if (values := getattr(self, field))}

    def where(self, **filters: Iterable[str]) -> Selection:
        """Return those of these calls that have one of the given values, by dimension; no values mean any."""
        values: dict[str, Any] = {FILTERS[name]: tuple(values) for name, values in filters.items()}
        return replace(self, **values)

    def among(self, columns: Any) -> list[ColumnElement[bool]]:
        """Return what the columns of a table must be like, besides the time."""
        return [columns[name].in_(values) for name, values in self.filters.items()]

    @property
    def previous_period(self) -> Selection:
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
    calls whose total is known, `priced` of those with a cost. `costs` are billionths by currency. `ttft_histogram`
    has the calls by first-token time, bin after bin; it is empty when that was not asked for.
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
    ttft_histogram: tuple[int, ...] = ()

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
            ttft_histogram=tuple(row[name] for name in BINS if name in row),
        )

    def __add__(self, other: Figures) -> Figures:
        """Return what both come to."""
        counts: dict[str, Any] = {name: _sum(getattr(self, name), getattr(other, name)) for name in _COUNTS}
        costs = Counter(dict(self.costs))
        costs.update(dict(other.costs))
        histogram = tuple(map(sum, zip_longest(self.ttft_histogram, other.ttft_histogram, fillvalue=0)))
        return Figures(**counts, costs=tuple(sorted(costs.items())), ttft_histogram=histogram)

    @property
    def coverage(self) -> float | None:
        """The share of the tokens that an endpoint reported, 0 to 1; the rest is estimated."""
        return self.reported_tokens / self.total_tokens if self.total_tokens else None

    @property
    def unpriced(self) -> int:
        """How many calls have tokens but no price."""
        return self.counted - self.priced

    @property
    def main_currency(self) -> str:
        """The currency that costs are shown in: dollars if there are some, else the first there is."""
        known = [currency for currency, _ in self.costs]
        return "USD" if "USD" in known or not known else known[0]

    def cost(self, currency: str = "USD") -> Decimal | None:
        """Return what the calls with a price in this currency cost; None when there are none."""
        amount = dict(self.costs).get(currency)
        return None if amount is None else Decimal(amount) / BILLION

    def ttft_quantile(self, share: float) -> float | None:
        """Return the first-token time, in ms, that this share of the calls has at most: 0.5 is the median.

        It is read from bins, so that it is less than 25 % off; most often less than 5 %.
        """
        rank = share * sum(self.ttft_histogram)
        if not rank:
            return None
        upto = list(accumulate(self.ttft_histogram))
        number = next(number for number, count in enumerate(upto) if count >= rank)
        inside = 1 - (upto[number] - rank) / self.ttft_histogram[number]
        low, high = (EDGES[0] / 1.25, *EDGES)[number], (*EDGES, EDGES[-1] * 1.25)[number]
        return float(low * (high / low) ** inside)

    def value(self, metric: Metric, currency: str = "USD") -> float | None:
        """Return the figure of a metric, in its unit; money in `currency`."""
        if metric == COST:
            cost = self.cost(currency)
            return None if cost is None else float(cost)
        if metric.quantile is not None:
            return self.ttft_quantile(metric.quantile)
        found: float | None = getattr(self, metric.name)
        return found

    @property
    def usage(self) -> Usage:
        """The tokens, as what-if prices take them."""
        return Usage(**{name: getattr(self, name) for name in TOKENS})


_COUNTS = [item.name for item in fields(Figures) if item.name not in ("costs", "ttft_histogram")]


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None:
        return other
    return one if other is None else one + other


@dataclass(frozen=True)
class Cell:
    """The figures of one group: the first day of its step (None without steps), and the values of its dimensions."""

    start: Any
    names: tuple[str, ...]
    figures: Figures
