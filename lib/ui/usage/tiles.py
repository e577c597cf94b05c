"""What the selected calls come to, in six numbers, each with its change against the period before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from lib import dates
from lib.store import Figures, Selection
from lib.store.usage.figures import COST, TTFT_MEDIAN, TTFT_P95
from lib.ui.markdown import plain
from lib.ui.numbers import UNKNOWN, change, cost, count, many, money, percent, seconds
from lib.ui.usage import budgets as usage_budgets
from lib.usage.spending import Spending

MANY = 10  # times as many, from which on a percentage says little
NAMES = {"prompt_tokens": "Prompt tokens", "completion_tokens": "Completion tokens", "total_tokens": "Total tokens"}


class Tile(NamedTuple):
    """One number: what it is of, the number, its change."""

    label: str
    value: str
    delta: str | None


def sentence(now: Figures, before: Figures, selection: Selection, currency: str) -> str:
    """Return what it all comes to in a sentence, as markdown."""
    days = (selection.last - selection.first).days + 1
    when = f"In {count(days)} days" if days > 1 else f"On {dates.day(selection.first)}"
    calls = many(now.calls, "call")
    parts = [calls, *([] if now.total_tokens is None else [many(now.total_tokens, "token", about=mark(now))])]
    paid = now.cost(currency)
    parts += [] if paid is None else [plain(cost(paid, currency))]
    return f"{when}: {', '.join([*parts, *_more(now.total_tokens, before.total_tokens)])}."


def _more(now: int | None, before: int | None) -> list[str]:
    """Return by how much tokens are more than in the period before, if that can be said."""
    if now is None or not before:
        return []
    if now >= MANY * before:
        return [f"{now / before:.0f} times as many tokens as before"]
    if now == before:
        return ["as many tokens as before"]
    return [f"{percent(abs(now / before - 1))} {'fewer' if now < before else 'more'} tokens than before"]


def _budgets(months: Sequence[Spending]) -> str | None:
    return "\n\n".join(map(usage_budgets.sentence, months)) or None


def draw(now: Figures, before: Figures, selection: Selection, currency: str, months: Sequence[Spending] = ()) -> None:
    """Draw the six tiles, with budgets below the cost, and below them how sure they are."""
    with st.container(key="tiles"):
        for label, value, delta in tiles(now, before, currency):
            with st.container(gap=None):
                about = _budgets(months) if label.startswith("Cost") else None
                st.metric(label, value, delta, delta_color="off", delta_arrow="off", help=about)
                if label.startswith("Cost"):
                    usage_budgets.draw_fine(months)
    st.caption(" · ".join([*coverage_notes(now, currency), _before(selection, before)]))


def tiles(now: Figures, before: Figures, currency: str) -> list[Tile]:
    """Return the six tiles; "~" before counts of which a part is estimated."""
    about = mark(now)
    tokens = [_tokens(label, name, now, before, about) for name, label in NAMES.items()]
    spent = (now.value(COST, currency), before.value(COST, currency))
    return [
        Tile("Calls", count(now.calls), change(now.calls, before.calls)),
        *tokens,
        Tile(f"Cost, {currency}", money(now.cost(currency)), change(*spent)),
        Tile("First token, median – 95 %", _ttft(now), change(now.value(TTFT_MEDIAN), before.value(TTFT_MEDIAN))),
    ]


def mark(figures: Figures) -> str:
    """Return what stands before counts of tokens: "~" where some are estimated."""
    return "~" if figures.coverage is not None and figures.coverage < 1 else ""


def coverage_notes(figures: Figures, currency: str) -> list[str]:
    """Return how sure figures are: what is estimated, without a price, without counts, in another currency."""
    missing, unpriced = figures.calls - figures.counted, figures.unpriced
    others = [f"{money(figures.cost(other))} {other}" for other, _ in figures.costs if other != currency]
    return [
        _coverage(figures),
        *([f"{many(unpriced, 'call')} unpriced"] if unpriced else []),
        *([f"{many(missing, 'call')} without counts"] if missing else []),
        *(f"besides {other}" for other in others),
    ]


def _coverage(figures: Figures) -> str:
    if figures.coverage is None:
        return "no tokens known"
    rest = ", the rest estimated (~)" if mark(figures) else ""
    return f"{percent(figures.coverage)} of the tokens reported{rest}"


def _tokens(label: str, name: str, now: Figures, before: Figures, about: str) -> Tile:
    new, old = getattr(now, name), getattr(before, name)
    return Tile(label, count(new, about), change(new, old))


def _ttft(figures: Figures) -> str:
    median, most = figures.value(TTFT_MEDIAN), figures.value(TTFT_P95)
    return UNKNOWN if median is None else f"{seconds(median).removesuffix(' s')} – {seconds(most)}"


def _before(selection: Selection, before: Figures) -> str:
    earlier = selection.previous_period
    if not before.calls:
        return f"no calls in the period before, from {dates.day(earlier.first)}"
    return f"changes against {span(earlier)}"


def span(selection: Selection) -> str:
    """Return the days in words."""
    if selection.first == selection.last:
        return dates.day(selection.first)
    return f"{dates.day(selection.first)} to {dates.day(selection.last)}"
