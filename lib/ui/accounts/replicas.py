"""Who serves: the processes on this database, since when, what each is doing, and what is wrong between them."""

from __future__ import annotations

import streamlit as st

from lib import dates, runtime
from lib.store import Replica
from lib.store.history import HISTORY
from lib.ui import clock
from lib.ui.markdown import plain
from lib.ui.numbers import count, many

SHOWN = 50  # replicas


def draw() -> None:
    """Draw them, with what is wrong first."""
    parley = runtime.current()
    replicas = parley.store.upkeep.replicas()
    alive = [each for each in replicas if each.is_alive]
    if said := runtime.warning(replicas):
        st.warning(said)
    answers = many(sum(each.answers for each in alive), "answer is", "answers are")
    st.caption(f"{many(len(alive), 'replica')} on one database; {answers} being written.")
    for each in sorted(replicas, key=lambda each: not each.is_alive)[:SHOWN]:
        name = plain(f"{each.host} · {each.pid}", 80)
        here = " (this one)" if each.name == parley.store.lease.name else ""
        st.markdown(f"**{name}**{here}  \n:small[{plain(' · '.join(_about(each)), 300)}]")
    if len(replicas) > SHOWN:
        st.caption(f"The first {count(SHOWN)} are shown.")


def _about(each: Replica) -> list[str]:
    since = f"since {dates.moment(clock.local(each.started_at))}"
    return [state(each), since, _version(each), many(each.answers, "answer")]


def state(each: Replica) -> str:
    """Return how it is, in a few words."""
    if not each.is_alive:
        return f"not heard of since {dates.moment(clock.local(each.seen_at))}"
    if each.draining_at:
        return f"draining since {dates.time(clock.local(each.draining_at), exact=True)}"
    return "serves"


def _version(each: Replica) -> str:
    if each.version is None:
        return "an older Parley"
    schema = "" if each.version == HISTORY.head else f", schema {each.version}"
    return f"build {each.build or 'unknown'}{schema}"
