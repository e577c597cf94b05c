"""An endpoint: where chat completions are asked for and with which key, checked when it is made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from lib.config import secrecy
from lib.config.vendors import AUTHORIZATION, PLAIN, Preset, preset
from lib.errors import ConfigError
from lib.pricing.prices import Prices, Tariff

PROVIDERS = ("openai", "nextgpt", "webraft", "local")
SWITCHES = ("debug=False", "debug=True")  # NEXTgpt's, in a URL that was copied whole
LOCAL_MODEL = "smollm2-135m-instruct"
ENVIRONMENT = "default"  # the name of the endpoint that the environment describes
VARIABLES = {"base_url": "API_BASE_URL", "api_key": "API_KEY", "provider": "API_PROVIDER"}


@dataclass(frozen=True)
class Endpoint:
    """Where chat completions are asked for, and with which key.

    `base_url` may end in the completions path; it is cut off. `api_key` never shows in `repr`.
    `model` is the one used where none is chosen. `headers` go with every request.
    `key_header` is the vendor's where none is given: Authorization has `Bearer KEY`, any other the key alone.
    `models` are offered where the endpoint lists none. `system` is the system prompt and `params` are request
    parameters unless others are given.
    `prices` are what its models cost where that is not published, by model: lib.pricing.prices says in which form.
    Sessions of NEXTgpt: `session_path` is what they are posted to (empty: as their schema says), `session_field` has
    the id in the answer, `session_param` has it in a request for a completion.

    Raises ConfigError for a URL, key, provider or other value that cannot work.
    """

    name: str
    base_url: str
    api_key: str = field(default="", repr=False)
    provider: str = "openai"
    model: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    key_header: str = ""
    models: tuple[str, ...] = ()
    system: str = ""
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    prices: Prices = field(default_factory=dict, hash=False)
    session_path: str = ""
    session_field: str = "session_id"
    session_param: str = "session_id"

    def __post_init__(self) -> None:
        check_provider(self.provider, self.name)
        object.__setattr__(self, "api_key", _clean_key(self.api_key, self.name))
        object.__setattr__(self, "base_url", _clean_url(self.base_url, self.name, self.path))
        object.__setattr__(self, "key_header", _clean_header(self.key_header or self.preset.key_header, self.name))
        object.__setattr__(self, "models", tuple(self.models))
        object.__setattr__(self, "system", self.system or self.preset.system)
        _check_params(self.params, self.name)
        object.__setattr__(self, "params", {**self.preset.params, **self.params})
        _check_session(self)

    @property
    def preset(self) -> Preset:
        """What is known of the vendor."""
        return preset(self.base_url, self.provider) or PLAIN

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see: the key, and what is secret in its headers and in the query of its base URL."""
        found = (self.api_key, *secrecy.of_headers(self.headers), *secrecy.of_query(urlsplit(self.base_url).query))
        return tuple(dict.fromkeys(secret for secret in found if secret))

    @property
    def tariff(self) -> Tariff:
        """What its models cost."""
        return Tariff(self.base_url, self.prices)

    @property
    def path(self) -> str:
        """The path of the completions call below the base URL."""
        return self.preset.path

    @property
    def completions_url(self) -> str:
        """The URL that chat completions are posted to."""
        return self.url(self.path, self.preset.query)

    @property
    def debug_url(self) -> str:
        """The same with debug messages switched on, where the vendor has such a switch."""
        return self.url(self.path, self.preset.debug_query or self.preset.query)

    @property
    def models_url(self) -> str:
        """The URL that lists the models."""
        return self.url(self.preset.models_path)

    def url(self, path: str, query: str = "") -> str:
        """Return the base URL + `path`, with the base URL's own query kept."""
        base = urlsplit(self.base_url)
        both = "&".join(part for part in (base.query, query) if part)
        return urlunsplit((base.scheme, base.netloc, base.path + path, both, ""))


def _where(item: str, name: str) -> str:
    return VARIABLES[item] if name == ENVIRONMENT and item in VARIABLES else f"{item} of endpoint {name}"


def check_provider(provider: str, name: str) -> None:
    """Refuse a provider that does not exist; `name` is the endpoint's. Raises ConfigError."""
    # The value is not repeated: it may be a key that was pasted into the wrong line.
    if provider not in PROVIDERS:
        raise ConfigError.expected(_where("provider", name), "one of " + ", ".join(PROVIDERS), "openai")


def _clean_key(key: str, name: str) -> str:
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError.expected(
            _where("api_key", name),
            "one line of plain characters",
            "sk-abc123",
            hint="Copy the key again: it contains a line break or a character that no key has.",
        )
    return key


def _clean_url(url: str, name: str, path: str) -> str:
    where, url = _where("base_url", name), url.strip()
    parts = _split(url)
    if parts is None:
        raise ConfigError.expected(where, "an http or https URL", "https://api.openai.com/v1")
    if "@" in parts.netloc:
        expected = "a URL without a user name or a password"
        raise ConfigError.expected(where, expected, "https://api.openai.com/v1", hint="Give the key as a key.")
    cut = parts.path.rstrip("/").removesuffix(path).rstrip("/")
    query = "&".join(part for part in parts.query.split("&") if part and part not in SWITCHES)
    return urlunsplit((parts.scheme.lower(), parts.netloc, cut, query, ""))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and url.isprintable() and not set(url) & set(" \\") else None


def _clean_header(header: str, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", header.strip()):
        raise ConfigError.expected(_where("key_header", name), "the name of a header", "api-key")
    return AUTHORIZATION if header.strip().lower() == AUTHORIZATION.lower() else header.strip()


def _check_params(params: Mapping[str, Any], name: str) -> None:
    where = _where("params", name)
    if fixed := [key for key in ("messages", "model", "stream") if key in params]:
        example = 'model = "gpt-4o"' if fixed[0] == "model" else "params = { temperature = 0.2 }"
        raise ConfigError.expected(where, f"no {fixed[0]} among them", example)
    try:
        json.dumps(dict(params), allow_nan=False)
    except (TypeError, ValueError) as error:
        expected = "values that JSON has too: texts, numbers, true, false, lists, tables"
        raise ConfigError.expected(where, expected, "params = { temperature = 0.2 }") from error


def _check_session(endpoint: Endpoint) -> None:
    if endpoint.session_path and not re.fullmatch(r"/[\w.~%{}/-]*", endpoint.session_path, re.ASCII):
        example = "/api/v1/usecases/{usecase}/session"
        raise ConfigError.expected(_where("session_path", endpoint.name), "a path below the base URL", example)
    for item in ("session_field", "session_param"):
        if not getattr(endpoint, item).strip():
            raise ConfigError.expected(_where(item, endpoint.name), "the name of a field", "session_id")
