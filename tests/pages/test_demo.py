"""The page of demonstrations, as a script: packs are opened, made, edited, rehearsed, presented, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.compare import packs, shows
from lib.compare.packs import Pack, Step
from lib.compare.performance import Patience
from lib.compare.shows import MAX_SHOWS, Show
from lib.config import Settings
from lib.images.normalise import normalise
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Store
from lib.ui.compare import demo
from lib.ui.compare.demo import BUNDLED
from lib.ui.endpoints.session import EMBEDDED
from tests import pictures
from tests.compare.test_performance import recording
from tests.pages.test_compare import FakeRuntime
from tests.store.helpers import calls, chat
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
LANES = (ModelChoice("one", "m"), ModelChoice("gone", "x"))
PICTURE = pictures.file(pictures.quarters())
FIRST = Step(
    "Say <b>this</b>",
    LANES,
    note="Smile.",
    images=(normalise(PICTURE).image(),),
    files=(packs.Document("notes.txt", "Text"),),
)
PLAIN = Pack("Plain", tuple(Step(prompt, LANES[:1]) for prompt in ("One", "Two", "Three")))
PACK = Pack("Show", (FIRST, Step("Then", LANES[:1], recordings=(recording(text="from before"),))))


@pytest.fixture(autouse=True)
def _nothing_open() -> Iterator[None]:
    """Leave nothing open for the next test."""
    yield
    for show in shows.shows(LOCAL):
        shows.close(show)


def page_of(store: Store, *said: str, **address: str) -> AppTest:
    """Return the page at an address, on endpoints that say these."""
    runtime.use(FakeRuntime(store, *said))
    page = AppTest.from_file(PAGE, default_timeout=30)
    page.switch_page("demo.py")
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def opened(store: Store, *said: str, pack: Pack = PACK, on: str = "") -> tuple[AppTest, Show]:
    """Return the page with a pack on it, and the demonstration."""
    show = shows.begin(store.usage(LOCAL), pack)
    return page_of(store, *said, d=show.id, **({"on": on} if on else {})), show


def words(page: AppTest) -> str:
    return " ".join(each.value for each in (*page.markdown, *page.caption))


def over(page: AppTest, show: Show) -> AppTest:
    """Return the page when every answer of its step is over."""
    assert all(each.wait(20) and each.last.wait(20) for each in show.performances)
    page.run()
    assert not page.exception
    return page


def key(page: AppTest, part: str, kind: str = "button") -> Any:
    """Return the widget in whose key there is a word."""
    return next(each for each in page.get(kind) if part in (each.key or ""))


def test_bundled(store: Store) -> None:
    """The pack that comes along is one click away, and plays: without its endpoint from the recordings."""
    page = page_of(store)
    page.button(key="demo-bundled").click().run()
    (show,) = shows.shows(LOCAL)
    assert "stage" in page.query_params["on"]
    assert {lane.endpoint for step in show.pack.steps for lane in step.lanes} == {EMBEDDED}
    assert all(each for step in show.pack.steps for each in step.recordings)
    assert packs.read(BUNDLED.read_bytes()) == show.pack
    for performance in show.performances:
        performance.stop()
    page.run()
    assert "Recorded on 26 Nov 2026" in words(page)
    page.button(key="stage-end").click().run()
    page.button(key="demo-close").click().run()

    assert shows.shows(LOCAL) == []
    assert page.button(key="demo-bundled")


def test_keys_before_answers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buttons that keys press are those of the step before its answers are on the page."""
    drawn: list[str] = []
    monkeypatch.setattr(demo.presenter, "_acts", lambda *_: drawn.append("buttons"))
    monkeypatch.setattr(demo.presenter, "_lane", lambda *_: drawn.append("answer"))
    page, _ = opened(store, "one", pack=PLAIN)
    page.button(key="present").click().run()

    assert drawn[:2] == ["buttons", "answer"]


def test_overtaken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is drawn while another window goes on shows the step of that one."""
    prompt = demo.presenter._prompt
    page, show = opened(store, "one", "three", pack=PLAIN)

    def overtaken(step: Step) -> None:
        show.go(2)
        prompt(step)

    monkeypatch.setattr(demo.presenter, "_prompt", overtaken)
    page.button(key="present").click().run()

    assert "Three" in words(page)
    assert page.button(key="next").disabled


def test_present(store: Store) -> None:
    """A step is asked when it comes: what answers is live, what does not is said; keys go on, back and to the end."""
    page, show = opened(store, "alive", "twice", "more", "again")
    page.button(key="present").click().run()
    page = over(page, show)
    assert {"Live", demo.presenter.UNASKED, "notes.txt"} <= {each.value for each in page.caption}
    assert "alive" in words(page)
    assert "Smile." not in words(page)
    assert not page.sidebar.children
    page.button(key="next").click().run()
    page = over(page, show)
    assert "twice" in words(page)
    page.button(key="back").click().run()
    page = over(page, show)
    page.button(key="once-more").click().run()
    page = over(page, show)
    assert "again" in words(page)
    page.button(key="stage-end").click().run()

    assert page.title[0].value == "Show"
    assert {call.purpose for call in calls(store)} == {"demo"}


def test_reload(store: Store) -> None:
    """A page that is loaded anew in mid-step has the same answers, and asks nobody again; so has a second window."""
    page, show = opened(store, "alive")
    page.button(key="present").click().run()
    over(page, show)
    second = page_of(store, d=show.id, on="stage")

    assert "alive" in words(second)
    assert len(calls(store)) == 1
    show.leave()
    second.run()
    assert second.title[0].value == "Show"
    assert "on" not in second.query_params


def test_recorded(store: Store) -> None:
    """With nothing live the recordings play, and say when they were made."""
    page, show = opened(store)
    page.toggle(key=f"demo-live-{show.id}").set_value(False).run()
    page.button(key="go-2").click().run()
    page = over(page, show)

    assert "from before" in words(page)
    assert "Recorded on 26 Nov 2026" in words(page)
    notes = page_of(store, d=show.id, on="notes")
    assert "All answers are there · 1 from the recording · 1 not asked · Ask live is off" in words(notes)
    assert calls(store) == []


def test_unanswered(store: Store) -> None:
    """An answer that did not come is told from one that nobody was asked for."""
    page, show = opened(store)
    page.button(key="present").click().run()

    assert {demo.presenter.FAILED, demo.presenter.UNASKED} <= {each.value for each in over(page, show).caption}


def test_fall_back(store: Store) -> None:
    """What broke off without a recording is told; what another answer takes the place of is taken away first."""
    page, show = opened(store, "alive")
    page.button(key="present").click().run()
    over(page, show)
    first, second = show.performances
    first.failed = True
    second.follower = demo.presenter.Performance(None, recording(text="instead"), told=0).begin()
    page = over(page, show)

    assert "instead" in words(page)
    assert "The answer broke off, and there is no recording." in words(page)


def test_notes(store: Store) -> None:
    """The notes have a page of their own, which follows the step and can go on; nothing else is on it."""
    notes, show = opened(store, "alive", "twice", on="notes")
    assert "Not on the stage yet." in words(notes)
    page = page_of(store, "alive", "twice", d=show.id)
    page.button(key="present").click().run()
    over(page, show)
    notes.run()
    assert "Smile." in words(notes)
    assert "Next: Then" in words(notes)
    assert not notes.sidebar.children
    notes.button(key="next").click().run()
    notes = over(notes, show)

    assert show.step == 1
    assert "*No note for this step.*" in words(notes)
    assert "This is the last step." in words(notes)
    show.performances[0].is_recorded = True
    show.performances[0].received.clear()
    notes.run()
    assert "1 answer still coming · 1 from the recording" in words(notes)
    page.query_params.clear()
    page.query_params["d"] = show.id
    page.run()
    assert "on the stage in a window" in page.info[0].value


def rehearsed(page: AppTest, show: Show) -> None:
    """Wait until a rehearsal is over and the page says so: a quick one is before the page is drawn with it."""
    key = f"{demo.REHEARSAL}-{show.id}"
    if key in page.session_state:
        job = page.session_state[key]
        until(lambda: not job.is_running)
        page.run()


def test_rehearse(store: Store) -> None:
    """A rehearsal asks every step and keeps the answers in the pack, which can be saved, and taken back."""
    page, show = opened(store, "first", "second")
    page.button(key="rehearse").click().run()
    rehearsed(page, show)
    kept = [step.recordings for step in show.pack.steps]
    assert [[each.text if each else None for each in row] for row in kept] == [["first", None], ["second"]]
    assert "1 answer did not come" in page.toast[0].value
    assert store.chats(LOCAL).recent() == []
    page.button(key="demo-undo").click().run()

    assert show.pack == PACK


def test_rehearse_one(store: Store) -> None:
    """One step is rehearsed without the others, and nothing is said of what those do not have."""
    page, show = opened(store, "anew")
    page.button(key="rehearse-2").click().run()
    rehearsed(page, show)
    first, second = show.pack.steps

    assert first == FIRST
    assert [each.text if each else None for each in second.recordings] == ["anew"]
    assert not page.toast
    assert len(calls(store)) == 1


def test_rehearsing(store: Store) -> None:
    """While it is being rehearsed the page says so, and can be told to stop."""
    page, show = opened(store)
    job: Any = demo.Job(lambda job: until(lambda: job._stopped) or PACK)  # type: ignore[func-returns-value]
    page.session_state[f"{demo.REHEARSAL}-{show.id}"] = job
    page.run()
    page.button(key="stop-job").click().run()
    until(lambda: not job.is_running)
    page.run()

    assert not page.exception


def test_stand_in(store: Store) -> None:
    """Who is here can be asked in place of endpoints that are not."""
    page, show = opened(store, "instead", pack=Pack("Show", (Step("Say", LANES[1:]),)))
    page.selectbox(key=f"demo-stand-in-{show.id}").set_value("one/m").run()
    page.button(key="present").click().run()
    page = over(page, show)

    assert "instead" in words(page)


def test_settings(store: Store) -> None:
    """The limits and the title are set here."""
    page, show = opened(store)
    page.number_input(key=f"demo-first-{show.id}").set_value(1.5).run()
    page.number_input(key=f"demo-later-{show.id}").set_value(2.5).run()
    key(page, "demo-title", "text_input").set_value("Other").run()
    key(page, "demo-title", "text_input").set_value(" ").run()

    assert show.patience == Patience(1.5, 2.5)
    assert show.pack.title == "Other"


def test_live_again(store: Store) -> None:
    """What asks nobody is seen before it is presented, and can be turned back."""
    page, show = opened(store, "alive", pack=PLAIN)
    page.toggle(key=f"demo-live-{show.id}").set_value(False).run()
    assert demo.SILENT in words(page)
    page.toggle(key=f"demo-live-{show.id}").set_value(True).run()
    assert demo.SILENT not in words(page)
    page.button(key="present").click().run()
    page = over(page, show)

    assert "alive" in words(page)


def test_reported_late(store: Store) -> None:
    """What is set holds on the stage: fields that are no longer there, and are reported once more, change nothing."""
    page, show = opened(store, "alive", "twice", "thrice", pack=PLAIN)
    page.button(key="step-edit-1").click().run()
    page.number_input(key=f"demo-later-{show.id}").set_value(2.0).run()
    gone = fields(page)
    page.button(key="present").click().run()
    page = over(page, show)
    for number, said in enumerate(("twice", "thrice"), 1):
        page.button(key="next").click()
        page = over(reported(page, gone), show)
        assert (show.step, show.patience, show.live) == (number, Patience(4.0, 2.0), True)
        assert said in words(page)
    show.live, show.patience, show.pack = False, Patience(1.0, 2.0), PACK  # in another window
    page = reported(page, gone)
    assert (show.live, show.patience, show.pack) == (False, Patience(1.0, 2.0), PACK)
    page.button(key="stage-end").click().run()

    assert page.number_input(key=f"demo-first-{show.id}").value == 1.0
    assert page.number_input(key=f"demo-later-{show.id}").value == 2.0
    assert not page.toggle(key=f"demo-live-{show.id}").value


def fields(page: AppTest) -> list[Any]:
    """Return the values of all fields on the page, as a browser reports them."""
    return [each for each in page._tree.get_widget_states().widgets if not each.HasField("trigger_value")]


def reported(page: AppTest, more: list[Any]) -> AppTest:
    """Return the page after a run that was told of more fields than it has; a browser forgets late those that go."""
    states = page._tree.get_widget_states()
    states.widgets.extend(more)
    return page._run(states)


def test_other_window(store: Store) -> None:
    """Two windows that set different things take nothing from each other, and each shows what holds."""
    page, show = opened(store)
    other = page_of(store, d=show.id)
    page.number_input(key=f"demo-first-{show.id}").set_value(1.5).run()
    other.number_input(key=f"demo-later-{show.id}").set_value(2.5).run()

    assert show.patience == Patience(1.5, 2.5)
    assert other.number_input(key=f"demo-first-{show.id}").value == 1.5


def test_upload(store: Store) -> None:
    """A pack of one's own is opened; what is none is refused in words."""
    page = page_of(store)
    page.file_uploader[0].set_value(("own.zip", packs.written(PACK), "application/zip")).run()
    assert page.title[0].value == "Show"
    page = page_of(store, d="gone")
    assert "no demonstration at this address" in page.warning[0].value
    assert [link.label for link in page.get("page_link") if link.label == "Show"] == ["Show"]
    page.file_uploader[0].set_value(("bad.zip", b"no ZIP", "application/zip")).run()

    assert "This is no demo pack" in page.error[0].value


def test_from_a_conversation(store: Store) -> None:
    """A conversation becomes a pack by its address; one that is not there is told."""
    id = chat(store, "How many?")
    page = page_of(store, **{"from": id})
    (show,) = shows.shows(LOCAL)
    assert show.pack.steps[0].prompt == "How many?"
    assert show.id in page.query_params["d"]
    assert "from" not in page.query_params
    page = page_of(store, **{"from": "never"})

    assert "no such conversation" in page.error[0].value
    assert page.button(key="demo-bundled")


def test_new(store: Store) -> None:
    """A pack is begun with one step for a model that there is, open to be edited."""
    page = page_of(store)
    page.button(key="demo-new").click().run()
    (show,) = shows.shows(LOCAL)
    assert show.pack.steps[0].lanes == LANES[:1]
    assert key(page, "step-prompt", "text_area")
    page.button(key="demo-add").click().run()
    assert len(show.pack.steps) == 2
    show.change(Pack("Full", show.pack.steps[:1] * packs.MAX_STEPS))
    page.run()
    page.button(key="demo-add").click().run()
    assert "at most" in page.toast[0].value
    runtime.use(FakeRuntime(store))
    runtime.current().settings = Settings()
    page = AppTest.from_file(PAGE, default_timeout=30)
    page.switch_page("demo.py")
    page.run()
    page.button(key="demo-new").click().run()

    assert "no model to ask" in page.error[0].value


def test_edit(store: Store) -> None:
    """What a step asks, is called and remembers is edited where it stands; each change holds, and can be taken back."""
    page, show = opened(store)
    page.button(key="step-edit-2").click().run()
    key(page, "step-title", "text_input").set_value("Second").run()
    key(page, "step-note", "text_area").set_value("Breathe.").run()
    assert show.pack.steps[1].recordings == PACK.steps[1].recordings
    key(page, "step-follows", "checkbox").set_value(True).run()
    assert "goes on from the step before" in words(page)
    key(page, "step-system", "text_area").set_value("Be brief.").run()
    key(page, "step-prompt", "text_area").set_value("Else").run()
    assert (show.pack.steps[1].prompt, show.pack.steps[1].recordings) == ("Else", (None,))
    key(page, "step-prompt", "text_area").set_value(" ").run()
    assert "needs a prompt" in page.toast[0].value
    page.button(key="demo-undo").click().run()
    assert key(page, "step-prompt", "text_area").value == "Then"
    page.button(key="step-edit-2").click().run()

    assert show.pack.steps[1].system == "Be brief."
    assert not [each for each in page.text_area if "step-" in (each.key or "")]


def test_lanes(store: Store) -> None:
    """Lanes are added, changed, given parameters, and taken out."""
    page, show = opened(store)
    page.button(key="step-edit-2").click().run()
    key(page, "step-add", "selectbox").set_value("two/m").run()
    key(page, "step-lane-0", "selectbox").set_value("two/m").run()
    key(page, "step-temperature-1", "number_input").set_value(0.5).run()
    lanes = show.pack.steps[1].lanes
    assert [(lane.endpoint, lane.model, lane.parameters.temperature) for lane in lanes] == [
        ("two", "m", None),
        ("two", "m", 0.5),
    ]
    key(page, "step-remove-0").click().run()

    assert [lane.parameters.temperature for lane in show.pack.steps[1].lanes] == [0.5]


def test_edits_at_once(store: Store) -> None:
    """What is changed in several fields at once holds in all of them, whichever of them moves the others."""
    two = Step("Say", (*LANES, LANES[0]))
    page, show = opened(store, pack=Pack("Show", (FIRST, two)))
    page.button(key="step-edit-2").click().run()
    key(page, "step-title", "text_input").set_value("Second")
    key(page, "step-temperature-2", "number_input").set_value(0.5)
    key(page, "step-remove-0").click()
    key(page, "step-remove-1").click()
    key(page, "step-note", "text_area").set_value("Breathe.")
    key(page, "step-up").click().run()

    assert not page.exception
    moved = show.pack.steps[0]
    assert (moved.title, moved.prompt, moved.note) == ("Second", "Say", "Breathe.")
    assert [(lane.endpoint, lane.parameters.temperature) for lane in moved.lanes] == [("one", 0.5)]
    assert show.pack.steps[1] == FIRST


def test_gone_at_once(store: Store) -> None:
    """The last lane of a step stays, and of a step that is deleted nothing that is changed at once comes back."""
    page, show = opened(store, pack=Pack("Show", (FIRST, Step("Say", LANES))))
    page.button(key="step-edit-2").click().run()
    key(page, "step-remove-0").click()
    key(page, "step-remove-1").click().run()
    assert show.pack.steps[1].lanes == LANES[1:]
    key(page, "step-delete").click()
    key(page, "step-title", "text_input").set_value("Second").run()

    assert not page.exception
    assert show.pack.steps == (FIRST,)


def test_edited_in_two_windows(store: Store) -> None:
    """A field of a step that was changed in another window meanwhile changes nothing, says so, and shows what holds."""
    page, show = opened(store)
    page.button(key="step-edit-2").click().run()
    other = page_of(store, d=show.id)
    other.button(key="step-edit-2").click().run()
    key(other, "step-title", "text_input").set_value("Second").run()
    key(page, "step-note", "text_area").set_value("Breathe.").run()

    assert (show.pack.steps[1].title, show.pack.steps[1].note) == ("Second", "")
    assert "changed elsewhere" in page.toast[0].value
    assert key(page, "step-title", "text_input").value == "Second"


def test_order(store: Store) -> None:
    """Steps are moved and deleted."""
    page, show = opened(store)
    page.button(key="step-edit-2").click().run()
    key(page, "step-up").click().run()
    assert [step.prompt for step in show.pack.steps] == ["Then", FIRST.prompt]
    key(page, "step-delete").click().run()

    assert [step.prompt for step in show.pack.steps] == [FIRST.prompt]


def test_attached(store: Store) -> None:
    """Pictures and files are added to a step, and taken out; too many, or one that cannot be read, are refused."""
    page, show = opened(store)
    page.button(key="step-edit-2").click().run()
    files = [("a.png", PICTURE, "image/png"), ("a.txt", b"Text", "text/plain")]
    key(page, "step-files", "file_uploader").set_value(files).run()
    step = show.pack.steps[1]
    assert (len(step.images), [file.text for file in step.files]) == (1, ["Text"])
    assert not page.exception
    key(page, "step-drop-images").click().run()
    key(page, "step-drop-files").click().run()
    assert (show.pack.steps[1].images, show.pack.steps[1].files) == ((), ())
    many = [(f"{at}.txt", b"Text", "text/plain") for at in range(packs.MAX_DOCUMENTS + 1)]
    key(page, "step-files", "file_uploader").set_value(many).run()
    assert "at most" in page.error[0].value
    key(page, "step-files", "file_uploader").set_value([("a.txt", b"x" * 100_001, "text/plain")]).run()

    assert "at most 100,000 characters" in page.error[0].value


def test_drift(store: Store) -> None:
    """A pack is asked again, and what changed stands beside what was recorded; a judge may say which is better."""
    two = replace(PACK.steps[1], lanes=LANES[:1] * 2, recordings=(recording(text="same"), recording(text="before")))
    page, show = opened(store, "same", "now", pack=Pack("Show", (two,)))
    page.selectbox(key=f"demo-judge-{show.id}").set_value("two/m").run()
    page.button(key="demo-replay").click().run()
    job = page.session_state[f"demo-drift-{show.id}"]
    until(lambda: not job.is_running)
    page.run()
    assert "**1 of 2 answers are the same as recorded.**" in words(page)
    assert "**different**" in words(page)
    assert "now: 3 characters" in words(page)
    assert "judge: no opinion" in words(page)
    assert show.pack.steps[0].recordings == two.recordings
    page.button(key="drifts-close").click().run()
    assert "answers are the same" not in words(page)
    page.session_state[f"demo-drift-{show.id}"] = demo.Job(lambda job: until(lambda: job._stopped) or [])  # type: ignore[func-returns-value]
    page.run()
    page.button(key="stop-job").click().run()

    assert not page.exception


def test_bound(store: Store) -> None:
    """The page lists what is open, and only so many stay."""
    for _ in range(MAX_SHOWS + 1):
        shows.begin(store.usage(LOCAL), PACK)

    assert len([link for link in page_of(store).get("page_link") if link.label == "Show"]) == MAX_SHOWS
