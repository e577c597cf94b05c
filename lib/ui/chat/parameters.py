"""Request parameters of a conversation, in a menu beside the models: only what is set is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from lib.files import schema
from lib.model_choice import CHOSEN, CONTEXT, PLAIN, Parameters
from lib.ui.chat import answerer, presets
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.view import View
from lib.ui.markdown import plain
from lib.ui.menu import menu

KEY = "parameters"
MAX_STOPS = 4  # that endpoints take
NAMES = [item.name for item in fields(Parameters) if item.name not in CONTEXT]  # what is set here


@dataclass(frozen=True)
class Number:
    """A parameter that is a number. Ranges are those of https://platform.openai.com/docs/api-reference/chat/create."""

    name: str
    label: str
    least: float
    most: float | None
    step: float
    help: str

    def shown(self, value: float | None) -> float | None:
        """Return a value as the field can show it: what is imported may be out of its range, or of another kind."""
        if value is None:
            return None
        most = self.most if self.most is not None else 2**53 - 1
        return type(self.least)(min(max(value, self.least), most))


NUMBERS = (
    Number("temperature", "Temperature", 0.0, 2.0, 0.1, "0 gives nearly the same answer each time, 2 a wild one."),
    Number("top_p", "Top p", 0.0, 1.0, 0.05, "Leaves out the least likely words; change this or the temperature."),
    Number("max_tokens", "Max tokens", 1, None, 64, "Where the answer is cut off."),
    Number("seed", "Seed", -(2**53 - 1), None, 1, "The same seed gives the same answer, where the endpoint can."),
    Number("presence_penalty", "Presence penalty", -2.0, 2.0, 0.1, "Above 0, new topics come sooner."),
    Number("frequency_penalty", "Frequency penalty", -2.0, 2.0, 0.1, "Above 0, words are repeated less."),
)


def draw(view: View, who: Answerer | None) -> None:
    """Draw the menu, its form once it is open, and how many parameters are set."""
    with menu("Parameters", KEY, icon=":material/tune:") as is_open:
        if who and is_open:
            _Form(view, who).draw()
    # Not in the button's label: a menu whose label changes is another one to Streamlit, and closes.
    if number := _count(who.choice.parameters if who else PLAIN):
        st.caption(f"{number} set", width="content")


def _count(parameters: Parameters) -> int:
    return sum(getattr(parameters, name) != getattr(PLAIN, name) for name in NAMES)


class _Form:
    def __init__(self, view: View, who: Answerer) -> None:
        self._view = view
        self._who = who
        self._set = who.choice.parameters
        self._endpoint = who.endpoint

    def draw(self) -> None:
        st.text_area(
            "System prompt",
            self._set.system,
            height=80,
            placeholder=self._endpoint.system or "None",
            **self._field("system", str.strip),
        )
        left, right = st.columns(2)
        for place, number in zip((left, right) * 3, NUMBERS, strict=True):
            with place:
                self._number(number)
        self._effort()
        self._stops()
        self._switches()
        self._extra()
        st.button("Reset", type="tertiary", disabled=not _count(self._set), on_click=_reset, args=(self._view,))
        presets.draw_save(self._who, f"{self._view.conversation_id}")

    def _field(self, name: str, read: Callable[[Any], Any] = lambda value: value) -> dict[str, Any]:
        """Return what the widget of a parameter has besides its looks: a key of this conversation, and what it does."""
        key = f"parameter-{name}-{self._view.conversation_id}"
        return {"key": key, "on_change": _change, "args": (self._view, name, key, read)}

    def _number(self, number: Number) -> None:
        own = self._endpoint.params.get(number.name)
        st.number_input(
            number.label,
            min_value=number.least,
            max_value=number.most,
            value=number.shown(getattr(self._set, number.name)),
            step=number.step,
            placeholder="Auto" if own is None else str(own),
            help=number.help,
            **self._field(number.name),
        )

    def _effort(self) -> None:
        """Draw how much a model is to think, in the words of who answers; nothing where there is none for it."""
        known = list(self._endpoint.preset.efforts)
        if known:
            st.selectbox(
                "Reasoning effort",
                known,
                known.index(self._set.effort) if self._set.effort in known else None,
                placeholder="Auto",
                help="How long a model thinks before it answers, if it is one that does.",
                **self._field("effort", lambda word: word or ""),
            )

    def _stops(self) -> None:
        shown = list(dict.fromkeys(_escaped(text) for text in self._set.stop))[:MAX_STOPS]
        st.multiselect(
            "Stop at",
            shown,
            shown,
            max_selections=MAX_STOPS,
            accept_new_options=True,
            placeholder="Words that end the answer",
            help=r"Type a word and press Enter. \n is a line break.",
            **self._field("stop", _unescaped),
        )

    def _switches(self) -> None:
        st.toggle("Stream the answer", self._set.stream, **self._field("stream"))
        st.toggle("JSON mode", self._set.json_mode, help="The answer is a JSON object.", **self._field("json_mode"))
        self._box(
            "JSON schema", "schema", schema.read, '{"type": "object", "properties": {"name": {"type": "string"}}}'
        )
        if self._endpoint.preset.debug_query:
            tip = "The debug messages are among the details of an answer."
            st.toggle("Debug messages", self._set.debug, help=tip, **self._field("debug"))

    def _extra(self) -> None:
        self._box("Extra JSON", "extra", _json, '{"top_k": 40}')

    def _box(self, label: str, name: str, read: Callable[[Any], Any], example: str) -> None:
        """Draw a box of JSON, and why what was typed there is not used."""
        field, known = self._field(name, read), dict(getattr(self._set, name))
        text = json.dumps(known, ensure_ascii=False) if known else ""
        st.text_area(label, text, height=80, placeholder=example, **field)
        if problem := st.session_state.get(PROBLEM, {}).get(field["key"]):
            st.caption(f":red[{plain(problem)}]")


PROBLEM = "parameter-problems"  # by key of a widget: what was typed stays there


def _change(view: View, name: str, key: str, read: Callable[[Any], Any]) -> None:
    """Keep what was set; what cannot be read is said and not kept."""
    problems: dict[str, str] = st.session_state.setdefault(PROBLEM, {})
    problems.pop(key, None)
    try:
        _keep(view, {name: read(st.session_state[key])})
    except ValueError as error:
        problems[key] = str(error)


def _keep(view: View, values: Mapping[str, Any]) -> None:
    if who := answerer.find(view):
        answerer.choose(view, replace(who.choice, parameters=replace(who.choice.parameters, **values)))


def _reset(view: View) -> None:
    for key in [key for key in st.session_state if str(key).startswith("parameter-")]:
        del st.session_state[key]
    _keep(view, {name: getattr(PLAIN, name) for name in NAMES})


def _escaped(text: str) -> str:
    return text.replace("\n", "\\n").replace("\t", "\\t")


def _unescaped(texts: list[str]) -> tuple[str, ...]:
    return tuple(text.replace("\\n", "\n").replace("\\t", "\t") for text in texts)


def _json(text: str) -> dict[str, Any]:
    """Return what the box of extra JSON says. Raises ValueError with a sentence for the person."""
    try:
        value = json.loads(text or "{}", parse_constant=_refuse)
    except ValueError as error:
        raise ValueError(f"Not sent: this is not JSON ({error}).") from error
    if not isinstance(value, dict):
        raise ValueError('Not sent: expected an object, for example {"top_k": 40}.')  # noqa: TRY004  # to a person it is the same mistake
    if taken := [name for name in CHOSEN if name in value]:
        raise ValueError(f"Not sent: {taken[0]} is chosen on the page, not here.")
    return value


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")
