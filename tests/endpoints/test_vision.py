"""Which models can see, told from checks and names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.config import Endpoint
from lib.endpoints.catalogue import Checkup
from lib.endpoints.doctor import Finding
from lib.endpoints.vision import is_blind, reads_pdf, refuses_pdf, seeing

ENDPOINT = Endpoint("work", "http://127.0.0.1:9/v1", model="m")
LOCAL = Endpoint("local", "http://127.0.0.1:9/v1", provider="local", model="m")


def checked(*findings: Finding) -> Checkup:
    return Checkup(datetime(2026, 1, 1, tzinfo=UTC), findings, running=False)


REFUSED = checked(Finding("answers", "ok", "m answers."), Finding("image", "warning", "No images."))


def test_embedded():
    """The embedded model cannot see."""
    assert is_blind(LOCAL, "m", None)


@pytest.mark.parametrize(
    ("model", "checkup", "blind"),
    [
        ("m", None, False),
        ("m", checked(), False),
        ("m", checked(Finding("image", "ok", "It accepts an image.")), False),
        ("m", checked(Finding("image", "skipped", "Not tried.")), False),
        ("m", REFUSED, True),
        ("other", REFUSED, False),
    ],
)
def test_checked(model, checkup, blind):
    """A check that found the endpoint's model blind says so; it says nothing of other models."""
    assert bool(is_blind(ENDPOINT, model, checkup)) is blind


def test_checked_without_a_model_of_its_own():
    """Where the endpoint has no model of its own, its check speaks for what is chosen."""
    assert "took no picture: No images." in is_blind(Endpoint("w", "http://127.0.0.1:9/v1"), "", REFUSED)


@pytest.mark.parametrize(("state", "model", "reads"), [("ok", "m", True), ("skipped", "m", False), ("ok", "n", False)])
def test_pdfs(state, model, reads):
    """A model reads PDFs if a check has proved it, of this one."""
    assert reads_pdf(ENDPOINT, model, checked(Finding("pdf", state, ""))) is reads
    assert not reads_pdf(ENDPOINT, model, None)


@pytest.mark.parametrize(
    ("state", "ms", "model", "refuses"),
    [("skipped", 5.0, "m", True), ("skipped", None, "m", False), ("ok", 5.0, "m", False), ("skipped", 5.0, "n", False)],
)
def test_refused_pdfs(state, ms, model, refuses):
    """A model refuses PDFs if a check has tried one with it in vain."""
    assert refuses_pdf(ENDPOINT, model, checked(Finding("pdf", state, "", ms=ms))) is refuses
    assert not refuses_pdf(ENDPOINT, model, None)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-mini",
        "openai/gpt-5.2",
        "claude-sonnet-4-5",
        "gemini-2.5-flash",
        "Qwen2.5-VL-7B",
        "my_vision-model",
        "llama-3.2-11b-vision",
        "pixtral-12b",
        "o3",
        "llama-3.2-11b-vision-instruct",
        "meta-llama/llama-4-scout",
        "grok-2-vision",
        "gemma-3-27b-it",
    ],
)
def test_seeing(name):
    """Names of families that take pictures are known."""
    assert seeing([name]) == [name]


@pytest.mark.parametrize(
    "name",
    ["gpt-3.5-turbo", "smollm2-135m", "o3-mini", "text-embedding-3", "gpt-4o-audio-preview", "qwen-3-32b", "GPT3"],
)
def test_not_seeing(name):
    """Others are not proposed."""
    assert seeing([name]) == []
