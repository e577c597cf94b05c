"""How an answer that is being written becomes blocks for the page."""

from __future__ import annotations

import math
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block as Container
from streamlit.testing.v1.element_tree import Code

from lib.api import Pause
from lib.errors import AnswerError, RequestError
from lib.messages import Delta
from lib.ui import markdown
from lib.ui.chat import stream
from lib.ui.chat.stream import GROUP, PACE, Beside, Feed, Sheet, Writing, paused, spacing
from lib.ui.markdown import Block
from lib.ui.parts import MAX_CHARACTERS


class Written:
    """A generation that has written `deltas` and ended."""

    pause = None

    def __init__(self, *deltas: Delta) -> None:
        self.received = threading.Event()
        self.received.set()
        self._deltas = deltas

    def wait_for_more(self, position: int, timeout: float) -> bool:
        return True

    def read(self, position: int = 0) -> tuple[Delta, ...]:
        return self._deltas[position:]

    def wait(self, timeout: float) -> bool:
        return True


class Growing(Written):
    """A generation that writes one delta for each look at it."""

    def __init__(self, *deltas: Delta) -> None:
        super().__init__(*deltas)
        self.received.clear()

    def read(self, position: int = 0) -> tuple[Delta, ...]:
        if position + 1 >= len(self._deltas):
            self.received.set()
        return self._deltas[position : position + 1]


class Silent:
    """Takes thoughts and draws nothing."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, text: str) -> None:
        self.text += text


def grown(feed: Feed) -> tuple[list[str], Block | None]:
    """Return the texts of a block while it grows, and the whole of it."""
    return [block.text for block in feed.growing()], feed.whole()


def drawn(generation: Written, thoughts: Silent | None = None) -> list[str]:
    """Return the final form of each block of the answer."""
    feed = Feed(generation, thoughts or Silent())  # type: ignore[arg-type]
    texts = []
    while feed.wait():
        block = feed.whole() or grown(feed)[1]
        texts.extend([block.text] if block else [])
    return texts


def test_written_answer() -> None:
    """An answer that is there already is drawn at once, block by block."""
    assert drawn(Written(Delta("Some text.\n\n```py\nx = 1\n```\nMore."))) == ["Some text.", "x = 1", "More."]


def test_spacing() -> None:
    """Six answers beside each other are drawn three times as seldom as one, two as often; a long block more seldom."""
    assert spacing(None) == spacing(None, 2) == PACE
    assert spacing(None, 6) == pytest.approx(3 * PACE)
    assert spacing(Block("x" * 40_000)) == pytest.approx(1.0)


def test_drawn_at_one_time() -> None:
    """Answers beside each other are due at one time, whenever they were drawn before; one alone when it has rested."""
    beside = Beside(size=2)

    assert beside.due(7.01, 0.5) == beside.due(7.4, 0.5) == pytest.approx(7.5)
    assert Beside().due(7.01, 0.5) == pytest.approx(7.51)


@pytest.mark.parametrize("rest", [0.36, 6.0])
def test_pages_take_turns(monkeypatch, rest: float) -> None:
    """What stands on another page is due at another time: so many at once would keep the server from all others."""
    pages = []
    for page in ("one", "two", "three"):
        monkeypatch.setattr(stream, "session", lambda page=page: page)
        pages.append([Beside(lane, 2).due(100.0 + rest / 7 * at, rest) % rest for at, lane in enumerate(("-1", "-2"))])

    assert all(first == pytest.approx(second) for first, second in pages)
    assert len({round(first, 3) for first, _ in pages}) == 3


class Ending(Beside):
    """What stands beside an answer: another that has ended when it is asked for the second time."""

    asked = 0

    def has_ended(self) -> bool:
        self.asked += 1
        return self.asked == 2


def test_others_last_words_first() -> None:
    """When another answer ends beside it, one that grows leaves the browser to that for once its pace more."""
    texts = [Delta(each) for each in ("one", " two", " three", " four")]
    feed = Feed(Growing(*texts), Silent(), beside=Ending())  # type: ignore[arg-type]
    feed.wait()
    times = [time.monotonic() for _ in feed.growing()]

    assert times[1] - times[0] > 1.5 * PACE > times[2] - times[1]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "```", "```\n", "``", "  \n ```py\n"])
def test_answer_of_nothing(text: str) -> None:
    """An answer with nothing to show ends like any other."""
    assert drawn(Written(Delta(text))) in ([], [text])


@pytest.mark.parametrize("size", [1, 3, 7])
def test_growing_answer(size: int) -> None:
    """However it is cut into deltas, the blocks are those of the whole text."""
    text = "# Title\n\nA *word* for $5.\n\n```py\nx = 1\n\ny = 2\n```\n\n- one\n- two\n\nThe ``end`` ![x](y)"
    deltas = [Delta(text[start : start + size]) for start in range(0, len(text), size)]

    assert drawn(Growing(*deltas)) == [block.text for block in markdown.blocks(text)]


@pytest.mark.parametrize("deltas", [["one two three"], ["one", " tw", "o three", " four"]])
def test_long_answer(deltas: list[str]) -> None:
    """Of an answer that is too long for a page the beginning is drawn, and it is known that there is more."""
    feed = Feed(Growing(*map(Delta, deltas)), Silent(), room=7)  # type: ignore[arg-type]
    feed.wait()

    assert (grown(feed)[1], feed.cut, feed.wait()) == (Block("one two"), True, False)


def test_answer_that_just_fits() -> None:
    """An answer of just as many characters as are drawn is whole."""
    feed = Feed(Written(Delta("one two")), Silent(), room=7)  # type: ignore[arg-type]
    feed.wait()

    assert (grown(feed), feed.cut) == (([], Block("one two")), False)


def test_block_grows() -> None:
    """The unfinished block is given again and again until it is whole, which it then is once."""
    feed = Feed(Growing(Delta("one"), Delta(" two"), Delta(" three")), Silent())  # type: ignore[arg-type]
    feed.wait()

    versions, whole = grown(feed)
    assert (list(dict.fromkeys(versions)), whole) == (["one", "one two", "one two three"], Block("one two three"))


def test_thoughts() -> None:
    """Reasoning goes its own way."""
    thoughts = Silent()

    assert drawn(Written(Delta(reasoning="hm "), Delta("Yes.", "well")), thoughts) == ["Yes."]
    assert thoughts.text == "hm well"


@pytest.mark.parametrize(("moment", "drawn"), [(math.inf, False), (0.0, True)])
def test_something_else_waits_for_the_first_words(monkeypatch, moment: float, *, drawn: bool) -> None:
    """What else is to be drawn waits until the browser has had the time to show the first words; words do not."""
    monkeypatch.setattr(stream, "FLUSH", moment)
    told: list[None] = []
    feed = Feed(Growing(Delta("one\n\n"), Delta("two")), Silent(), then=lambda: told.append(None))  # type: ignore[arg-type]
    while feed.wait():
        feed.whole() or grown(feed)

    assert bool(told) == drawn


def settled(monkeypatch, drawing: float) -> tuple[float, int]:
    """Return how many seconds a sheet waits after a block that the browser draws in so many, and its looks."""
    looks: list[str | None] = []
    monkeypatch.setattr(stream, "DRAWN", drawing)
    monkeypatch.setattr(stream, "yield_to_clicks", looks.append)
    feed = Feed(Written(Delta("words")), Silent())  # type: ignore[arg-type]
    sheet = Sheet(st.container())
    while feed.wait():
        begun = time.monotonic()
        sheet.add(feed)
    del looks[:]
    sheet.settle()
    return time.monotonic() - begun, len(looks)


def test_what_stands_below_lets_the_browser_draw(monkeypatch) -> None:
    """What stands below an answer waits until the browser has drawn it, for a second at most; a click ends that."""
    seconds, looks = settled(monkeypatch, 60.0)

    assert 1 <= seconds < 30
    assert looks > 1


def test_what_is_drawn_already(monkeypatch) -> None:
    """Where the browser has drawn what came, nothing waits."""
    assert settled(monkeypatch, 0.0)[1] == 0


def _page() -> None:
    """Follow an answer; the script of a page of its own."""
    import streamlit as st

    from lib.ui.chat import stream

    stream.follow(st.session_state["generation"])


def followed(*deltas: Delta) -> AppTest:
    """Return the page on which an answer came delta by delta."""
    page = AppTest.from_function(_page, default_timeout=20)
    page.session_state["generation"] = Growing(*deltas)
    page.run()
    assert not page.exception
    return page


def _beside() -> None:
    """Follow an answer, and note whether it was over when what can wait was drawn; the script of a page of its own."""
    import streamlit as st

    from lib.ui.chat import stream

    generation, drawn = st.session_state["generation"], st.session_state["drawn"]
    stream.follow(generation, aside=lambda: drawn.append(generation.received.is_set()))


@pytest.mark.parametrize(
    ("told", "over"),
    [
        (Growing(Delta("one\n\n"), Delta("two\n\n"), Delta("three")), False),
        (Written(Delta("one\n\n"), Delta("two")), True),
        (Written(), True),
    ],
)
def test_aside(told: Written, *, over: bool) -> None:
    """What can wait is drawn once, behind the first words of an answer that comes, or behind one that has come."""
    page = AppTest.from_function(_beside, default_timeout=20)
    page.session_state["generation"], page.session_state["drawn"] = told, []
    page.run()

    assert not page.exception
    assert page.session_state["drawn"] == [over]


def test_reasoning_on_the_page() -> None:
    """Reasoning is folded above its answer, drawn as it comes."""
    page = followed(Delta(reasoning="So:\n```\nx\n```\nTh"), Delta(reasoning="en."), Delta("Yes."))

    [box] = page.expander
    assert ([text.value for text in box.markdown], box.code[0].value) == (["So:", "Then."], "x")
    assert page.markdown[-1].value == "Yes."


def side_by_side(block: Container) -> list[int]:
    """Return how many blocks of code stand in each container of a page."""
    inside = list(block.children.values())
    here = sum(isinstance(each, Code) for each in inside)
    return [here, *(count for each in inside if isinstance(each, Container) for count in side_by_side(each))]


@pytest.mark.parametrize("kind", ["text", "reasoning"])
def test_groups(kind: str) -> None:
    """No container has many blocks: the browser goes through all of one for each that is added."""
    page = followed(*(Delta(**{kind: f"```\n{number}\n```\n"}) for number in range(13)))

    assert [code.value for code in page.code] == [str(number) for number in range(13)]
    assert max(side_by_side(page.main)) == GROUP


def test_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is left of an answer when it ends is sent in one go, and at once."""
    done: list[str] = []
    for name in ("hold_drawn", "send_drawn"):
        monkeypatch.setattr(stream, name, partial(done.append, name))
    monkeypatch.setattr(stream, "draw_block", lambda block, _: done.append(block.text))
    page = AppTest.from_function(_page, default_timeout=20)
    page.session_state["generation"] = Written(Delta("One.\n```\nx\n```\nTwo."))
    page.run()

    assert done == ["send_drawn", "hold_drawn", "One.", "x", "Two.", "send_drawn"]


def test_prose_that_becomes_code() -> None:
    """What looks like prose with its first character and is code with its next is code on the page."""
    page = followed(Delta("`"), Delta("``py\nx = 1"), Delta("\ny = 2\n```\nDone."))

    assert (page.code[0].value, page.markdown[0].value) == ("x = 1\ny = 2", "Done.")


def test_endless_answer() -> None:
    """Of an answer that a browser could not draw, the page shows the beginning."""
    page = followed(Delta("A sentence of words.\n\n" * 10_000, "A thought. " * 20_000), Delta("more", "more"))

    assert sum(len(text.value) for text in page.main.markdown if "sentence" in text.value) <= MAX_CHARACTERS
    assert len(page.expander[0].markdown[0].value) == MAX_CHARACTERS


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AnswerError("no", kind="rate_limit", status=429), "The endpoint allows no more calls for a moment (429)."),
        (AnswerError("no", kind="overloaded", status=503), "The endpoint is overloaded (503)."),
        (RequestError("no"), "Nothing answers at the endpoint yet."),
    ],
)
def test_paused(error: RequestError, said: str) -> None:
    """A wait says what for, and how long it still is."""
    assert paused(Pause(error, 13.2), 10.0) == f"{said} It is asked again in 4 s."
    assert paused(Pause(error, 9.0), 10.0).endswith("in 1 s.")


def test_writing_is_told_again() -> None:
    """How far an answer is, is looked at from time to time, and told when it is something else."""
    said: list[str] = []
    words = iter(["first", "second", "second"])
    writing = Writing(SimpleNamespace(caption=said.append), lambda: next(words))  # type: ignore[arg-type]
    for due in (0.0, math.inf, 0.0, 0.0):
        writing._due = due
        writing.tell()

    assert said == ["first", "second"]


def thinks_again() -> None:
    """A page on which a call thinks, waits and thinks again."""
    import time
    from types import SimpleNamespace

    import streamlit as st

    from lib.api import Pause
    from lib.errors import RequestError
    from lib.ui.chat.stream import Waiting

    pause = Pause(RequestError("Slow down", kind="rate_limit", status=429), time.monotonic() + 1)
    waiting = Waiting(called := SimpleNamespace(pause=None, read=tuple), st.empty())
    for called.pause in (None, pause, None):
        waiting.tell()


def test_thinks_again() -> None:
    """A model that thinks again after its endpoint was to be asked once more is said to, as the first time."""
    page = AppTest.from_function(thinks_again).run()

    assert not page.exception
    assert [caption.value for caption in page.caption] == ["Thinking"]
