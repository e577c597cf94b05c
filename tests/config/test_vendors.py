"""The table of vendors."""

from __future__ import annotations

from dataclasses import fields

import pytest

from lib.config import PROVIDERS, Endpoint
from lib.config.vendors import EFFORTS, PLAIN, PRESETS, Preset, preset

PORT = (":11434", ":1234", ":8000", ":8080", ":4000")
NAMES = {row.name: row for row in PRESETS}
WANTED = (
    *("OpenAI", "Azure OpenAI", "OpenRouter", "Groq", "Mistral", "DeepSeek", "Together", "vLLM", "llama.cpp"),
    *("Ollama", "LM Studio", "LiteLLM", "NEXTgpt", "WebraftAI", "WebraftAI (free)"),
)


@pytest.mark.parametrize("name", WANTED)
def test_named(name):
    """Everything the documentation names is in the table, with a help of one line."""
    assert NAMES[name].help
    assert "\n" not in NAMES[name].help


@pytest.mark.parametrize("row", PRESETS, ids=lambda row: row.name)
def test_example(row: Preset):
    """The example of a row makes an endpoint that this row is found for."""
    endpoint = Endpoint("e", row.example, provider=row.provider)
    assert endpoint.preset == row
    assert endpoint.completions_url.partition("?")[0].endswith("/chat/completions")


@pytest.mark.parametrize("row", PRESETS, ids=lambda row: row.name)
def test_provider(row: Preset):
    """A row belongs to a provider that the settings know."""
    assert row.provider in PROVIDERS


def test_efforts():
    """How much a model is to think has words from not at all to long; who cannot be told so has none."""
    for row in (PLAIN, *PRESETS):
        assert [word for word in EFFORTS if word in row.efforts] == list(row.efforts)
    assert {row.name for row in PRESETS if not row.efforts} == {"NEXTgpt", "Embedded model"}
    assert NAMES["Groq"].efforts["none"] == {"reasoning_effort": "none"}


def test_unknown():
    """A URL like no other has no preset, and an endpoint of its own kind."""
    assert preset("https://api.example.org/v1") is None
    assert preset("https://api.example.org/v1", "other") is None
    assert Endpoint("e", "https://api.example.org/v1").preset.name == "OpenAI-compatible"


@pytest.mark.parametrize(
    ("provider", "name"), [("nextgpt", "NEXTgpt"), ("webraft", "WebraftAI"), ("local", "Embedded model")]
)
def test_standard(provider, name):
    """A provider has its preset wherever it runs."""
    found = preset("http://127.0.0.1:5000", provider)
    assert found
    assert found.name == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://eu.api.openai.com/v1", "OpenAI"),
        ("HTTPS://API.OPENAI.COM", "OpenAI"),
        ("https://api.webraft.in/v2", "WebraftAI"),
        ("https://api.webraft.in/freeapi", "WebraftAI (free)"),
        ("https://me.openai.azure.com/openai/v1", "Azure OpenAI"),
        ("http://[::1]:11434", "Ollama"),
        ("http://gpu.lan:8000/v1", "vLLM"),
    ],
)
def test_found(url, name):
    """A vendor is known by its host or its port."""
    found = preset(url)
    assert found
    assert found.name == name


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com.example.org/v1",
        "https://example.org/api.openai.com",
        "https://notopenrouter.ai/api/v1",
        "http://127.0.0.1:80001",
        "api.groq.com",
    ],
)
def test_not_found(url):
    """What only resembles one is not one."""
    assert preset(url) is None


@pytest.mark.parametrize("row", [row for row in PRESETS if row.pattern.endswith(PORT)], ids=lambda row: row.name)
def test_guesses(row: Preset):
    """A port is a guess: what it leads to changes no request."""
    told = {"name", "pattern", "example", "help"}
    assert [item.name for item in fields(row) if getattr(row, item.name) != getattr(PLAIN, item.name)] == [
        item.name for item in fields(row) if item.name in told
    ]
