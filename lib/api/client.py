"""ChatClient: asks one endpoint for chat completions.

    with client.stream([Message("user", "hi")], model="m", temperature=0.2) as stream:
        for delta in stream:
            print(delta.text, end="")
    print(stream.completion.usage)

A call is sent once. It is sent again only where the endpoint refused it before a byte of an answer came: a refused
connection, 429, 503 (at most twice, with jitter), or a 400/422 that names a parameter the answer can do without.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from lib.api.choices import NOTHING
from lib.api.chunks import Answer
from lib.api.complaints import Complaint, Redact, read, refusal, tidy
from lib.api.models import names, windows
from lib.api.quirks import Quirks
from lib.api.recording import Recorder, Recording
from lib.api.route import Route
from lib.api.wire import Decoder, Event
from lib.config import Endpoint
from lib.errors import AnswerError, EndpointError, RequestError
from lib.messages import Completion, Delta, Message
from lib.net.transport import Limits, Line, RefusedError

Messages = Sequence[Message | Mapping[str, Any]]
Sleep = Callable[[float], object]

PROBLEM = 262_144  # bytes that are read of an answer that is an error
ECHOED = "The endpoint repeated a secret in its answer, so what came is not shown piece by piece."
FIRST_PAUSE = 0.5  # seconds before the second attempt, doubled before the third


@dataclass(frozen=True)
class Attempt:
    """A call that was refused and then sent again."""

    error: EndpointError
    started_at: datetime
    duration_ms: float
    request_bytes: int = 0
    response_bytes: int = 0


class ChatClient:
    """Asks one endpoint. Usable from several threads at once; remembers what the endpoint does not take.

    `sleep` waits between attempts (by default closing the stream ends the wait); `jitter` returns 0 to 1.
    `record` keeps what goes over the wire in `Stream.recording`.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        session: requests.Session | None = None,
        limits: Limits | None = None,
        sleep: Sleep | None = None,
        jitter: Callable[[], float] = random.random,
        record: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.limits = limits or Limits()
        self._route = Route(endpoint, session, self.limits)
        self._quirks = Quirks(endpoint.preset)
        self._record = record
        self._sleep = sleep
        self._jitter = jitter

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept for the next call."""
        self._route.close()

    def stream(self, messages: Messages, model: str | None = None, *, debug: bool = False, **params: Any) -> Stream:
        """Return a Stream, to be used in a `with` statement; the request is sent when it is first iterated.

        Every other keyword is a request parameter; those that are None are left out, as are the endpoint's own then.
        `debug` asks for debug messages where the vendor has a switch for that.
        """
        return self._stream(messages, model, debug, {"stream": True, **params})

    def complete(self, messages: Messages, model: str | None = None, **params: Any) -> Completion:
        """Return the answer, asked for without streaming. Raises EndpointError."""
        with self.single(messages, model, **params) as stream:
            for _ in stream:
                pass
            return stream.completion

    def single(self, messages: Messages, model: str | None = None, *, debug: bool = False, **params: Any) -> Stream:
        """Return a Stream of the same answer as `complete`, to be closed or asked about."""
        return self._stream(messages, model, debug, params)

    def models(self) -> list[str]:
        """Return the names of the models that the endpoint lists; one with a secret in it is none that can be shown.

        Raises EndpointError if it lists none.
        """
        return list(self.windows())

    def windows(self) -> dict[str, int | None]:
        """Return the same names with how many tokens each model takes, None where the list does not say.

        Raises EndpointError as `models` does.
        """
        with Line(self.limits.deadline) as line:
            response = self._route.get(self.endpoint.models_url, line)
            with response:
                blocks = self._route.blocks(response, line)
                check(response, blocks, self._route.redact)
                events = decode(blocks)
                documents = [event.value for event in events if event.kind == "json"]
                listed, known = names(documents), windows(documents)
                return {name: known.get(name) for name in listed if not self._route.mask.is_in(name)}

    def _stream(self, messages: Messages, model: str | None, debug: bool, params: dict[str, Any]) -> Stream:
        body = request(self.endpoint, messages, model, params)
        url = self.endpoint.debug_url if debug else self.endpoint.completions_url
        recorder = Recorder(self._route.redact) if self._record else None
        return Stream(body, url, self._route, self._quirks, self._pause, self._sleep, recorder)

    def _pause(self, error: EndpointError, count: int) -> float | None:
        """Return the seconds to wait after `count` refusals, None if the call is not to be sent again."""
        busy = error.status in (429, 503) and error.kind in ("rate_limit", "overloaded")
        if count > self.limits.retries or not (busy or isinstance(error, RefusedError)):
            return None
        seconds = FIRST_PAUSE * 2 ** (count - 1) if error.retry_after is None else error.retry_after
        return None if seconds > self.limits.patience else seconds * (1 + self._jitter() / 4)


@dataclass(frozen=True)
class Pause:
    """Why a call waits to be sent again, and until when by the clock of `time.monotonic`."""

    error: EndpointError
    until: float


class Stream:
    """An answer in the making: iterate it for its Deltas, then ask it what came.

    Sent at the first iteration. Leaving the `with` statement closes the connection; `close` does so from any
    thread and ends a blocked iteration quietly, even before the endpoint has answered at all.
    Iterating raises EndpointError; what had come until then stays in `completion`.
    """

    def __init__(
        self,
        body: dict[str, Any],
        url: str,
        route: Route,
        quirks: Quirks,
        pause: Callable[[EndpointError, int], float | None],
        sleep: Sleep | None,
        recorder: Recorder | None = None,
    ) -> None:
        self.request = quirks.apply(body)
        self._begun = self._first = self._over = 0.0
        self._url = url
        self._recorder = recorder
        self.error: EndpointError | None = None
        self.pause: Pause | None = None  # while it waits to be sent again
        self._response: requests.Response | None = None
        self._route = route
        self._quirks = quirks
        self._pause = pause
        self._line = Line(route.limits.deadline)
        self._sleep = sleep or self._line.ended.wait
        self._answer = Answer(route.mask)
        self._attempts: list[Attempt] = []
        self._busy = 0
        self._ended = False
        self._iterator = self._run()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
        with suppress(ValueError):  # it is being iterated in another thread, which ends it
            self._iterator.close()

    def __iter__(self) -> Iterator[Delta]:
        return self._iterator

    @property
    def completion(self) -> Completion:
        """The answer, as far as it has come."""
        return self._answer.completion

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The calls that were refused and sent again before this one."""
        return tuple(self._attempts)

    @property
    def deltas(self) -> int:
        """How many deltas that said something have come."""
        return self._answer.deltas

    @property
    def ttft_ms(self) -> float | None:
        """Milliseconds from the first iteration to the first delta, if one came."""
        return (self._first - self._begun) * 1000 if self._first else None

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from the first iteration to the end, if it has ended."""
        return (self._over - self._begun) * 1000 if self._over else None

    @property
    def elapsed_ms(self) -> float | None:
        """Milliseconds from the first iteration to now, or to the end, if it has begun."""
        return ((self._over or time.perf_counter()) - self._begun) * 1000 if self._begun else None

    @property
    def request_bytes(self) -> int:
        """The size of the request's body, of the last attempt; 0 when none was made."""
        return self._line.sent

    @property
    def response_bytes(self) -> int:
        """The size of the answer's body as far as it was read, unpacked."""
        return self._line.received

    @property
    def http_status(self) -> int | None:
        """The status of the answer, if one came."""
        return self._response.status_code if self._response is not None else None

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer, if one came."""
        return self._response.headers if self._response is not None else {}

    @property
    def recording(self) -> Recording | None:
        """The last call as it went over the wire, if the client records and something was sent."""
        found = self._recorder.recording if self._recorder else None
        # Pieces of a secret may lie in many chunks, with much else between.
        return found.without_chunks(ECHOED) if found and self._answer.masked else found

    @property
    def closed(self) -> bool:
        """Whether `close`, or leaving the `with` statement, ended it before its end."""
        return self._line.ended.is_set() and not self._line.expired and not self._ended

    def close(self) -> None:
        """Close the connection at once. May be called from any thread, any number of times."""
        self._line.cut()

    def _run(self) -> Generator[Delta, None, None]:
        self._begun = time.perf_counter()
        with self._line:
            try:
                yield from self._deltas()
            except EndpointError as error:
                if self._matters(error):
                    self.error = error
                    raise
            finally:
                self._over = time.perf_counter()

    def _matters(self, error: EndpointError) -> bool:
        """Not once we closed it, and a connection that fails after the finish reason takes nothing away."""
        return not (self.closed or (isinstance(error, RequestError) and self._answer.finished))

    def _deltas(self) -> Iterator[Delta]:
        with self._open() as response:
            try:
                yield from self._read(response)
                rest = self._rest(response)
            except EndpointError:
                if (rest := self._answer.release()) is not NOTHING:
                    yield rest
                raise
            if rest is not NOTHING:
                self._first = self._first or time.perf_counter()
                yield rest

    def _read(self, response: requests.Response) -> Iterator[Delta]:
        answer = self._answer
        for event in decode(self._blocks(response)):
            delta = answer.take(event)
            if delta is not NOTHING:
                self._first = self._first or time.perf_counter()
                yield delta
            if answer.done:
                break

    def _rest(self, response: requests.Response) -> Delta:
        """Return what was held back until the end, be that the answer's own or not."""
        self._ended = not self.closed
        return self._answer.close(response.headers.get("Content-Type", "")) if self._ended else self._answer.release()

    def _open(self) -> requests.Response:
        while not self._line.ended.is_set():
            started_at, clock = datetime.now(UTC), time.perf_counter()
            try:
                return self._send()
            except EndpointError as error:
                pause = self._again(error)
                if pause is None or self._line.ended.is_set():
                    raise
                took = (time.perf_counter() - clock) * 1000
                self._attempts.append(Attempt(error, started_at, took, self.request_bytes, self.response_bytes))
                self.pause = Pause(error, time.monotonic() + pause) if pause else None
                self._sleep(pause)
                self.pause = None
        raise self._route.expired()  # or closed, and then nobody hears this

    def _again(self, error: EndpointError) -> float | None:
        """Return the seconds to wait before sending it again, None if that is not to be."""
        seen = any(str(error) == str(attempt.error) for attempt in self._attempts)
        better = None if seen else self._quirks.learn(self.request, error)
        if better is not None:
            self.request = better
            return 0.0
        self._busy += 1
        return self._pause(error, self._busy)

    def _send(self) -> requests.Response:
        self._response = None
        self._note_request()
        response = self._response = self._route.post(self.request, self._line, self._url)
        self._note_answer(response)
        try:
            check(response, self._blocks(response), self._route.redact)
        except EndpointError:
            response.close()
            raise
        return response

    def _note_request(self) -> None:
        if self._recorder:
            self._recorder.sent(self._url, self._route.shown(None), self.request)

    def _note_answer(self, response: requests.Response) -> None:
        if self._recorder:
            self._recorder.answered(self._route.shown(response), response.status_code, response.headers)

    def _blocks(self, response: requests.Response) -> Iterator[bytes]:
        blocks = self._route.blocks(response, self._line)
        return self._recorder.watch(blocks) if self._recorder else blocks


def request(endpoint: Endpoint, messages: Messages, model: str | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a request: what `params` say, else what the endpoint's own do, without what is None.

    A stream is asked for its usage unless they say otherwise.
    """
    wired = [message.wire() if isinstance(message, Message) else dict(message) for message in messages]
    options = {"stream": True, "stream_options": {"include_usage": True}} if params.get("stream") else {}
    body = {"model": model or endpoint.model, "messages": wired, **options, **endpoint.params, **params}
    return {key: value for key, value in body.items() if value is not None}


def check(response: requests.Response, blocks: Iterator[bytes], redact: Redact) -> None:
    """Raise AnswerError unless the status is one of success; `blocks` are those of the body."""
    status = response.status_code
    if 300 <= status < 400:
        raise _redirected(status, redact(response.headers.get("Location", "")))
    if status >= 400:
        raise refusal(_problem(blocks), status, response.headers, redact)


def _redirected(status: int, location: str) -> AnswerError:
    host = ""
    with suppress(ValueError):
        host = tidy(urlsplit(location).netloc.rpartition("@")[2], 100)
    return AnswerError(
        f"The endpoint redirects{host and f' to {host}'} ({status}), and redirects are not followed.",
        kind="protocol",
        hint="Put the address that it points to into the base URL.",
        status=status,
    )


def _problem(blocks: Iterator[bytes]) -> Complaint:
    """Return what an answer that is an error says, as far as it can be read."""
    said: list[Event] = []
    with suppress(EndpointError):
        said.extend(decode(_first(blocks, PROBLEM)))
    documents = [event.value for event in said if event.kind == "json"]
    if documents:
        return read(documents[0])
    words = "".join(event.raw or event.value or "" for event in said if event.kind in ("text", "page", "broken"))
    return Complaint(words.strip())


def _first(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield blocks until `size` bytes have come."""
    for block in blocks:
        yield block
        size -= len(block)
        if size <= 0:
            return


def decode(blocks: Iterator[bytes]) -> Iterator[Event]:
    """Yield the events in the blocks of a body."""
    decoder = Decoder()
    for block in blocks:
        yield from decoder.feed(block)
    yield from decoder.close()
