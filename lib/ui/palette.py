"""Colours of what is told apart: the same name always has the same one.

Seven are Okabe and Ito's (https://jfly.uni-koeln.de/color/), made for eyes that mix up colours, the yellow darker so
that it is seen on white; their black, which is not seen in the dark, is a brown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B5A514", "#8C564B")
REST = "#9A9DA1"  # everything else, as one


def colours(known: Sequence[str]) -> dict[str, str]:
    """Return a colour for each name; `known` are in an order in which new ones come last."""
    return {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(known)}


def apart(names: Iterable[str], usual: Mapping[str, str]) -> dict[str, str]:
    """Return the usual colours of a few names; where two have the same, the second gets one that is left over."""
    found: dict[str, str] = {}
    for name in names:
        colour = usual.get(name, COLOURS[0])
        free = [each for each in COLOURS if each not in found.values()]
        found[name] = free[0] if colour in found.values() and free else colour
    return found
