"""How much of a process that a test starts is measured: tracing it costs as much again as running it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
DRAWING = ROOT / "tests" / "browser" / "coveragerc"


def unmeasured() -> dict[str, str]:
    """Return an environment for what only drives code that tests measure where they are."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def drawing() -> dict[str, str]:
    """Return an environment for the app: what only a browser reaches is measured in it, if anything is."""
    if "COVERAGE_PROCESS_CONFIG" not in os.environ:
        return dict(os.environ)
    data = os.environ.get("COVERAGE_FILE", str(ROOT / ".coverage"))
    return {**unmeasured(), "COVERAGE_PROCESS_START": str(DRAWING), "COVERAGE_FILE": data}
