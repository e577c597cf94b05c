"""What a person chose: what is sent of it, and that it survives being kept."""

from __future__ import annotations

import pytest

from lib.model_choice import PLAIN, Parameters

ALL = Parameters(
    system="Be brief.",
    temperature=0.0,
    top_p=0.5,
    max_tokens=10,
    stop=("END", "\n\n"),
    seed=7,
    presence_penalty=0.1,
    frequency_penalty=-0.1,
    effort="high",
    schema={"type": "object", "title": "A trip!"},
    json_mode=True,
    stream=False,
    debug=True,
    extra={"top_k": 4, "nested": {"a": [1]}},
    skip=2,
    skip_mark="0123456789abcdef",
    summary="In short.",
)


def test_only_what_is_set_is_sent() -> None:
    """Without a setting there is no request parameter."""
    assert PLAIN.request() == {}


def test_every_parameter_is_sent_by_its_name() -> None:
    """What is set goes into the request as the wire calls it; a temperature of 0 is set, too."""
    assert ALL.request() == {
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 10,
        "stop": ["END", "\n\n"],
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": -0.1,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "A_trip", "schema": {"type": "object", "title": "A trip!"}},
        },
        "top_k": 4,
        "nested": {"a": [1]},
    }


def test_json() -> None:
    """An object alone is asked for without a schema; one without a title has a name all the same."""
    assert Parameters(json_mode=True).request() == {"response_format": {"type": "json_object"}}
    assert Parameters(schema={"title": "?"}).request()["response_format"]["json_schema"]["name"] == "answer"


def test_extra_json_chooses_no_model() -> None:
    """Which model is asked, and what, is said elsewhere: who may ask which depends on it."""
    extra = {"model": "dear", "messages": [], "top_k": 1}
    assert Parameters(extra=extra).request() == {"top_k": 1}


def test_extra_json_goes_over_everything() -> None:
    """The box of extra JSON has the last word."""
    assert Parameters(temperature=0.3, extra={"temperature": None}).request() == {"temperature": None}


@pytest.mark.parametrize("parameters", [PLAIN, ALL, Parameters(stop=("x",))])
def test_parameters_survive_being_kept(parameters: Parameters) -> None:
    """What was dumped loads as what it was."""
    assert Parameters.load(parameters.dump()) == parameters


def test_nothing_set_is_nothing_kept() -> None:
    """Parameters that are all defaults take no room."""
    assert PLAIN.dump() == ""


def test_nothing_kept_is_nothing_set() -> None:
    """A conversation from before parameters were kept has none."""
    assert Parameters.load(None) == PLAIN


def test_unknown_parameter_is_left_out() -> None:
    """What a later version kept does not keep this one from loading the rest."""
    assert Parameters.load('{"seed": 3, "sparkle": true}') == Parameters(seed=3)
