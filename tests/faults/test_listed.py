"""What `make faults` runs is what there is."""

from __future__ import annotations

import re

from lib.config import ROOT

LISTED = re.findall(r"`(tests/[^`]*)::([^`]*)`", (ROOT / "tests/faults/README.md").read_text(encoding="utf-8"))


def test_listed_are_there() -> None:
    """Each test that the list names is there."""
    assert LISTED
    for file, name in LISTED:
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), name


def test_all_are_listed() -> None:
    """Each file of faults is in the list: nothing else runs it."""
    assert {file.name for file in (ROOT / "tests/faults").glob("fault_*.py")} <= {
        file.rpartition("/")[2] for file, _ in LISTED
    }
