"""Whether the tests reach all that they have to: run by `make test`, on what it measured."""

from __future__ import annotations

import sys
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException

UI = "lib/ui"
MIN_UI_BRANCHES = 95  # %; what a browser shows is tested, not every way in which it could be absent
MIN_REST = 100  # %, of lines and branches


def branches(measured: Coverage, folder: str) -> float:
    """Return how many of the branches of `folder` were taken, in %."""
    paths = sorted(Path(folder).rglob("*.py"))
    exits = [line for path in paths for line in measured.branch_stats(str(path)).values()]
    return 100 * sum(taken for _, taken in exits) / sum(total for total, _ in exits)


def main() -> int:
    """Print what was not reached; return 1 where it is too much."""
    measured = Coverage()
    measured.load()
    try:
        measured.report(include=[f"{UI}/*"])
        rest = measured.report(omit=[f"{UI}/*"])
        ui = branches(measured, UI)
    except CoverageException as error:
        print(error)
        return 1
    print(f"\n{UI}: {ui:.1f} % of branches (at least {MIN_UI_BRANCHES}); the rest: {rest:.1f} % (at least {MIN_REST}).")
    return int(ui < MIN_UI_BRANCHES or rest < MIN_REST)


if __name__ == "__main__":
    sys.exit(main())
