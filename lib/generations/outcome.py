"""How a call ended, told from its stream: what the ledger and the answer keep of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from lib.api import Attempt, Stream
from lib.errors import ChatError
from lib.generations import pictures
from lib.images import tokens as image_tokens
from lib.messages import Completion, Image, LinkedImage, Message, Usage
from lib.pricing import token_estimates
from lib.pricing.prices import Tariff
from lib.store import FailedAttempt, Outcome


def conclude(
    stream: Stream, prompt: Sequence[Message], error: ChatError | None = None, *, hurried: bool = False
) -> Outcome:
    """Return the outcome of a stream that has ended, with `error` if it did not end well.

    Where the endpoint reported no usage it is estimated from `prompt` and the answer; a call that was refused before
    a word of an answer came has none. `hurried`: without what takes a second to load, where it is not there yet.
    """
    completion = stream.completion
    unasked = error is not None and not stream.deltas
    model = completion.model or str(stream.request.get("model") or "")
    usage, source = (None, "missing") if unasked else _usage(completion, prompt, model, hurried)
    outcome = Outcome(
        state="incomplete" if completion.incomplete else "completed",
        text=completion.text or completion.refusal or "",
        reasoning=completion.reasoning,
        finish_reason=completion.finish_reason,
        model=completion.model,
        usage=usage,
        source=source,
        ttft_ms=stream.ttft_ms,
        duration_ms=stream.duration_ms,
        deltas=stream.deltas,
        http_status=stream.http_status,
        attempts=tuple(_attempt(attempt) for attempt in stream.attempts),
        images=sum(len(message.images) for message in prompt),
        request_bytes=stream.request_bytes,
        response_bytes=stream.response_bytes,
        implausible=completion.implausible,
        extras=completion.extras,
    )
    outcome = outcome if hurried else _with_pictures(outcome, completion)
    return outcome if error is None else _failed(outcome, error)


def _with_pictures(outcome: Outcome, completion: Completion) -> Outcome:
    """Return an outcome with the images that came, and what is to be said of those that cannot be shown."""
    images, notes = pictures.kept(completion.images)
    return replace(outcome, pictures=images, extras=pictures.beside(completion.extras, len(completion.images), notes))


def unsent(error: ChatError | None) -> Outcome:
    """Return the outcome of a call that was never sent, for `error` or because it was stopped."""
    return _failed(Outcome("failed"), error) if error else Outcome("stopped")


def broken(text: str, reasoning: str, error: str) -> Outcome:
    """Return the outcome of a call of which Parley itself could tell no more than what came."""
    return Outcome("failed", text, reasoning, error_kind="protocol", error=error, hint="Press Retry.")


def priced(outcome: Outcome, tariff: Tariff, model: str) -> Outcome:
    """Return an outcome with what the call cost, where that is known; `model` is the one that was asked for."""
    models = tuple(name for name in (outcome.model, model) if name)
    return replace(outcome, cost=tariff.cost(outcome.usage, models, datetime.now(UTC), outcome.images or 0))


def _usage(completion: Completion, prompt: Sequence[Message], model: str, hurried: bool) -> tuple[Usage, str]:
    if completion.usage is not None:
        return completion.usage, "reported"
    encoding = token_estimates.loaded if hurried else token_estimates.encoding
    images = sum(_tokens(image, model) for message in prompt for image in message.images)
    pages = sum(file.pages for message in prompt for file in message.whole_files)
    asked = token_estimates.estimate_messages(prompt, encoding) + images + pages * token_estimates.PAGE
    answer = token_estimates.estimate(completion.text + completion.reasoning, encoding)
    return Usage(prompt_tokens=asked, completion_tokens=answer, total_tokens=asked + answer), "estimated"


def _tokens(image: Image | LinkedImage, model: str) -> int:
    """Return about how many tokens an image is; none can be told for one that only the endpoint has seen."""
    pixels = image.pixels if isinstance(image, Image) else None
    return image_tokens.estimate(pixels, image.detail, model) if pixels else 0


def _failed(outcome: Outcome, error: ChatError) -> Outcome:
    status = getattr(error, "status", None) or outcome.http_status
    return replace(
        outcome, state="failed", error_kind=error.kind, error=str(error), hint=error.hint, http_status=status
    )


def _attempt(attempt: Attempt) -> FailedAttempt:
    error = attempt.error
    sizes = (attempt.request_bytes, attempt.response_bytes)
    return FailedAttempt(attempt.started_at, attempt.duration_ms, error.kind, error.status, *sizes)
