"""What is known of each vendor and server, as data: nothing else in Parley asks who an endpoint is.

A row is found by the provider or by what the base URL looks like. Ports are guesses, so the rows they lead to change
nothing but the help.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AUTHORIZATION = "Authorization"
# Hosts or host names that servers of one's own run on.
ANY = r"[^/:]+|\[[^/]+\]"
Efforts = Mapping[str, Mapping[str, Any]]
# How much a model is to think, from not at all to long, as most say it.
EFFORTS: Efforts = {word: {"reasoning_effort": word} for word in ("none", "minimal", "low", "medium", "high", "xhigh")}


def _some(*words: str) -> Efforts:
    """Return some of the usual efforts."""
    return {word: EFFORTS[word] for word in words}


def _thinking(tokens: int) -> Mapping[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


@dataclass(frozen=True)
class Preset:
    """One vendor or server. `pattern` is what a base URL looks like after `https://`; without one none does.

    `key_header` has `Bearer KEY` if it is Authorization, any other has the key alone. `debug_query` replaces `query`
    while debugging. `framing` is that of streams: sse, lines (JSON lines) or text. `dropped` and `renamed` are request
    parameters; `stream_text` sends "True" for true. `headers` go with every request; `system` and `params` do where
    no others are given. `efforts` are the words for how much a model is to think, each with the parameters that say so.
    """

    name: str
    pattern: str
    example: str
    help: str
    provider: str = "openai"
    key_header: str = AUTHORIZATION
    path: str = "/chat/completions"
    models_path: str = "/models"
    query: str = ""
    debug_query: str = ""
    framing: str = "sse"
    dropped: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    stream_text: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    system: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    efforts: Efforts = field(default_factory=lambda: EFFORTS)

    def fits(self, base_url: str) -> bool:
        """Whether a base URL looks like one of this vendor."""
        rest = base_url.strip().partition("://")[2]
        return bool(self.pattern and re.match(rf"(?:{self.pattern})(?=[/:?]|$)", rest, re.IGNORECASE))


PLAIN = Preset(
    "OpenAI-compatible", "", "https://api.example.com/v1", "The base URL is what precedes /chat/completions."
)

PRESETS = (
    Preset(
        "OpenAI",
        r"([\w-]+\.)?api\.openai\.com",
        "https://api.openai.com/v1",
        "Keys are made at platform.openai.com under API keys.",
        renamed={"max_tokens": "max_completion_tokens"},  # which its reasoning models insist on
    ),
    Preset(
        "Azure OpenAI",
        r"[\w-]+\.(openai\.azure|cognitiveservices\.azure|services\.ai\.azure)\.com",
        "https://RESOURCE.openai.azure.com/openai/deployments/DEPLOYMENT?api-version=2024-10-21",
        "The model is the name of a deployment: list yours in models. Both /openai/v1 and deployment URLs work.",
        key_header="api-key",
    ),
    Preset(
        "OpenRouter",
        r"openrouter\.ai",
        "https://openrouter.ai/api/v1",
        "Models are called vendor/model; keys are made at openrouter.ai/keys.",
        efforts={word: {"reasoning": {"effort": word}} for word in EFFORTS},
    ),
    Preset(
        "Groq",
        r"api\.groq\.com",
        "https://api.groq.com/openai/v1",
        "Keys are made at console.groq.com.",
        dropped=("stream_options",),  # it reports usage in x_groq, asked or not
        efforts=_some("none", "low", "medium", "high"),
    ),
    Preset(
        "Mistral",
        r"(api|codestral)\.mistral\.ai",
        "https://api.mistral.ai/v1",
        "Keys are made at console.mistral.ai.",
        dropped=("stream_options",),  # refused as an unknown field; usage comes without
        renamed={"seed": "random_seed"},
        efforts=_some("none", "high"),
    ),
    Preset(
        "DeepSeek",
        r"api\.deepseek\.com",
        "https://api.deepseek.com/v1",
        "Keys are made at platform.deepseek.com.",
        efforts={"none": {"thinking": {"type": "disabled"}}, "high": {"thinking": {"type": "enabled"}}},
    ),
    Preset(
        "Anthropic",
        r"api\.anthropic\.com",
        "https://api.anthropic.com/v1",
        "Keys are made at console.anthropic.com; of the answers' parameters it takes some.",
        efforts={"low": _thinking(2_048), "medium": _thinking(8_192), "high": _thinking(24_576)},
    ),
    Preset(
        "Together",
        r"api\.together\.(xyz|ai)",
        "https://api.together.xyz/v1",
        "Keys are made at api.together.ai under settings.",
    ),
    Preset(
        "NEXTgpt",
        "",
        "https://nextgpt.example.com",
        "The model is the name of a use case, such as GPT3.",
        provider="nextgpt",
        path="/api/v1/chat/completions",
        models_path="/api/v1/models",
        query="debug=False",
        debug_query="debug=True",
        framing="text",  # its own sample prints what comes as it comes
        dropped=("stream_options",),
        stream_text=True,
        efforts={},
    ),
    Preset(
        "WebraftAI (free)",
        r"api\.webraft\.in/freeapi",
        "https://api.webraft.in/freeapi",
        "The free plan has a quota; the paid one is at /v2 and takes credits.",
        provider="webraft",
        framing="lines",
    ),
    Preset(
        "WebraftAI",
        r"api\.webraft\.in",
        "https://api.webraft.in/v2",
        "Takes credits: check the account where it says Insufficient Credits. The free plan is at /freeapi.",
        provider="webraft",
        framing="lines",
    ),
    Preset(
        "Ollama",
        rf"({ANY}):11434",
        "http://127.0.0.1:11434/v1",
        "Needs no key; `ollama list` names the models.",
    ),
    Preset(
        "LM Studio",
        rf"({ANY}):1234",
        "http://127.0.0.1:1234/v1",
        "Needs no key; start the server on its Developer page.",
    ),
    Preset(
        "vLLM",
        rf"({ANY}):8000",
        "http://127.0.0.1:8000/v1",
        "The key is what --api-key says, if it does; the model is what --served-model-name says.",
    ),
    Preset(
        "llama.cpp",
        rf"({ANY}):8080",
        "http://127.0.0.1:8080/v1",
        "The key is what --api-key says, if it does; images need --mmproj.",
    ),
    Preset(
        "LiteLLM",
        rf"({ANY}):4000",
        "http://127.0.0.1:4000/v1",
        "The key is a virtual key of the proxy; models are those of its model_list.",
    ),
    Preset(
        "Embedded model",
        "",
        "http://127.0.0.1:8081/v1",
        "Runs inside Parley, without a key.",
        provider="local",
        headers={"Connection": "close"},  # one request in ten fails on a connection that has carried a stream
        # With its template's own system prompt, or warmer, the small model answers one question in five in another
        # language; without the penalty it goes round in circles.
        system="You are a helpful assistant.",
        params={"temperature": 0.0, "frequency_penalty": 0.3, "max_tokens": 1024},
        efforts={},
    ),
)


def preset(base_url: str, provider: str = "openai") -> Preset | None:
    """Return what is known of an endpoint, None if its URL looks like no vendor's."""
    rows = [row for row in PRESETS if provider in (row.provider, "openai")]
    standard = None if provider == "openai" or not rows else rows[-1]
    return next((row for row in rows if row.fits(base_url)), standard)
