"""Demonstrations that are open: found by whose they are, the same for every window, changed and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.compare import shows
from lib.compare.packs import Pack, Step
from lib.compare.shows import MAX_SHOWS, MAX_UNDO, Show, Troupe, begin, changed, close, find, moved, without
from lib.errors import ConfigError
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Scope, Store
from tests.compare.test_lanes import contender
from tests.compare.test_performance import recording
from tests.store.helpers import calls

LANES = (ModelChoice("a", "m"), ModelChoice("b", "n"))
ONE = Step("One", LANES[:1], recordings=(recording(text="first"),))
TWO = Step("Two", LANES[:1], recordings=(recording(text="second"),), follows=True)
PACK = Pack("Show", (ONE, TWO))


@pytest.fixture
def show(store: Store) -> Iterator[Show]:
    """A demonstration that is open."""
    show = begin(store.usage(LOCAL), PACK)
    yield show
    for each in shows.shows(LOCAL):
        close(each)


def troupe(*said: str) -> Troupe:
    return Troupe([(LANES[0], replace(contender(*said), choice=replace(LANES[0], endpoint="fake")))])


def over(show: Show) -> list[str]:
    assert all(each.wait(20) for each in show.performances)
    return [each.last.text for each in show.performances]


def test_find(show: Show) -> None:
    """It is found by its id, and by nobody else's scope."""
    assert find(LOCAL, show.id) is show
    assert find(Scope("somebody"), show.id) is find(LOCAL, "never") is None
    assert shows.shows(LOCAL) == [show]
    assert shows.shows(Scope("somebody")) == []


def test_bound(store: Store, show: Show) -> None:
    """There are only so many of a person; the first one goes."""
    made = [begin(store.usage(LOCAL), PACK) for _ in range(MAX_SHOWS)]

    assert shows.shows(LOCAL) == made[::-1]
    assert find(LOCAL, show.id) is None


def test_present(store: Store, show: Show) -> None:
    """A step is asked when it comes, behind what was said; the same step is not begun by a second window."""
    assert show.following == ONE
    with pytest.raises(LookupError):
        assert show.current
    cast = troupe("alive", "more", "again")
    show.present(cast)
    assert over(show) == ["alive"]
    show.go(1)
    before = show.performances
    show.go(1)
    assert show.performances is before
    assert (over(show), show.current, show.following) == (["more"], TWO, None)
    asked = cast(LANES[0]).client.asked[1][0]  # type: ignore[attr-defined]
    assert [message.text for message in asked] == ["One", "alive", "Two"]
    show.go(1, again=True)
    assert over(show) == ["again"]
    show.leave()

    assert (show.step, show.performances) == (None, [])
    assert [call.purpose for call in calls(store)] == ["demo"] * 3


def test_what_was_not_shown(show: Show) -> None:
    """A step that is begun with goes on from the recording of the one before."""
    cast = troupe("alive")
    show.present(cast, 1)
    assert over(show) == ["alive"]
    asked = cast(LANES[0]).client.asked[0][0]  # type: ignore[attr-defined]

    assert [message.text for message in asked] == ["One", "first", "Two"]


def test_nobody(show: Show) -> None:
    """Where nobody was found, or nobody was looked for, the recording plays."""
    show.present(Troupe([(LANES[0], ConfigError("Gone."))]))
    assert over(show) == ["first"]
    with pytest.raises(ConfigError, match="Nobody"):
        Troupe(())(LANES[0])


def test_undo(show: Show) -> None:
    """A change holds at once, and what is on the stage stays as it is; changes are taken back one by one."""
    show.present(troupe("alive"))
    show.change(PACK)
    assert not show.is_changed
    for number in range(MAX_UNDO + 1):
        show.change(Pack(f"{number}", PACK.steps))
    assert (show.playing, show.number) == (PACK, MAX_UNDO + 1)
    while show.is_changed:
        show.undo()
    show.undo()

    assert show.pack.title == "0"


def test_changed() -> None:
    """What is asked otherwise is recorded no more; what is only called otherwise still is."""
    named = changed(PACK, 0, replace(ONE, title="First", note="Smile.", lanes=LANES)).steps[0]
    asked = changed(PACK, 0, replace(ONE, prompt="Else")).steps[0]
    tuned = changed(PACK, 0, replace(ONE, lanes=LANES[1:])).steps[0]

    assert (named.title, named.recordings) == ("First", (ONE.recordings[0], None))
    assert asked.recordings == tuned.recordings == (None,)
    assert changed(PACK, 0, replace(ONE, prompt="Else")).steps[1] == TWO


def test_without() -> None:
    """A lane goes with its own recording."""
    step = replace(ONE, lanes=LANES, recordings=(None, recording(text="kept")))

    assert without(step, 0) == replace(ONE, lanes=LANES[1:], recordings=(step.recordings[1],))


def test_moved() -> None:
    """The first step follows none."""
    assert moved(PACK, 1, 0).steps == (replace(TWO, follows=False), ONE)
