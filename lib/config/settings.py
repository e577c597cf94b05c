"""Settings and Endpoint, from the environment and .streamlit/secrets.toml, checked at start.

The environment names one endpoint (API_BASE_URL, API_KEY, API_MODEL, API_PROVIDER); `[endpoints.NAME]` tables in
secrets.toml name more. With neither, Parley runs its embedded model (provider `local`).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from lib.config.vendors import AUTHORIZATION, PLAIN, Preset, preset
from lib.errors import ConfigError
from lib.pricing import budgets
from lib.pricing.budgets import Budget
from lib.pricing.prices import Prices, Tariff, parse

PROVIDERS = ("openai", "nextgpt", "webraft", "local")
DEFAULT_URLS = {"webraft": "https://api.webraft.in/v2"}
SWITCHES = ("debug=False", "debug=True")  # NEXTgpt's, in a URL that was copied whole
ON_OFF = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
LOCAL_MODEL = "smollm2-135m-instruct"
ENVIRONMENT = "default"  # the name of the endpoint that the environment describes
VARIABLES = {"base_url": "API_BASE_URL", "api_key": "API_KEY", "provider": "API_PROVIDER"}
ROOT = Path(__file__).resolve().parents[2]


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
        _check_provider(self.provider, self.name)
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


@dataclass(frozen=True)
class Settings:
    """All of the configuration. `endpoints` is in order of preference; empty means the embedded model.

    `is_environment` says that the first of them is the environment's; `session_endpoints` that people may add endpoints
    of their own, each for the own browser session: the server then calls whatever host they name. `retention_days` is
    for how long calls stay in the ledger, None for ever.
    """

    endpoints: tuple[Endpoint, ...] = ()
    database_url: str = ""
    local_model_path: Path | None = None
    max_generations: int = 32
    is_environment: bool = False
    session_endpoints: bool = True
    retention_days: int | None = None
    budgets: tuple[Budget, ...] = ()

    @classmethod
    def load(cls, environ: Mapping[str, str], secrets: Path = ROOT / ".streamlit" / "secrets.toml") -> Settings:
        """Read the environment and the secrets file (which may be missing).

        Raises ConfigError with the name of the variable, what was expected and an example.
        """
        told = _read_toml(secrets)
        own, named = _environment_endpoint(environ), _named_endpoints(told)
        return cls(
            endpoints=_distinct([*own, *named]),
            database_url=_database_url(environ.get("DATABASE_URL", "")),
            local_model_path=_model_path(environ.get("LOCAL_MODEL_PATH", "")),
            max_generations=_positive(environ.get("MAX_GENERATIONS", "").strip() or "32", "MAX_GENERATIONS"),
            is_environment=bool(own),
            session_endpoints=_switch(environ.get("SESSION_ENDPOINTS", "").strip() or "on", "SESSION_ENDPOINTS"),
            budgets=budgets.parse(told.get("budgets", [])),
            retention_days=_retention(environ.get("USAGE_RETENTION_DAYS", "").strip()),
        )


def _environment_endpoint(environ: Mapping[str, str]) -> tuple[Endpoint, ...]:
    provider = environ.get("API_PROVIDER", "").strip() or "openai"
    _check_provider(provider, ENVIRONMENT)
    base_url = environ.get("API_BASE_URL", "").strip() or DEFAULT_URLS.get(provider, "")
    given = [name for name in ("API_KEY", "API_MODEL") if environ.get(name, "").strip()]
    if base_url:
        key, model = environ.get("API_KEY", ""), environ.get("API_MODEL", "").strip()
        return (Endpoint(ENVIRONMENT, base_url, key, provider, model or None),)
    if provider == "nextgpt" or (given and provider != "local"):
        reason = "API_PROVIDER is nextgpt" if provider == "nextgpt" else f"{given[0]} is set"
        raise ConfigError(_expected(f"API_BASE_URL is missing while {reason}", "a URL", "https://api.openai.com/v1"))
    return ()


def _named_endpoints(secrets: Mapping[str, Any]) -> list[Endpoint]:
    tables = secrets.get("endpoints", {})
    if not isinstance(tables, dict):
        raise ConfigError(_expected("endpoints in secrets.toml", "tables", "[endpoints.work]"))
    return [_named_endpoint(name, table) for name, table in tables.items()]


def _named_endpoint(name: str, table: object) -> Endpoint:
    where = f"[endpoints.{name}] in secrets.toml"
    if not isinstance(table, dict):
        raise ConfigError(_expected(where, "a table", 'base_url = "https://api.openai.com/v1"'))
    known = {item.name for item in fields(Endpoint)} - {"name"}
    if unknown := sorted(set(table) - known):
        raise ConfigError(
            _expected(f"{unknown[0]} of {where}", "one of " + ", ".join(sorted(known)), 'model = "gpt-4o"')
        )
    for key, value in table.items():
        _check_value(key, value, where)
    prices = {"prices": parse(table["prices"], where)} if "prices" in table else {}
    return Endpoint(name, **{"base_url": DEFAULT_URLS.get(table.get("provider", ""), ""), **table, **prices})


def _check_value(key: str, value: object, where: str) -> None:
    if not VALUES.get(key, _is_text)(value):
        expected, example = FORMS.get(key, ("text in quotes", '"…"'))
        raise ConfigError(_expected(f"{key} of {where}", expected, f"{key} = {example}"))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_headers(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


VALUES = {"headers": _are_headers, "models": _are_names, "params": _is_table, "prices": _is_table}
FORMS = {
    "headers": ("texts by name", '{ "X-Team" = "research" }'),
    "models": ("a list of names in quotes", '["gpt-4o", "gpt-4o-mini"]'),
    "params": ("request parameters by name", "{ temperature = 0.2 }"),
    "prices": ("tables by model", '{ "gpt-4o" = { input = 2.5, output = 10.0 } }'),
}


def _distinct(endpoints: list[Endpoint]) -> tuple[Endpoint, ...]:
    names = [endpoint.name for endpoint in endpoints]
    if names.count(ENVIRONMENT) > 1:
        where = f"[endpoints.{ENVIRONMENT}] in secrets.toml, while API_BASE_URL is set"
        raise ConfigError(_expected(where, "another name", "[endpoints.work]"))
    return tuple(endpoints)


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        # The error may quote a line of the file, and with it a key: say where, not what.
        raise ConfigError(_expected(str(path), "a readable TOML file", 'api_key = "…"')) from _quiet(error)


def _quiet(error: Exception) -> Exception | None:
    return error if isinstance(error, OSError) else None


def _where(item: str, name: str) -> str:
    return VARIABLES[item] if name == ENVIRONMENT and item in VARIABLES else f"{item} of endpoint {name}"


def _check_provider(provider: str, name: str) -> None:
    # The value is not repeated: it may be a key that was pasted into the wrong line.
    if provider not in PROVIDERS:
        raise ConfigError(_expected(_where("provider", name), "one of " + ", ".join(PROVIDERS), "openai"))


def _clean_key(key: str, name: str) -> str:
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(
            f"{_where('api_key', name)}: expected one line of plain characters, for example sk-abc123",
            hint="Copy the key again: it contains a line break or a character that no key has.",
        )
    return key


def _clean_url(url: str, name: str, path: str) -> str:
    where, url = _where("base_url", name), url.strip()
    parts = _split(url)
    if parts is None:
        raise ConfigError(_expected(where, "an http or https URL", "https://api.openai.com/v1"))
    if "@" in parts.netloc:
        expected = "a URL without a user name or a password"
        raise ConfigError(_expected(where, expected, "https://api.openai.com/v1"), hint="Give the key as a key.")
    cut = parts.path.rstrip("/").removesuffix(path).rstrip("/")
    query = "&".join(part for part in parts.query.split("&") if part and part not in SWITCHES)
    return urlunsplit((parts.scheme.lower(), parts.netloc, cut, query, ""))


def _clean_header(header: str, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", header.strip()):
        raise ConfigError(_expected(_where("key_header", name), "the name of a header", "api-key"))
    return AUTHORIZATION if header.strip().lower() == AUTHORIZATION.lower() else header.strip()


def _check_params(params: Mapping[str, Any], name: str) -> None:
    where = _where("params", name)
    if fixed := [key for key in ("messages", "model", "stream") if key in params]:
        example = 'model = "gpt-4o"' if fixed[0] == "model" else "params = { temperature = 0.2 }"
        raise ConfigError(_expected(where, f"no {fixed[0]} among them", example))
    try:
        json.dumps(dict(params), allow_nan=False)
    except (TypeError, ValueError) as error:
        expected = "values that JSON has too: texts, numbers, true, false, lists, tables"
        raise ConfigError(_expected(where, expected, "params = { temperature = 0.2 }")) from error


def _check_session(endpoint: Endpoint) -> None:
    if endpoint.session_path and not re.fullmatch(r"/[\w.~%{}/-]*", endpoint.session_path, re.ASCII):
        example = "/api/v1/usecases/{usecase}/session"
        raise ConfigError(_expected(_where("session_path", endpoint.name), "a path below the base URL", example))
    for item in ("session_field", "session_param"):
        if not getattr(endpoint, item).strip():
            raise ConfigError(_expected(_where(item, endpoint.name), "the name of a field", "session_id"))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and url.isprintable() and not set(url) & set(" \\") else None


def _database_url(url: str) -> str:
    url = url.strip() or f"sqlite:///{ROOT / 'data' / 'parley.db'}"
    scheme, separator, rest = url.partition("://")
    scheme = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}.get(scheme, scheme)
    if not separator or scheme not in ("sqlite", "postgresql+psycopg"):
        example = "sqlite:////srv/parley/parley.db or postgresql://user@host/parley"
        raise ConfigError(_expected("DATABASE_URL", "a SQLite or PostgreSQL URL", example))
    return f"{scheme}://{rest}"


def _model_path(path: str) -> Path | None:
    if not path.strip():
        return None
    if not (found := Path(path.strip()).expanduser()).is_file():
        raise ConfigError(
            _expected("LOCAL_MODEL_PATH", "the path of a GGUF file that exists", "/srv/models/my-model.gguf")
        )
    return found


def _positive(text: str, name: str) -> int:
    if not (text.strip().isdecimal() and int(text) > 0):
        raise ConfigError(_expected(name, "a whole number above 0", "32"))
    return int(text)


def _retention(text: str) -> int | None:
    return _positive(text, "USAGE_RETENTION_DAYS") if text else None


def _switch(text: str, name: str) -> bool:
    if text.lower() not in ON_OFF:
        raise ConfigError(_expected(name, "on or off", "off"))
    return ON_OFF[text.lower()]


def _expected(what: str, expected: str, example: str) -> str:
    return f"{what}: expected {expected}, for example {example}"
