"""Prices: golden cases worked out by hand, at the published prices and at configured ones."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from lib.config import ROOT
from lib.errors import ConfigError
from lib.messages import Usage
from lib.pricing.prices import Cost, Tariff, billed, parse, release

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
OPENAI = "https://api.openai.com/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai"
HERE = "http://127.0.0.1:8000/v1"


def usage(prompt: int | None = 1000, completion: int | None = 100, **counts: int) -> Usage:
    """Return token counts."""
    return Usage(prompt_tokens=prompt, completion_tokens=completion, **counts)


def published(model: str, used: Usage, url: str = OPENAI, at: datetime = AT) -> str | None:
    """Return what a call costs at the published prices."""
    found = Tariff(url, {}).cost(used, (model,), at)
    return None if found is None else f"{found.amount.normalize():f}"


def tariff(toml: str, url: str = HERE) -> Tariff:
    """Return the tariff of an endpoint whose prices are configured like this."""
    return Tariff(url, parse(tomllib.loads(toml)["prices"], "[endpoints.work]"))


def configured(toml: str, used: Usage, at: datetime = AT, images: int = 0) -> str | None:
    """Return what a call of model `m` costs at configured prices."""
    found = tariff(toml).cost(used, ("m",), at, images)
    return None if found is None else f"{found.amount.normalize():f}"


@pytest.mark.parametrize(
    ("model", "used", "amount"),
    [
        # gpt-4o: $2.50 in, $10.00 out, $1.25 cached in
        ("gpt-4o", usage(), "0.0035"),
        ("gpt-4o-2024-08-06", usage(), "0.0035"),
        ("gpt-4o", usage(cached_tokens=400), "0.003"),
        # an image in high detail is 765 tokens of the prompt, billed as the rest of it
        ("gpt-4o", usage(1105, 300), "0.0057625"),
        # o3: $2 in, $8 out since 10 June 2025; reasoning is part of the output
        ("o3", usage(reasoning_tokens=64), "0.0028"),
        # both kinds of prediction tokens are in completion_tokens already
        ("gpt-4o", usage(accepted_prediction_tokens=20, rejected_prediction_tokens=30), "0.0035"),
        ("gpt-4o", usage(0, 0), "0"),
    ],
)
def test_published(model: str, used: Usage, amount: str) -> None:
    """OpenAI's own URL has OpenAI's prices."""
    assert published(model, used) == amount


def test_published_before() -> None:
    """A call has the price of its own day: o3 cost $10 and $40 until June 2025."""
    assert published("o3", usage(), at=datetime(2025, 6, 1, tzinfo=UTC)) == "0.014"


@pytest.mark.parametrize(
    ("prompt", "amount"),
    [
        (200_000, "0.251"),  # gemini-2.5-pro: $1.25 in, $10 out …
        (200_001, "0.5015025"),  # … $2.50 in, $15 out when the prompt is longer than 200,000
    ],
)
def test_published_tier(prompt: int, amount: str) -> None:
    """A longer prompt has its tier's price for all of the call."""
    assert published("gemini-2.5-pro", usage(prompt, 100), GOOGLE) == amount


@pytest.mark.parametrize("url", [HERE, "https://api.webraft.in/v2", "https://gateway.example/v1"])
def test_elsewhere(url: str) -> None:
    """A model of the same name on another server has no price."""
    assert published("gpt-4o", usage(), url) is None


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("nobody-knows-it", OPENAI),
        ("text-embedding-3-small", OPENAI),  # no price for an answer
        ("deepseek/deepseek-r1:free", "https://openrouter.ai/api/v1"),  # listed, without a price
    ],
)
def test_unpriced(model: str, url: str) -> None:
    """What is not known of a price is unknown, not nothing."""
    assert published(model, usage(), url) is None


@pytest.mark.parametrize(
    "used",
    [
        None,
        Usage(total_tokens=1100),
        usage(None),
        usage(1000, None),
        usage(10, cached_tokens=20),
        usage(10, 5, reasoning_tokens=6),
    ],
)
def test_unknown_tokens(used: Usage | None) -> None:
    """Tokens that are unknown or contradict each other have no cost."""
    assert Tariff(OPENAI, {}).cost(used, ("gpt-4o",), AT) is None


def test_reasoning_beside() -> None:
    """Reasoning that a vendor leaves out of completion_tokens is billed: the total has it."""
    tokens = billed(Usage(prompt_tokens=10, completion_tokens=20, total_tokens=130, reasoning_tokens=100))

    assert tokens
    assert (tokens.output, tokens.reasoning) == (120, 100)


def test_price_that_fails() -> None:
    """A price that cannot be worked out is unknown."""
    assert Tariff(OPENAI, {}).cost(usage(), ("o3",), "yesterday") is None  # type: ignore[arg-type]


def test_provenance() -> None:
    """A published price says where it is from and which release of the prices it is."""
    found = Tariff(OPENAI, {}).cost(usage(), ("gpt-4o",), AT)

    assert found == Cost(Decimal("0.0035"), "USD", "genai-prices", release())


def test_served_model() -> None:
    """The model that answered is looked up first, then the one that was asked for."""
    costs = [Tariff(OPENAI, {}).cost(usage(), names, AT) for names in (("gpt-4o", "my-alias"), ("odd", "gpt-4o"))]

    assert [cost and cost.amount for cost in costs] == [Decimal("0.0035")] * 2


def test_billionths() -> None:
    """The ledger keeps an amount as billionths."""
    assert Cost(Decimal("0.0000000375"), "USD", "configuration", "").billionths == 38


def test_offline() -> None:
    """Looking a price up starts no thread and imports the prices only then."""
    code = f"""if True:
        import sys, threading
        from lib.pricing.prices import Tariff
        from lib.messages import Usage
        from datetime import UTC, datetime
        before = "genai_prices" in sys.modules
        cost = Tariff("{OPENAI}", {{}}).cost(Usage(1, 1), ("gpt-4o",), datetime.now(UTC))
        print(before, cost is not None, threading.active_count())"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "False True 1\n"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "ollama", "llm.internal", "box.lan:8000"])
def test_nearby(host: str) -> None:
    """Of a machine next door there are no published prices, and none are loaded to find that out."""
    code = f"""if True:
        import sys
        from lib.pricing.prices import Tariff
        from lib.messages import Usage
        from datetime import UTC, datetime
        cost = Tariff("http://{host}/v1", {{}}).cost(Usage(1, 1), ("gpt-4o",), datetime.now(UTC))
        print(cost, "genai_prices" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "None False\n"


def test_configured_first() -> None:
    """A configured price comes before the published one."""
    found = tariff('prices."gpt-4o" = { input = 1, output = 2, currency = "EUR" }', OPENAI)

    assert found.cost(usage(), ("gpt-4o",), AT) == Cost(Decimal("0.0012"), "EUR", "configuration", "")


@pytest.mark.parametrize(
    ("table", "amount"),
    [
        ("input = 1, output = 2", "0.0012"),
        ("input = 0, output = 0", "0"),
        ("input = 1, output = 2, cached_input = 0.5", "0.001"),
        ("input = 1, output = 2, reasoning = 4", "0.00132"),
        ("input = 1, output = 2, image = 0.01, request = 0.5", "0.5212"),
        ("input = 1, output = 2, above = [{ tokens = 999, input = 2 }]", "0.0022"),
        ("input = 1, output = 2, above = [{ tokens = 1000, input = 2 }]", "0.0012"),
        ("input = 1, output = 2, above = [{ tokens = 9, output = 9 }, { tokens = 5, output = 3 }]", "0.0019"),
        ("input = 1, output = 2, cached_input = 0.5, above = [{ tokens = 9, cached_input = 0 }]", "0.0008"),
    ],
)
def test_configured(table: str, amount: str) -> None:
    """1,000 tokens in, 400 of them cached; 100 out, 60 of them reasoning; two images."""
    used = usage(cached_tokens=400, reasoning_tokens=60)

    assert configured(f"prices.m = {{ {table} }}", used, images=2) == amount


def test_any_model() -> None:
    """A price for any model is that of the models without their own."""
    found = tariff('prices = { "*" = { input = 0, output = 0 }, m = { input = 1, output = 1 } }')

    assert [cost and cost.amount for cost in (found.cost(usage(), (name,), AT) for name in ("m", "n"))] == [
        Decimal("0.0011"),
        0,
    ]


@pytest.mark.parametrize(
    ("day", "amount", "version"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "0.0012", "2026-01-01"),
        (datetime(2026, 2, 1, tzinfo=UTC), "0.0022", "2026-02-01"),
    ],
)
def test_dated(day: datetime, amount: str, version: str) -> None:
    """Of several prices the one of the call's day counts, and its first day is its version."""
    rows = "{ from = 2026-02-01, input = 2, output = 2 }, { from = 2026-01-01, input = 1, output = 2 }"
    found = tariff(f"prices.m = [{rows}]").cost(usage(), ("m",), day)

    assert found
    assert (str(found.amount), found.version) == (amount, version)


def test_before_first() -> None:
    """Before the first of the configured prices there is none, unless one is published."""
    table = "from = 2027-01-01, input = 1, output = 2"
    found = tariff(f'prices = {{ "gpt-4o" = {{ {table} }} }}', OPENAI).cost(usage(), ("gpt-4o",), AT)

    assert configured(f"prices.m = {{ {table} }}", usage()) is None
    assert found
    assert found.source == "genai-prices"


def test_what_if() -> None:
    """Three calls, 6,000 tokens in and 900 out: at gpt-4o's prices 6,000 x $2.50/M + 900 x $10/M = $0.024."""
    found = Tariff(OPENAI, {}).what_if(usage(6000, 900), 3, "gpt-4o", AT)

    assert found
    assert found.amount == Decimal("0.024")


def test_what_if_tier() -> None:
    """A thousand short calls are not one long one: the tier is that of the average call."""
    found = Tariff(GOOGLE, {}).what_if(usage(1_000_000, 1000), 1000, "gemini-2.5-pro", AT)

    assert found
    assert found.amount == Decimal("1.26")


def test_what_if_extras() -> None:
    """What a call or an image costs by itself is counted for each."""
    found = tariff("prices.m = { input = 1, output = 1, image = 0.5, request = 0.1 }")
    cost = found.what_if(usage(3000, 0), 3, "m", AT, images=2)

    assert cost
    assert cost.amount == Decimal("1.303")


@pytest.mark.parametrize(("sums", "calls"), [(usage(), 0), (Usage(), 3)])
def test_what_if_unknown(sums: Usage, calls: int) -> None:
    """Of nothing there is no other price."""
    assert Tariff(OPENAI, {}).what_if(sums, calls, "gpt-4o", AT) is None


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("prices = 3", "prices of"),
        ("prices.m = 3", 'prices."m" of'),
        ("prices.m = { input = 1 }", "input and output"),
        ("prices.m = { input = 1, output = 1, outptu = 2 }", "cached_input"),
        ("prices.m = []", "one price or more"),
        ("prices.m = [{ input = 1, output = 1 }, { input = 2, output = 2 }]", "each from another day"),
        ("prices.m = { input = -1, output = 1 }", "input of"),
        ("prices.m = { input = nan, output = 1 }", "input of"),
        ("prices.m = { input = true, output = 1 }", "input of"),
        ('prices.m = { input = 1, output = "1" }', "output of"),
        ("prices.m = { input = 1, output = 1, image = inf }", "image of"),
        ('prices.m = { input = 1, output = 1, currency = "Euro" }', "capital letters"),
        ("prices.m = { input = 1, output = 1, currency = 978 }", "capital letters"),
        ('prices.m = { input = 1, output = 1, from = "2026-01-01" }', "without quotes"),
        ("prices.m = { input = 1, output = 1, from = 2026-01-01T00:00:00Z }", "without quotes"),
        ("prices.m = { input = 1, output = 1, above = 3 }", "above of"),
        ("prices.m = { input = 1, output = 1, above = [3] }", "above of"),
        ("prices.m = { input = 1, output = 1, above = [{ input = 3 }] }", "above of"),
        ("prices.m = { input = 1, output = 1, above = [{ tokens = 0 }] }", "above of"),
        ("prices.m = { input = 1, output = 1, above = [{ tokens = 9, image = 3 }] }", "above of"),
    ],
)
def test_wrong(toml: str, words: str) -> None:
    """What is no price is refused, by its name and with an example."""
    with pytest.raises(ConfigError, match=words) as caught:
        tariff(toml)

    assert "for example" in str(caught.value)
    assert "[endpoints.work]" in str(caught.value)
