"""How a call ended, told from its stream."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.api import Attempt
from lib.errors import AnswerError
from lib.generations.outcome import conclude, priced
from lib.messages import Completion, Image, LinkedImage, Message, Usage, WholeFile
from lib.pricing.prices import Tariff, parse
from lib.pricing.token_estimates import PAGE
from lib.store import FailedAttempt, Outcome
from tests.fake_client import FakeStream

MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
HELLO = [Message("user", "hello")]


def test_attempts_before_it_are_told() -> None:
    """Each attempt that was refused before has its time, kind, status and sizes."""
    error = AnswerError("Too many requests.", kind="rate_limit", status=429)
    stream = FakeStream([], Completion(), attempts=(Attempt(error, MOMENT, 20.0, 40, 17),))

    assert conclude(stream, HELLO).attempts == (FailedAttempt(MOMENT, 20.0, "rate_limit", 429, 40, 17),)  # type: ignore[arg-type]


def test_failure_after_words_has_an_estimate() -> None:
    """What came before it failed has been paid for, about this much."""
    stream = FakeStream([], Completion(text="some words"))
    stream.deltas = 2

    outcome = conclude(stream, HELLO, AnswerError("It broke off.", kind="truncated"))  # type: ignore[arg-type]

    assert (outcome.state, outcome.source) == ("failed", "estimated")


@pytest.mark.parametrize(
    ("image", "count"),
    [
        (Image(b"", "image/png", pixels=(64, 48)), 85 + 170),
        (Image(b"", "image/png", "low", (640, 480)), 85),
        (Image(b"", "image/png"), 0),
        (LinkedImage("https://pictures.test/a.png"), 0),
    ],
)
def test_images_are_in_an_estimate(image: Image | LinkedImage, count: int) -> None:
    """Tokens of images are estimated by their pixels, those of an image that nobody here has seen are not."""
    with_it = conclude(FakeStream([], Completion()), [Message("user", "look", (image,))])  # type: ignore[arg-type]
    without = conclude(FakeStream([], Completion()), [Message("user", "look")])  # type: ignore[arg-type]

    assert with_it.usage
    assert without.usage
    assert (with_it.usage.prompt_tokens or 0) - (without.usage.prompt_tokens or 0) == count


def test_pages_are_in_an_estimate() -> None:
    """The pages of a file that goes as it is are estimated."""
    file = WholeFile(b"%PDF-", "application/pdf", "a.pdf", 2)
    asked = Message("user", "look", (), (), (file,))
    with_it, without = (conclude(FakeStream([], Completion()), [each]) for each in (asked, HELLO[0]))  # type: ignore[arg-type]

    assert with_it.usage
    assert without.usage
    assert (with_it.usage.prompt_tokens or 0) - (without.usage.prompt_tokens or 0) == 2 * PAGE


def test_images_are_counted() -> None:
    """The images of all of what was sent are counted."""
    asked = [
        Message("user", "look", (LinkedImage("https://x/1"), LinkedImage("https://x/2"))),
        Message("user", "and now?"),
    ]

    assert conclude(FakeStream([], Completion()), asked).images == 2  # type: ignore[arg-type]


def test_what_went_over_the_wire() -> None:
    """The outcome has the sizes of request and answer, and the counts that cannot be true."""
    outcome = conclude(FakeStream([], Completion(implausible=("total_tokens",))), HELLO)  # type: ignore[arg-type]

    assert (outcome.request_bytes, outcome.response_bytes) == (30, 60)
    assert outcome.implausible == ("total_tokens",)


def test_price_of_what_was_asked() -> None:
    """A call costs what its endpoint's prices say, images too."""
    outcome = Outcome("completed", model="m-2026", usage=Usage(1000, 100, 1100), images=2)
    tariff = Tariff("http://127.0.0.1/v1", parse({"m": {"input": 1, "output": 2, "image": 3}}, "here"))
    cost = priced(outcome, tariff, "m").cost

    assert cost
    assert str(cost.amount) == "6.0012"


def test_no_price() -> None:
    """What no one knows the price of has none."""
    assert priced(Outcome("completed", usage=Usage(1, 1)), Tariff("http://127.0.0.1/v1", {}), "m").cost is None
