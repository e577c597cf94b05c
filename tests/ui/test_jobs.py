"""Work that outlasts a run of the page."""

from __future__ import annotations

import threading

import pytest

from lib.errors import StoreError
from lib.ui.jobs import Job


def test_job() -> None:
    """A job runs until it has its result; meanwhile it tells how far it is."""
    begun, go = threading.Event(), threading.Event()

    def work(job: Job[str]) -> str:
        assert job.go_on(0.5)
        begun.set()
        go.wait(10)
        return "made"

    job = Job(work)
    begun.wait(10)
    assert (job.is_running, job.done) == (True, 0.5)
    go.set()

    assert job.result == "made"
    assert not job.is_running


def test_stop() -> None:
    """A job that is stopped is told so at its next word."""
    go = threading.Event()

    def work(job: Job[bool]) -> bool:
        go.wait(10)
        return job.go_on(0.1)

    job = Job(work)
    job.stop()
    go.set()

    assert job.result is False


def test_failure() -> None:
    """What a job ends with is raised for who asks for its result."""

    def work(_job: Job[None]) -> None:
        raise StoreError("No room.")

    with pytest.raises(StoreError, match="No room"):
        _ = Job(work).result
