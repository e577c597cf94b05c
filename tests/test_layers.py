"""Imports point down only, from the pages to the ground; rooms keep their libraries; nothing goes in a circle."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from lib.config import ROOT
from tests import children

# From top to bottom: a room imports rooms below its own line only.
LAYERS = (
    ("pages",),
    ("lib.ui.server",),
    ("lib.ui.images", "lib.ui.compare", "lib.ui.library", "lib.ui.usage"),
    ("lib.ui.chat",),
    ("lib.ui.endpoints", "lib.ui.accounts"),
    ("lib.ui",),  # what lies flat in it
    ("lib.runtime",),
    ("lib.compare",),
    ("lib.generations", "lib.usage", "lib.endpoints"),
    ("lib.chats",),
    ("lib.api", "lib.accounts", "lib.store", "lib.local"),
    ("lib.config", "lib.documents", "lib.images", "lib.files"),
    ("lib.net", "lib.pricing"),
    ("lib.messages", "lib.model_choice", "lib.text", "lib.dates", "lib.metrics", "lib.crowd"),
    ("lib.errors",),
    ("lib",),
)
RANKS = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
FLAT = {"__init__", "errors", "messages", "model_choice", "text", "dates", "metrics", "crowd", "runtime"}
LIBRARIES = ("streamlit", "sqlalchemy", "requests", "pandas")
# Rooms, but for some in them, and the libraries that they do without. pandas costs a second.
BARRED = (
    (("lib.errors", "lib.messages", "lib.model_choice", "lib.text", "lib.config"), (), set(LIBRARIES)),
    (("lib",), ("lib.ui",), {"streamlit", "pandas"}),
    (("lib.ui",), ("lib.ui.usage", "lib.ui.compare.ranking"), {"pandas"}),
    (("lib.ui.server",), (), {"sqlalchemy", "requests", "pandas"}),  # it listens before these are loaded
    (("lib.api",), (), {"sqlalchemy"}),
    (("lib.store",), (), {"requests"}),
)
MAX_BODY_LINES = 25

CODE = "import sys, json, importlib; [*map(importlib.import_module, sys.argv[1:])]; print(json.dumps([*sys.modules]))"
# Alembic runs these by path, inside a migration.
MIGRATIONS = ROOT / "lib" / "store" / "migrations"


def name_of(path: Path) -> str:
    """Return the name by which a module is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {name_of(path): path for folder in ("lib", "pages") for path in sorted((ROOT / folder).rglob("*.py"))}
MODULES = [name for name, path in FILES.items() if name.startswith("lib") and MIGRATIONS not in path.parents]


def room(name: str) -> str:
    """Return the room that a module lies in: the longest of LAYERS that its name begins with."""
    return max((room for room in RANKS if f"{name}.".startswith(f"{room}.")), key=len)


def imports(name: str) -> Iterator[str]:
    """Give the modules of Parley that a module imports, at once or late."""
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom):
            parts = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (found for part in parts if (found := part if part in FILES else node.module) in FILES)


def functions(name: str) -> Iterator[tuple[str, int]]:
    """Give the functions of a module, each with the lines of its body; docstrings do not count."""
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, body[-1].end_lineno - body[0].lineno + 1 if body else 0


def _libraries(names: Iterable[str]) -> set[str]:
    """Return the LIBRARIES that are there after these modules, and nothing else, are imported."""
    # Without coverage, which would double the time: each line is covered elsewhere.
    command = [sys.executable, "-c", CODE, *names]
    done = subprocess.run(command, cwd=ROOT, env=children.unmeasured(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(LIBRARIES) & set(json.loads(done.stdout))


@pytest.mark.parametrize("name", FILES)
def test_down(name):
    """A module imports its own room and the rooms below it, at once or late."""
    others = {room(found) for found in imports(name)} - {room(name)}
    assert {other for other in others if RANKS[other] <= RANKS[room(name)]} == set()


@pytest.mark.parametrize("of", [str, room], ids=["modules", "rooms"])
def test_no_circle(of):
    """Neither modules nor rooms import each other in a circle."""
    graph: dict[str, set[str]] = {}
    for name in FILES:
        graph.setdefault(of(name), set()).update({of(found) for found in imports(name)} - {of(name)})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize(("rooms", "besides", "libraries"), BARRED)
def test_libraries(rooms, besides, libraries):
    """Rooms bring no library along that is another room's."""
    assert (
        _libraries(name for name in MODULES if _lies_in(name, rooms) and not _lies_in(name, besides)) & libraries
        == set()
    )


def _lies_in(name: str, rooms: tuple[str, ...]) -> bool:
    return f"{name}.".startswith(tuple(f"{room}." for room in rooms))


def test_flat():
    """Besides the ground and the runtime, every module of lib lies in a room."""
    assert {path.stem for path in (ROOT / "lib").glob("*.py")} <= FLAT


@pytest.mark.parametrize("name", FILES)
def test_body(name):
    """No function is longer than can be seen at a glance."""
    assert [(function, lines) for function, lines in functions(name) if lines > MAX_BODY_LINES] == []
