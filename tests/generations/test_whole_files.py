"""Files that go as they are, and models that take none: their texts go from then on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib import generations
from lib.config import Endpoint
from lib.documents.document import joined
from lib.errors import AnswerError, ChatError
from lib.generations import whole_files
from lib.messages import Completion, Delta, Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Store
from tests.fake_client import FakeClient, FakeStream, answer
from tests.generations.test_registry import ended
from tests.store.chats.test_files import PAPER

TEXT, FILES = joined("What is in it?", [PAPER])
PROMPT = Message("user", TEXT, (), FILES, (PAPER.whole,) if PAPER.whole else ())
CHOICE = ModelChoice("fake", "m")
REFUSED = AnswerError("Invalid content part type: file", kind="bad_request", status=400)


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Nothing is remembered from test to test."""
    whole_files.forget()
    yield
    whole_files.forget()


def sent(client: FakeClient) -> list[int]:
    """Return how many files each prompt had that was sent."""
    return [len(messages[-1].whole_files) for messages, _, _ in client.asked]


def test_refused(store: Store) -> None:
    """Where a model refuses a file, Retry sends its text, and so does what follows; nothing is sent by itself."""
    client = FakeClient(FakeStream([REFUSED], Completion()), answer("apples"), answer("pears"))
    first = generations.start(store.chats(LOCAL), client, PROMPT, CHOICE)  # type: ignore[arg-type]
    failed = ended(first)
    refused = store.chats(LOCAL).message(first.turn.message_id)
    assert refused
    ended(generations.retry(store.chats(LOCAL), client, refused, CHOICE))  # type: ignore[arg-type]
    here = first.turn.conversation_id
    ended(generations.start(store.chats(LOCAL), client, Message("user", "And?"), CHOICE, conversation_id=here))  # type: ignore[arg-type]

    assert (failed.state, failed.hint, refused.hint) == ("failed", whole_files.HINT, whole_files.HINT)
    assert sent(client) == [1, 0, 0]
    assert client.asked[1][0][-1].wire()["content"] == TEXT
    assert client.asked[2][0][0].whole_files == ()


def test_other_errors(store: Store) -> None:
    """What breaks off in the middle, or is refused for another reason, has nothing to do with its files."""
    late = FakeStream([Delta("App"), REFUSED], Completion(text="App"))
    client = FakeClient(late, FakeStream([AnswerError("No key", kind="auth")], Completion()), answer("apples"))
    for _ in range(3):
        ended(generations.start(store.chats(LOCAL), client, PROMPT, CHOICE))  # type: ignore[arg-type]

    assert sent(client) == [1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "says", "is_one"),
    [
        ("unsupported_param", "no", True),
        ("not_found", "No endpoints found that support file input", True),
        ("not_found", "No such model", False),
        ("server", "unsupported content[].type", True),
        ("rate_limit", "too many files", False),
    ],
)
def test_which(kind: str, says: str, is_one: bool) -> None:
    """Some endpoints refuse a file with an error of another kind, and name it."""
    assert whole_files.is_refusal(ChatError(says, kind=kind), [PROMPT]) is is_one
    assert not whole_files.is_refusal(ChatError(says, kind=kind), [Message("user", "hi")])


def test_bounded() -> None:
    """Of very many models the last are remembered."""
    endpoint = Endpoint("e", "http://127.0.0.1:9/v1")
    for number in range(whole_files.MAX_REFUSING + 1):
        whole_files.refuse(endpoint, f"m-{number}")

    assert whole_files.taken(endpoint, "m-0", [PROMPT]) == [PROMPT]
    assert whole_files.taken(endpoint, "m-1", [PROMPT])[0].whole_files == ()
