"""The samples of "View code": each is run, and must send what Parley would and print what comes."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import select
import shutil
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.api import ChatClient
from lib.api.snippets import KINDS, placeholders, snippet, variables
from lib.config import Endpoint
from lib.messages import Image, Message
from tests import children, dialects
from tests.api.scripted import Scripted, answer, event, reply, stream
from tests.dialects.serve import Server
from tests.fake_nextgpt import FakeNextgpt
from tests.fake_webraft import FakeWebraft
from tests.waiting import until

KEY = "sk-test-0123456789"
OWN = {"HEADER_X_TOKEN": "token-of-the-test", "HEADER_AUTHORIZATION": "Token other", "HEADER_PATH": "secret path"}
HOSTILE = 'It\'s "$HOME" `id` \\n \\ {x} ${y} %s !! \n JSON\nJSON\n\u2028é🙂\'\'\'"""</script>\x07'
HI = [Message("user", HOSTILE)]
CASE = "sse_after_done_ignored"
WORDS = b"data: [DONE]\n\n"
KIND = pytest.mark.parametrize("kind", list(KINDS))


@pytest.fixture(scope="session")
def axios(tmp_path_factory):
    """Where node finds axios; skips with the reason where it cannot be had."""
    folder = tmp_path_factory.mktemp("axios")
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    quick = ["--silent", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=15000"]
    command = ["npm", "install", *quick, "--prefix", str(folder), "axios@1"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=45)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not fetch axios within 45 s")
    if done.returncode:
        pytest.skip(f"npm could not fetch axios: {done.stderr[-200:]}")
    return folder / "node_modules"


@pytest.fixture
def run(tmp_path, request):
    """Run a sample in a process of its own, and return what it prints."""

    def ran(kind: str, code: str, key: str = KEY) -> str:
        environment = {**children.unmeasured(), **OWN, "API_KEY": key}
        if kind == "axios":
            environment["NODE_PATH"] = str(request.getfixturevalue("axios"))
        if kind == "curl" and not shutil.which("curl"):
            pytest.skip("curl is not installed")
        command = {"curl": "sh", "axios": "node"}.get(kind, sys.executable)
        sample = tmp_path / "sample.txt"
        sample = sample.with_suffix({"curl": ".sh", "axios": ".js"}.get(kind, ".py"))
        sample.write_text(code, encoding="utf-8")
        done = subprocess.run([command, sample], env=environment, capture_output=True, check=False, timeout=50)
        assert (done.returncode, done.stderr.decode()) == (0, "")
        assert key not in code
        return done.stdout.decode()

    return ran


@pytest.fixture(scope="module")
def echo():
    """A server that takes anything."""
    with Scripted(stream(event("ok"), event("", finish_reason="stop"), WORDS)) as server:
        yield server


def drain(terminal: int) -> None:
    """Read what a terminal says, which else would wait for that."""
    while select.select([terminal], [], [], 0.01)[0] and os.read(terminal, 65_536):
        pass


def said(kind: str, printed: str) -> str:
    """Return the text in what a sample printed: curl prints the stream itself."""
    return "" if kind == "curl" else printed.strip()


@KIND
def test_same_request(run, echo, kind):
    """A sample sends what Parley sends, letter by letter, and prints the text as it streams."""
    endpoint = Endpoint("t", echo.url, KEY, model="m", headers={"X-Team": "a b", "X-Token": "token-of-the-test"})
    params = {"temperature": 0.2, "stop": ["a"], "top_k": 3, "response_format": {"type": "json_object"}, "seed": None}
    with ChatClient(endpoint).stream(HI, **params) as parley:
        list(parley)
    printed = run(kind, snippet(kind, endpoint, HI, params=params))

    head = echo.heads[-1].lower()
    assert echo.bodies[-1] == parley.request
    assert f"\r\nauthorization: bearer {KEY}" in head
    assert "\r\nx-team: a b" in head
    assert "\r\nx-token: token-of-the-test" in head
    assert said(kind, printed) in ("ok", "")


@KIND
def test_azure(run, echo, kind):
    """The query of the base URL and the header of the key are the vendor's, and there is no other key."""
    endpoint = Endpoint("t", f"{echo.url}?api-version=1", KEY, key_header="api-key")
    run(kind, snippet(kind, endpoint, HI, "m"))
    head = echo.heads[-1].lower()
    assert head.startswith("post /v1/chat/completions?api-version=1 ")
    assert f"\r\napi-key: {KEY}" in head
    assert "\r\nauthorization:" not in head


@KIND
def test_keyless(run, echo, kind):
    """Without a key none is sent."""
    run(kind, snippet(kind, Endpoint("t", echo.url), HI, "m"))
    assert "\r\nauthorization:" not in echo.heads[-1].lower()


@KIND
def test_whole(run, kind):
    """Without streaming the answer is printed whole."""
    with Scripted(reply(answer("whole ✓"))) as server:
        printed = run(kind, snippet(kind, Endpoint("t", server.url, KEY), HI, "m", {"stream": False}))
        assert server.bodies == [{"model": "m", "messages": [HI[0].wire()]}]
    assert "whole" in printed


@KIND
def test_image(run, echo, kind):
    """An image is sent whole, though it is longer than an argument of a command may be."""
    image = Message("user", "look", (Image(bytes(225_000), "image/png"),))
    run(kind, snippet(kind, Endpoint("t", echo.url, KEY), [image], "m"))
    assert echo.bodies[-1]["messages"] == [image.wire()]


@KIND
def test_nextgpt(run, kind):
    """NEXTgpt is asked under its path, with its switch and its kind of stream."""
    server = FakeNextgpt()
    server.framing = "text"
    printed = run(kind, snippet(kind, Endpoint("n", server.url, server.key, "nextgpt", "GPT3"), HI), server.key)
    server.stop()
    assert server.asked[0].target == "/api/v1/chat/completions?debug=False"
    assert server.asked[0].body.get("stream") == (None if kind == "openai" else "True")
    assert printed.strip() == f"NEXTgpt heard: {HOSTILE}".strip()


@KIND
def test_webraft(run, kind):
    """WebraftAI's JSON lines are read, or not asked for where a package reads none."""
    server = FakeWebraft()
    endpoint = Endpoint("w", server.url, server.key, "webraft", "gpt-4o-mini")
    printed = run(kind, snippet(kind, endpoint, [Message("user", "hi")]), server.key)
    server.stop()
    assert server.asked[0].body.get("stream") == (None if kind == "openai" else True)
    assert said(kind, printed) in ("WebraftAI heard: hi", "")


@KIND
def test_dialect(run, kind):
    """A recorded stream is printed as it was meant."""
    server = Server.start()
    printed = run(kind, snippet(kind, Endpoint("d", server.url, KEY), HI, CASE))
    server.shutdown()
    server.server_close()
    assert said(kind, printed) in (dialects.load(CASE).expect["text"].strip(), "")
    assert printed.strip()


@KIND
def test_local(run, local_endpoint, kind):
    """The embedded model answers every sample."""
    code = snippet(kind, local_endpoint, [Message("user", "Say hello.")], params={"max_tokens": 8})
    assert run(kind, code, local_endpoint.api_key).strip()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(), min_size=1, max_size=20))
def test_any_text_curl(run, echo, texts):
    """Curl sends any text exactly."""
    messages = [Message("user", text) for text in texts]
    run("curl", snippet("curl", Endpoint("t", echo.url, KEY), messages, texts[0]))
    assert echo.bodies[-1]["messages"] == [message.wire() for message in messages_clean(messages)]


@settings(max_examples=100)
@given(texts=st.lists(st.text(), min_size=1, max_size=20))
def test_any_text_python(echo, texts):
    """Python sends any text exactly."""
    messages = [Message("user", text) for text in texts]
    code = snippet("python-requests", Endpoint("t", echo.url), messages, texts[0])
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "sample.py", "exec"), {})
    assert echo.bodies[-1]["messages"] == [message.wire() for message in messages_clean(messages)]


def messages_clean(messages: list[Message]) -> list[Message]:
    """Return messages as the composer would have let them through: without NUL, which no store takes."""
    return [Message("user", message.text.replace("\0", "\ufffd")) for message in messages]


@KIND
def test_secrets(kind):
    """No secret is in a sample: not the key, nor a header with it, nor a token in the query."""
    secret = "another-secret-123"
    headers = {"X-Token": secret, "X-Copy": f"Bearer {KEY}"}
    endpoint = Endpoint("t", f"http://127.0.0.1:9/v1?token={secret}&v=1", KEY, headers=headers)
    code = snippet(kind, endpoint, HI, "m")
    assert KEY not in code
    assert secret not in code
    assert "YOUR_TOKEN" in code
    assert placeholders(endpoint) == ("YOUR_TOKEN",)


def test_bare_secret():
    """A secret that is the whole query is in no sample either."""
    code = snippet("curl", Endpoint("t", "http://127.0.0.1:9/v1?another-secret-123"), HI, "m")
    assert "?YOUR_SECRET'" in code
    assert "another-secret" not in code


def test_variables():
    """A secret comes from the variable that is named, the key from API_KEY wherever it stands."""
    secret = {"X-Jwt": "s3cr3t", "API-Key": "other", "X-Too": f"id {KEY}", "Path": "/x/y"}
    endpoint = Endpoint("t", "http://127.0.0.1:9/v1", KEY, headers={**secret, "X-Copy": KEY, "X-Team": "a"})
    names = ("API_KEY", "HEADER_X_JWT", "HEADER_API_KEY", "HEADER_X_TOO", "HEADER_PATH")
    assert variables(endpoint) == names
    for kind in KINDS:
        assert set(names) == set(re.findall(r"\b(?:API_KEY|HEADER_\w+)", snippet(kind, endpoint, HI, "m")))


@KIND
def test_names_of_variables(run, echo, kind):
    """A header that is called like a variable that everybody has is read from one of its own."""
    run(kind, snippet(kind, Endpoint("t", echo.url, KEY, headers={"Path": "secret path"}), HI, "m"))
    assert "\r\npath: secret path" in echo.heads[-1].lower()


@KIND
def test_proto(run, echo, kind):
    """A parameter that has a meaning in JavaScript is sent, too, at any depth."""
    params = {"__proto__": {"a": 1}, "deep": {"__proto__": 2, "x": '"__proto__": 3'}}
    endpoint = Endpoint("t", echo.url, KEY, model="m")
    with ChatClient(endpoint).stream(HI, **params) as parley:
        list(parley)
    run(kind, snippet(kind, endpoint, HI, params=params))
    assert echo.bodies[-1] == parley.request


def test_proto_in_javascript():
    """In JavaScript such a name stands in brackets, and the body is sent as text, which nothing copies."""
    code = snippet("axios", Endpoint("t", "http://127.0.0.1:9/v1"), HI, "m", {"__proto__": 1})
    assert '["__proto__"]: 1' in code
    assert "JSON.stringify({" in code
    assert "JSON.stringify" not in snippet("axios", Endpoint("t", "http://127.0.0.1:9/v1"), HI, "m", {"x": "__proto__"})


TYPED = "a\x7fb\x08c\x1b[2Jd\x04\x9b\u202ee\u2066\ufeff\U000e0041 \u3000 漢🙂"


@KIND
def test_paste(kind):
    """Nothing in a sample is a command to a terminal, and no line is longer than a terminal takes."""
    code = snippet(kind, Endpoint("t", "http://127.0.0.1:9/v1", KEY), [Message("user", TYPED)], "m")
    assert all(sign.isprintable() for sign in code.replace("\n", ""))
    assert "漢🙂" in code


@KIND
def test_long_lines(run, echo, kind):
    """A long prompt is sent exactly; what a shell is given has no line of more than 4,095 bytes."""
    prompt = Message("user", (TYPED + "\\\n漢'") * 2_000)
    code = snippet(kind, Endpoint("t", echo.url, KEY), [prompt], "m")
    run(kind, code)
    assert echo.bodies[-1]["messages"] == [prompt.wire()]
    if kind == "curl":
        assert max(len(line.encode()) for line in code.split("\n")) < 4_096


@pytest.mark.skipif(not shutil.which("dash"), reason="dash is not installed")
def test_paste_into_dash(echo):
    """The curl sample, typed into a terminal in which dash runs, sends the request."""
    prompt = Message("user", "DEL \x7f and 漢 " + "x" * 10_000)
    code = snippet("curl", Endpoint("t", echo.url, KEY), [prompt], "m")
    before, (terminal, inside) = len(echo.bodies), pty.openpty()
    environment = {**children.unmeasured(), "API_KEY": KEY}
    streams = {"stdin": inside, "stdout": inside, "stderr": inside}
    with subprocess.Popen(["dash", "-i"], env=environment, start_new_session=True, **streams) as shell:
        for line in [*code.split("\n"), "exit 0"]:
            os.write(terminal, line.encode() + b"\n")
            drain(terminal)
        until(lambda: len(echo.bodies) > before)
        until(lambda: drain(terminal) or shell.poll() is not None)
    os.close(terminal)
    os.close(inside)
    assert echo.bodies[-1]["messages"] == [prompt.wire()]
