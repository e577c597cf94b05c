"""What an answer holds for other programs: its table as CSV, its JSON as JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence

from lib.files.tables import Table, to_csv, written

# Possessive: no sign of the opening line is looked at twice.
FENCE = re.compile(
    r"^ {0,3}+(`{3,}+|~{3,}+)[ \t]*+([\w+-]*+)[^\n]*+\n(.*?)(?:^ {0,3}\1[`~]*+[ \t]*+$|\Z)",
    re.DOTALL | re.MULTILINE,
)
RULE = frozenset("|-: \t")  # what the line below a table's head is made of
BAR = re.compile(r"(?<!\\)\|")
BREAK = re.compile(r" ?<br ?/?> ?", re.IGNORECASE)  # a line end in a cell of markdown
BOLD = re.compile(r"(?<![\\\w*_])(\*\*|__)(?=\S)([^*_\n]{1,1000})(?<=\S)\1(?![\w*_])")
ITEM = re.compile(r"^( {0,20})[-*+] (?=\S)", re.MULTILINE)
MAX_CHARACTERS = 1_000_000  # characters of an answer that are looked at
MAX_INDENTED = 64  # levels of a document; indenting deeper ones would make gigabytes of a megabyte


def table(answer: str) -> bytes | None:
    """Return the first table of an answer as CSV: a block of it, or one in markdown; None if there is none."""
    found = rows(answer)
    return dump(found) if found else None


def rows(answer: str) -> list[list[str]]:
    """Return the rows of the first table of an answer, its head first."""
    answer = answer[:MAX_CHARACTERS]
    for language, body in _fenced(answer):
        found = _rows(body, "\t" if language == "tsv" else ",") if language in ("csv", "tsv") else []
        if found:
            return found
    return [[prose(cell) for cell in row] for row in _markdown(answer.splitlines())]


def prose(text: str) -> str:
    """Return markdown as it would stand in a cell: without signs for bold, with line ends and points of lists."""
    return ITEM.sub(r"\1• ", BOLD.sub(r"\2", BREAK.sub("\n", text)))


def document(answer: str) -> str | None:
    """Return the first JSON object or list of an answer, indented: the whole, or a block; None if there is none."""
    found = value(answer)
    return _written(found) if found else None


def value(answer: str) -> object:
    """Return the first JSON object or list of an answer that is not empty."""
    answer = answer[:MAX_CHARACTERS]
    bodies = [body for language, body in _fenced(answer) if language in ("json", "")]
    return next(filter(None, map(_json, (answer, *bodies))), None)


def dump(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as CSV, their head first: the cells were written by a model."""
    head, *others = rows
    return to_csv(Table(tuple(map(written, head)), [[written(cell) for cell in row] for row in others], {}))


def _fenced(answer: str) -> list[tuple[str, str]]:
    return [(match[2].lower(), match[3]) for match in FENCE.finditer(answer)]


def _rows(body: str, delimiter: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(body.replace("\0", "")), delimiter=delimiter) if row]
    except csv.Error:  # a field longer than a field may be
        return []


def _markdown(lines: Sequence[str]) -> list[list[str]]:
    """Return the rows of the first table: a line with bars, a rule, and lines with bars."""
    for at, line in enumerate(lines[1:], 1):
        if "|" in lines[at - 1] and {"|", "-"} <= (signs := set(line)) and signs <= RULE:
            body = lines[at + 1 :]
            end = next((place for place, other in enumerate(body) if "|" not in other), len(body))
            return [_cells(row) for row in (lines[at - 1], *body[:end])]
    return []


def _cells(line: str) -> list[str]:
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [cell.strip().replace("\\|", "|") for cell in BAR.split(bare)]


def _written(value: object) -> str:
    return json.dumps(value, indent=None if _is_deep(value) else 2, ensure_ascii=False)


def _is_deep(value: object, levels: int = MAX_INDENTED) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not levels or any(_is_deep(item, levels - 1) for item in inner)


def _json(text: str) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, (dict, list)) else None
