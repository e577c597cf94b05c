"""Usage as a table to be read elsewhere: on a terminal, in a spreadsheet, by a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.files.tables import Table
from lib.pricing.prices import BILLION, release
from lib.store import Call, Cell, Figures, Selection
from lib.store.usage.charts import total
from lib.store.usage.figures import TOKENS, TTFT_MEDIAN, TTFT_P95

CALL = (
    "id",
    "created_at",
    "owner",
    "endpoint",
    "model",
    "served_model",
    "purpose",
    "status",
    *TOKENS,
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
    "source",
    "refused",
    "cost",
    "currency",
    "price_source",
    "price_version",
    "ttft_ms",
    "duration_ms",
    "finish_reason",
    "error_kind",
    "http_status",
    "images",
    "request_bytes",
    "response_bytes",
    "conversation_id",
    "message_id",
    "origin",
    "calls",
)


def figures(cells: Sequence[Cell], selection: Selection, by: tuple[str, ...], step: str | None = None) -> Table:
    """Return cells as rows: the step's first day, the names, then every figure; a column for each currency."""
    whole = total(cell.figures for cell in cells)
    currencies = [currency for currency, _ in whole.costs]
    money = tuple(f"cost_{currency}" for currency in currencies)
    steps = (step,) if step else ()
    columns = (*steps, *by, "calls", *TOKENS, "coverage", *money, "unpriced", "ttft_median_ms", "ttft_p95_ms")
    rows = [((cell.start,) * len(steps)) + cell.names + _row(cell.figures, currencies) for cell in cells]
    return Table(columns, rows, about(selection, whole))


def _row(figures: Figures, currencies: Sequence[str]) -> tuple[Any, ...]:
    tokens = (getattr(figures, name) for name in TOKENS)
    money = (figures.cost(currency) for currency in currencies)
    times = (figures.value(metric) for metric in (TTFT_MEDIAN, TTFT_P95))
    return (figures.calls, *tokens, figures.coverage, *money, figures.unpriced, *times)


def calls(found: Sequence[Call], selection: Selection, whole: Figures) -> Table:
    """Return calls as rows; `whole` is what they come to. Costs are in whole units of their currency."""
    rows = [tuple(_cell(call, name) for name in CALL) for call in found]
    return Table(CALL, rows, about(selection, whole), selection.zone)


def _cell(call: Call, name: str) -> Any:
    value = getattr(call, name)
    return value / BILLION if name == "cost" and value is not None else value


def about(selection: Selection, whole: Figures) -> dict[str, str]:
    """Return what a reader must know to trust figures: which calls they are of, and how sure they are."""
    filters = "; ".join(f"{name} {', '.join(values)}" for name, values in selection.filters.items())
    covered = (
        "unknown" if whole.coverage is None else f"{whole.coverage:.1%} of the tokens reported, the rest estimated"
    )
    return {
        "Days": f"{selection.first} to {selection.last}",
        "Time zone": selection.zone,
        "Filters": filters or "none",
        "Coverage": covered,
        "Unpriced": f"{whole.unpriced} of {whole.counted} {'call' if whole.counted == 1 else 'calls'} with tokens",
        "Prices": f"as of each call; published ones from genai-prices, now {release()}",
    }
