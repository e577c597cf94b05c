"""JSON schemas that answers are to fit: read with care, for anyone may write one, and answers held against them.

https://json-schema.org/draft/2020-12. Nothing is ever fetched; what takes too long is left.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lib.files import answers, patterns

MAX_CHARACTERS = 50_000  # characters of a schema
MAX_DEPTH = 40  # levels of one
MAX_SECONDS = 2.0  # for holding an answer against it
MAX_FAULTS = 50  # that are told
MAX_UNIQUE = 500  # items of a list that are compared with each other
MAX_WORDS = 200  # characters of why something does not fit
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
TYPES = {
    "null": "null",
    "boolean": "a boolean",
    "number": "a number",
    "integer": "an integer",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}
EXAMPLE = '{"type": "object", "properties": {"name": {"type": "string"}}}'
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """A place in an answer that does not fit, and why."""

    path: Path
    why: str


@dataclass(frozen=True)
class Checked:
    """An answer as JSON, and where it does not fit. `problem` is why it is none, or could not be checked."""

    value: Any = None
    faults: tuple[Fault, ...] = ()
    problem: str = ""
    is_json: bool = True


class _TooLongError(Exception):
    """It takes too long."""


def read(text: str) -> dict[str, Any]:
    """Return the schema that a text is. Raises ValueError, with a sentence for the person, for what cannot be used."""
    if not text.strip():
        return {}
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"Not used: a schema has at most {MAX_CHARACTERS:,} characters.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Not used: this is not JSON ({str(error)[:MAX_WORDS]}).") from error
    if not isinstance(value, dict):
        raise ValueError(f"Not used: expected an object, for example {EXAMPLE}.")  # noqa: TRY004  # to a person it is the same mistake
    if why := refusal(value):
        raise ValueError(f"Not used: {why}")
    return value


def refusal(schema: Mapping[str, Any]) -> str:
    """Return in a sentence why a schema cannot be used, "" where it can."""
    if why := next(_doubts(schema), ""):
        return why
    from jsonschema import Draft202012Validator, SchemaError  # a fifth of a second, for who uses a schema

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"{_where(tuple(error.absolute_path))} is not what a schema has there: {error.message[:MAX_WORDS]}."
    return ""


def _doubts(value: object, depth: int = MAX_DEPTH) -> Iterator[str]:
    """Give what speaks against a schema, before the library sees it."""
    if not depth:
        yield f"it is more than {MAX_DEPTH} levels deep."
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _named(key, inner)
            yield from _doubts(inner, depth - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _doubts(item, depth - 1)


def _named(key: str, value: object) -> Iterator[str]:
    if key in REFERENCES and isinstance(value, str) and not value.startswith("#"):
        yield f"it refers to {value[:MAX_WORDS]}, and nothing is fetched; put that into the schema itself."
    searched = [value] if key == "pattern" else value if key == "patternProperties" else ()
    for pattern in searched if isinstance(searched, (list, Mapping)) else ():
        if isinstance(pattern, str) and (why := patterns.refusal(pattern)):
            yield f"the pattern {pattern[:60]} {why}."


def check(schema: Mapping[str, Any], answer: str, seconds: float = MAX_SECONDS) -> Checked:
    """Return an answer as JSON, and where it does not fit a schema, within about so many `seconds`."""
    value = _value(answer)
    if value is None:
        return Checked(problem="This answer is no JSON.", is_json=False)
    if why := refusal(schema):
        return Checked(value, problem=f"The schema of this answer is not used: {why}")
    try:
        return Checked(value, tuple(_faults(schema, value, time.monotonic() + seconds)))
    except _TooLongError:
        return Checked(value, problem="This takes too long to check against its schema.")
    except RecursionError:
        return Checked(value, problem="The schema refers to itself without end, or the answer is too deep to check.")
    except Exception as error:  # noqa: BLE001  # the library fails with whatever comes to hand
        return Checked(value, problem=f"This could not be checked against its schema ({type(error).__name__}).")


def _value(answer: str) -> Any:
    """Return the JSON that an answer is, or has in it."""
    try:
        return json.loads(answer[: answers.MAX_CHARACTERS])
    except (ValueError, RecursionError):
        return answers.value(answer)


def _faults(schema: Mapping[str, Any], value: object, end: float) -> Iterator[Fault]:
    from jsonschema import Draft202012Validator, validators  # as above
    from referencing import Registry

    rules = {**Draft202012Validator.VALIDATORS, "pattern": _pattern, "type": _type}
    rules = {name: partial(_timed, rule, end) for name, rule in rules.items()}
    made = validators.extend(Draft202012Validator, rules)  # type: ignore[no-untyped-call]  # it has no types for it
    validator = made(schema, registry=Registry())
    for number, error in enumerate(validator.iter_errors(value)):
        if number == MAX_FAULTS:
            return
        yield Fault(tuple(error.absolute_path), _short(error.message))


def _short(words: str) -> str:
    """Return why something does not fit: that begins with the thing itself, however long, and ends with the reason."""
    return words if len(words) <= MAX_WORDS else f"{words[:60]} … {words[60 - MAX_WORDS :]}"


def _timed(rule: Callable[..., Any], end: float, validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
    """Apply a rule, unless there is no time for it any more."""
    if time.monotonic() > end or _is_slow(schema, value):
        raise _TooLongError
    yield from rule(validator, wanted, value, schema) or ()


def _is_slow(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether one rule alone may take longer than there is: it cannot be ended."""
    if isinstance(value, list):
        return bool(schema.get("uniqueItems")) and len(value) > MAX_UNIQUE
    named = schema.get("patternProperties")
    if not isinstance(value, dict) or not named:
        return False
    longest = max(map(len, value), default=0)
    return sum(patterns.steps(pattern, longest) for pattern in named) * len(value) > patterns.MAX_STEPS


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError  # as above

    if not isinstance(value, str):
        return
    if patterns.steps(pattern, len(value)) > patterns.MAX_STEPS:
        yield ValidationError(f"is too long to look for {pattern} in it")
    elif not re.search(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _type(validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError  # as above

    types = [wanted] if isinstance(wanted, str) else wanted
    if not any(validator.is_type(value, each) for each in types):
        found = next(each for each in TYPES if validator.is_type(value, each))
        yield ValidationError(f"is {TYPES[found]}, not {' or '.join(TYPES[each] for each in types)}")


def _where(path: Path) -> str:
    return f"what stands at {'/'.join(map(str, path))}" if path else "it"
