"""How often the true order of eight models lies inside the intervals of 1,000 votes, and how long a ranking takes."""

from __future__ import annotations

import time

from tests.compare.test_ranking import coverage

SEEDS = 100


def test_true_order() -> None:
    """The true order is inside the intervals for at least 90 of 100 seeds."""
    begun = time.perf_counter()
    found = [coverage(seed) for seed in range(SEEDS)]
    took = (time.perf_counter() - begun) / SEEDS
    order, inside = sum(order for order, _ in found), sum(inside for _, inside in found) / (8 * SEEDS)
    print(f"\norder inside: {order} of {SEEDS}; strengths inside: {inside:.1%}; {took * 1000:.0f} ms a ranking")

    assert order >= 0.9 * SEEDS
