"""Ledger rows for calls that belong to no conversation: what the doctor asks, and whatever else is not an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from lib.api import Stream
from lib.config import Endpoint
from lib.errors import EndpointError
from lib.generations.outcome import conclude, priced
from lib.messages import LinkedImage, Message
from lib.model_choice import ModelChoice
from lib.store import Outcome, Store


def counted(store: Store, endpoint: Endpoint, purpose: str) -> Callable[[Stream], AbstractContextManager[None]]:
    """Return what a ChatClient of `endpoint` takes as `watch`: each of its calls gets a row in the ledger.

    Iterating such a stream raises StoreError when the row cannot be written; nothing has been sent then.
    """
    return partial(_counted, store, endpoint, purpose)


@contextmanager
def _counted(store: Store, endpoint: Endpoint, purpose: str, stream: Stream) -> Iterator[None]:
    model = str(stream.request.get("model") or "")
    usage_id = store.begin_call(ModelChoice(endpoint.name, model), provider=endpoint.provider, purpose=purpose)
    error = None
    try:
        yield
    except EndpointError as raised:
        error = raised
        raise
    finally:
        store.finish_call(usage_id, priced(_outcome(stream, error), endpoint.tariff, model))


def _outcome(stream: Stream, error: EndpointError | None) -> Outcome:
    outcome = conclude(stream, [_message(given) for given in stream.messages], error)
    return replace(outcome, state="stopped") if stream.closed else outcome


def _message(given: Message | Mapping[str, Any]) -> Message:
    """Return a message as a value; of one that came as it goes over the wire, images are only counted."""
    if isinstance(given, Message):
        return given
    content = given["content"]
    parts: list[Any] = [{"text": content}] if isinstance(content, str) else content
    images = tuple(LinkedImage(part["image_url"]["url"]) for part in parts if "image_url" in part)
    return Message(given["role"], "".join(part.get("text", "") for part in parts), images)
