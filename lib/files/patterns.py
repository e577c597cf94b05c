"""How long a search for a regular expression may take, told from what it is written like: for those that others wrote.

Python's own engine tries every way in which a text could fit. What makes the ways many is a repeated choice of repeated
things, as in `(a+)+`: it is refused. What is left takes as many steps as the product of what each repetition can be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARACTERS = 500  # characters of a pattern
MAX_STEPS = 5_000_000  # of a search: about a second
WIDE = 20  # repetitions, from which on it may be as many as the text is long
TOKEN = re.compile(
    r"""
    (?P<back> \\[1-9] | \(\?P= | \(\?\( )
  | (?P<atom> \\. | \[\^?\]?(?:\\.|[^\]\\])*\] )
  | (?P<open> \((?:\?(?:P?<[^=!>][^>]*>|<?[=!]|[a-zA-Z-]*:))? )
  | (?P<close> \) )
  | (?P<choice> \| )
  | (?P<times> (?:[*+?]|\{(?P<least>\d{0,6})(?P<comma>,)?(?P<most>\d{0,6})\})[?+]? )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass
class _Group:
    """What is open: whether it fits in several ways, and whether what stands last in it does."""

    varies: bool = False
    last: bool = False


def refusal(pattern: str) -> str:
    """Return why a pattern is not searched for, "" where it is."""
    if len(pattern) > MAX_CHARACTERS:
        return f"is longer than {MAX_CHARACTERS} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return "is none that can be read"
    return (
        "" if _factors(pattern) is not None else "repeats what is itself repeated or a choice, which can take forever"
    )


def steps(pattern: str, length: int) -> int:
    """Return about how many steps a search takes at most in a text; of a pattern that is not refused."""
    product = 1 if pattern.startswith("^") else length + 1
    for factor in _factors(pattern) or ():
        product *= length + 1 if factor is None else factor
        if product > MAX_STEPS:
            break
    return product


def _factors(pattern: str) -> list[int | None] | None:
    """Return in how many ways each repetition can be, None for as many as the text is long; None if they multiply."""
    groups, found = [_Group()], list[int | None]()
    for token in TOKEN.finditer(pattern):
        if token["back"]:
            return None
        if token["times"]:
            least, most = _range(token)
            if most != 1 and groups[-1].last:
                return None
            if least != most:
                groups[-1].varies = True
                found.append(None if most is None or most - least > WIDE else most - least + 1)
        else:
            _note(token, groups)
            found += [2] if token["choice"] else []
    return found


def _note(token: re.Match[str], groups: list[_Group]) -> None:
    if token["open"]:
        groups.append(_Group())
    elif token["close"]:
        inner = groups.pop() if len(groups) > 1 else groups[0]
        groups[-1].varies = groups[-1].varies or inner.varies
        groups[-1].last = inner.varies
    else:
        groups[-1].varies = groups[-1].varies or bool(token["choice"])
        groups[-1].last = False


def _range(token: re.Match[str]) -> tuple[int, int | None]:
    """Return how often something is repeated at least and at most, None for any number."""
    sign = token["times"][0]
    if sign != "{":
        return int(sign == "+"), 1 if sign == "?" else None
    least = int(token["least"] or 0)
    return least, (int(token["most"]) if token["most"] else None) if token["comma"] else least
