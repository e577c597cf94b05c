"""What is left of the budgets that the next call counts in, told from 80 % on, before it is refused."""

from __future__ import annotations

import streamlit as st

from lib import dates, runtime
from lib.ui.chat.answerer import Answerer
from lib.ui.markdown import plain
from lib.ui.numbers import percent


def tell(who: Answerer | None) -> None:
    """Tell it of the one of which most is spent; nothing where enough is left, or there are none."""
    if who is None or not runtime.current().settings.budgets:
        return
    found = [each for each in runtime.current().spent(who.choice, who.who, who.project) if each.state != "fine"]
    if found:
        most = max(found, key=lambda each: (each.budget.stop, each.share))
        ends = " Calls are refused once it is spent." if most.budget.stop and most.share < 1 else ""
        said = f"{percent(most.share)} of {most.told[0].lower()}{most.told[1:]} is spent"
        st.caption(plain(f"{said}. It begins anew after {dates.day(most.last)}.{ends}", 300))
