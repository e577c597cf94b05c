"""What an endpoint can do, found out by asking it: a few short calls, one finding after the other."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from lib.api.client import ChatClient, Stream
from lib.api.wire import Json, Plain, Sse, sniff
from lib.config import Endpoint
from lib.errors import ChatError, EndpointError
from lib.messages import Image, Message, WholeFile
from lib.net.transport import Limits, is_loopback

LIMITS = Limits(connect=3, read=20, deadline=30, size=1024 * 1024, retries=0)
WORDS = 16  # tokens an answer may have
READS = 300  # tokens of one that has to read first: some models think before
SLOW = 5_000  # milliseconds to the first token
MAX_MODELS = 3  # models that are named
# A grey square of 32 pixels: some models refuse smaller images.
GREY = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAJklEQVR42u3NMQ0AAAwDoEqv9KrYsQQMkB6LQCAQCAQCgUAg"
    "+BIMLd4AWwUPN68AAAAASUVORK5CYII="
)
SAY = Message("user", "Answer with one word: hello.")
SYSTEM = Message("system", "You answer with one word.")
LOOK = Message("user", "What colour is this? Answer with one word.", (Image(GREY, "image/png", "low", (32, 32)),))
ASK = "Which word stands in the attached PDF? Answer with that word alone."
SERVED = ("auth", "permission", "payment", "rate_limit", "context_length", "content_filter", "overloaded")
AS_TEXT = "Their text is sent."
UNTRIED = "Not tried: what comes before it failed."
SHUT = ("connection", "timeout")
LOST = ("not_found", "protocol", "bad_request")
FRAMINGS = {Sse: "server-sent events", Json: "JSON lines", Plain: "plain text"}
# A PDF of a page with one word, which nobody guesses.
WORD = "marzipan"
PAGE = zlib.decompress(
    base64.b64decode(
        "eNptUV1rwjAUfc+vOC/C9rAlaRtREB/clME2NrRvsodor66ijaRxOH/9klSmrCulpOeer9t23h8nd/I+YxICZrFhgwF4/r0n8Aft9Nas"
        "wd/1mmoknjDFcMioKgIxaQkaHn8uixrzLNA/vIs5VA7ySpi2hBPjKXx2WLj4GkAJPtI1NZMn2n6RK5f6yiX7Nz48LXlN05a/UlHqkTli"
        "LjyQCoFECN9qSrU52KWvG/QxJR4k0vOa4fblK+fdaqg/y6ur9Beq1u4TaT/Ma2dJ79goj2YyQb7ykZA+OS9ws9P2VO51dYt8g3Ee7M6K"
        "s/HR0ooJdJn4vdBVKlVY4YL10UyqC6Z6LUxK1cZ6bSyV8oI5q8st2bjZ1Jjw6+KXnJUnQrdZUVsXe2ZCsE5n/DZhPxx0mJM="
    )
)
BADGES = {
    "models": "models",
    "streams": "streams",
    "usage": "usage",
    "system": "system",
    "image": "images",
    "pdf": "PDFs",
}

Factory = Callable[..., ChatClient]
Ask = Callable[..., Stream]


@dataclass(frozen=True)
class Finding:
    """One step: `says` what was found, `advice` what to set; `state` is ok, warning, failed or skipped.

    `proposes` is the base URL to use instead, where another was found to be the right one.
    """

    step: str
    state: str
    says: str
    advice: str = ""
    ms: float | None = None
    proposes: str = ""


def ask(
    client: ChatClient, messages: Sequence[Message], model: str | None, *, streams: bool = False, **params: Any
) -> Stream:
    """Return a stream that has ended. Raises EndpointError."""
    send = client.stream if streams else client.single
    with send(messages, model, **params) as stream:
        for _ in stream:
            pass
    return stream


def examine(
    endpoint: Endpoint,
    *,
    model: str | None = None,
    client_factory: Factory = ChatClient,
    ask: Ask = ask,
    limits: Limits = LIMITS,
    slow: float = SLOW,
) -> Iterator[Finding]:
    """Yield what is found, step by step. Never raises.

    Steps: reachable, tls, key, models, answers, url (if another base URL is the right one), streams, usage, system,
    image, pdf, first token. `client_factory` is called as ChatClient is, with `limits` and `record`; each completion is
    asked for through `ask`; `slow` is in milliseconds to the first token.
    """

    def client(this: Endpoint) -> ChatClient:
        return client_factory(this, limits=limits, record=True)

    try:
        yield from _Doctor(endpoint, model, client, ask, slow).run()
    except Exception as error:  # noqa: BLE001  # a check that breaks off says so, like everything it finds
        yield Finding("check", "failed", f"The check broke off ({type(error).__name__}).", "Run it again.")


def badges(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return what an endpoint can do in single words, or only why it cannot be used."""
    failed = [finding.step for finding in findings if finding.state == "failed"]
    if failed:
        return (f"no {failed[0]}" if failed[0] == "answers" else f"{failed[0]} failed",)
    return tuple(BADGES[finding.step] for finding in findings if finding.state == "ok" and finding.step in BADGES)


@dataclass(frozen=True)
class Tried:
    """A call that was made: what came of it, or the error."""

    value: Any = None
    error: EndpointError | None = None
    ms: float = 0.0

    @property
    def kind(self) -> str:
        """The kind of the error, empty if there is none."""
        return self.error.kind if self.error else ""


def attempt(call: Callable[[], Any]) -> Tried:
    """Return what comes of a call."""
    begun = time.perf_counter()
    try:
        value, error = call(), None
    except EndpointError as raised:
        value, error = None, raised
    return Tried(value, error, (time.perf_counter() - begun) * 1000)


class _Doctor:
    def __init__(
        self, endpoint: Endpoint, model: str | None, new: Callable[[Endpoint], ChatClient], ask: Ask, slow: float
    ) -> None:
        self._endpoint = endpoint
        self._new = new
        self._listen = ask
        self._slow = slow
        self._client = new(endpoint)
        self._model = model or endpoint.model

    def run(self) -> Iterator[Finding]:
        with self._client:
            listing = attempt(self._client.models)
            yield from self._reach(listing)
            if listing.kind in SHUT and not _came(listing):
                yield from _skipped(
                    "key", "models", "answers", "streams", "usage", "system", "image", "pdf", "first token"
                )
                return
            yield from self._ask(listing)

    def _reach(self, listing: Tried) -> Iterator[Finding]:
        error = listing.error
        secure = self._endpoint.base_url.startswith("https:")
        if error and listing.kind in SHUT and not _came(listing):
            tls = "secure connection" in str(error)
            yield Finding("reachable", "ok", "It answers.") if tls else Finding("reachable", "failed", *_said(error))
            yield Finding("tls", "failed", *_said(error)) if tls else _skip("tls")
            return
        yield Finding("reachable", "ok", "It answers.", ms=listing.ms)
        yield Finding("tls", "ok", "The connection is secure.") if secure else self._plain()

    def _plain(self) -> Finding:
        if is_loopback(urlsplit(self._endpoint.base_url).hostname or ""):
            return Finding("tls", "skipped", "It runs on this machine, without TLS.")
        advice = "Use https:// in base_url if the endpoint has it; else keep it to a network that you trust."
        return Finding("tls", "warning", "Prompts and the key travel unencrypted.", advice)

    def _ask(self, listing: Tried) -> Iterator[Finding]:
        names = listing.value or list(self._endpoint.models)
        self._model = self._model or next(iter(names), None)
        answer = attempt(lambda: self._say(SAY))
        yield self._key(answer, listing)
        yield self._models(listing)
        yield self._answers(answer)
        if answer.error:
            yield from self._address(answer, listing)
            yield from _skipped("streams", "usage", "system", "image", "pdf", "first token")
            return
        yield from self._more()

    def _say(
        self, *messages: Message, streams: bool = False, client: ChatClient | None = None, most: int = WORDS
    ) -> Stream:
        return self._listen(client or self._client, messages, self._model, streams=streams, max_tokens=most)

    def _key(self, answer: Tried, listing: Tried) -> Finding:
        refused = next((tried.error for tried in (answer, listing) if tried.kind == "auth"), None)
        if refused and answer.error:
            advice = refused.hint if self._endpoint.api_key else "Set api_key of this endpoint: it wants one."
            return Finding("key", "failed", str(refused), advice)
        if not answer.error or answer.kind in SERVED:
            says = "The key is accepted." if self._endpoint.api_key else "No key is set, and none is asked for."
            return Finding("key", "ok", says)
        return Finding("key", "skipped", "It cannot be told before the endpoint answers.")

    def _models(self, listing: Tried) -> Finding:
        configured = self._endpoint.models
        if listing.error and configured:
            return Finding("models", "ok", f"It lists none; configured: {len(configured)}.", ms=listing.ms)
        if listing.error or not listing.value:
            says = str(listing.error) if listing.error else "It lists no models."
            return Finding("models", "warning", says, 'Name them: models = ["…"] of this endpoint.', listing.ms)
        if self._model not in listing.value:
            some = ", ".join(listing.value[:MAX_MODELS])
            known = "the one model" if len(listing.value) == 1 else f"among the {len(listing.value)} models"
            says = f"{self._model} is not {known} that it lists."
            return Finding("models", "warning", says, f"Set model to one of them, such as {some}.", listing.ms)
        return Finding("models", "ok", f"Models that it lists: {len(listing.value)}.", ms=listing.ms)

    def _answers(self, answer: Tried) -> Finding:
        if answer.error:
            return Finding("answers", "failed", *_said(answer.error), answer.ms)
        completion = answer.value.completion
        if not (completion.text or completion.reasoning or completion.finish_reason == "length"):
            return Finding("answers", "warning", "The answer has no text.", "Try another model.", answer.ms)
        return Finding("answers", "ok", f"{completion.model or self._model or 'It'} answers.", ms=answer.ms)

    def _address(self, answer: Tried, listing: Tried) -> Iterator[Finding]:
        """Look for the right base URL where this one leads to nothing."""
        if answer.kind not in LOST or not listing.error:
            return
        right = next((url for url in candidates(self._endpoint.base_url) if self._works(url)), None)
        if right:
            says, advice = f"The endpoint is at {right}.", f'Set base_url = "{right}".'
            yield Finding("url", "failed", says, advice, proposes=right)

    def _works(self, url: str) -> bool:
        with self._new(replace(self._endpoint, base_url=url)) as client:
            tried = attempt(client.models)
            if tried.kind in LOST:
                tried = attempt(lambda: self._say(SAY, client=client))
        return not tried.error or tried.kind in SERVED

    def _more(self) -> Iterator[Finding]:
        streamed = attempt(lambda: self._say(SAY, streams=True))
        yield from self._streams(streamed)
        yield self._system()
        yield self._image()
        yield self._pdf()
        yield self._first(streamed)

    def _streams(self, tried: Tried) -> Iterator[Finding]:
        if tried.error:
            advice = "Switch streaming off in the parameters of a chat."
            yield Finding("streams", "failed", str(tried.error), advice, tried.ms)
            yield _skip("usage")
            return
        yield _framed(tried)
        yield _counted(tried)

    def _system(self) -> Finding:
        tried = attempt(lambda: self._say(SYSTEM, SAY))
        if tried.error:
            return Finding("system", "warning", str(tried.error), "Leave the system prompt empty.", tried.ms)
        if tried.value.request["messages"][0]["role"] != "system":
            says = "It refuses system messages."
            return Finding("system", "warning", says, "Nothing to set: the prompt is put into the first message.")
        return Finding("system", "ok", "It accepts a system message.", ms=tried.ms)

    def _image(self) -> Finding:
        tried = attempt(lambda: self._say(LOOK))
        if tried.error:
            return Finding("image", "warning", *_said(tried.error, "Choose a model that sees for images."), tried.ms)
        return Finding("image", "ok", "It accepts an image.", ms=tried.ms)

    def _pdf(self) -> Finding:
        """Have a word read from a PDF: some endpoints take one and leave it unread."""
        asked = Message("user", ASK, whole_files=(WholeFile(PAGE, "application/pdf", "word.pdf", 1),))
        tried = attempt(lambda: self._say(asked, most=READS))
        if tried.error:
            return Finding("pdf", "skipped", f"It takes no PDF: {tried.error} {AS_TEXT}", ms=tried.ms)
        if WORD not in tried.value.completion.text.lower():
            return Finding("pdf", "skipped", f"It does not read a PDF. {AS_TEXT}", ms=tried.ms)
        return Finding("pdf", "ok", "It reads a PDF as it is.", ms=tried.ms)

    def _first(self, tried: Tried) -> Finding:
        first = tried.value.ttft_ms if tried.value else None
        if first is None:
            return _skip("first token")
        if first > self._slow:
            says = f"The first token came after {first / 1000:.1f} s."
            return Finding("first token", "warning", says, "Expect to wait, or choose a smaller model.", first)
        return Finding("first token", "ok", f"The first token came after {first:,.0f} ms.", ms=first)


def candidates(base_url: str) -> list[str]:
    """Return the base URLs that may be meant: with /v1, with /api/v1, and without either."""
    parts = urlsplit(base_url)
    bare = parts.path.removesuffix("/v1").removesuffix("/api")
    paths = (parts.path + "/v1", parts.path + "/api/v1", bare, bare + "/v1", bare + "/api/v1")
    return [urlunsplit(parts._replace(path=path)) for path in dict.fromkeys(paths) if path != parts.path]


def _framed(tried: Tried) -> Finding:
    recording = tried.value.recording  # each client here records
    opening = "".join(text for _, text in recording.chunks[:20]).lstrip()
    framing = FRAMINGS.get(sniff(opening) or Plain)
    if framing == FRAMINGS[Json] and '"delta"' not in opening:
        says = "It answers in one piece though asked to stream."
        return Finding("streams", "warning", says, "Nothing to set: answers appear all at once.", tried.ms)
    return Finding("streams", "ok", f"It streams as {framing or 'plain text'}.", ms=tried.ms)


def _counted(tried: Tried) -> Finding:
    usage = tried.value.completion.usage
    if usage is None:
        advice = "Nothing to set: Parley estimates, and marks the figures as estimates."
        return Finding("usage", "warning", "It reports no token usage when streaming.", advice)
    counts = f"{usage.prompt_tokens} + {usage.completion_tokens}"
    return Finding("usage", "ok", f"It reports token usage when streaming ({counts} tokens).")


def _came(tried: Tried) -> bool:
    """Whether an answer came all the same."""
    return bool(tried.error and tried.error.status)


def _said(error: ChatError, advice: str = "") -> tuple[str, str]:
    return str(error), advice or error.hint


def _skip(step: str) -> Finding:
    return Finding(step, "skipped", UNTRIED)


def _skipped(*steps: str) -> Iterator[Finding]:
    yield from map(_skip, steps)
