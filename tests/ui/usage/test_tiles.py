"""The six numbers, and how sure they are."""

from __future__ import annotations

from datetime import date

import pytest

from lib.store import Figures, Selection
from lib.ui.usage.tiles import coverage_notes, sentence, span, tiles

SOME = Figures(
    calls=3,
    prompt_tokens=2000,
    completion_tokens=100,
    total_tokens=2100,
    counted=2,
    priced=1,
    reported_tokens=1050,
    costs=(("EUR", 5 * 10**8), ("USD", 1_234_500_000_000)),
)
THIN = "\u2009"


def test_unknown() -> None:
    """Without calls every number but theirs is unknown, and no cost is zero."""
    assert [tile.value for tile in tiles(Figures(), Figures(), "USD")] == ["0", "–", "–", "–", "–", "–"]


def test_values() -> None:
    """Counts of which a part is estimated say so."""
    values = [tile.value for tile in tiles(SOME, Figures(), "USD")]

    assert values == ["3", f"~2{THIN}000", "~100", f"~2{THIN}100", f"1{THIN}234.50", "–"]


def test_change() -> None:
    """Each number has its change against the period before, where there is one."""
    before = Figures(calls=2, prompt_tokens=4000)
    found = [tile.delta for tile in tiles(SOME, before, "USD")]

    assert found == [f"+50{THIN}%", f"-50{THIN}%", None, None, None, None]


def test_coverage_notes() -> None:
    """What is estimated, unpriced, without counts or in another currency is told."""
    assert coverage_notes(SOME, "USD") == [
        f"50{THIN}% of the tokens reported, the rest estimated (~)",
        "1 call unpriced",
        "1 call without counts",
        "besides 0.5000 EUR",
    ]


def test_coverage_of_nothing() -> None:
    """Where no token is known, no coverage is."""
    assert coverage_notes(Figures(), "USD") == ["no tokens known"]


def test_span() -> None:
    """One day is one day."""
    day, other = date(2026, 5, 1), date(2026, 5, 31)

    assert span(Selection(day, day)) == "1 May 2026"
    assert span(Selection(day, other)) == "1 May 2026 to 31 May 2026"


@pytest.mark.parametrize(
    ("before", "end"),
    [
        (None, ""),
        (2100, ", as many tokens as before"),
        (1000, f", 110{THIN}% more tokens than before"),
        (4200, f", 50{THIN}% fewer tokens than before"),
        (100, ", 21 times as many tokens as before"),
    ],
)
def test_sentence(before: int | None, end: str) -> None:
    """What it all comes to is a sentence, with how that is against the days before where there were tokens."""
    thirty = Selection(date(2026, 5, 1), date(2026, 5, 30))
    told = sentence(SOME, Figures(total_tokens=before), thirty, "USD")

    assert told == f"In 30 days: 3 calls, ~2{THIN}100 tokens, \\$1{THIN}234.50{end}."


def test_sentence_of_little() -> None:
    """A day is named, one call is one, and what is not known is not told."""
    day = date(2026, 5, 1)

    assert sentence(Figures(calls=1), SOME, Selection(day, day), "USD") == "On 1 May 2026: 1 call."
