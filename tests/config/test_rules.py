"""Limits and access: what secrets.toml may say, and whom it is for."""

from __future__ import annotations

import tomllib

import pytest

from lib.config import rules
from lib.config.accounts import Accounts
from lib.config.rules import Access, Limit
from lib.errors import ConfigError, LimitError

TOLD = """
[[budgets]]
calls = 5
group = "lab"
[[accounts.limits]]
calls_a_minute = 2
group = "interns"
[[accounts.limits]]
answers_at_once = 4
[[accounts.access]]
endpoint = "openai"
models = ["gpt-4o*", "o1"]
only = ["research", "admin"]
[[accounts.access]]
endpoint = "local"
only = ["user"]
"""
DEAR = Access("openai", frozenset({"research"}), ("gpt-4o*", "o1"))


def test_all() -> None:
    """Everything can be said, and the groups that it names are those that are looked for in claims."""
    found = Accounts.load({}, tomllib.loads(TOLD))

    assert found.limits == (Limit(calls_a_minute=2, group="interns"), Limit(answers_at_once=4))
    assert found.access == (
        Access("openai", frozenset({"research", "admin"}), ("gpt-4o*", "o1")),
        Access("local", frozenset({"user"})),
    )
    assert found.named == {"interns", "research", "admin", "user", "lab"}


@pytest.mark.parametrize(
    ("model", "names", "may"),
    [
        ("gpt-4o-mini", {"research"}, True),
        ("gpt-4o", {"user"}, False),
        ("o1", set(), False),
        ("o1-mini", set(), True),
        ("gpt-3", set(), True),
    ],
)
def test_access(model: str, names: set[str], may: bool) -> None:
    """A model that is named is asked by those who are named only; others by everybody."""
    assert rules.may([DEAR], names, "openai", model) is may
    assert rules.may([DEAR], names, "elsewhere", model)


def test_check() -> None:
    """Who may not ask is told so in a sentence, before anything is sent."""
    rules.check([DEAR], {"research"}, "openai", "o1")
    with pytest.raises(LimitError, match="You may not ask o1 at openai") as caught:
        rules.check([DEAR], {"user"}, "openai", "o1")
    assert caught.value.retry_after is None


def test_first_limit() -> None:
    """Of several limits the first that is for somebody counts; without any there is none."""
    some = (Limit(1, group="interns"), Limit(9))

    assert [rules.limit(some, names).calls_a_minute for names in ({"interns"}, {"user"})] == [1, 9]
    assert rules.limit((), {"user"}) == Limit()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits = 3", "tables"),
        ("limits = [3]", "tables"),
        ("limits = [{group = 'a'}]", "calls_a_minute, answers"),
        ("limits = [{calls_a_minute = 1, x = 1}]", "calls_a_minute, answers"),
        ("limits = [{calls_a_minute = 0}]", "whole numbers"),
        ("limits = [{calls_a_minute = true}]", "whole numbers"),
        ("limits = [{calls_a_minute = 1, group = 1}]", "group in quotes"),
        ("access = 3", "tables"),
        ("access = [{only = ['a']}]", "an endpoint"),
        ("access = [{endpoint = 'e', only = ['a'], x = 1}]", "an endpoint"),
        ("access = [{endpoint = 'e'}]", "names in quotes"),
        ("access = [{endpoint = 'e', only = []}]", "names in quotes"),
        ("access = [{endpoint = 'e', only = ['a'], models = [1]}]", "names in quotes"),
    ],
)
def test_refused(text: str, words: str) -> None:
    """What is no rule is refused, with an example."""
    with pytest.raises(ConfigError, match=words) as caught:
        Accounts.load({}, tomllib.loads(f"[accounts]\n{text}"))
    assert "for example {" in str(caught.value)
