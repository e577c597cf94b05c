"""The embedded endpoint for tests: the real server, the real model, started once for all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import requests

from lib.config import Endpoint
from lib.local.model import LocalModel


@contextlib.contextmanager
def running() -> Iterator[Endpoint]:
    """Give the endpoint of a running local model; the model is fetched if it is not there."""
    model = LocalModel()
    model.start()
    try:
        assert model.wait(300), model.detail
        assert model.endpoint
        yield model.endpoint
    finally:
        model.stop()


def ask(endpoint: Endpoint, text: str, key: str | None = None, **parameters: Any) -> requests.Response:
    """Post one chat completion, without Parley's own client."""
    messages = [{"role": "system", "content": endpoint.system}, {"role": "user", "content": text}]
    return requests.post(
        endpoint.completions_url,
        json={"messages": messages, **endpoint.params, "max_tokens": 32, **parameters},
        headers={"Authorization": f"Bearer {endpoint.api_key if key is None else key}"},
        timeout=60,
    )
