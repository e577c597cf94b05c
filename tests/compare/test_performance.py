"""Answers on a stage: live while it makes sense to wait, then from the recording; no word twice, and none missing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from lib import generations
from lib.compare.packs import MAX_TEXT, Recording
from lib.compare.performance import ENDLESS, Patience, Performance, common
from lib.errors import RequestError
from lib.generations import Generation, Request
from lib.messages import Completion, Delta, Message
from lib.store import LOCAL, Store
from tests.fake_client import FakeClient, FakeStream, answer

TEXT = "One word, ```py\nx = 1\n``` and the rest."
AT = datetime(2026, 11, 26, tzinfo=UTC)
HASTY = Patience(0.3, 0.3)


def recording(step: float = 0.01, text: str = TEXT) -> Recording:
    """Return a recording of a text, four characters at a time."""
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
    return Recording(AT, "m", tuple((step * number, piece) for number, piece in enumerate(pieces, 1)))


def live(store: Store, *script: Any) -> Generation:
    """Return a generation that says this."""
    client: Any = FakeClient(FakeStream(list(script), Completion(finish_reason="stop")))
    return generations.call(store.usage(LOCAL), client, Request([Message("user", "hi")]), purpose="demo")


def stalled(text: str, end: object) -> list[object]:
    """Return what says a text in pieces of three characters, and then comes to this end."""
    return [*(Delta(text=text[at : at + 3]) for at in range(0, len(text), 3)), end]


@pytest.mark.parametrize("length", [0, 1, 6, 11, 14, 18, len(TEXT) - 1])
@pytest.mark.parametrize("dies", [True, False])
def test_goes_on(store: Store, length: int, dies: bool) -> None:
    """Wherever an endpoint stalls or dies, in a word or in a fence, the recording goes on at that very sign."""
    end = RequestError("It is gone.") if dies else threading.Event()
    performance = Performance(live(store, *stalled(TEXT[:length], end)), recording(), HASTY).begin()
    assert performance.wait(20)

    assert performance.text == TEXT
    assert performance.is_recorded
    assert performance.follower is None
    assert performance.recorded() is None


def test_another_answer(store: Store) -> None:
    """A live answer that was going to be another one is taken away; what replaces it begins with what both have."""
    said = live(store, Delta(text="One word, or no"), threading.Event())
    performance = Performance(said, recording(), Patience(20, 0.3)).begin()
    assert performance.wait(20)
    assert performance.follower
    assert performance.follower.wait(20)
    first = performance.follower.read()[0]

    assert (performance.text, performance.follower.text) == ("One word, or no", TEXT)
    assert first.text == "One word, "
    assert (performance.is_recorded, performance.last.is_recorded) == (False, True)
    assert performance.recorded() is None
    performance.stop()


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [("a b", "a c", 2), ("ab", "ac", 0), ("", "a", 0), ("a\nbc", "a\nbd", 2), ("a b ", "a b c", 4)],
)
def test_common(left: str, right: str, both: int) -> None:
    """What two answers have in common is told in whole words."""
    assert common(left, right) == common(right, left) == both


def test_stopped_in_time(store: Store) -> None:
    """What is stopped just when a recording is to take its place leaves nothing that plays on."""
    performance = Performance(live(store, Delta(text="No"), threading.Event()), recording(60), Patience(20, 0.3))
    performance.stop()
    performance._fall_back()
    assert performance.text == ""
    performance._add(Delta(text="No"))
    performance._fall_back()

    assert performance.follower
    assert performance.follower.wait(20)


def test_live(store: Store) -> None:
    """A live answer that comes is live to its end, and can be recorded with its times."""
    performance = Performance(
        live(store, Delta("", "hm"), Delta(text="a"), Delta(text="b")), recording(), HASTY
    ).begin()
    assert performance.wait(20)
    made = performance.recorded()

    assert (performance.text, performance.is_recorded) == ("ab", False)
    assert made
    assert [text for _, text in made.chunks] == ["a", "b"]
    assert (made.row, made.cost, made.currency) == (1, None, "")
    assert 0 <= made.chunks[0][0] <= made.chunks[1][0] < 20


def test_nothing_to_fall_back_on(store: Store) -> None:
    """Without a recording a failure is one; what came stays."""
    performance = Performance(live(store, Delta(text="a"), RequestError("Gone.")), None, ENDLESS).begin()
    assert performance.wait(20)

    assert (performance.text, performance.failed) == ("a", True)
    assert performance.recorded() is None


class Clock:
    """A clock that only waiting moves, and then a little too far, as a busy machine does."""

    def __init__(self, late: float) -> None:
        self.now = 100.0
        self.late = late

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        """Wait, and a little longer."""
        self.now += seconds + self.late
        return False


def test_pace() -> None:
    """A recording keeps its times within 50 ms, to its end: what is late once is not late for ever."""
    made, clock = recording(0.0371), Clock(0.03)
    performance = Performance(None, made, clock=clock, wait=clock.wait)
    performance.play()
    late = [at - wanted for (at, _), (wanted, _) in zip(performance.chunks, made.chunks, strict=True)]

    assert performance.text == TEXT
    assert [text for _, text in performance.chunks] == [text for _, text in made.chunks]
    assert 0 <= min(late) <= max(late) <= 0.05


def test_pace_behind_a_live_answer() -> None:
    """A recording that goes on begins at once, and then keeps the pauses that it has."""
    made, clock = Recording(AT, "m", ((2.0, "One "), (2.5, "word, "), (4.0, "more."))), Clock(0.01)
    performance = Performance(None, made, told=6, clock=clock, wait=clock.wait)
    performance.play()
    times = [at for at, _ in performance.chunks]

    assert [text for _, text in performance.chunks] == ["One wo", "rd, ", "more."]
    assert times[0] == 0
    assert abs(times[1] - times[0]) <= 0.05
    assert abs(times[2] - times[1] - 1.5) <= 0.05


def test_too_long_to_be_recorded(store: Store) -> None:
    """What no pack can hold is not recorded."""
    performance = Performance(live(store, Delta(text="x" * (MAX_TEXT + 1))), None, ENDLESS).begin()
    assert performance.wait(20)

    assert performance.recorded() is None


def test_limit(store: Store) -> None:
    """Patience ends at its limit, not a tenth of a second after it."""
    clock = Clock(0.0)
    performance = Performance(live(store, threading.Event()), recording(0.0), clock=clock, wait=clock.wait)

    def look(position: int, timeout: float) -> bool:
        return clock.wait(timeout)

    performance._generation.wait_for_more = look  # type: ignore[union-attr, method-assign]  # time passes by looking
    performance.play()

    assert performance.is_recorded
    assert 4.0 <= performance.chunks[0][0] <= 4.1


def test_thinking_is_a_sign_of_life(store: Store) -> None:
    """A model that thinks aloud does not stall."""
    thoughts = [Delta("", "hm"), *[Delta("", "…")] * 3, Delta(text="Yes")]
    performance = Performance(live(store, *thoughts), recording(), HASTY).begin()
    assert performance.wait(20)

    assert (performance.text, performance.is_recorded) == ("Yes", False)


def test_stop(store: Store) -> None:
    """Stop ends both a live answer and one that is played; what came stays."""
    running = Performance(live(store, Delta(text="One"), threading.Event()), recording(), ENDLESS).begin()
    running.wait_for_more(0, 20)
    running.stop()
    assert running.wait(20)
    playing = Performance(None, recording(60)).begin()
    playing.stop()
    assert playing.wait(20)

    assert (running.text, running.is_recorded, playing.text) == ("One", False, "")


def test_as_a_client_sees_it(store: Store) -> None:
    """An answer that is whole when it comes is live as well."""
    client: Any = FakeClient(answer("all at once"))
    generation = generations.call(store.usage(LOCAL), client, Request([Message("user", "hi")]), purpose="demo")
    performance = Performance(generation, None).begin()
    assert performance.wait(20)

    assert performance.text == "allatonce"
