"""The locks: what is installed is what they name, with every extra that someone asks for.

pip up to 23.2 takes a package with an extra for another one than the package itself; where the lock names only that, it
finds no version of the other and refuses.
"""

from __future__ import annotations

import re
from importlib.metadata import distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lib.config import ROOT

PINNED = re.compile(r"^([\w.-]+)(?:\[([\w.,-]+)\])?==", re.MULTILINE)
LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
}


def named(lock: str) -> dict[str, set[str]]:
    """Return the packages of a lock, and the extras that it names them with."""
    found = PINNED.findall((ROOT / lock).read_text(encoding="utf-8"))
    return {canonicalize_name(name): set(filter(None, extras.split(","))) for name, extras in found}


def asked(files: list[str], packages: set[str]) -> list[Requirement]:
    """Return what requirement files ask for, and what those packages ask for that are installed."""
    texts = [(ROOT / file).read_text(encoding="utf-8") for file in files]
    lines = [line.partition(" #")[0] for text in texts for line in text.splitlines()]
    own = [line for line in lines if line.strip() and not line.startswith((" ", "-", "#"))]
    installed = [found for found in distributions() if canonicalize_name(found.metadata["Name"]) in packages]
    theirs = [found.requires or [] for found in installed]
    return [Requirement(line) for line in (*own, *(line for part in theirs for line in part))]


@pytest.mark.parametrize("lock", LOCKS)
def test_extras(lock: str) -> None:
    """Whatever is asked for with an extra is named with it."""
    packages = named(lock)
    wanted = [each for each in asked(LOCKS[lock], set(packages)) if each.extras and _applies(each)]

    assert wanted
    assert [str(each) for each in wanted if not each.extras <= packages[canonicalize_name(each.name)]] == []


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
