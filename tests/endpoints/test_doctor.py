"""The doctor: what it finds out about endpoints of all kinds, and what it advises."""

from __future__ import annotations

import contextlib

import pytest

from lib.api import ChatClient, Limits
from lib.config import Endpoint
from lib.endpoints.doctor import Finding, badges, candidates, examine
from tests.api.scripted import Scripted, hang, reply
from tests.fake_nextgpt import FakeNextgpt
from tests.fake_vendor import FakeVendor
from tests.fake_webraft import FakeWebraft

STEPS = ["reachable", "tls", "key", "models", "answers", "streams", "usage", "system", "image", "pdf", "first token"]


@contextlib.contextmanager
def vendor(**settings):
    """Run a vendor."""
    server = FakeVendor(**settings)
    try:
        yield server
    finally:
        server.stop()


def examined(url: str, key: str = "", model: str | None = "m", **options) -> dict[str, Finding]:
    """Return what is found, by step."""
    seams = {name: options.pop(name) for name in ("limits", "slow") if name in options}
    endpoint = Endpoint("t", url, key, options.pop("provider", "openai"), **options)
    found = list(examine(endpoint, model=model, **seams))
    assert [finding.step for finding in found if finding.step != "url"] == STEPS
    return {finding.step: finding for finding in found}


def finding(step: str, **settings) -> Finding:
    """Return what is found at one step with a vendor of these settings."""
    with vendor(**settings) as server:
        return examined(server.url)[step]


def test_well():
    """Of an endpoint that can do everything, everything is found."""
    with vendor(key="right-key-0123") as server:
        found = examined(server.url, "right-key-0123")

    assert {step: item.state for step, item in found.items()} == {**dict.fromkeys(STEPS, "ok"), "tls": "skipped"}
    assert found["models"].says == "Models that it lists: 2."
    assert found["streams"].says == "It streams as server-sent events."
    assert found["usage"].says == "It reports token usage when streaming (7 + 1 tokens)."
    assert found["first token"].ms is not None
    assert badges(list(found.values())) == ("models", "streams", "usage", "system", "images", "PDFs")


def test_local(local_endpoint):
    """The embedded model is well, but for images."""
    found = list(examine(local_endpoint))
    assert [item.step for item in found if item.state not in ("ok", "skipped")] == ["image"]


def test_keyless():
    """That no key is needed is said."""
    assert finding("key").says == "No key is set, and none is asked for."


@pytest.mark.parametrize(("key", "advice"), [("wrong-key-0123", "Check the API key"), ("", "Set api_key")])
def test_key(key, advice):
    """A key that is refused or missing is told, and nothing more is tried."""
    with vendor(key="right-key-0123") as server:
        found = examined(server.url, key)

    assert found["key"].state == "failed"
    assert advice in found["key"].advice
    assert found["streams"].state == "skipped"
    assert badges(list(found.values())) == ("key failed",)


def test_key_for_models_only():
    """A key that lists nothing but answers is accepted."""
    with Scripted(reply(b'{"error":"no api key"}', "401 Unauthorized"), reply(b"hello")) as server:
        assert examined(server.url)["key"].state == "ok"


def test_key_for_models_first():
    """A key that is refused for the list of models is told, whatever the answer fails of."""
    with Scripted(reply(b"no", "401 Unauthorized"), reply(b"no", "500 Internal Server Error")) as server:
        assert examined(server.url)["key"].state == "failed"


def test_credits():
    """An account without credits is told; its key is accepted."""
    with vendor(credits=False, key="right-key-0123") as server:
        found = examined(server.url, "right-key-0123")

    assert (found["key"].state, found["answers"].state) == ("ok", "failed")
    assert "credits" in found["answers"].advice
    assert badges(list(found.values())) == ("no answers",)


def test_refused():
    """Where nothing listens, the first step says so and no other is tried."""
    with vendor() as server:
        url = server.url
    found = examined(url)

    assert found["reachable"].state == "failed"
    assert {item.state for step, item in found.items() if step != "reachable"} == {"skipped"}


def test_silent():
    """An endpoint that hangs is given up on."""
    with Scripted(hang()) as server:
        assert "sent nothing" in examined(server.url, limits=Limits(read=0.2))["reachable"].says


def test_tls():
    """An endpoint that speaks no TLS is reachable, but not by https."""
    with vendor() as server:
        found = examined(server.url.replace("http:", "https:"))

    assert (found["reachable"].state, found["tls"].state) == ("ok", "failed")
    assert "http://" in found["tls"].advice


@pytest.mark.parametrize(
    ("url", "state"), [("https://api.example.org/v1", "ok"), ("http://api.example.org/v1", "warning")]
)
def test_transport(url, state):
    """Over TLS all is well; without it, on the way to another machine, there is a warning."""

    def here(endpoint, **options):
        return ChatClient(Endpoint("here", server.url), **options)

    with vendor() as server:
        found = {item.step: item for item in examine(Endpoint("t", url), model="m", client_factory=here)}
    assert found["tls"].state == state


@pytest.mark.parametrize(
    ("prefix", "given"),
    [("/v1", ""), ("/api/v1", ""), ("/api/v1", "/v1"), ("", "/v1"), ("/v1", "/api/v1"), ("/x/v1", "/x")],
)
def test_address(prefix, given):
    """A base URL that lacks its path, or has another, is found out and the right one proposed."""
    with vendor(prefix=prefix) as server:
        found = examined(server.root + given)
        right = server.url
    assert found["url"].says == f"The endpoint is at {right}."
    assert found["url"].advice == f'Set base_url = "{right}".'
    assert found["url"].proposes == right
    assert found["key"].state == "skipped"


def test_address_without_models():
    """The right base URL is found where no models are listed, and where the key is wrong."""
    for settings in ({"models": None}, {"key": "right-key-0123"}):
        with vendor(**settings) as server:
            assert examined(server.root)["url"].says == f"The endpoint is at {server.url}."


def test_address_lost():
    """Where no base URL leads anywhere, none is proposed."""
    with vendor(prefix="/else") as server:
        assert "url" not in examined(server.root)


def test_address_right():
    """A base URL below which models are listed is not put in doubt."""
    with Scripted(reply(b'["m"]'), reply(b"no", "404 Not Found")) as server:
        assert "url" not in examined(server.url)


@pytest.mark.parametrize(
    ("url", "others"),
    [
        ("http://h", ["http://h/v1", "http://h/api/v1"]),
        ("http://h/v1", ["http://h/v1/v1", "http://h/v1/api/v1", "http://h", "http://h/api/v1"]),
        ("http://h/api/v1?v=1", ["http://h/api/v1/v1?v=1", "http://h/api/v1/api/v1?v=1", "http://h?v=1", "http://h/v1?v=1"]),
    ],
)  # fmt: skip
def test_candidates(url, others):
    """A base URL is tried with /v1, with /api/v1 and without either."""
    assert candidates(url) == others


def test_models_configured():
    """Models of the configuration stand in for a list, and the first of them is tried."""
    with vendor(models=None) as server:
        found = examined(server.url, model=None, models=("a", "b"))
        assert server.asked[-1].body["model"] == "a"
    assert (found["models"].state, found["models"].says) == ("ok", "It lists none; configured: 2.")


@pytest.mark.parametrize("models", [None, []])
def test_models_missing(models):
    """Without any models, the setting for them is named."""
    found = finding("models", models=models)
    assert found.state == "warning"
    assert "models = [" in found.advice


def test_model_unknown():
    """A model that is not listed is told, with some that are."""
    found = finding("models", models=["a", "b", "c", "d"])
    assert found.says == "m is not among the 4 models that it lists."
    assert found.advice == "Set model to one of them, such as a, b, c."
    assert finding("models", models=["a"]).says == "m is not the one model that it lists."


def test_model_first():
    """Without a model, the first that is listed is tried."""
    with vendor() as server:
        examined(server.url, model=None)
        assert {asked.body["model"] for asked in server.asked if asked.method == "POST"} == {"m"}


def test_no_text():
    """An answer without text is told."""
    assert finding("answers", text="").state == "warning"


@pytest.mark.parametrize(
    ("framing", "state", "says"),
    [
        ("lines", "ok", "It streams as JSON lines."),
        ("text", "ok", "It streams as plain text."),
        ("short", "ok", "It streams as plain text."),
        ("whole", "warning", "It answers in one piece though asked to stream."),
        ("broken", "failed", "The endpoint answered 500 Internal Server Error: no streams today"),
    ],
)
def test_framing(framing, state, says):
    """It is told how an endpoint streams, and whether."""
    found = finding("streams", framing=framing)
    assert (found.state, found.says) == (state, says)


def test_silent_stream():
    """A stream without any text has no first token."""
    assert finding("first token", text="").state == "skipped"


def test_no_stream():
    """Without a stream there is neither usage nor a first token to tell about."""
    with vendor(framing="broken") as server:
        found = examined(server.url)
    assert (found["usage"].state, found["first token"].state, found["system"].state) == ("skipped", "skipped", "ok")


def test_no_usage():
    """That usage will be estimated is said."""
    assert "estimates" in finding("usage", usage=False).advice


@pytest.mark.parametrize(("system", "says"), [(None, "It refuses system messages."), (False, "400 Bad Request: No.")])
def test_system(system, says):
    """It is told whether system messages are refused, and whether that can be got around."""
    found = finding("system", system=system)
    assert (found.state, says in found.says) == ("warning", True)


def test_image():
    """A model that takes no images is told."""
    found = finding("image", images=False)
    assert (found.state, found.advice) == ("warning", "Choose a model that sees for images.")


@pytest.mark.parametrize(("pdfs", "says"), [(True, "reads a PDF"), (False, "does not read"), (None, "takes no PDF")])
def test_pdf(pdfs, says):
    """A model reads PDFs if it says what stands in one; that it does not is no fault."""
    found = finding("pdf", pdfs=pdfs)
    assert (found.state, says in found.says) == ("ok" if pdfs else "skipped", True)


def test_slow():
    """A first token that is long in coming is told."""
    with vendor() as server:
        assert examined(server.url, slow=0)["first token"].state == "warning"


def test_broken():
    """A check that breaks off says so and does not raise."""

    def broken(endpoint, **options):
        raise ZeroDivisionError

    [found] = examine(Endpoint("t", "http://127.0.0.1:9"), client_factory=broken)
    assert (found.step, found.state) == ("check", "failed")
    assert "ZeroDivisionError" in found.says


def test_nextgpt():
    """NEXTgpt is well: it lists no models, and everything else works."""
    server = FakeNextgpt()
    found = examined(server.url, server.key, "GPT3", provider="nextgpt")
    server.stop()
    assert [step for step, item in found.items() if item.state not in ("ok", "skipped")] == ["models"]


def test_webraft():
    """WebraftAI is well, with its own framing; a wrong key that comes as a 200 is one."""
    server = FakeWebraft()
    found = examined(server.url, server.key, "gpt-4o-mini", provider="webraft")
    server.mild = True
    wrong = examined(server.url, "wrong-key-0123", "gpt-4o-mini", provider="webraft")
    server.stop()
    assert found["streams"].says == "It streams as JSON lines."
    assert wrong["key"].state == "failed"


def test_key_unsaid():
    """No key is in anything that is found."""
    with vendor(key="right-key-0123") as server:
        assert "wrong-key-0123" not in str(examined(server.url, "wrong-key-0123"))
