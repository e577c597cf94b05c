"""What an endpoint does not take, learned from its refusals."""

from __future__ import annotations

import pytest

from lib.api.quirks import Quirks
from lib.config import Endpoint
from lib.errors import AnswerError

SYSTEM = {"role": "system", "content": "S"}


def refusal(param: str, *, status: int = 400, kind: str = "unsupported_param", message: str = "no") -> AnswerError:
    return AnswerError(message, kind=kind, status=status, param=param)


def learn(param: str, body: dict, **options) -> dict | None:
    return Quirks().learn(body, refusal(param, **options))


def test_dropped():
    """A parameter that can go goes."""
    assert learn("top_p", {"top_p": 1, "model": "m"}) == {"model": "m"}


def test_renamed():
    """The limit of tokens is sent under its other name."""
    assert learn("max_tokens", {"max_tokens": 5}) == {"max_completion_tokens": 5}


@pytest.mark.parametrize(
    ("param", "options"),
    [
        ("tools", {}),  # the answer would be another one
        ("temperature", {}),  # it was not sent
        ("system", {}),
        ("seed", {"status": 500}),
        ("seed", {"kind": "bad_request"}),
        ("stream", {"kind": "bad_request"}),
    ],
)
def test_not_dropped(param, options):
    """Anything else is left to the person."""
    assert learn(param, {"tools": [], "seed": 1, "stream": True, "messages": []}, **options) is None


@pytest.mark.parametrize(
    ("messages", "merged"),
    [
        ([SYSTEM, {"role": "user", "content": "hi"}], [{"role": "user", "content": "S\n\nhi"}]),
        ([SYSTEM, SYSTEM, {"role": "user", "content": ""}], [{"role": "user", "content": "S\n\nS"}]),
        (
            [SYSTEM, {"role": "assistant", "content": "a"}],
            [{"role": "user", "content": "S"}, {"role": "assistant", "content": "a"}],
        ),
        (
            [{"role": "developer", "content": "S"}, {"role": "user", "content": [{"type": "image_url"}]}],
            [{"role": "user", "content": [{"type": "text", "text": "S"}, {"type": "image_url"}]}],
        ),
    ],
)
def test_system(messages, merged):
    """A system message goes to the head of the first user message, which is made where there is none."""
    assert learn("system", {"messages": messages})["messages"] == merged


@pytest.mark.parametrize(
    ("sent", "options", "better"),
    [
        ("True", {"kind": "bad_request"}, {"stream": True, "stream_options": 1}),
        (True, {"kind": "bad_request", "message": "must be a string"}, {"stream": "True", "stream_options": 1}),
        (True, {}, {}),
    ],
)
def test_stream(sent, options, better):
    """`stream` is sent as the endpoint wants it, or not at all."""
    assert learn("stream", {"stream": sent, "stream_options": 1}, **options) == better


def test_remembered():
    """A model's quirk is remembered for the model, an endpoint's for all."""
    quirks = Quirks()
    body = {"model": "a", "seed": 1, "stream_options": 1}
    for param in ("seed", "stream_options", "seed"):
        quirks.learn(body, refusal(param))

    assert quirks.apply(body) == {"model": "a"}
    assert quirks.apply(body | {"model": "b"}) == {"model": "b", "seed": 1}


def test_nextgpt():
    """NEXTgpt takes `stream` as text until it says otherwise, and what is not streamed stays so."""
    quirks = Quirks(Endpoint("n", "http://127.0.0.1:9", provider="nextgpt").preset)

    assert quirks.apply({"stream": True}) == {"stream": "True"}
    assert quirks.apply({}) == {}
    quirks.learn({"stream": "True"}, refusal("stream", kind="bad_request"))
    assert quirks.apply({"stream": True}) == {"stream": True}
