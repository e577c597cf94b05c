"""Lanes: one prompt for several models, each in a conversation of its own; one that fails leaves the others."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from lib import generations
from lib.compare import lanes
from lib.compare.lanes import EACH, MAX_LANES, PURPOSE, Contender, Lane
from lib.documents.document import Document, joined
from lib.errors import BudgetError, ConfigError, StoreError
from lib.messages import Completion, Delta, Image, LinkedImage, Message, WholeFile
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Chats, Store, StoredImage
from tests.fake_client import ENDPOINT, FakeClient, FakeStream, answer
from tests.store.chats.test_images import PIXEL
from tests.store.helpers import calls
from tests.waiting import until

PROMPT = Message("user", "Which one?")


def contender(*said: str, model: str = "m") -> Contender:
    """Return one who answers these, one after the other."""
    return Contender(FakeClient(*map(answer, said)), ModelChoice(ENDPOINT.name, model))  # type: ignore[arg-type]


def silent() -> FakeStream:
    """Return a stream that says nothing until it is closed."""
    return FakeStream([threading.Event()], Completion())


def spent() -> None:
    raise BudgetError("The budget is spent.")


def answers(chats: Chats, lane: Lane) -> list[str]:
    """Wait until a lane is silent, and return what was answered in it."""
    until(lambda: generations.find(chats.scope, lane.id) is None)
    return [message.text for message in chats.path(lane.id) if message.role == "assistant"]


def test_rounds(store: Store) -> None:
    """Each lane answers each round on its own, and each call is in the ledger with the purpose of comparisons."""
    chats = store.chats(LOCAL)
    id, made = lanes.begin(chats, [contender("a", "b"), contender("c", "d", model="n")], PROMPT)
    assert lanes.ask(chats, made, PROMPT, 9) == {}
    assert [answers(chats, lane) for lane in made] == [["a"], ["c"]]
    assert lanes.ask(chats, made, Message("user", "And now?"), 9) == {}

    assert [answers(chats, lane) for lane in made] == [["a", "b"], ["c", "d"]]
    assert [call.purpose for call in calls(store)] == [PURPOSE] * 4
    assert [(part.conversation.title, part.conversation.purpose) for part in chats.parts(id)] == [
        ("m · fake", EACH),
        ("n · fake", EACH),
    ]
    assert [part.conversation.model for part in chats.parts(id)] == ["m", "n"]


def test_last_words_come_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that has ended is stored a little later: what that costs would keep the others' last words waiting."""
    monkeypatch.setattr(lanes, "HOLD", 60)
    chats, gate = store.chats(LOCAL), threading.Event()
    client = FakeClient(FakeStream([gate, Delta("a")], Completion(text="a")))
    asked = Contender(client, ModelChoice(ENDPOINT.name, "m"))  # type: ignore[arg-type]
    _, made = lanes.begin(chats, [asked, contender("b")], PROMPT)
    lanes.ask(chats, made[:1], PROMPT, 9)
    [generation] = filter(None, [generations.find(chats.scope, made[0].id)])
    gate.set()
    assert generation.received.wait(20)

    assert not generation.wait(0.5)
    generations.stop_all()
    assert answers(chats, made[0]) == ["a"]


def test_name_of_a_default_model() -> None:
    """A lane whose endpoint chooses the model says so."""
    assert contender(model="").name == "default model · fake"


@pytest.mark.parametrize("number", [0, 1, MAX_LANES + 1])
def test_too_few_or_too_many(store: Store, number: int) -> None:
    """A comparison has two to six lanes, and nothing is kept of another one."""
    with pytest.raises(ConfigError):
        lanes.begin(store.chats(LOCAL), [contender("a")] * number, PROMPT)

    assert store.chats(LOCAL).recent() == []


def test_one_is_refused(store: Store) -> None:
    """A lane that may not be asked says why; the others are asked."""
    chats = store.chats(LOCAL)
    poor = Contender(contender("never").client, ModelChoice(ENDPOINT.name, "dear"), spent)
    _, made = lanes.begin(chats, [poor, contender("a")], PROMPT)
    refused = lanes.ask(chats, made, PROMPT, 9)

    assert {id: str(error) for id, error in refused.items()} == {made[0].id: "The budget is spent."}
    assert [answers(chats, lane) for lane in made] == [[], ["a"]]


def test_stop(store: Store) -> None:
    """Stop ends the lanes that are named."""
    chats = store.chats(LOCAL)
    never = Contender(FakeClient(silent()), ModelChoice(ENDPOINT.name, "m"))  # type: ignore[arg-type]
    _, made = lanes.begin(chats, [never, contender("a")], PROMPT)
    lanes.ask(chats, made, PROMPT, 9)
    lanes.stop(chats, [lane.id for lane in made])
    answers(chats, made[0])

    assert chats.path(made[0].id)[-1].state == "stopped"


def test_added_lane_catches_up(store: Store) -> None:
    """A lane that is added answers what was asked so far, with the images that are kept, then goes on with the rest."""
    chats = store.chats(LOCAL)
    images = (Image(PIXEL.data, PIXEL.media_type), LinkedImage("https://example.org/a.png"))
    id, made = lanes.begin(chats, [contender("a", "b"), contender("c", "d")], PROMPT)
    for prompt in (Message("user", "Look", images), Message("user", "And?")):
        lanes.ask(chats, made, prompt, 9)
        assert all(answers(chats, lane) for lane in made)
    late = contender("e", "f", model="late")
    lane = lanes.add(chats, id, late, 9)
    until(lambda: len(answers(chats, lane)) == 2)
    until(lambda: not lanes.is_behind(lane.id))

    assert [each.conversation.id for each in chats.parts(id)] == [*(lane.id for lane in made), lane.id]
    (asked, *_), _ = late.client.asked  # type: ignore[attr-defined]
    assert [type(image) for image in asked[0].images] == [Image, LinkedImage]


def test_behind(store: Store) -> None:
    """A lane that is added is behind until it has answered all, or was stopped."""
    chats = store.chats(LOCAL)
    id, made = lanes.begin(chats, [contender("a"), contender("b")], PROMPT)
    lanes.ask(chats, made, PROMPT, 9)
    assert all(answers(chats, lane) for lane in made)
    never = Contender(FakeClient(silent()), ModelChoice(ENDPOINT.name, "m"))  # type: ignore[arg-type]
    lane = lanes.add(chats, id, never, 9)
    until(lambda: generations.find(chats.scope, lane.id) is not None)

    assert lanes.is_behind(lane.id)
    lanes.stop(chats, [lane.id])
    until(lambda: not lanes.is_behind(lane.id))


def test_files(store: Store) -> None:
    """A comparison is named after what was typed, and its lanes have the files, those added later too."""
    chats = store.chats(LOCAL)
    file = WholeFile(b"%PDF-", "application/pdf", "a.pdf", 2)
    text, files = joined("Look", [Document("a.md", "# Inside"), Document("a.pdf", "Inside", whole=file)])
    prompt = Message("user", text, (), files, (file,))
    id, made = lanes.begin(chats, [contender("a"), contender("b")], prompt)
    lanes.ask(chats, made, prompt, 9)
    assert all(answers(chats, lane) for lane in made)
    lane = lanes.add(chats, id, contender("c"), 9)
    until(lambda: len(answers(chats, lane)) == 1)

    assert [message.text for message in chats.path(id)] == ["Look"]
    assert [chats.path(each.id)[0].files for each in (*made, lane)] == [files] * 3
    assert lanes._as_asked(chats, chats.path(lane.id)[0]).whole_files == (file,)


def test_image_that_is_gone(store: Store) -> None:
    """A prompt is asked again without an image that is not kept any more."""
    chats = store.chats(LOCAL)
    _, (lane, _) = lanes.begin(chats, [contender("a"), contender("b")], PROMPT)
    lanes.ask(chats, [lane], PROMPT, 9)
    answers(chats, lane)
    prompt = replace(chats.path(lane.id)[0], images=(StoredImage("gone", None, "auto"),))

    assert lanes._as_asked(chats, prompt) == PROMPT


def test_added_lane_ends_early(store: Store) -> None:
    """A lane that cannot answer a round does not go on to the next; the rest is as it was."""
    chats = store.chats(LOCAL)
    id, made = lanes.begin(chats, [contender("a", "b"), contender("c", "d")], PROMPT)
    for prompt in (PROMPT, PROMPT):
        lanes.ask(chats, made, prompt, 9)
        assert all(answers(chats, lane) for lane in made)
    broken = contender()  # has no answer
    lane = lanes.add(chats, id, broken, 9)
    until(lambda: [message.state for message in chats.path(lane.id)] == ["completed", "failed"])
    poor = lanes.add(chats, id, Contender(broken.client, broken.choice, spent), 9)

    assert chats.path(poor.id) == []


def test_added_to_nothing(store: Store) -> None:
    """No lane is added to a comparison that is not there, nor a seventh."""
    chats = store.chats(LOCAL)
    with pytest.raises((ConfigError, StoreError)):
        lanes.add(chats, "never", contender("a"), 9)
    id, _ = lanes.begin(chats, [contender("a")] * MAX_LANES, PROMPT)
    with pytest.raises(ConfigError, match="at most 6"):
        lanes.add(chats, id, contender("a"), 9)
