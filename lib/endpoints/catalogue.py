"""What is known of endpoints: their models, their forms, their check-ups. Nobody waits for any of it."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from lib.api import ChatClient, Limits, nextgpt
from lib.api.nextgpt import Schema
from lib.config import Endpoint
from lib.endpoints import doctor
from lib.endpoints.cache import Lookups
from lib.endpoints.doctor import Finding
from lib.errors import AnswerError, BusyError, ChatError
from lib.text import repair

log = logging.getLogger("parley")

LIMITS = Limits(connect=3, read=5, deadline=8, size=4 * 1024 * 1024, retries=0)
MAX_MODELS = 2_000  # models of an endpoint that are shown
MAX_NAME_CHARACTERS = 300  # characters of a model's name; a longer one is none
CHECKUPS = 64  # that are kept
CHECKING = 8  # at a time: each makes a dozen calls


@dataclass(frozen=True)
class Listing:
    """The models of an endpoint. `state` is looking, listed, configured (it lists none) or unknown (type one).

    `models` are the configured ones until it is listed. `error` is why it is not listed now; a list that was got
    before stays. `windows` are how many tokens models take, by name, as far as the list says so.
    """

    models: tuple[str, ...] = ()
    state: str = "looking"
    error: ChatError | None = None
    windows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """What a use case wants to know before it can be asked. `state` is looking, known, none (nothing) or failed."""

    state: str = "looking"
    schema: Schema | None = None
    error: ChatError | None = None


@dataclass(frozen=True)
class Checkup:
    """What the doctor has found so far; `at` is when the check began."""

    at: datetime
    findings: tuple[Finding, ...] = ()
    running: bool = True

    @property
    def badges(self) -> tuple[str, ...]:
        """What the endpoint can do, in single words; why it cannot be used, if it cannot."""
        return doctor.badges(self.findings)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Catalogue:
    """Finds out what endpoints offer, in threads; every method returns at once.

    What is known is kept by the whole endpoint, key included: what one key may see is not shown to another.
    `client_factory` is called as ChatClient is; a check asks through `ask`, which is called as doctor.ask is. `clock`
    is in seconds, `now` an aware datetime.
    """

    def __init__(
        self,
        client_factory: Callable[..., ChatClient] = ChatClient,
        *,
        ask: doctor.Ask = doctor.ask,
        schema: Callable[..., Schema | None] = nextgpt.schema,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._client = client_factory
        self._ask = ask
        self._schema = schema
        self._now = now
        self._listings = Lookups(self._list, clock)
        self._forms = Lookups(self._describe, clock)
        self._checkups: OrderedDict[Endpoint, Checkup] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def models(self, endpoint: Endpoint) -> Listing:
        """Return the models as far as they are known; they are looked up if they are not, or not lately."""
        return self._listings.get(endpoint) or Listing(_configured(endpoint))

    def form(self, endpoint: Endpoint, usecase: str) -> Form:
        """Return the form of a use case as far as it is known; vendors other than NEXTgpt have none."""
        if endpoint.provider != "nextgpt" or not usecase:
            return Form("none")
        return self._forms.get((endpoint, usecase)) or Form()

    def check(self, endpoint: Endpoint, model: str | None = None, *, ask: doctor.Ask | None = None) -> None:
        """Begin to examine an endpoint, unless that is under way. Raises BusyError if many are being examined.

        `ask` is that of who wants to know.
        """
        with self._lock:
            if self._is_running(endpoint):
                return
            if sum(checkup.running for checkup in self._checkups.values()) >= CHECKING:
                raise BusyError("Several endpoints are being checked already.", hint="Try again in a minute.")
            self._keep(endpoint, Checkup(self._now()))
        threading.Thread(
            target=self._examine, args=(endpoint, model, ask or self._ask), name="checkup", daemon=True
        ).start()

    def checkup(self, endpoint: Endpoint) -> Checkup | None:
        """Return the last check of an endpoint, which may still be running; None if there was none."""
        with self._lock:
            return self._checkups.get(endpoint)

    def close(self) -> None:
        """End what is being examined, after the step in hand."""
        self._closed.set()

    def _list(self, endpoint: Endpoint, before: Listing | None) -> Listing:
        try:
            with self._client(endpoint, limits=LIMITS) as client:
                listed = client.windows()
        except Exception as raised:  # noqa: BLE001  # a listing that fails says so, whatever it fails of
            return _unlisted(endpoint, before, _told(raised))
        if not (names := tuple(_usable(listed))):
            return _unlisted(endpoint, None, None)
        windows = {name: window for name, window in listed.items() if window}
        return Listing(_with_own(endpoint, names), "listed", windows=windows)

    def _describe(self, key: tuple[Endpoint, str], before: Form | None) -> Form:
        try:
            schema = self._schema(*key, limits=LIMITS)
        except Exception as raised:  # noqa: BLE001  # as above
            error = _told(raised)
            return replace(before, error=error) if before and before.state == "known" else Form("failed", error=error)
        return Form("known", schema) if schema else Form("none")

    def _examine(self, endpoint: Endpoint, model: str | None, ask: doctor.Ask) -> None:
        try:
            for finding in doctor.examine(endpoint, model=model, client_factory=self._client, ask=ask):
                self._note(endpoint, finding)
                if self._closed.is_set():
                    break
            # What could not be listed before may be by now: the check may have been made because something was mended.
            self._listings.forget(lambda key, value: key == endpoint and bool(value and value.error))
        except Exception:
            log.exception("A check of an endpoint failed")
        finally:
            with self._lock:
                self._checkups[endpoint] = replace(self._checkups[endpoint], running=False)

    def _note(self, endpoint: Endpoint, finding: Finding) -> None:
        with self._lock:
            known = self._checkups[endpoint]
            self._checkups[endpoint] = replace(known, findings=(*known.findings, finding))

    def _is_running(self, endpoint: Endpoint) -> bool:
        known = self._checkups.get(endpoint)
        return bool(known and known.running)

    def _keep(self, endpoint: Endpoint, checkup: Checkup) -> None:
        self._checkups[endpoint] = checkup
        self._checkups.move_to_end(endpoint)
        settled = [known for known, other in self._checkups.items() if not other.running]
        for known in settled[: max(0, len(self._checkups) - CHECKUPS)]:
            del self._checkups[known]


def _configured(endpoint: Endpoint) -> tuple[str, ...]:
    return _with_own(endpoint, endpoint.models)


def _with_own(endpoint: Endpoint, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names with the endpoint's own model among them: some vendors do not list what they serve."""
    own = (endpoint.model,) if endpoint.model and endpoint.model not in names else ()
    return own + names


def _unlisted(endpoint: Endpoint, before: Listing | None, error: ChatError | None) -> Listing:
    if before and before.state == "listed":
        return replace(before, error=error)
    models = _configured(endpoint)
    return Listing(models, "configured" if models else "unknown", error)


def _usable(names: Iterable[str]) -> list[str]:
    clean = (repair(name) for name in names)
    return [name for name in clean if name.isprintable() and 0 < len(name) <= MAX_NAME_CHARACTERS][:MAX_MODELS]


def _told(error: Exception) -> ChatError:
    if isinstance(error, ChatError):
        return error
    log.warning("An endpoint could not be asked: %s", type(error).__name__)
    return AnswerError("What the endpoint answered cannot be read.", kind="protocol")
