"""Budgets: what secrets.toml may say, and which calls count."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from lib.errors import ConfigError
from lib.pricing.budgets import Budget, parse


def read(text: str) -> tuple[Budget, ...]:
    """Return the budgets of a file."""
    return parse(tomllib.loads(text)["budgets"])


def test_all() -> None:
    """Everything can be said."""
    text = 'amount = 20, currency = "EUR", endpoint = "e", model = "m", owner = "o", zone = "Asia/Tokyo", stop = true'

    assert read(f"budgets = [{{ {text} }}]") == (Budget(Decimal(20), "EUR", "e", "m", "o", "Asia/Tokyo", stop=True),)


def test_little() -> None:
    """An amount is enough, and there may be several."""
    assert read("budgets = [{ amount = 1.5 }, { amount = 2 }]") == (Budget(Decimal("1.5")), Budget(Decimal(2)))


def test_people() -> None:
    """It may be for each person of a group, or of a role, or for a project, in tokens or calls, by day or week."""
    text = 'tokens = 5, group = "lab", each = true, period = "day"'
    found = read(f'budgets = [{{ {text} }}, {{ calls = 1, project = "Atlas", period = "week" }}]')

    assert found == (
        Budget(Decimal(5), group="lab", each=True, period="day", unit="tokens"),
        Budget(Decimal(1), project="Atlas", period="week", unit="calls"),
    )
    assert [each.said for each in found] == ["5 tokens", "1 call"]
    assert [found[0].covers(groups) for groups in ({"lab"}, {"user"})] == [True, False]
    assert [found[1].covers(project=name) for name in ("Atlas", "")] == [True, False]


@pytest.mark.parametrize(
    ("names", "counts"),
    [({}, True), ({"owner": "anna"}, True), ({"owner": "ben"}, False), ({"model": "m", "owner": "anna"}, True)],
)
def test_covers(names: dict[str, str], counts: bool) -> None:
    """A call counts when it is of all that a budget names."""
    assert Budget(Decimal(1), **names).covers(endpoint="e", model="m", owner="anna") is counts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("budgets = 3", "tables"),
        ("budgets = [3]", "an amount"),
        ("budgets = [{ stop = true }]", "an amount"),
        ("budgets = [{ amount = 1, team = 'x' }]", "endpoint, model, owner"),
        ("budgets = [{ amount = 0 }]", "above 0"),
        ("budgets = [{ amount = inf }]", "above 0"),
        ("budgets = [{ amount = true }]", "above 0"),
        ("budgets = [{ amount = '1' }]", "above 0"),
        ("budgets = [{ amount = 1, currency = 'euro' }]", "three capital letters"),
        ("budgets = [{ amount = 1, currency = 1 }]", "three capital letters"),
        ("budgets = [{ amount = 1, model = '' }]", "model in quotes"),
        ("budgets = [{ amount = 1, owner = 1 }]", "owner in quotes"),
        ("budgets = [{ amount = 1, zone = 'Mars/Olympus' }]", "Europe/Lisbon"),
        ("budgets = [{ amount = 1, zone = 3 }]", "zone in quotes"),
        ("budgets = [{ amount = 1, stop = 'no' }]", "true or false"),
        ("budgets = [{ amount = 1, each = 1 }]", "each as true or false"),
        ("budgets = [{ amount = 1, tokens = 1 }]", "an amount"),
        ("budgets = [{ amount = 1, unit = 'calls' }]", "an amount"),
        ("budgets = [{ amount = 1, period = 'year' }]", "month, week, day"),
    ],
)
def test_refused(text: str, words: str) -> None:
    """What is no budget is refused, with an example."""
    with pytest.raises(ConfigError, match=words) as caught:
        read(text)

    assert "for example { amount" in str(caught.value)
