"""The lines that make an endpoint permanent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.config import Endpoint, Settings
from lib.config.toml import stanza

KEY = "sk-very-secret-0123456789"
URL = "https://api.example.org/v1"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def read(lines: str, folder: Path) -> Endpoint:
    """Return the endpoint that a file of these lines describes."""
    path = folder / "secrets.toml"
    path.write_text(lines.replace('api_key = "…"', f'api_key = "{KEY}"'), encoding="utf-8")
    [endpoint] = Settings.load({}, path).endpoints
    return endpoint


def test_lines():
    """They are what a person would write; the key is a placeholder."""
    endpoint = Endpoint("work", URL, KEY, model="m")
    assert stanza(endpoint) == f'[endpoints.work]\nbase_url = "{URL}"\napi_key = "…"\nmodel = "m"'


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("work", URL, KEY, model="m"),
        Endpoint("no key", URL),
        Endpoint('odd "name".é\\', URL, KEY, model='a"b\\c\x7f'),
        Endpoint("n", "https://nextgpt.example.com", KEY, "nextgpt", "GPT3"),
        Endpoint("azure", "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21", KEY),
    ],
)
def test_back(endpoint, tmp_path):
    """Read back, they are the same endpoint."""
    assert read(stanza(endpoint), tmp_path) == endpoint


@given(TEXT, TEXT)
def test_any(tmp_path_factory, name, model):
    """Whatever is in a name or a model is read back."""
    endpoint = Endpoint(name, URL, model=model)
    assert read(stanza(endpoint), tmp_path_factory.mktemp("secrets")) == endpoint
