"""What the same tokens would have cost with another model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lib.config import Endpoint
from lib.pricing.prices import ANY, Cost
from lib.store import Figures
from lib.ui.endpoints import session
from lib.ui.markdown import plain
from lib.ui.numbers import many, money

# Vendors whose published prices can be asked for without an endpoint there.
VENDORS = {
    "OpenAI": "https://api.openai.com/v1",
    "Anthropic": "https://api.anthropic.com/v1",
    "Google": "https://generativelanguage.googleapis.com/v1beta/openai",
    "Mistral": "https://api.mistral.ai/v1",
    "Groq": "https://api.groq.com/openai/v1",
    "DeepSeek": "https://api.deepseek.com/v1",
    "OpenRouter": "https://openrouter.ai/api/v1",
}
PUBLISHED = "published"


def draw(figures: Figures, models: list[str]) -> None:
    """Draw the question and its answer, for the calls that are selected."""
    asked = "what-if-model" in st.query_params
    label = "What if: the same tokens at another model's prices"
    with st.expander(label, expanded=asked, key="what-if", on_change="rerun") as part:
        if part.open:
            with st.container(horizontal=True):
                endpoint, model = _question(models)
            if model:
                st.markdown(answer(figures, endpoint, model, datetime.now(UTC)))


def _question(models: list[str]) -> tuple[Endpoint, str | None]:
    """Draw the choice of a model and of whose prices it has; return both."""
    common: dict[str, Any] = {"bind": "query-params", "width": 260}
    endpoint = st.selectbox("Prices of", list(_offers()), format_func=_label, key="what-if-endpoint", **common)
    known = sorted({*_models(endpoint), *models})
    model = st.selectbox(
        "Model", known, index=None, accept_new_options=True, key="what-if-model", placeholder="Name", **common
    )
    return endpoint, model


def answer(figures: Figures, endpoint: Endpoint, model: str, now: datetime) -> str:
    """Return what the tokens would have cost, and what they did cost, as markdown."""
    cost = endpoint.tariff.what_if(figures.usage, figures.counted, model, now)
    if cost is None:
        return f"There is no price for **{plain(model)}** here."
    return (
        f"The {many(figures.counted, 'call')} with tokens would have cost **{money(cost.amount)} {cost.currency}** "
        f"with {plain(model)} {_origin(cost)}; {_paid(figures)}."
    )


def _origin(cost: Cost) -> str:
    return f"at the prices of {plain(cost.source)}" + (f" {plain(cost.version)}" if cost.version else "")


def _paid(figures: Figures) -> str:
    costs = " and ".join(f"{money(figures.cost(currency))} {currency}" for currency, _ in figures.costs)
    return (
        f"the {many(figures.priced, 'call')} of them with a price cost {costs}" if costs else "none of them has a price"
    )


def _offers() -> Iterator[Endpoint]:
    yield from session.endpoints()
    for name, url in VENDORS.items():
        yield Endpoint(f"{name} ({PUBLISHED})", url)


def _label(endpoint: Endpoint) -> str:
    return endpoint.name


def _models(endpoint: Endpoint) -> list[str]:
    named = [name for name in endpoint.prices if name != ANY]
    return [*named, *endpoint.models, *([endpoint.model] if endpoint.model else [])]
