"""What the usage page is asked: days and filters. All of it is in the URL, so that a view can be kept and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from lib import dates
from lib.store import Selection
from lib.ui import clock
from lib.ui.markdown import plain

# The keys of the widgets are the names in the URL.
RANGE, DAYS = "range", "days"
# Options are in the URL as they are shown.
RANGES = {"Today": 1, "7 days": 7, "30 days": 30, "90 days": 90, "Month": None, "Custom": None}
USUAL = "30 days"
FILTERS = ("endpoint", "model", "purpose", "status", "owner")
UTC = "UTC"


def draw(choices: Mapping[str, Sequence[str]], zone: str) -> Selection:
    """Draw the range of days and the filters; return which calls they mean, by days of a time zone."""
    chosen = st.segmented_control(
        "Days",
        list(RANGES),
        default=USUAL,
        required=True,
        key=RANGE,
        bind="query-params",
        label_visibility="collapsed",
    )
    first, last = days(chosen or USUAL, _custom() if chosen == "Custom" else (), today(zone))
    return Selection(first, last, zone).where(**_filters(choices))


def zone() -> str:
    """Return the name of the viewer's time zone, UTC if the browser names none that is known."""
    return getattr(clock.zone(), "key", UTC)


def today(zone: str) -> date:
    """Return the present day in a time zone."""
    return datetime.now(ZoneInfo(zone)).date()


def days(name: str, custom: Sequence[date], today: date) -> tuple[date, date]:
    """Return the first and the last day of one of RANGES; `custom` has none, one or two."""
    if name == "Custom" and custom:
        return custom[0], custom[-1]
    if name == "Month":
        return today.replace(day=1), today
    return today - timedelta(days=(RANGES[name] or RANGES[USUAL] or 1) - 1), today


def set_filter(name: str, value: str) -> None:
    """Show only what has this value, from the next run on."""
    st.session_state[name] = [value]


def clear() -> None:
    """Take every filter away, from the next run on."""
    for name in FILTERS:
        st.session_state[name] = []


def words(selection: Selection) -> str:
    """Return the filters in words, as markdown."""
    return " · ".join(f"{name} **{plain(', '.join(values), 80)}**" for name, values in selection.filters.items())


def _custom() -> tuple[date, ...]:
    # Without days to begin with: Streamlit leaves out of the URL what is as at the beginning.
    none: Any = ()
    about: dict[str, Any] = {"bind": "query-params", "label_visibility": "collapsed"}
    value = st.date_input("From, to", none, key=DAYS, format=dates.FIELD, **about)
    return tuple(value) if isinstance(value, tuple) else ()


def _filters(choices: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    active = sum(bool(st.session_state.get(name) or st.query_params.get_all(name)) for name in FILTERS)
    label = f"Filters · {active}" if active else "Filters"
    with st.popover(label, icon=":material/filter_list:"):
        found = {name: _filter(name, choices.get(name, ())) for name in FILTERS}
        st.button("Clear", key="clear-filters", on_click=clear, disabled=not active, type="tertiary")
    return found


def _filter(name: str, options: Sequence[str]) -> tuple[str, ...]:
    # Values that there are not are taken as well: else a link to a model that has no calls here would show all models.
    chosen = st.multiselect(
        name.capitalize(),
        options,
        format_func=lambda value: value or "–",
        key=name,
        bind="query-params",
        accept_new_options=True,
        placeholder="All",
    )
    return tuple(chosen)
