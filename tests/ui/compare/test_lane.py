"""A lane of a comparison."""

from __future__ import annotations

import pytest

from lib import generations
from lib.store import LOCAL
from lib.ui import mine
from lib.ui.compare import lane


def test_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several lanes those are looked at in which something is being written."""
    monkeypatch.setattr(mine, "scope", lambda: LOCAL)
    monkeypatch.setattr(generations, "find", lambda _, lane: {"a": "its answer"}.get(lane))

    assert lane.running(["a", "b"]) == ["its answer"]
