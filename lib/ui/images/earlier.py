"""The batches there were: what was asked, when, about how many pictures, and what it cost; each a click away."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from lib import dates
from lib.generations import batches
from lib.pricing.prices import BILLION
from lib.store import Collection
from lib.ui import clock, mine, navigation, problems
from lib.ui.images import tray
from lib.ui.markdown import plain
from lib.ui.numbers import count, money

SHOWN = 8


def draw() -> None:
    """Draw the latest batches, or nothing where there is none."""
    with problems.shown():
        found = mine.chats().collections(batches.PURPOSE, SHOWN)
        if not found:
            return
        with st.container(key="earlier", gap=None):
            st.caption("Earlier batches")
            for each in found:
                _row(each)


def _row(each: Collection) -> None:
    label, where = plain(each.conversation.title, 80), navigation.address(each.conversation)
    with st.container(key=f"earlier-{each.conversation.id}", gap=None):
        st.page_link(navigation.image_analysis(), label=label, query_params=where, width="stretch")
        st.caption(facts(each))


def facts(each: Collection) -> str:
    """Return when it was, how many pictures were asked about, how many have an answer, and what that cost."""
    when = dates.moment(clock.local(each.conversation.created_at))
    costs = [f"{money(Decimal(cost) / BILLION)} {plain(currency)}" for currency, cost in each.costs]
    return " · ".join([when, tray.number_of(each.parts), f"{count(each.answered)} answered", *costs])
