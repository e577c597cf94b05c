"""A warning before pictures go to a model that cannot see: models that can, and what this machine does without one."""

from __future__ import annotations

import streamlit as st

from lib import runtime
from lib.config import Endpoint
from lib.endpoints import vision
from lib.errors import ImageError
from lib.ui import navigation
from lib.ui.chat import model_menu
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.endpoints import session
from lib.ui.markdown import plain

FEW = 4  # models that are proposed


def draw(view: View, who: Answerer | None) -> None:
    """Draw the warning, if the model is known not to see."""
    why = who.blindness if who else ""
    if who is None or not why:
        return
    with st.container(key="blind"):
        said = f"{plain(who.model or 'This model')} cannot see pictures. {plain(why)}"
        st.warning(said, icon=":material/visibility_off:")
        _propose(view, [found for found in _seeing() if found != (who.endpoint, who.model)][:FEW])
        if runtime.current().ocr:
            _alone(view)


def refuse(who: Answerer) -> None:
    """Raise ImageError if pictures are to go to a model that is known not to see them."""
    if why := who.blindness:
        hint = "Choose a model that sees, then send it again."
        raise ImageError(f"{who.model or 'This model'} cannot see pictures. {why}", hint=hint)


def _alone(view: View) -> None:
    """Say that the text in pictures can be read without a model."""
    if view.purpose == "chat":
        label = "Read the text in a picture on this machine, without a model"
        st.page_link(navigation.image_analysis(), label=label, icon=":material/document_scanner:", query_params={})
    else:
        st.caption("The text in a picture can be read on this machine, without a model.")


def _seeing() -> list[tuple[Endpoint, str]]:
    return [(each, model) for each in session.endpoints() for model in vision.seeing(session.models(each).models)]


def _propose(view: View, found: list[tuple[Endpoint, str]]) -> None:
    if not found:
        st.caption("Choose a model that takes pictures below, or add an endpoint that has one.")
        st.page_link(navigation.endpoints(), label="Add an endpoint", icon=":material/add:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("These can:", width="content")
        for number, (endpoint, model) in enumerate(found):
            args = (view, endpoint.name, model)
            st.button(plain(model, 40), key=f"seeing-{number}", on_click=model_menu.pick, args=args)
