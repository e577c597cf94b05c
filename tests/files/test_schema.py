"""Schemas that answers are to fit: which are used, and what of an answer does not fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.files.schema import MAX_FAULTS, Checked, Fault, check, read

TRIP = {
    "type": "object",
    "properties": {"stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}}},
    "required": ["stops"],
    "$defs": {"stop": {"type": "object", "properties": {"town": {"type": "string", "pattern": "^[A-Z]"}}}},
}


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"items": found}
    return found


def test_read() -> None:
    """A schema is read as it is; nothing typed is none."""
    assert read(json.dumps(TRIP)) == TRIP
    assert read(" ") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "at most"),
        ("[" * 40_000, "not JSON"),
        ("[1]", "expected an object"),
        (json.dumps({"$ref": "https://a.b/c.json"}), "nothing is fetched"),
        (json.dumps({"items": [{"$ref": "file:///etc/passwd"}]}), "nothing is fetched"),
        (json.dumps(deep(60)), "levels deep"),
        (json.dumps({"pattern": "(a+)+$"}), "pattern"),
        (json.dumps({"patternProperties": {"(a|a)*": {}}}), "pattern"),
        (json.dumps({"type": "strin"}), "what stands at type is not what a schema has there"),
        (json.dumps({"properties": 5}), "properties"),
        (json.dumps({"pattern": 5}), "pattern"),
        (json.dumps({"patternProperties": 5}), "patternProperties"),
    ],
)
def test_refused(text: str, why: str) -> None:
    """What cannot be used, or is hostile, is refused with a sentence."""
    with pytest.raises(ValueError, match="Not used") as raised:
        read(text)

    assert why in str(raised.value)


def test_check() -> None:
    """What does not fit is told with its place, be the JSON bare or in a block."""
    assert check(TRIP, '{"stops": [{"town": "Ulm"}]}') == Checked({"stops": [{"town": "Ulm"}]})
    found = check(TRIP, 'Here:\n```json\n{"stops": [{"town": "Ulm"}, {"town": "bonn"}, 5]}\n```')
    assert [fault.path for fault in found.faults] == [("stops", 1, "town"), ("stops", 2)]
    assert found.faults[1] == Fault(("stops", 2), "is a number, not an object")
    assert check(TRIP, "{}").faults == (Fault((), "'stops' is a required property"),)
    assert check({"pattern": "^a"}, "5") == Checked(5)
    assert len(check({"items": {"type": "string"}}, str(list(range(900)))).faults) == MAX_FAULTS


def test_types() -> None:
    """Of what is of another type, both are told in the words of JSON, and the thing itself is not repeated."""
    assert check({"type": "integer"}, "3.5").faults[0].why == "is a number, not an integer"
    assert check({"type": ["string", "null"]}, "true").faults[0].why == "is a boolean, not a string or null"
    assert check({"type": "number"}, json.dumps(["word"] * 500)).faults[0].why == "is an array, not a number"


def test_long_reason() -> None:
    """Of something long that does not fit, its beginning is told, and why."""
    why = check({"maxItems": 10}, json.dumps(["word"] * 500)).faults[0].why

    assert why.startswith("['word', 'word'")
    assert why.endswith("is too long")
    assert len(why) < 210


def test_no_json() -> None:
    """An answer that is no JSON is told from one that does not fit."""
    found = check(TRIP, "I cannot say.")

    assert (found.is_json, found.value, found.faults) == (False, None, ())


BRANCHING = {
    "$defs": {str(level): {"anyOf": [{"$ref": f"#/$defs/{level + 1}"}] * 2} for level in range(30)} | {"30": False},
    "$ref": "#/$defs/0",
}


@pytest.mark.parametrize(
    ("wanted", "answer", "why"),
    [
        ({"$ref": "#"}, "{}", "without end"),
        ({"$ref": "#/nowhere"}, "{}", "could not be checked"),
        ({"$ref": "https://a.b/c"}, "{}", "not used"),
        (BRANCHING, "{}", "too long"),
        ({"uniqueItems": True}, json.dumps([{"a": number} for number in range(600)]), "too long"),
        ({"patternProperties": {"a*b*c": {}}}, json.dumps({"a" * 3000: 1}), "too long"),
    ],
)
def test_hostile(wanted: dict[str, Any], answer: str, why: str) -> None:
    """A schema that never ends, or takes too long, is left, and the answer shows all the same."""
    found = check(wanted, answer, seconds=0.3)

    assert why in found.problem
    assert found.is_json
    assert found.faults == ()


def test_long_text() -> None:
    """A text that is too long to be searched is told at its place."""
    assert "too long" in check({"pattern": "a*b*c"}, json.dumps("a" * 3000)).faults[0].why


def test_small_lists() -> None:
    """Lists and names that are few are compared and searched."""
    assert check({"uniqueItems": True}, "[1, 1]").faults
    assert check({"patternProperties": {"^a": {"type": "string"}}}, '{"a": 1}').faults[0].path == ("a",)
