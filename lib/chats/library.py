"""What is kept to be used again, as a file: JSON with `parley_library`, the version, and a list for each kind.

Such files are written by anyone: what is no library is refused as a whole, in a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lib.chats import parley
from lib.chats.json_stream import AS_EXPORTED, number
from lib.chats.source import Record, listed, name, record, text
from lib.errors import ChatError
from lib.model_choice import ModelChoice
from lib.net import redaction
from lib.store import KINDS, PRESET, PROJECT, PROMPT, Entry
from lib.store.library import MAX_ENTRIES
from lib.text import map_strings, repair

MARK, VERSION = "parley_library", 1
LISTS = {PROMPT: "prompts", PRESET: "presets", PROJECT: "projects"}
MAX_BYTES = 20_000_000


def written(entries: Iterable[Entry]) -> str:
    """Return entries as a file. It has no key, whatever they say."""
    lists: dict[str, list[Any]] = {LISTS[kind]: [] for kind in KINDS}
    for entry in entries:
        lists[LISTS[entry.kind]].append(_written(entry))
    document = {MARK: VERSION, **lists}
    return redaction.redact(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)) + "\n"


def _written(entry: Entry) -> dict[str, Any]:
    if entry.kind == PROMPT:
        return {"name": entry.name, "text": entry.text}
    choice = entry.choice
    params = json.loads(choice.parameters.dump() or "{}")
    return {"name": entry.name, "endpoint": choice.endpoint, "model": choice.model, "params": params}


def read(data: bytes) -> list[Entry]:
    """Return the entries of a file. Raises ChatError for what is none, and where one entry is none."""
    if len(data) > MAX_BYTES:
        raise ChatError(f"The file is larger than {MAX_BYTES // 1_000_000} MB.", hint=AS_EXPORTED)
    document = record(parsed(data.decode("utf-8-sig", "replace")))
    if document.get(MARK) != VERSION:
        raise ChatError("This is no library that Parley exported.", hint=AS_EXPORTED)
    return [entry for kind in KINDS for entry in _entries(kind, listed(document.get(LISTS[kind])))]


def parsed(written: str) -> Any:
    """Return the value that JSON stands for; what no number can be is None. Raises ChatError."""
    try:
        value = json.loads(written, parse_int=number, parse_float=number, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise ChatError("It is not JSON, or it is damaged.", hint=AS_EXPORTED) from error
    return map_strings(value, repair)


def _entries(kind: str, found: list[Any]) -> Iterator[Entry]:
    if len(found) > MAX_ENTRIES:
        raise ChatError(f"It has more than {MAX_ENTRIES:,} {kind}s.", hint="Split it.")
    for place, raw in enumerate(map(record, found), 1):
        if not text(raw.get("name")).strip():
            raise ChatError(f"Number {place} of its {kind}s has no name.", hint=AS_EXPORTED)
        yield Entry(kind, text(raw.get("name")), text(raw.get("text")) if kind == PROMPT else "", _choice(raw))


def _choice(raw: Record) -> ModelChoice:
    parameters = parley.parameters(record(raw.get("params")))
    return ModelChoice(name(raw.get("endpoint")), name(raw.get("model")), parameters)
