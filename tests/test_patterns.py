"""Patterns mean the same in every Python that Parley runs on.

Before 3.11.5 what is repeated and gives nothing back, as in `(a|b)*+` or `(?>a|b)`, does not always find what it should
if there is a choice in it: a number with an exponent was none.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import lib

CHOICES = (_constants.BRANCH, _constants.MAX_REPEAT, _constants.MIN_REPEAT)
KEEPERS = (_constants.POSSESSIVE_REPEAT, _constants.ATOMIC_GROUP)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Return the patterns of all modules, by where they are."""
    names = [each.name for each in pkgutil.walk_packages(lib.__path__, "lib.") if not each.name.endswith("__main__")]
    return {
        f"{name}.{key}": found
        for name in names
        for key, value in vars(importlib.import_module(name)).items()
        for found in within(value)
    }


def within(value: object) -> Iterator[re.Pattern[Any]]:
    """Yield the patterns in a value."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from within(each)
    elif isinstance(value, dict):
        yield from within(list(value.values()))


def steps(parsed: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield what a pattern does, and all that is in it."""
    for step in parsed:
        if isinstance(step, tuple) and len(step) == 2:
            yield step
        if isinstance(step, (tuple, list, _parser.SubPattern)):
            yield from steps(step)


def wrong(pattern: re.Pattern[Any]) -> list[Any]:
    """Return the choices in what gives nothing back."""
    kept = [what for kind, what in steps(_parser.parse(pattern.pattern, pattern.flags)) if kind in KEEPERS]
    return [kind for what in kept for kind, _ in steps(what if isinstance(what, tuple) else (what,)) if kind in CHOICES]


def test_no_choice_in_what_gives_nothing_back() -> None:
    """No pattern has a choice in what gives nothing back."""
    assert [where for where, pattern in patterns().items() if wrong(pattern)] == []


def test_wrong() -> None:
    """Such a choice is found, however deep it is."""
    assert wrong(re.compile(r"x(?:y(?:a|bc)*+)?"))
    assert wrong(re.compile(r"(?>a.*?b)"))
    assert not wrong(re.compile(r"(?:\\.[^x]*+)*+(?:a|b)*"))
