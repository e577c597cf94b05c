"""Which process runs which file: two have browsers, and a third, while they wait, what needs none."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

BROWSERS = "tests/browser/"
BESIDE = "gw2"  # the process without a browser
NICENESS = 5  # of what it does: a browser that is late is late for what its test waits for


def first(files: Iterable[str], process: str) -> str:
    """Return the file that a process takes: the first that is for it, else the first."""
    waiting = list(files)
    return next((file for file in waiting if file.startswith(BROWSERS) != (process == BESIDE)), waiting[0])


class Spread(LoadFileScheduling):
    """Gives files in their order, browsers to two processes as long as there is something else for the third."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(first(self.workqueue, node.gateway.id), last=False)
        super()._assign_work_unit(node)


def scheduler(config: pytest.Config, log: object) -> Spread | None:
    """Return what gives files to processes, where that is asked for."""
    return Spread(config, log) if config.getvalue("dist") == "loadfile" else None  # type: ignore[arg-type]
