"""Which models can see, and read PDFs: as far as a check of the endpoint, or their names, tell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lib.config import Endpoint
from lib.endpoints.catalogue import Checkup

# Names under which vendors offer models that take pictures; the vendors' own lists say so of each.
SEEING = re.compile(
    r"(?<![a-z0-9])(gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-[5-9]|o[134]\b|chatgpt-4o|claude|gemini|gemma-?[3-9]|pixtral|"
    r"llava|moondream|minicpm-?v|internvl|molmo|llama-?3\.2-(11|90)b|llama-?4|phi-?(3(\.5)?|4)-(vision|multimodal)|"
    r"mistral-(small-3|medium-3|large-3)|glm-?4(\.\d)?v|qwen[\w.-]{0,40}vl)|vision",
    re.IGNORECASE,
)
DEAF = re.compile(r"embed|tts|whisper|audio|transcribe|realtime|moderation|dall-e|o[13]-mini|image-", re.IGNORECASE)


def is_blind(endpoint: Endpoint, model: str, checkup: Checkup | None) -> str:
    """Return why a model surely cannot see, in a sentence; empty if it may.

    A check speaks for the endpoint's own model, the one it has asked.
    """
    if endpoint.provider == "local":
        return "The small model on this machine reads text only."
    refused = [found for found in checkup.findings if found.step == "image"] if checkup else []
    if refused and refused[0].state == "warning" and model == (endpoint.model or model):
        return f"When {endpoint.name} was checked, {model or 'its model'} took no picture: {refused[0].says}"
    return ""


def reads_pdf(endpoint: Endpoint, model: str, checkup: Checkup | None) -> bool:
    """Whether a check has proved that a model reads PDFs as they are; it speaks for the one that it has asked."""
    return _pdf(endpoint, model, checkup) == "ok"


def refuses_pdf(endpoint: Endpoint, model: str, checkup: Checkup | None) -> bool:
    """Whether a check has seen that a model takes no PDF as it is, or leaves it unread."""
    return _pdf(endpoint, model, checkup) == "skipped"


def _pdf(endpoint: Endpoint, model: str, checkup: Checkup | None) -> str:
    """Return how a check's step ended that has asked this model, "" for none: one that was left out took no time."""
    steps = [each for each in checkup.findings if each.step == "pdf"] if checkup else []
    found = [each.state for each in steps if each.state != "skipped" or each.ms is not None]
    return found[0] if found and model == (endpoint.model or model) else ""


def seeing(models: Iterable[str]) -> list[str]:
    """Return those models whose names are of families that take pictures."""
    return [model for model in models if SEEING.search(model) and not DEAF.search(model)]
