"""Work that outlasts a run of the page: how much of it is done, Stop, and its end, which any later run can ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

import streamlit as st

from lib.ui import background

T = TypeVar("T")
TICK = 0.5  # seconds between looks at how far it is


class Job(Generic[T]):
    """`work` in a thread of its own; it tells the job how far it is, and asks it whether to go on."""

    def __init__(self, work: Callable[[Job[T]], T]) -> None:
        self.done = 0.0
        self._stopped = False
        self._future = background.begin(partial(work, self))

    def go_on(self, done: float) -> bool:
        """Note how much is done, from 0 to 1; return whether to go on."""
        self.done = done
        return not self._stopped

    def stop(self) -> None:
        """Have it end soon."""
        self._stopped = True

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self._future.done()

    @property
    def result(self) -> T:
        """What it came to; waits for its end. Raises what it ended with."""
        return self._future.result()


def follow(job: Job[T], what: str, stop: Callable[[], None]) -> None:
    """Draw how far a job is, with Stop, again and again until it has ended; then the page is drawn anew."""
    st.fragment(_follow, run_every=TICK)(job, what, stop)


def _follow(job: Job[T], what: str, stop: Callable[[], None]) -> None:
    if not job.is_running:
        st.rerun()
    st.progress(min(1.0, job.done), f"{what}: {job.done:.0%}")
    st.button("Stop", key="stop-job", on_click=stop)
