"""docs/security.md: each test that holds a promise is there."""

from __future__ import annotations

import re

import pytest

from lib.config import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+(?:::\w+)?)`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_test_is_there(name: str) -> None:
    """A test that the page names is there, under that name."""
    path, _, function = name.partition("::")

    assert f"def {function}" in (ROOT / path).read_text(encoding="utf-8")


def test_every_promise_is_held() -> None:
    """Each row of the page's tables names at least one test, and the page is linked where people begin."""
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("|---", "| promise"))]

    assert len(rows) > 10
    assert not [row for row in rows if "`tests/" not in row]
    assert "docs/security.md" in (ROOT / "README.md").read_text(encoding="utf-8")
