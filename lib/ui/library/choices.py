"""What has a model, a system prompt and parameters, in the library."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import streamlit as st

from lib.chats import library, parley
from lib.errors import ChatError
from lib.model_choice import ModelChoice, Parameters
from lib.store import PRESET, Entry
from lib.ui import navigation
from lib.ui.chat import presets
from lib.ui.chat.view import address
from lib.ui.endpoints import session
from lib.ui.library.shelf import Shelf

SYSTEM, ENDPOINT, MODEL, OTHERS = "field-system", "field-endpoint", "field-model", "field-parameters"
EXAMPLE = '{"temperature": 0.2}'
KNOWN = frozenset(item.name for item in fields(Parameters))


class Choices(Shelf):
    """A section whose entries say who answers, and how."""

    use_label = "Start"

    def summary(self, entry: Entry) -> str:
        """Return the model, and how the system prompt begins."""
        choice = entry.choice
        parts = (choice.model or choice.endpoint, " ".join(choice.parameters.system[:400].split()), _set(choice))
        return " · ".join(filter(None, parts))

    def fill(self, entry: Entry) -> None:
        """Have the fields say what is chosen."""
        st.session_state[SYSTEM] = entry.choice.parameters.system
        st.session_state[ENDPOINT] = entry.choice.endpoint or None
        st.session_state[MODEL] = entry.choice.model
        st.session_state[OTHERS] = _others(entry.choice)

    def fields(self) -> None:
        """Draw the fields of what is chosen."""
        st.text_area("System prompt", key=SYSTEM, height=120)
        left, right = st.columns(2)
        kept = st.session_state.get(ENDPOINT)
        names = dict.fromkeys([*(each.name for each in session.endpoints()), *([kept] if kept else [])])
        left.selectbox("Endpoint", list(names), None, key=ENDPOINT, placeholder="Whichever answers")
        right.text_input("Model", key=MODEL, placeholder="Its own")
        st.text_area("Parameters as JSON", key=OTHERS, height=72, placeholder=EXAMPLE)

    def read(self, entry: Entry, name: str) -> Entry:
        """Return it with what the fields say. Raises ChatError."""
        chosen = replace(_parameters(st.session_state[OTHERS]), system=st.session_state[SYSTEM].strip())
        choice = ModelChoice(st.session_state[ENDPOINT] or "", st.session_state[MODEL].strip(), chosen)
        return replace(entry, name=name, choice=choice)


def _others(choice: ModelChoice) -> str:
    """Return the parameters but for the system prompt, as JSON; "" where none is set."""
    return replace(choice.parameters, system="").dump()


def _set(choice: ModelChoice) -> str:
    """Return the parameters but for the system prompt, in words."""
    values = json.loads(_others(choice) or "{}")
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())


def _parameters(typed: str) -> Parameters:
    """Return what the field of parameters says. Raises ChatError for what it does not."""
    values = library.parsed(typed) if typed.strip() else {}
    if not isinstance(values, dict):
        raise ChatError("The parameters are no object.", hint=f"Type something like {EXAMPLE}.")
    found = parley.parameters(values)
    kept = json.loads(found.dump() or "{}")
    wrong = [name for name, value in values.items() if name not in KNOWN or (name not in kept and value)]
    if wrong:
        hint = f"Type something like {EXAMPLE}; what else an endpoint takes goes into “extra”."
        raise ChatError(f"“{wrong[0]}” is no parameter, or not of its kind.", hint=hint)
    return found


class Presets(Choices):
    """What chats begin with."""

    kind = PRESET
    title = "Presets"
    about = "A model, a system prompt and parameters to begin a chat with. The parameters menu of a chat saves one."

    def use(self, entry: Entry) -> None:
        """Begin a chat with it."""
        presets.start(entry)
        st.switch_page(navigation.chat(), query_params=address(entry))
