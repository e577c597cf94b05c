"""Settings, from the environment and .streamlit/secrets.toml, checked at start.

The environment names one endpoint (API_BASE_URL, API_KEY, API_MODEL, API_PROVIDER); `[endpoints.NAME]` tables in
secrets.toml name more. With neither, Parley runs its embedded model (provider `local`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from lib.config import hosts
from lib.config.accounts import Accounts
from lib.config.endpoint import ENVIRONMENT, Endpoint, check_provider
from lib.config.tracing import Tracing
from lib.errors import ConfigError
from lib.pricing import budgets
from lib.pricing.budgets import Budget
from lib.pricing.prices import parse

DEFAULT_URLS = {"webraft": "https://api.webraft.in/v2"}
ON_OFF = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
MAX_DRAIN_SECONDS = 3600
MIN_TOKEN = 16  # characters
LOG_FORMATS = ("text", "json")
ROOT = Path(__file__).resolve().parents[2]
NOBODY = Accounts()  # who is asked to sign in
NOWHERE = Tracing()
SECRETS = ROOT / ".streamlit" / "secrets.toml"


@dataclass(frozen=True)
class Settings:
    """All of the configuration. `endpoints` is in order of preference; empty means the embedded model.

    `is_environment` says that the first of them is the environment's; `session_endpoints` that people may add endpoints
    of their own, each for the own browser session: the server then calls whatever host they name. `retention_days` is
    for how long calls stay in the ledger, None for ever; `deleted_days` for how long what was deleted can be undone,
    `conversation_days` for how long a conversation stays after its last prompt, None for ever.
    `allowed_hosts` are the names that are answered, beside addresses and localhost; `accounts` says who may come in.
    `migrate_anyway`: also while older Parleys run that cannot live with the schema of this one.
    `drain_seconds` is how long answers may go on when the process is to end; `metrics_token` opens /metrics, "" is
    nobody's; `log_format` is text or json; `tracing` says where spans go.
    """

    endpoints: tuple[Endpoint, ...] = ()
    database_url: str = ""
    local_model_path: Path | None = None
    max_generations: int = 32
    is_environment: bool = False
    session_endpoints: bool = True
    retention_days: int | None = None
    deleted_days: int = 30
    conversation_days: int | None = None
    budgets: tuple[Budget, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    accounts: Accounts = NOBODY
    drain_seconds: int = 0
    metrics_token: str = field(default="", repr=False)
    log_format: str = "text"
    migrate_anyway: bool = False
    tracing: Tracing = NOWHERE

    @classmethod
    def load(cls, environ: Mapping[str, str], secrets: Path = SECRETS) -> Settings:
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
            accounts=Accounts.load(environ, told),
            budgets=budgets.parse(told.get("budgets", [])),
            retention_days=_retention(environ, "USAGE_RETENTION_DAYS"),
            conversation_days=_retention(environ, "CONVERSATION_DAYS"),
            allowed_hosts=hosts.parse(environ.get("ALLOWED_HOSTS", "")),
            deleted_days=_positive(environ.get("DELETED_DAYS", "").strip() or "30", "DELETED_DAYS"),
            drain_seconds=_drain(environ.get("DRAIN_SECONDS", "").strip() or "0"),
            metrics_token=_token(environ.get("METRICS_TOKEN", "").strip()),
            log_format=_log_format(environ.get("LOG_FORMAT", "").strip().lower() or "text"),
            tracing=Tracing.load(environ),
            migrate_anyway=_switch(environ.get("MIGRATE_ANYWAY", "").strip() or "no", "MIGRATE_ANYWAY"),
        )


def accounts(environ: Mapping[str, str], secrets: Path = SECRETS) -> Accounts:
    """Return who may come in, which is asked before anything else is known. Raises ConfigError."""
    return Accounts.load(environ, _read_toml(secrets))


def _environment_endpoint(environ: Mapping[str, str]) -> tuple[Endpoint, ...]:
    provider = environ.get("API_PROVIDER", "").strip() or "openai"
    check_provider(provider, ENVIRONMENT)
    base_url = environ.get("API_BASE_URL", "").strip() or DEFAULT_URLS.get(provider, "")
    given = [name for name in ("API_KEY", "API_MODEL") if environ.get(name, "").strip()]
    if base_url:
        key, model = environ.get("API_KEY", ""), environ.get("API_MODEL", "").strip()
        return (Endpoint(ENVIRONMENT, base_url, key, provider, model or None),)
    if provider == "nextgpt" or (given and provider != "local"):
        reason = "API_PROVIDER is nextgpt" if provider == "nextgpt" else f"{given[0]} is set"
        raise ConfigError.expected(f"API_BASE_URL is missing while {reason}", "a URL", "https://api.openai.com/v1")
    return ()


def _named_endpoints(secrets: Mapping[str, Any]) -> list[Endpoint]:
    tables = secrets.get("endpoints", {})
    if not isinstance(tables, dict):
        raise ConfigError.expected("endpoints in secrets.toml", "tables", "[endpoints.work]")
    return [_named_endpoint(name, table) for name, table in tables.items()]


def _named_endpoint(name: str, table: object) -> Endpoint:
    where = f"[endpoints.{name}] in secrets.toml"
    if not isinstance(table, dict):
        raise ConfigError.expected(where, "a table", 'base_url = "https://api.openai.com/v1"')
    known = {item.name for item in fields(Endpoint)} - {"name"}
    if unknown := sorted(set(table) - known):
        raise ConfigError.expected(f"{unknown[0]} of {where}", "one of " + ", ".join(sorted(known)), 'model = "gpt-4o"')
    for key, value in table.items():
        _check_value(key, value, where)
    prices = {"prices": parse(table["prices"], where)} if "prices" in table else {}
    return Endpoint(name, **{"base_url": DEFAULT_URLS.get(table.get("provider", ""), ""), **table, **prices})


def _check_value(key: str, value: object, where: str) -> None:
    if not VALUES.get(key, _is_text)(value):
        expected, example = FORMS.get(key, ("text in quotes", '"…"'))
        raise ConfigError.expected(f"{key} of {where}", expected, f"{key} = {example}")


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
        raise ConfigError.expected(where, "another name", "[endpoints.work]")
    return tuple(endpoints)


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        # The error may quote a line of the file, and with it a key: say where, not what.
        raise ConfigError.expected(str(path), "a readable TOML file", 'api_key = "…"') from _quiet(error)


def _quiet(error: Exception) -> Exception | None:
    return error if isinstance(error, OSError) else None


def _database_url(url: str) -> str:
    url = url.strip() or f"sqlite:///{ROOT / 'data' / 'parley.db'}"
    scheme, separator, rest = url.partition("://")
    scheme = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}.get(scheme, scheme)
    if not separator or scheme not in ("sqlite", "postgresql+psycopg"):
        example = "sqlite:////srv/parley/parley.db or postgresql://user@host/parley"
        raise ConfigError.expected("DATABASE_URL", "a SQLite or PostgreSQL URL", example)
    return f"{scheme}://{rest}"


def _model_path(path: str) -> Path | None:
    if not path.strip():
        return None
    if not (found := Path(path.strip()).expanduser()).is_file():
        raise ConfigError.expected(
            "LOCAL_MODEL_PATH", "the path of a GGUF file that exists", "/srv/models/my-model.gguf"
        )
    return found


def _positive(text: str, name: str) -> int:
    if not (text.strip().isdecimal() and int(text) > 0):
        raise ConfigError.expected(name, "a whole number above 0", "32")
    return int(text)


def _retention(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "").strip()
    return _positive(text, name) if text else None


def _drain(text: str) -> int:
    if not (text.isdecimal() and int(text) <= MAX_DRAIN_SECONDS):
        raise ConfigError.expected("DRAIN_SECONDS", f"a whole number from 0 to {MAX_DRAIN_SECONDS}", "60")
    return int(text)


def _token(text: str) -> str:
    if text and (len(text) < MIN_TOKEN or not text.isascii()):
        example = 'what "openssl rand -hex 16" says'
        raise ConfigError.expected("METRICS_TOKEN", f"at least {MIN_TOKEN} ASCII characters", example)
    return text


def _log_format(text: str) -> str:
    if text not in LOG_FORMATS:
        raise ConfigError.expected("LOG_FORMAT", " or ".join(LOG_FORMATS), "json")
    return text


def _switch(text: str, name: str) -> bool:
    if text.lower() not in ON_OFF:
        raise ConfigError.expected(name, "on or off", "off")
    return ON_OFF[text.lower()]
