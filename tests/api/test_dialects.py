"""The whole corpus, through the parser at hostile write sizes and once over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib.api import ChatClient
from lib.config import Endpoint
from lib.errors import EndpointError
from lib.messages import Message
from tests.api.answers import cut, expected, read, seen
from tests.dialects import HERE, Case, cases
from tests.dialects.serve import Server

MESSAGES = [Message("system", "Be brief."), Message("user", "hi")]
# What a request must have for the endpoint of a case to refuse it.
PARAMS = {
    "flow_max_tokens_rejected": {"max_tokens": 5},
    "flow_max_completion_tokens_rejected": {"max_completion_tokens": 5},
    "flow_temperature_rejected": {"temperature": 0.2},
}
ANSWERS = [case for case in cases() if case.meta["status"] == 200 and not {"drop_after", "reject"} & set(case.meta)]


def named(case: Case) -> str:
    return case.name


def refuses(case: Case) -> bool:
    """Whether the endpoint of a case refuses a parameter, rather than being busy."""
    return any("count" not in rule["if"] for rule in case.meta.get("reject", ()))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server.start()
    yield server
    server.shutdown()
    server.server_close()


def client(server: Server, provider: str = "openai", size: int = 7, path: str = "/v1") -> ChatClient:
    """Return a client of the replaying server that waits for nothing."""
    endpoint = Endpoint("t", server.url + path, f"sk-{size}-secret", provider, headers={"X-Chunk": str(size)})
    return ChatClient(endpoint, sleep=lambda _: None)


@pytest.mark.parametrize("size", [1, 7, 0])
@pytest.mark.parametrize("case", ANSWERS, ids=named)
def test_body(case, size):
    """A body means the same in whatever pieces it comes, and its deltas add up to its text."""
    answer, text, error = read(cut(case.body, size))

    assert expected(case) == seen(case, answer.completion, error)
    assert error or text == answer.completion.text
    assert (case.expect["error"] or {}).get("message_contains", "") in str(error)


@pytest.mark.parametrize("size", [1, 7, 0])
@pytest.mark.parametrize("case", cases(), ids=named)
def test_http(case, size, server):
    """A case over HTTP gives what it says, with retries and dropped parameters where it asks for them."""
    provider = "nextgpt" if case.name == "flow_stream_must_be_bool" else "openai"
    error = None
    with client(server, provider, size) as chat:
        ask = chat.stream if case.streamed else chat.single
        with ask(MESSAGES, case.name, **PARAMS.get(case.name, {})) as stream:
            try:
                list(stream)
            except EndpointError as failure:
                error = failure

    assert expected(case) == seen(case, stream.completion, error)


@pytest.mark.parametrize("case", cases(HERE / "models"), ids=named)
def test_models(case, server):
    """Every shape of a list of models gives the names, a missing list an error."""
    chat = client(server, path=f"/shape/{case.name}")
    ids = case.expect["ids"]
    if ids is None:
        with pytest.raises(EndpointError, match="Not Found"):
            chat.models()
    else:
        assert ids == chat.models()
    chat.close()


@pytest.mark.parametrize("case", [case for case in cases() if refuses(case)], ids=named)
def test_flow_is_remembered(case, server):
    """What an endpoint refused once is not sent to it again."""
    provider = "nextgpt" if case.name == "flow_stream_must_be_bool" else "openai"
    with client(server, provider) as chat:
        attempts = [ask(chat, case) for _ in range(2)]

    assert attempts[1] == 0


def ask(chat: ChatClient, case: Case) -> int:
    """Return how many calls were refused before one was answered."""
    with chat.stream(MESSAGES, case.name, **PARAMS.get(case.name, {})) as stream:
        list(stream)
    return len(stream.attempts)
