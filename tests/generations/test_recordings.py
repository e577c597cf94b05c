"""The latest traces, and no more than these."""

from __future__ import annotations

from lib.generations.recordings import Trace, Traces
from lib.messages import Completion
from lib.store import LOCAL

TRACE = Trace(None, (), Completion())


def test_oldest_goes_first() -> None:
    """When there are too many, the oldest is given up."""
    traces = Traces(kept=2)
    for number in (1, 2, 3):
        traces.add(LOCAL, number, TRACE)

    assert [traces.get(LOCAL, number) for number in (1, 2, 3)] == [None, TRACE, TRACE]


def test_text_is_not_kept() -> None:
    """Of an answer its text is left to the store: forty of the longest would be gigabytes."""
    traces = Traces()
    traces.add(
        LOCAL, 1, Trace(None, (), Completion(text="much", reasoning="more", finish_reason="stop", debug=("said",)))
    )

    assert traces.get(LOCAL, 1) == Trace(None, (), Completion(finish_reason="stop", debug=("said",)))
