"""Processes that tests start: they run what they are given, whatever ran in the tests' own before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.forks import Fork
from tests.waiting import until


def greet(say: Callable[[str], None]) -> None:
    """Say something."""
    say("hello")


def test_after_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that a test has drawn before, which leaves its script as the main module, is not run there."""
    page = ModuleType("__main__")
    page.__file__ = str(tmp_path / "page.py")
    Path(page.__file__).write_text("raise RuntimeError", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "__main__", page)
    fork = Fork(greet)

    until(lambda: fork.said == ["hello"], 30)
    fork.kill()
