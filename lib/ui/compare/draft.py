"""The lanes of a comparison that has not begun: they stand in the address (`?lane=<endpoint>/<model>&lane=…`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from lib import runtime
from lib.compare.lanes import FULL, MAX_LANES, MIN_LANES
from lib.errors import ConfigError
from lib.model_choice import ModelChoice, Parameters
from lib.ui.endpoints import session
from lib.ui.markdown import plain

DRAFT, ADD, SEEN = "compare_draft", "compare_add", "compare_address"


@dataclass(frozen=True)
class Draft:
    """The choices of the lanes to be, and what in the address could not be one."""

    choices: tuple[ModelChoice, ...]
    problem: ConfigError | None = None


def current() -> Draft:
    """Return the lanes that are being chosen: those of the address; without any, two that there are."""
    named = st.query_params.get_all("lane")
    if named != st.session_state.get(SEEN) or DRAFT not in st.session_state:
        st.session_state[DRAFT] = read(named) if named else Draft(tuple(offered()))
        st.session_state[SEEN] = named
    draft: Draft = st.session_state[DRAFT]
    return draft


def read(named: Sequence[str]) -> Draft:
    """Return the lanes that an address names, `<endpoint>/<model>` each, with what is wrong with it."""
    pairs = [name.partition("/") for name in named]
    known = [ModelChoice(endpoint, model) for endpoint, _, model in pairs if session.find(endpoint)]
    unknown = [plain(endpoint, 40) for endpoint, _, _ in pairs if not session.find(endpoint)]
    problem = None
    if unknown:
        said = f"There is no endpoint called {', '.join(unknown)}."
        problem = ConfigError(said, hint="Its lane was left out; the page Endpoints has those that there are.")
    elif len(known) > MAX_LANES:
        problem = ConfigError(f"The address has {len(known)} lanes. {FULL}", hint="The first of them are here.")
    return Draft(tuple(known[:MAX_LANES]), problem)


def offered() -> list[ModelChoice]:
    """Return two lanes to begin with: the first two models there are, or the only one twice."""
    first = [ModelChoice(endpoint, model) for endpoint, model in models()][:MIN_LANES]
    return first * MIN_LANES if len(first) == 1 else first


def models() -> list[tuple[str, str]]:
    """Return every model that is known, with its endpoint."""
    return [(each.name, model) for each in session.endpoints() for model in session.models(each).models]


def is_looking() -> bool:
    """Whether the models of an endpoint are still being looked up."""
    catalogue = runtime.current().catalogue
    return any(catalogue.models(each).state == "looking" for each in session.endpoints())


def is_unlisted(choice: ModelChoice) -> bool:
    """Whether an endpoint lists its models, but not that of a lane."""
    endpoint = session.find(choice.endpoint)
    if endpoint is None or choice.model in ("", endpoint.model):
        return False
    listing = runtime.current().catalogue.models(endpoint)
    return listing.state == "listed" and choice.model not in listing.models


def keep(choices: Iterable[ModelChoice]) -> None:
    """Keep these as the lanes to be, in the address too."""
    st.session_state[DRAFT] = draft = Draft(tuple(choices))
    names = [f"{each.endpoint}/{each.model}" for each in draft.choices]
    st.session_state[SEEN] = st.query_params["lane"] = names


def add() -> None:
    """Add the lane that was picked, or typed as `<endpoint>/<model>`."""
    picked, st.session_state[ADD] = st.session_state[ADD] or "", None
    if found := read([picked]).choices:
        keep((*current().choices, *found)[:MAX_LANES])
    elif picked:
        st.toast("Type it as endpoint/model, with an endpoint of the page Endpoints.")


def remove(number: int) -> None:
    """Take a lane out."""
    choices = list(current().choices)
    del choices[number]
    keep(choices)


def change(number: int, parameters: Parameters) -> None:
    """Give a lane other parameters."""
    choices = list(current().choices)
    choices[number] = replace(choices[number], parameters=parameters)
    keep(choices)
