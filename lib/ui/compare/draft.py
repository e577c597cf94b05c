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

DRAFT, ADD, SEEN, NAMED = "compare_draft", "compare_add", "compare_address", "compare_named"


@dataclass(frozen=True)
class Draft:
    """The choices of the lanes to be, and what in the address could not be one.

    `names` tells the lanes apart on this page, whatever place they come to: no other has ever had one of them.
    """

    choices: tuple[ModelChoice, ...]
    problem: ConfigError | None = None
    names: tuple[int, ...] = ()

    def place(self, name: int) -> int | None:
        """Return where the lane of a name stands; None for one that is not there any more."""
        return self.names.index(name) if name in self.names else None


def current() -> Draft:
    """Return the lanes that are being chosen: those of the address; without any, two that there are."""
    named = st.query_params.get_all("lane")
    if named != st.session_state.get(SEEN) or DRAFT not in st.session_state:
        found, before = read(named) if named else Draft(tuple(offered())), st.session_state.get(DRAFT, Draft(()))
        is_same = found.choices == before.choices
        st.session_state[DRAFT] = replace(found, names=before.names if is_same else _names(len(found.choices)))
        st.session_state[SEEN] = named
    draft: Draft = st.session_state[DRAFT]
    return draft


def _names(count: int) -> tuple[int, ...]:
    """Return so many names that no lane has had."""
    first: int = st.session_state.get(NAMED, 1)
    st.session_state[NAMED] = first + count
    return tuple(range(first, first + count))


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


def _keep(choices: Iterable[ModelChoice], names: Iterable[int]) -> None:
    """Keep these as the lanes to be, in the address too."""
    st.session_state[DRAFT] = draft = Draft(tuple(choices), names=tuple(names))
    named = [f"{each.endpoint}/{each.model}" for each in draft.choices]
    st.session_state[SEEN] = st.query_params["lane"] = named


def add() -> None:
    """Add the lane that was picked, or typed as `<endpoint>/<model>`."""
    picked, st.session_state[ADD] = st.session_state[ADD] or "", None
    found, draft = read([picked]).choices, current()
    if found and len(draft.choices) < MAX_LANES:
        _keep((*draft.choices, *found), (*draft.names, *_names(1)))
    elif picked and not found:
        st.toast("Type it as endpoint/model, with an endpoint of the page Endpoints.")


def remove(name: int) -> None:
    """Take a lane out."""
    draft = current()
    left = [(choice, other) for choice, other in zip(draft.choices, draft.names, strict=True) if other != name]
    _keep((choice for choice, _ in left), (other for _, other in left))


def change(name: int, parameters: Parameters) -> None:
    """Give a lane other parameters, if it is still there."""
    draft, choices = current(), [*current().choices]
    if (at := draft.place(name)) is not None:
        choices[at] = replace(choices[at], parameters=parameters)
        _keep(choices, draft.names)
