"""What prompts were about to cost, counted once a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lib.pricing.token_estimates import FRAME, REPLY, estimate
from lib.store import StoredImage, StoredMessage
from lib.ui.images.expected import Expected

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LOOK = StoredMessage(
    id=1,
    conversation_id="c",
    parent_id=None,
    role="user",
    text="look",
    reasoning="",
    state="completed",
    created_at=NOW,
    updated_at=NOW,
    endpoint=None,
    model=None,
    params=None,
    images=(StoredImage("a", None, "low"),),
    served_model=None,
    error_kind=None,
    error=None,
    hint=None,
    finish_reason=None,
    usage=None,
    source=None,
    ttft_ms=None,
    duration_ms=None,
    deltas=None,
    closed_ms=None,
)
SAID = [
    LOOK,
    replace(LOOK, id=2, role="assistant", text="A red square.", model="m", images=()),
    replace(LOOK, id=3, text="and now?", images=()),
    replace(LOOK, id=4, role="assistant", text="Still red.", model="other", images=()),
]
TEXTS = [FRAME + estimate(message.text) for message in SAID]


def weigh(_: StoredImage, model: str) -> int | None:
    """An image is 85 tokens for one model, 1000 for another."""
    return 85 if model == "m" else 1000


def test_prompts() -> None:
    """A prompt is all that was said before its answer, its pictures as the model that answered counts them."""
    known = Expected("c", weigh)
    known.count(SAID)

    assert known.get(SAID[1]) == REPLY + TEXTS[0] + 85
    assert known.get(SAID[3]) == REPLY + sum(TEXTS[:3]) + 1000


def test_more_is_said() -> None:
    """What has been counted stays, what is new is added; an answer that grows is counted again."""
    growing = replace(SAID[1], text="A", state="streaming")
    known = Expected("c", weigh)
    known.count([LOOK, growing])
    assert SAID[3] not in known
    known.count(SAID)

    assert known.get(SAID[1]) == REPLY + TEXTS[0] + 85
    assert known.get(SAID[3]) == REPLY + sum(TEXTS[:3]) + 1000


def test_unseen_image() -> None:
    """With an image that nobody here has seen, nobody knows; nor what was never counted."""
    known = Expected("c", lambda *_: None)
    known.count(SAID[:3])

    assert (known.get(SAID[1]), known.get(SAID[3])) == (None, None)
