"""An answer that was to fit a JSON schema: as a table or a tree, with what does not fit marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from lib.files import schema
from lib.files.schema import Checked, Path
from lib.model_choice import Parameters
from lib.store import StoredMessage
from lib.ui.markdown import plain
from lib.ui.numbers import count, many

KEPT = "checked"  # what answers were found to be, by their ids: a page is drawn again and again
MAX_KEPT = 50
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 200, 12, 120  # of a table; characters of a value
MAX_LINES, MAX_LEVELS = 300, 8  # of a tree
FEW = 10  # faults that are told one by one


def is_wanted(message: StoredMessage) -> bool:
    """Return whether a message is an answer that was asked for with a schema, has ended, and has words."""
    return bool(message.text) and bool(_wanted(message))


def draw(message: StoredMessage) -> bool:
    """Draw an answer that was asked for with a schema and has ended; return whether it is one, and is JSON."""
    wanted = _wanted(message)
    if not wanted or not message.text:
        return False
    found = _checked(message, wanted)
    with st.container(key=f"structure-{message.id}", gap="small"):
        if found.is_json:
            marks = {fault.path for fault in found.faults}
            st.markdown("\n".join(_table(found.value, marks) or _tree(found.value, marks)))
        _verdict(found)
    return found.is_json


def _wanted(message: StoredMessage) -> Mapping[str, Any] | None:
    if message.role != "assistant" or message.state == "streaming" or '"schema"' not in (message.params or ""):
        return None
    return Parameters.load(message.params).schema


def _checked(message: StoredMessage, wanted: Mapping[str, Any]) -> Checked:
    known: dict[int, Checked] = st.session_state.setdefault(KEPT, {})
    if message.id not in known:
        while len(known) >= MAX_KEPT:
            del known[next(iter(known))]
        known[message.id] = schema.check(wanted, message.text)
    return known[message.id]


def _verdict(found: Checked) -> None:
    """Say whether it fits, and where it does not."""
    if found.problem:
        st.markdown(f":small[:red[{plain(found.problem)}]]")
        return
    if not found.faults:
        st.markdown(":small[:gray[Fits its schema.]]")
        return
    verb = "place does" if len(found.faults) == 1 else "places do"
    lines = [f":small[:red[{count(len(found.faults))} {verb} not fit the schema]]", ""]
    lines += [f"- :small[**{_where(fault.path)}** {plain(fault.why)}]" for fault in found.faults[:FEW]]
    st.markdown("\n".join(lines))


def _where(path: Path) -> str:
    """Return a place in words: row 2, price."""
    parts = [f"row {step + 1}" if isinstance(step, int) else plain(step, 60) for step in path]
    return ", ".join(parts) or "The whole"


def _table(value: object, marks: set[Path]) -> list[str]:
    """Return a list of objects as a table in markdown; nothing for what is no such list, or has lists in it."""
    path: Path = ()
    if isinstance(value, dict) and len(value) == 1:
        path = tuple(value)
        value = value[path[0]]
    rows = value if isinstance(value, list) and value and all(isinstance(row, dict) for row in value) else []
    if any(isinstance(cell, (dict, list)) for row in rows for cell in row.values()):
        return []
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns or len(columns) > MAX_COLUMNS:
        return []
    lines = [_cells(plain(name, 60) for name in columns), _cells(_side(rows, name) for name in columns)]
    for number, row in enumerate(rows[:MAX_ROWS]):
        at = (*path, number)
        lines.append(_cells(_cell(row, name, (*at, name) in marks or at in marks) for name in columns))
    more = [f"\n{many(len(rows) - MAX_ROWS, 'more row')} as it came"] if len(rows) > MAX_ROWS else []
    return lines + more


def _cells(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _side(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return how a column stands, as a rule of markdown: numbers one below the other."""
    values = [row[name] for row in rows if name in row]
    are_numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    return "--:" if are_numbers else "---"


def _cell(row: Mapping[str, Any], name: str, is_wrong: bool) -> str:
    shown = _value(row[name]) if name in row else "–"
    return f":red[{shown}]" if is_wrong else shown


def _tree(value: object, marks: set[Path]) -> list[str]:
    """Return a value as a list in markdown, with lists in it."""
    lines = list(_branches(value, marks, ()))
    more = len(lines) - MAX_LINES
    return [*lines[:MAX_LINES], *([f"\n{many(more, 'more line')} as it came"] if more > 0 else [])]


def _branches(value: object, marks: set[Path], path: Path) -> Iterator[str]:
    """Give the lines of what is in a value, or of one that has nothing in it."""
    named = isinstance(value, dict)
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    if not inner or len(path) == MAX_LEVELS:
        yield f"{'  ' * len(path)}- {_marked(_value(value), path in marks)}"
        return
    for key, item in inner[:MAX_LINES]:
        at = (*path, key)
        name = f"**{plain(str(key), 60) or '–'}**" if named else f":gray[{key + 1}]"
        is_leaf = not isinstance(item, (dict, list)) or not item
        shown = f"{name} {_value(item)}" if is_leaf else name
        yield f"{'  ' * len(path)}- {_marked(shown, at in marks)}"
        if not is_leaf:
            yield from _branches(item, marks, at)


def _marked(shown: str, is_wrong: bool) -> str:
    return f":red[{shown}]" if is_wrong else shown


def _value(value: object) -> str:
    """Return a value as it stands in a cell or behind its name."""
    text = value if isinstance(value, str) else _dumped(value)
    return plain(text, MAX_CELL) or '""'


def _dumped(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "…"
