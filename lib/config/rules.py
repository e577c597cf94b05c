"""What people may: how much at once, and which models. Tables of [accounts] in secrets.toml.

[[accounts.limits]]
calls_a_minute = 20      # of each person, over all replicas
answers_at_once = 4
group = "interns"        # a group, an e-mail address, or a role: user, analyst, admin; without it, everybody

[[accounts.access]]
endpoint = "openai"
models = ["gpt-4o*"]     # a * at the end stands for anything; without models, all of the endpoint
only = ["research", "admin"]

Of the limits that are for somebody, the first counts. A model that no access names is everybody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lib.errors import ConfigError, LimitError

LIMITS, ACCESS = "[[accounts.limits]] in secrets.toml", "[[accounts.access]] in secrets.toml"
NUMBERS = ("calls_a_minute", "answers_at_once")
_limit_expected = partial(ConfigError.expected, LIMITS, example='{ calls_a_minute = 20, group = "interns" }')
_access_expected = partial(
    ConfigError.expected, ACCESS, example='{ endpoint = "openai", models = ["gpt-4o*"], only = ["research"] }'
)


@dataclass(frozen=True)
class Limit:
    """How many calls each of some people may make in a minute, and answers have at once; None for any number."""

    calls_a_minute: int | None = None
    answers_at_once: int | None = None
    group: str = ""

    def is_for(self, names: Collection[str]) -> bool:
        """Return whether it is for somebody who may be named so."""
        return not self.group or self.group in names


@dataclass(frozen=True)
class Access:
    """Who may ask some models: `only` those who may be named so."""

    endpoint: str
    only: frozenset[str]
    models: tuple[str, ...] = ("*",)

    def is_of(self, endpoint: str, model: str) -> bool:
        """Return whether a model is one of these."""
        return endpoint == self.endpoint and any(_fits(model, pattern) for pattern in self.models)


def may(access: Iterable[Access], names: Collection[str], endpoint: str, model: str) -> bool:
    """Return whether somebody may ask a model: what several entries name, they have to be in each of."""
    return all(each.only.intersection(names) for each in access if each.is_of(endpoint, model))


def check(access: Iterable[Access], names: Collection[str], endpoint: str, model: str) -> None:
    """Raise LimitError unless somebody may."""
    if not may(access, names, endpoint, model):
        said = f"You may not ask {model or 'the default model'} at {endpoint}."
        raise LimitError(said, hint="Choose another model, or ask whoever runs Parley. Nothing was sent.")


def limit(limits: Iterable[Limit], names: Collection[str]) -> Limit:
    """Return what limits somebody."""
    return next((each for each in limits if each.is_for(names)), Limit())


def named(limits: Iterable[Limit], access: Iterable[Access]) -> frozenset[str]:
    """Return the names by which rules are for somebody."""
    return frozenset(each.group for each in limits).union(*(each.only for each in access)) - {""}


def limits(value: object) -> tuple[Limit, ...]:
    """Return the limits of secrets.toml. Raises ConfigError."""
    return tuple(map(_limit, _tables(value, _limit_expected("tables"))))


def access(value: object) -> tuple[Access, ...]:
    """Return who may ask what. Raises ConfigError."""
    return tuple(map(_access, _tables(value, _access_expected("tables"))))


def _tables(value: object, error: ConfigError) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise error
    return value


def _limit(table: Mapping[str, Any]) -> Limit:
    numbers = {name: table[name] for name in NUMBERS if name in table}
    if not numbers or not set(table) <= {*NUMBERS, "group"}:
        raise _limit_expected("calls_a_minute, answers_at_once or both, and perhaps a group")
    if not all(type(each) is int and each > 0 for each in numbers.values()):
        raise _limit_expected("whole numbers above 0")
    group = table.get("group", "")
    if not isinstance(group, str):
        raise _limit_expected("the group in quotes")
    return Limit(**numbers, group=group)


def _access(table: Mapping[str, Any]) -> Access:
    endpoint, only, models = table.get("endpoint"), table.get("only"), table.get("models", ["*"])
    if not isinstance(endpoint, str) or not set(table) <= {"endpoint", "only", "models"}:
        raise _access_expected("an endpoint, only, and perhaps models")
    if not (_are_names(only) and _are_names(models)):
        raise _access_expected("names in quotes")
    return Access(endpoint, frozenset(only or ()), tuple(models))


def _are_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) and each for each in value)


def _fits(model: str, pattern: str) -> bool:
    return model.startswith(pattern[:-1]) if pattern.endswith("*") else model == pattern
