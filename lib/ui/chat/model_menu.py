"""Which endpoint and model answer: a menu above the input box, models grouped by endpoint."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from lib import runtime
from lib.config import Endpoint
from lib.endpoints.catalogue import Listing
from lib.model_choice import PLAIN, ModelChoice
from lib.ui.chat.view import CHOICE, View
from lib.ui.endpoints import session
from lib.ui.markdown import plain

KEY = "models"
FEW = 8  # models that are offered as buttons; more are searched


def draw(view: View) -> None:
    """Draw the menu; what is in it is drawn, and looked up, once it is open."""
    choice = current(view)
    with st.popover(_label(choice), key=KEY, type="tertiary", on_change="rerun", disabled=choice is None) as menu:
        if choice and menu.open:
            _menu(view, choice)


def endpoint(view: View) -> Endpoint | None:
    """Return the endpoint that answers the next prompt: the chosen one, else the first there is."""
    wanted = session.find(view.choice.endpoint) if view.choice else None
    return wanted or next(iter(session.endpoints()), None)


def current(view: View) -> ModelChoice | None:
    """Return what answers the next prompt, None while there is nothing that does."""
    found, choice = endpoint(view), view.choice
    if found is None or (choice and choice.endpoint == found.name):
        return choice if found else None
    return ModelChoice(found.name, _first_model(found), choice.parameters if choice else PLAIN)


def choose(view: View, choice: ModelChoice) -> None:
    """Have `choice` answer from now on: kept with the conversation, and the first choice of the next new one."""
    view.choice = choice
    st.session_state[CHOICE] = replace(choice, parameters=PLAIN, session_id=None)
    if view.conversation_id:
        runtime.current().store.choose(view.conversation_id, choice)


def _first_model(found: Endpoint) -> str:
    return found.model or next(iter(runtime.current().catalogue.models(found).models), "")


def _label(choice: ModelChoice | None) -> str:
    if choice is None:
        return "No model"
    where = f" · {plain(choice.endpoint, 20)}" if len(session.endpoints()) > 1 else ""
    return f"{plain(choice.model or 'default model', 32)}{where}"


def _menu(view: View, choice: ModelChoice) -> None:
    listings = {each: runtime.current().catalogue.models(each) for each in session.endpoints()}
    for each, listing in listings.items():
        _group(view, choice, each, listing)
    if any(listing.state == "looking" for listing in listings.values()):
        _await(tuple(listings))


@st.fragment(run_every=0.5)
def _await(asked: tuple[Endpoint, ...]) -> None:
    """Draw the page anew when it is known what each endpoint offers."""
    if all(runtime.current().catalogue.models(each).state != "looking" for each in asked):
        st.rerun()


def _group(view: View, choice: ModelChoice, each: Endpoint, listing: Listing) -> None:
    st.caption(f"**{plain(each.name, 40)}**{_about(each, listing)}")
    mine = choice.model if choice.endpoint == each.name else None
    if len(listing.models) > FEW:
        _search(view, each, listing, mine)
    elif listing.models:
        for number, model in enumerate(listing.models):
            _button(view, each, model, number, is_mine=model == mine)
    elif listing.state != "looking":
        _type(view, each)


def _type(view: View, each: Endpoint) -> None:
    key, hint = f"type-{each.name}", "Name of a model"
    st.text_input(
        hint,
        key=key,
        placeholder=hint,
        label_visibility="collapsed",
        on_change=_pick_from,
        args=(view, each.name, key),
    )


def _about(each: Endpoint, listing: Listing) -> str:
    """Return what is known of an endpoint beside its name: that it is looked up, what is wrong, what it can do."""
    if listing.state == "looking":
        return " · looking for its models …"
    if listing.error and listing.state != "configured":
        return f" · {plain(str(listing.error), 90)}"
    checkup = runtime.current().catalogue.checkup(each)
    return "".join(f" · {badge}" for badge in checkup.badges) if checkup else ""


def _button(view: View, each: Endpoint, model: str, number: int, *, is_mine: bool) -> None:
    icon = ":material/check:" if is_mine else None
    key, args = f"pick-{each.name}-{number}", (view, each.name, model)
    st.button(plain(model, 60), key=key, type="tertiary", icon=icon, on_click=pick, args=args)


def _search(view: View, each: Endpoint, listing: Listing, mine: str | None) -> None:
    key = f"search-{each.name}"
    st.selectbox(
        f"Models of {plain(each.name, 40)}",
        listing.models,
        index=listing.models.index(mine) if mine in listing.models else None,
        key=key,
        placeholder=f"Search {len(listing.models)} models",
        label_visibility="collapsed",
        accept_new_options=True,
        on_change=_pick_from,
        args=(view, each.name, key),
    )


def _pick_from(view: View, name: str, key: str) -> None:
    if model := (st.session_state[key] or "").strip():
        pick(view, name, model)


def pick(view: View, name: str, model: str) -> None:
    """Have a model answer; a session belongs to the one it was opened for."""
    st.session_state[KEY] = False
    before = current(view)
    if before and (before.endpoint, before.model) != (name, model):
        choose(view, replace(before, endpoint=name, model=model, session_id=None))
