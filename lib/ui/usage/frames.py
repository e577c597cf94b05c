"""Tables as pandas has them: numbers stay numbers, so that they sort, and show as everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from lib.ui.numbers import UNKNOWN

Format = Callable[[Any], str]


def frame(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Return rows as a frame; counts stay whole numbers where some are unknown."""
    found = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    for name in columns:
        if any(type(value) is int for value in found[name]):
            found[name] = found[name].astype("Int64")
        elif any(isinstance(value, float) for value in found[name]) or found[name].isna().all():
            found[name] = found[name].astype("Float64")
    return found


def styled(found: pd.DataFrame, formats: Mapping[str, Format], about: Mapping[str, Sequence[int]]) -> Styler:
    """Return a frame as it is shown; `about` has, for some columns, the rows whose numbers are not certain."""
    style = found.style.format(dict(formats), na_rep=UNKNOWN)
    for name, rows in about.items():
        style = style.format(_about(formats[name]), subset=(list(rows), [name]), na_rep=UNKNOWN)
    return style


def _about(form: Format) -> Format:
    return lambda value: f"~{form(value)}"
