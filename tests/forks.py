"""Processes that are there at once: forked from one that has imported what they run, which takes the longest."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

import pytest

from tests import children

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.generations.answering", "tests.store.writer"])


class Fork:
    """A process that runs `main(say, …)` until it is killed; `said` is what it has said so far."""

    def __init__(self, main: Callable[..., None], *arguments: object) -> None:
        self.said: list[Any] = []
        here, there = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=main, args=(there.send, *arguments), daemon=True)
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - children.unmeasured().keys():
                patch.delenv(name)
            # It would run the main module first, which is a page's script where a test of one came before.
            patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
            self._process.start()
        there.close()
        self._reader = threading.Thread(target=self._read, args=(here,), daemon=True)
        self._reader.start()

    def _read(self, here: Connection) -> None:
        with here:
            while True:
                try:
                    self.said.append(here.recv())
                except (EOFError, OSError):  # at its end, or in the middle of what was being said
                    return

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid
        return self._process.pid

    def kill(self) -> list[Any]:
        """Kill it as a power cut would; return what it had said."""
        self._process.kill()
        self._process.join()
        self._reader.join()
        return self.said
