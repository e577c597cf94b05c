"""What a call cost: at the configured prices, else at the published ones (genai-prices), else unknown.

Published prices hold for a vendor's own URL: a model of the same name elsewhere has none. In secrets.toml, for one
model or for all others of an endpoint ("*"), a table is a price, and several tables are prices that follow each other:

    [[endpoints.work.prices."gpt-4o"]]
    from = 2026-01-01                    # UTC; without it, always
    currency = "EUR"                     # without it, USD
    input = 2.5                          # a million tokens, as are all that follow
    output = 10.0
    cached_input = 1.25                  # the part of the input that was cached; without it, as input
    reasoning = 10.0                     # the part of the output that was reasoning; without it, as output
    image = 0.001                        # one image sent, on top of its tokens
    request = 0.0                        # one call
    above = [{ tokens = 200_000, input = 5.0, output = 15.0 }]   # for the whole call, when its prompt is longer
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lib.errors import ConfigError
from lib.messages import Usage
from lib.pricing import money

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

log = logging.getLogger("parley")

ANY = "*"  # in place of a model's name: every model that has no price of its own
MILLION = 1_000_000
BILLION = 1_000_000_000
CONFIGURED, PUBLISHED = "configuration", "genai-prices"
NEARBY = ("internal", "lan", "local", "localhost", "test")  # ends of names that the public net does not know
ALWAYS = date.min
TOKENS = ("input", "output", "cached_input", "reasoning")
EXTRAS = ("image", "request")
KNOWN = {*TOKENS, *EXTRAS, "from", "currency", "above"}


@dataclass(frozen=True)
class Cost:
    """An amount in `currency`; `source` says whose price it is, `version` which one: a release or a first day."""

    amount: Decimal
    currency: str
    source: str
    version: str

    @property
    def billionths(self) -> int:
        """The amount as the ledger keeps it: whole numbers add up to the same sum in any order."""
        return round(self.amount * BILLION)


@dataclass(frozen=True)
class Rates:
    """What a million tokens cost. `cached_input` is part of the input, `reasoning` of the output."""

    input: Decimal
    output: Decimal
    cached_input: Decimal
    reasoning: Decimal

    def cost(self, tokens: Tokens) -> Decimal:
        """Return what these tokens cost."""
        plain = (tokens.input - tokens.cached) * self.input + (tokens.output - tokens.reasoning) * self.output
        return (plain + tokens.cached * self.cached_input + tokens.reasoning * self.reasoning) / MILLION


@dataclass(frozen=True)
class Price:
    """A configured price, valid from the day `since` on; `above` has other rates for prompts longer than its counts."""

    rates: Rates
    currency: str = "USD"
    since: date = ALWAYS
    image: Decimal = Decimal(0)
    request: Decimal = Decimal(0)
    above: tuple[tuple[int, Rates], ...] = ()

    def cost(self, tokens: Tokens, images: int) -> Cost:
        """Return what one call costs."""
        longer = [rates for count, rates in self.above if tokens.input > count]
        amount = [self.rates, *longer][-1].cost(tokens) + images * self.image + self.request
        return Cost(amount, self.currency, CONFIGURED, "" if self.since == ALWAYS else self.since.isoformat())


# By model; of each the earliest price first.
Prices = Mapping[str, tuple[Price, ...]]


@dataclass(frozen=True)
class Tokens:
    """The tokens that are billed: `cached` are part of `input`, `reasoning` of `output`. Averages have fractions."""

    input: Decimal
    output: Decimal
    cached: Decimal
    reasoning: Decimal


@dataclass(frozen=True)
class Tariff:
    """Whose prices are asked for: an endpoint's base URL and what is configured for it."""

    base_url: str
    prices: Prices

    def cost(self, usage: Usage | None, models: tuple[str, ...], at: datetime, images: int = 0) -> Cost | None:
        """Return what one call at the moment `at` cost; None where tokens or price are unknown.

        `models` are its names, the most telling one first: the one that answered, then the one that was asked.
        """
        tokens = billed(usage) if usage else None
        return self._cost(tokens, models, at, images) if tokens else None

    def what_if(self, sums: Usage, calls: int, model: str, at: datetime, images: int = 0) -> Cost | None:
        """Return what `calls` calls with these sums of tokens would have cost with `model`, at the prices of `at`.

        Where a price depends on the length of a prompt, that of the average call decides.
        """
        tokens = billed(sums) if calls else None
        mean = self._cost(_share(tokens, calls), (model,), at, 0) if tokens else None
        if mean is None or tokens is None:
            return None
        price = _configured(self.prices, (model,), at)
        return replace(mean, amount=mean.amount * calls + (images * price.image if price else 0))

    def _cost(self, tokens: Tokens, models: tuple[str, ...], at: datetime, images: int) -> Cost | None:
        if price := _configured(self.prices, models, at):
            return price.cost(tokens, images)
        return _published(self.base_url, models, tokens, at) if may_be_a_vendor(self.base_url) else None


def billed(usage: Usage) -> Tokens | None:
    """Return the tokens that are billed; None where they are unknown or contradict each other.

    Some vendors leave reasoning out of completion_tokens, but none leaves it out of total_tokens.
    """
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    cached, reasoning = usage.cached_tokens or 0, usage.reasoning_tokens or 0
    output = max(usage.completion_tokens, (usage.total_tokens or 0) - usage.prompt_tokens)
    if cached > usage.prompt_tokens or reasoning > output:
        return None
    return Tokens(Decimal(usage.prompt_tokens), Decimal(output), Decimal(cached), Decimal(reasoning))


def _share(tokens: Tokens, calls: int) -> Tokens:
    return Tokens(tokens.input / calls, tokens.output / calls, tokens.cached / calls, tokens.reasoning / calls)


def _configured(prices: Prices, models: tuple[str, ...], at: datetime) -> Price | None:
    listed = next((prices[name] for name in (*models, ANY) if name in prices), ())
    valid = [price for price in listed if price.since <= at.astimezone(UTC).date()]
    return valid[-1] if valid else None


def may_be_a_vendor(base_url: str) -> bool:
    """Say whether a host has a name of the public net: no address, and no machine next door, has published prices."""
    *domain, top = (urlsplit(base_url).hostname or "").split(".")
    return bool(domain) and top.isalpha() and top not in NEARBY


def _published(base_url: str, models: tuple[str, ...], tokens: Tokens, at: datetime) -> Cost | None:
    costs = (_look_up(base_url, model, tokens, at) for model in models)
    return next((cost for cost in costs if cost), None)


def _look_up(base_url: str, model: str, tokens: Tokens, at: datetime) -> Cost | None:
    import genai_prices  # a fifth of a second, and 30 MB, for those who call a vendor that has prices

    usage = genai_prices.Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cached,
        output_reasoning_tokens=tokens.reasoning,
    )
    try:
        found = genai_prices.calc_price(usage, model, provider_api_url=base_url, genai_request_timestamp=at)
    except LookupError:  # the vendor or the model is not known
        return None
    except Exception:  # a price that cannot be worked out must not cost the answer
        log.exception("No price for %s", model)
        return None
    return Cost(found.total_price, "USD", PUBLISHED, release()) if _complete(found.model_price) else None


def _complete(price: ModelPrice) -> bool:
    """Say whether there is a price for both ways: the library takes one that it does not know for nothing."""
    return price.input_mtok is not None and price.output_mtok is not None


@functools.cache
def release() -> str:
    """Return the version of the published prices."""
    from importlib.metadata import version

    return version("genai-prices")


def parse(value: object, where: str) -> Prices:
    """Return the prices of an endpoint as its table in secrets.toml has them; `where` names it in errors.

    Raises ConfigError for what is no price.
    """
    if not isinstance(value, Mapping):
        raise ConfigError.expected(f"prices of {where}", "tables by model", '"gpt-4o" = { input = 2.5, output = 10.0 }')
    return {model: _prices(entry, f'prices."{model}" of {where}') for model, entry in value.items()}


def _prices(entry: object, where: str) -> tuple[Price, ...]:
    tables = entry if isinstance(entry, list) else [entry]
    prices = sorted((_price(table, where) for table in tables), key=lambda price: price.since)
    if len({price.since for price in prices}) < max(1, len(tables)):
        raise ConfigError.expected(where, "one price or more, each from another day on", "from = 2026-01-01")
    return tuple(prices)


def _price(table: object, where: str) -> Price:
    if not isinstance(table, Mapping) or not {"input", "output"} <= set(table) <= KNOWN:
        raise ConfigError.expected(
            where, "input and output, of " + ", ".join(sorted(KNOWN)), "{ input = 2.5, output = 10.0 }"
        )
    extras = _amounts(table, EXTRAS, where)
    rates = _rates(table, where)
    return Price(
        rates,
        currency=money.currency(table.get("currency", "USD"), f"currency of {where}", 'currency = "EUR"'),
        since=_day(table.get("from", ALWAYS), where),
        above=_above(table.get("above", []), rates, where),
        **extras,
    )


def _rates(table: Mapping[str, Any], where: str, base: Rates | None = None) -> Rates:
    given = _amounts(table, TOKENS, where)
    if base is None:
        parts = {"cached_input": given["input"], "reasoning": given["output"]}
        return Rates(**{**parts, **given})
    return replace(base, **_parts(given), **given)


def _amounts(table: Mapping[str, Any], names: tuple[str, ...], where: str) -> dict[str, Decimal]:
    return {name: money.amount(table[name], f"{name} of {where}", f"{name} = 2.5") for name in names if name in table}


def _parts(given: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return what follows from other rates, where it is not given itself."""
    follow = {"cached_input": "input", "reasoning": "output"}
    return {part: given[whole] for part, whole in follow.items() if part not in given and whole in given}


def _above(tiers: object, base: Rates, where: str) -> tuple[tuple[int, Rates], ...]:
    if not isinstance(tiers, list) or not all(map(_is_tier, tiers)):
        raise ConfigError.expected(
            f"above of {where}", "a list of rates with tokens", "[{ tokens = 200_000, input = 5.0 }]"
        )
    found = [(tier["tokens"], _rates(tier, f"above of {where}", base)) for tier in tiers]
    return tuple(sorted(found, key=lambda tier: tier[0]))


def _is_tier(tier: object) -> bool:
    if not isinstance(tier, dict) or not set(tier) <= {"tokens", *TOKENS}:
        return False
    tokens = tier.get("tokens")
    return type(tokens) is int and tokens > 0


def _day(value: object, where: str) -> date:
    if type(value) is not date:
        raise ConfigError.expected(f"from of {where}", "a date without quotes", "from = 2026-01-01")
    return value
