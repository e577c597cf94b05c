"""Settings: what is read, what is refused, and in which words."""

from __future__ import annotations

import re
import traceback
from datetime import UTC, datetime

import pytest

from lib.config import ROOT, Endpoint, Settings
from lib.errors import ConfigError
from lib.messages import Usage

KEY = "sk-very-secret-0123456789"
URL = "https://api.example.org/v1"


@pytest.fixture
def load(tmp_path):
    """Load settings from an environment and the text of a secrets file."""

    def loaded(secrets=None, **environ):
        path = tmp_path / "secrets.toml"
        if secrets is not None:
            path.write_text(secrets, encoding="utf-8")
        return Settings.load(environ, path)

    return loaded


@pytest.fixture
def refusal(load):
    """Load settings that are refused and return what the person is told."""

    def refused(secrets=None, **environ):
        with pytest.raises(ConfigError) as caught:
            load(secrets, **environ)
        assert caught.value.kind == "config"
        assert KEY not in "".join(traceback.format_exception(caught.value))
        return f"{caught.value} {caught.value.hint}"

    return refused


class TestEnvironment:
    """The endpoint that the environment names."""

    def test_nothing(self, load):
        """With nothing set there is no endpoint, and the embedded model answers."""
        settings = load()
        assert settings.endpoints == ()
        assert settings.local_model_path is None
        assert settings.max_generations == 32

    def test_endpoint(self, load):
        """API_BASE_URL, API_KEY and API_MODEL make an endpoint."""
        [endpoint] = load(API_BASE_URL=URL, API_KEY=f" {KEY}\n", API_MODEL=" m ").endpoints
        assert endpoint == Endpoint("default", URL, KEY, "openai", "m")

    def test_first(self, load):
        """It is known whether the first endpoint is the environment's."""
        assert load(API_BASE_URL=URL).is_environment
        assert not load(f'[endpoints.default]\nbase_url = "{URL}"').is_environment

    def test_minimum(self, load):
        """A URL is enough: key and model may be unknown."""
        [endpoint] = load(API_BASE_URL=URL).endpoints
        assert (endpoint.api_key, endpoint.model) == ("", None)

    def test_default_url(self, load):
        """WebraftAI's URL is known."""
        [endpoint] = load(API_PROVIDER="webraft", API_KEY=KEY).endpoints
        assert endpoint.completions_url == "https://api.webraft.in/v2/chat/completions"

    def test_local(self, load):
        """The provider local without a URL is the embedded model, whatever key is left over."""
        assert load(API_PROVIDER="local", API_KEY=KEY).endpoints == ()

    def test_blank(self, load):
        """A variable of spaces is not set."""
        assert load(API_BASE_URL=" ", API_KEY=" ", API_MODEL="", API_PROVIDER=" ").endpoints == ()

    @pytest.mark.parametrize("name", ["API_KEY", "API_MODEL"])
    def test_url_missing(self, refusal, name):
        """A key or a model without a URL is told, with the variable and an example."""
        told = refusal(**{name: KEY})
        assert f"API_BASE_URL is missing while {name} is set" in told
        assert "https://api.openai.com/v1" in told

    def test_nextgpt_url(self, refusal):
        """NEXTgpt has no default URL."""
        assert "API_BASE_URL is missing while API_PROVIDER is nextgpt" in refusal(API_PROVIDER="nextgpt")

    def test_provider(self, refusal):
        """An unknown provider is named beside those there are."""
        told = refusal(API_PROVIDER="opnai")
        assert "API_PROVIDER: expected one of openai, nextgpt, webraft, local" in told

    def test_key_as_provider(self, refusal):
        """A key pasted into the wrong line is not repeated."""
        assert KEY not in refusal(API_PROVIDER=KEY)

    @pytest.mark.parametrize("key", [f"{KEY}\n{KEY}", f"{KEY}\x00", f"{KEY}é", f"{KEY}\u200b"])
    def test_key(self, refusal, key):
        """A key that cannot be one is refused without being shown."""
        told = refusal(API_BASE_URL=URL, API_KEY=key)
        assert "API_KEY: expected one line" in told
        assert "Copy the key again" in told


class TestSecrets:
    """The tables of secrets.toml."""

    def test_tables(self, load):
        """Endpoints follow the environment's in the order of the file."""
        text = f"""
            [endpoints.work]
            base_url = "{URL}"
            api_key = "{KEY}"
            model = "m"
            headers = {{ X-Team = "a" }}
            [endpoints.raft]
            provider = "webraft"
        """
        default, work, raft = load(text, API_BASE_URL="http://127.0.0.1:1/v1").endpoints
        assert default.name == "default"
        assert work == Endpoint("work", URL, KEY, model="m", headers={"X-Team": "a"})
        assert (raft.provider, raft.base_url) == ("webraft", "https://api.webraft.in/v2")

    def test_all(self, load):
        """Every field of an endpoint can be set."""
        text = f"""
            [endpoints.next]
            provider = "nextgpt"
            base_url = "{URL}"
            key_header = "X-Key"
            models = ["GPT3", "DOCS"]
            params = {{ temperature = 0.2, stop = ["a"] }}
            session_path = "/sessions/{{usecase}}"
            session_field = "id"
            session_param = "session"
        """
        assert load(text).endpoints == (
            Endpoint(
                "next",
                URL,
                provider="nextgpt",
                key_header="X-Key",
                models=("GPT3", "DOCS"),
                params={"temperature": 0.2, "stop": ["a"]},
                session_path="/sessions/{usecase}",
                session_field="id",
                session_param="session",
            ),
        )

    def test_example(self, load):
        """The example that is to be copied can be loaded, with everything in it switched on."""
        text = (ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
        settings = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE).replace('"sk-…"', '"k"')
        names = {endpoint.name for endpoint in load(settings.replace('"…"', f'"{"k" * 32}"')).endpoints}
        assert names == {"openai", "azure", "vllm", "nextgpt", "webraft", "gateway"}

    def test_same_name(self, refusal):
        """The name of the environment's endpoint is taken while there is one."""
        told = refusal(f"[endpoints.default]\nbase_url = '{URL}'", API_BASE_URL=URL)
        assert "[endpoints.default] in secrets.toml" in told

    def test_prices(self, load):
        """Prices of an endpoint's models are read, and its tariff has them."""
        text = f"[endpoints.work]\nbase_url = '{URL}'\n[endpoints.work.prices.m]\ninput = 1\noutput = 2"
        (endpoint,) = load(text).endpoints
        cost = endpoint.tariff.cost(Usage(1000, 1000), ("m",), datetime.now(UTC))
        assert str(cost.amount) == "0.003"

    def test_budgets(self, load):
        """Budgets are read from the same file."""
        (budget,) = load('[[budgets]]\namount = 200\nowner = "anna"\nstop = true').budgets
        assert (budget.amount, budget.owner, budget.stop) == (200, "anna", True)

    def test_others(self, load):
        """What other programs keep in the file is left alone."""
        assert load("[connections.db]\nurl = 'x'\n").endpoints == ()

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("endpoints = 3", ["endpoints in secrets.toml", "[endpoints.work]"]),
            (f"[endpoints.work]\nbase_url = '{URL}'\nprices = 3", ["prices of [endpoints.work]", "gpt-4o"]),
            (
                f"[endpoints.work]\nbase_url = '{URL}'\nprices.m = {{ input = 1 }}",
                ['prices."m" of [endpoints.work]', "output = "],
            ),
            ("[endpoints]\nwork = 3", ["[endpoints.work] in secrets.toml", "base_url ="]),
            (f"[endpoints.work]\nkey = '{KEY}'", ["key of [endpoints.work]", "api_key", "model ="]),
            (f"[endpoints.work]\nname = '{KEY}'", ["name of [endpoints.work]", "one of"]),
            ("[endpoints.work]\nbase_url = 3", ["base_url of [endpoints.work]", 'base_url = "']),
            (f"[endpoints.work]\nbase_url = '{URL}'\nheaders = '{KEY}'", ["headers of [endpoints.work]"]),
            ("[endpoints.work]\nmodel = 'm'", ["base_url of endpoint work", "https://api.openai.com/v1"]),
            (f"[endpoints.work]\nbase_url = '{URL}'\nprovider = 'x'", ["provider of endpoint work", "nextgpt"]),
            (
                f"[endpoints.work]\nbase_url = '{URL}'\nprovider = ['openai']",
                ["provider of [endpoints.work]", "quotes"],
            ),
            (f"[endpoints.work]\nbase_url = '{URL}'\nheaders = {{ X = 1 }}", ["headers of [endpoints.work]"]),
            (f"[endpoints.work]\nbase_url = '{URL}'\nmodels = 'm'", ["models of [endpoints.work]", '["gpt-4o"']),
            (f"[endpoints.work]\nbase_url = '{URL}'\nmodels = ['']", ["models of [endpoints.work]", "list"]),
            (f"[endpoints.work]\nbase_url = '{URL}'\nparams = 3", ["params of [endpoints.work]", "temperature"]),
            (
                f"[endpoints.work]\nbase_url = '{URL}'\nparams = {{ d = 2024-01-01 }}",
                ["params of endpoint work", "JSON"],
            ),
            (f"[endpoints.default]\nbase_url = '{URL}'\nparams = {{ d = nan }}", ["params of endpoint default"]),
            (
                f"[endpoints.work]\nbase_url = '{URL}'\nparams = {{ model = 'm' }}",
                ["params of endpoint work", "no model among them", 'model = "gpt-4o"'],
            ),
            (
                f"[endpoints.work]\nbase_url = '{URL}'\nparams = {{ stream = true }}",
                ["params of endpoint work", "no stream among them", "params = {"],
            ),
            (f"[endpoints.work]\nbase_url = '{URL}'\nkey_header = 'a: {KEY}'", ["key_header of endpoint", "api-key"]),
            (f"[endpoints.work]\nbase_url = '{URL}'\nsession_path = 'x'", ["session_path of endpoint", "/session"]),
            (f"[endpoints.work]\nbase_url = '{URL}'\nsession_field = ' '", ["session_field of endpoint work"]),
            (f"[endpoints.work]\nbase_url = '{URL}'\nsession_param = ''", ["session_param of endpoint work"]),
        ],
    )
    def test_refused(self, refusal, text, words):
        """What is wrong is named by its table, with an example and without the value."""
        told = refusal(text)
        assert [word for word in words if word not in told] == []

    @pytest.mark.parametrize("text", [f"api_key = {KEY}", f'[endpoints.a]\napi_key = "{KEY}', f"{KEY}"])
    def test_syntax(self, refusal, text):
        """A file that is not TOML is named, and no line of it shown."""
        told = refusal(text)
        assert "secrets.toml: expected a readable TOML file" in told

    def test_bytes(self, tmp_path):
        """Nor is a file that is not text."""
        path = tmp_path / "secrets.toml"
        path.write_bytes(b"\xff\xfe" + KEY.encode("utf-16-le"))
        with pytest.raises(ConfigError, match="expected a readable TOML file"):
            Settings.load({}, path)

    def test_unreadable(self, tmp_path):
        """A file that cannot be read is told; the cause is kept for the log."""
        with pytest.raises(ConfigError, match="expected a readable TOML file") as caught:
            Settings.load({}, tmp_path)
        assert isinstance(caught.value.__cause__, OSError)

    def test_none(self, load):
        """A missing file is an empty one."""
        assert load().endpoints == ()


class TestDatabase:
    """DATABASE_URL."""

    @pytest.mark.parametrize(
        ("given", "used"),
        [
            ("", f"sqlite:///{ROOT / 'data' / 'parley.db'}"),
            (" sqlite:////srv/p.db ", "sqlite:////srv/p.db"),
            ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
            ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
            ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ],
    )
    def test_url(self, load, given, used):
        """SQLite in data/ is the default; PostgreSQL is spoken through psycopg 3."""
        assert load(DATABASE_URL=given).database_url == used

    @pytest.mark.parametrize(
        "url", [f"mysql://u:{KEY}@h/d", KEY, "parley.db", "sqlite:/p.db", "postgresql+asyncpg://h"]
    )
    def test_refused(self, refusal, url):
        """Another database is refused with an example, and without the URL, which has a password in it."""
        told = refusal(DATABASE_URL=url)
        assert "DATABASE_URL: expected a SQLite or PostgreSQL URL, for example sqlite:///" in told


class TestModelPath:
    """LOCAL_MODEL_PATH."""

    def test_file(self, load, tmp_path):
        """The path of a file is taken."""
        model = tmp_path / "my.gguf"
        model.touch()
        assert load(LOCAL_MODEL_PATH=f" {model} ").local_model_path == model

    def test_home(self, load, tmp_path, monkeypatch):
        """A tilde is the home folder."""
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "my.gguf").touch()
        assert load(LOCAL_MODEL_PATH="~/my.gguf").local_model_path == tmp_path / "my.gguf"

    def test_missing(self, refusal, tmp_path):
        """A file that is not there, or a folder, is refused with an example."""
        for path in (tmp_path, tmp_path / "none.gguf"):
            assert "LOCAL_MODEL_PATH: expected the path of a GGUF file" in refusal(LOCAL_MODEL_PATH=str(path))


class TestLimit:
    """MAX_GENERATIONS."""

    def test_number(self, load):
        """A whole number is taken."""
        assert load(MAX_GENERATIONS=" 4 ").max_generations == 4

    @pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "²", "1e3"])
    def test_refused(self, refusal, text):
        """Everything else is refused with an example."""
        assert "MAX_GENERATIONS: expected a whole number above 0, for example 32" in refusal(MAX_GENERATIONS=text)


class TestRetention:
    """USAGE_RETENTION_DAYS."""

    def test_for_ever(self, load):
        """The ledger keeps every call unless somebody says for how long."""
        assert load(USAGE_RETENTION_DAYS=" ").retention_days is None

    def test_days(self, load):
        """It may be kept for some days only."""
        assert load(USAGE_RETENTION_DAYS=" 400 ").retention_days == 400

    @pytest.mark.parametrize("text", ["0", "-1", "a year"])
    def test_refused(self, refusal, text):
        """Everything else is refused with an example."""
        assert "USAGE_RETENTION_DAYS: expected a whole number above 0" in refusal(USAGE_RETENTION_DAYS=text)


class TestSwitch:
    """SESSION_ENDPOINTS."""

    def test_default(self, load):
        """People may add endpoints of their own, unless somebody says otherwise."""
        assert load(SESSION_ENDPOINTS=" ").session_endpoints

    @pytest.mark.parametrize(("text", "value"), [("on", True), (" Off ", False), ("true", True), ("0", False)])
    def test_words(self, load, text, value):
        """The usual words for on and off are taken."""
        assert load(SESSION_ENDPOINTS=text).session_endpoints is value

    @pytest.mark.parametrize("text", ["maybe", "2", "on off"])
    def test_refused(self, refusal, text):
        """Everything else is refused with an example."""
        assert "SESSION_ENDPOINTS: expected on or off, for example off" in refusal(SESSION_ENDPOINTS=text)


class TestOutside:
    """DRAIN_SECONDS, METRICS_TOKEN, LOG_FORMAT."""

    def test_default(self, load):
        """The end waits for nothing, no counts are told, and the log is text."""
        settings = load(DRAIN_SECONDS=" ", METRICS_TOKEN="", LOG_FORMAT=" ")
        assert (settings.drain_seconds, settings.metrics_token, settings.log_format) == (0, "", "text")
        assert not settings.migrate_anyway

    def test_set(self, load):
        """They can be set; the token is not in what is printed of the settings."""
        settings = load(DRAIN_SECONDS=" 60 ", METRICS_TOKEN="0123456789abcdef", LOG_FORMAT=" JSON ")
        assert (settings.drain_seconds, settings.log_format) == (60, "json")
        assert settings.metrics_token not in repr(settings)

    @pytest.mark.parametrize(
        ("environ", "told"),
        [
            ({"DRAIN_SECONDS": "-1"}, "DRAIN_SECONDS: expected a whole number from 0 to 3600, for example 60"),
            ({"DRAIN_SECONDS": "3601"}, "DRAIN_SECONDS: expected"),
            ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN: expected at least 16 ASCII characters"),
            ({"METRICS_TOKEN": "ü" * 20}, "METRICS_TOKEN: expected at least 16 ASCII characters"),
            ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: expected text or json, for example json"),
        ],
    )
    def test_refused(self, refusal, environ, told):
        """Everything else is refused with an example."""
        assert told in refusal(**environ)
