"""Requests to one endpoint, each sent once: the key, the limits, and errors in place of those of requests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from lib.api.masking import HIDDEN, Mask
from lib.config import Endpoint
from lib.config.secrecy import is_secret_header
from lib.config.vendors import AUTHORIZATION
from lib.crowd import Crowd
from lib.errors import RequestError
from lib.net.transport import Limits, Line, explain, session_for, using

Part = tuple[str, tuple[str | None, str | bytes]]  # of a form: field, file name, content

BLOCK = 65_536
FULL = 16_384  # bytes that come at once where more are waiting
HASTY = 16  # reads before the first breath: a short answer has none
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "Accept-Encoding": "identity",  # whoever compresses a stream holds it back
    "User-Agent": "parley",
}
PLACEHOLDER = "$API_KEY"
SHORTER = "Ask for a shorter answer, or set max tokens, then press Retry."
READS_PER_SECOND = 400  # of all answers of this process together that are read with a breath in between
FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)

READ = Crowd(READS_PER_SECOND)  # the answers that are read now


class Route:
    """The way to one endpoint. Usable from several threads at once."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None, limits: Limits) -> None:
        parts = urlsplit(endpoint.base_url)
        self.host = parts.netloc
        self.limits = limits
        self._endpoint = endpoint
        self._session = session or session_for(parts.hostname or "")
        self._headers = _headers(endpoint)
        self.mask = Mask(endpoint.secrets)
        self._hidden = {AUTHORIZATION.lower(), *(name.lower() for name in endpoint.headers if is_secret_header(name))}

    def post(self, body: Mapping[str, Any], line: Line, url: str = "") -> requests.Response:
        """Ask for a completion; the answer is still to be read. Raises RequestError."""
        data = _encode(body)
        line.sent, line.received = len(data), 0
        return self._send("POST", url or self._endpoint.completions_url, line, {"data": data})

    def get(self, url: str, line: Line) -> requests.Response:
        """Ask for `url`; the answer is still to be read. Raises RequestError."""
        return self._send("GET", url, line, {})

    def upload(self, url: str, parts: Sequence[Part], line: Line) -> requests.Response:
        """Post a form; the answer is still to be read. Raises RequestError."""
        return self._send("POST", url, line, {"files": parts})

    def shown(self, response: requests.Response | None) -> Mapping[str, str]:
        """Return the headers of a request with a placeholder for the key and other secrets."""
        sent = response.request.headers if response is not None else self._headers
        named = self._endpoint.key_header.lower()
        clean = {name: HIDDEN if name.lower() in self._hidden else self.redact(value) for name, value in sent.items()}
        key = {self._endpoint.key_header: bearer(self._endpoint, PLACEHOLDER)} if self._endpoint.api_key else {}
        return {name: value for name, value in clean.items() if name.lower() != named} | key

    def blocks(self, response: requests.Response, line: Line) -> Iterator[bytes]:
        """Yield the body as it arrives, within the limits. Raises RequestError."""
        room, reads = self.limits.size, 0
        read = response.raw.read1
        try:
            # After a cut what had arrived can still be read, and of a flood there is no end.
            with READ.one_more():
                while not line.ended.is_set() and (data := read(BLOCK, decode_content=True)):
                    room -= len(data)
                    line.received += len(data)
                    if room < 0:
                        raise self._ended(f"longer than {self.limits.size:,} bytes", "truncated", SHORTER)
                    yield data
                    reads += 1
                    if reads > HASTY and len(data) < FULL:
                        line.ended.wait(self._breath())
        except FAILURES as error:
            raise self._explain(error, line) from None
        if line.expired:
            raise self.expired()

    def _breath(self) -> float:
        """Return the seconds between two reads: one costs as much as what it brings. Last words of few do not wait."""
        breath, pause = self.limits.breath, READ.pause
        if not breath or (READ.is_ending and pause <= breath):
            return 0.0
        return max(breath, pause)

    def close(self) -> None:
        """Close the connections that are kept for the next call."""
        self._session.close()

    def redact(self, text: str) -> str:
        """Return `text` without the key and other secrets, in any form they are commonly echoed in."""
        return self.mask.hide(text)

    def expired(self) -> RequestError:
        """Return the error for a call that the deadline ended."""
        return self._ended(f"not complete after {self.limits.deadline:g} s", "timeout")

    def _send(self, method: str, url: str, line: Line, content: dict[str, Any]) -> requests.Response:
        # The type of a form has a boundary in it, which requests makes.
        headers = {**self._headers, "Content-Type": None} if "files" in content else self._headers
        try:
            with using(line):
                return self._session.request(
                    method,
                    url,
                    **content,
                    headers=headers,
                    auth=self._authorize,
                    timeout=(self.limits.connect, self.limits.read),
                    allow_redirects=False,
                    stream=True,
                )
        except FAILURES as error:
            raise self._explain(error, line) from None

    def _explain(self, error: Exception, line: Line) -> RequestError:
        """Never raise its result `from error`: that one quotes the URL, whose query may hold a secret."""
        return self.expired() if line.expired else explain(error, self.host, self.limits)

    def _ended(self, why: str, kind: str, hint: str | None = None) -> RequestError:
        return RequestError(f"The answer of {self.host} was {why}, which is the limit.", kind=kind, hint=hint)

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the key in. Being an auth callable, this also keeps .netrc out when there is no key."""
        if self._endpoint.api_key:
            request.headers.setdefault(self._endpoint.key_header, bearer(self._endpoint, self._endpoint.api_key))
        return request


def bearer(endpoint: Endpoint, key: str) -> str:
    """Return what the header that has the key has in it."""
    return f"Bearer {key}" if endpoint.key_header == AUTHORIZATION else key


def _headers(endpoint: Endpoint) -> Mapping[str, str]:
    return CaseInsensitiveDict({**HEADERS, **endpoint.preset.headers, **endpoint.headers})


def _encode(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    except (TypeError, ValueError) as error:
        raise RequestError(f"The request cannot be written as JSON: {error}.", kind="bad_request") from error
