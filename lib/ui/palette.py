"""Colours of what is told apart: the same name always has the same one.

Teal and four related tints, and a grey for everything else. They are seen on white and in the dark, and eyes that mix
up colours tell them apart by how light they are: at least 7 apart in CIELAB, whichever cones are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

COLOURS = ("#0F766E", "#79CBB8", "#3B6FA3", "#8DB4E2", "#87963A")
REST = "#8A8D92"  # everything else, as one


def colours(known: Sequence[str]) -> dict[str, str]:
    """Return a colour for each name; `known` are in an order in which new ones come last."""
    return {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(known)}


def apart(names: Iterable[str], usual: Mapping[str, str]) -> dict[str, str]:
    """Return the usual colours of a few names; where two have the same, the second gets one that is left over.

    The sixth has the grey.
    """
    found: dict[str, str] = {}
    for name in names:
        colour = usual.get(name, COLOURS[0])
        free = [each for each in (*COLOURS, REST) if each not in found.values()]
        found[name] = free[0] if colour in found.values() and free else colour
    return found
