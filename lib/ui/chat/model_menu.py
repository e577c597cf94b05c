"""Which endpoint and model answer: a menu above the input box, models grouped by endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from lib import dates, runtime
from lib.config import Endpoint
from lib.endpoints.catalogue import Listing
from lib.model_choice import ModelChoice
from lib.store import Selection
from lib.ui import mine
from lib.ui.chat import answerer
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.clock import local
from lib.ui.endpoints import session
from lib.ui.markdown import plain
from lib.ui.menu import menu

KEY = "models"
LATELY = timedelta(minutes=15)
LATEST, CHECK = 20, "doctor"  # calls that are looked at; the purpose of a check's, some of which are to be refused
FEW = 8  # models that are offered as buttons; more are searched


def draw(view: View, who: Answerer | None) -> None:
    """Draw the menu; what is in it is drawn, and looked up, once it is open."""
    with menu(_label(who), KEY, disabled=who is None) as is_open:
        if who and is_open:
            _menu(view, who.choice)


def _label(who: Answerer | None) -> str:
    if who is None:
        return "No model"
    where = f" · {plain(who.endpoint.name, 20)}" if len(session.endpoints()) > 1 else ""
    return f"{plain(who.model or 'default model', 32)}{where}"


def _menu(view: View, choice: ModelChoice) -> None:
    listings = {each: session.models(each) for each in session.endpoints()}
    for each, listing in listings.items():
        _group(view, choice, each, listing)
    settle(each for each, listing in listings.items() if listing.state == "looking")


def sought(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return those of which it is not known yet what they offer: ask before drawing what is known of them."""
    known = runtime.current().catalogue.models
    return [each for each in endpoints if known(each).state == "looking"]


def settle(asked: Iterable[Endpoint]) -> None:
    """Have the page drawn anew when it is known what endpoints offer that were still asked as it was drawn.

    What is known by now may have become so in the meantime: then it is not on the page.
    """
    if waiting := tuple(asked):
        _await(waiting)


@st.fragment(run_every=0.5)
def _await(asked: tuple[Endpoint, ...]) -> None:
    """Draw the page anew when it is known what each endpoint offers."""
    if not sought(asked):
        st.rerun()


def _group(view: View, choice: ModelChoice, each: Endpoint, listing: Listing) -> None:
    st.caption(f"**{plain(each.name, 40)}**{_about(each, listing)}")
    own = choice.model if choice.endpoint == each.name else None
    if len(listing.models) > FEW:
        _search(view, each, listing, own)
    elif listing.models:
        for number, model in enumerate(listing.models):
            _button(view, each, model, number, is_mine=model == own)
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
    if failed := _failed_at(each):
        return f" · :red[the last call failed, {dates.time(local(failed))}]"
    checkup = runtime.current().catalogue.checkup(each)
    return "".join(f" · {badge}" for badge in checkup.badges) if checkup else ""


def _failed_at(each: Endpoint) -> datetime | None:
    """Return when the last call to an endpoint failed, None if it did not, or not lately."""
    now = datetime.now(UTC)
    lately = Selection((now - LATELY).date(), now.date(), "UTC").where(endpoint=(each.name,))
    calls = mine.usage().calls(lately, LATEST).calls
    last = next((call for call in calls if call.purpose != CHECK), None)
    return last.created_at if last and last.status == "failed" and now - last.created_at < LATELY else None


def _button(view: View, each: Endpoint, model: str, number: int, *, is_mine: bool) -> None:
    icon = ":material/check:" if is_mine else None
    key, args = f"pick-{each.name}-{number}", (view, each.name, model)
    st.button(plain(model, 60), key=key, type="tertiary", icon=icon, on_click=pick, args=args)


def _search(view: View, each: Endpoint, listing: Listing, own: str | None) -> None:
    key = f"search-{each.name}"
    st.selectbox(
        f"Models of {plain(each.name, 40)}",
        listing.models,
        index=listing.models.index(own) if own in listing.models else None,
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
    before = answerer.find(view)
    if before and (before.endpoint.name, before.model) != (name, model):
        answerer.choose(view, replace(before.choice, endpoint=name, model=model, session_id=None))
