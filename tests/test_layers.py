"""Imports point down only: pages -> lib.ui -> lib.generations -> lib.api, lib.store -> lib.messages, lib.errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.config import ROOT

pytestmark = pytest.mark.timeout(240)

WATCHED = (
    "streamlit",
    "sqlalchemy",
    "requests",
    "pandas",
    "pages",
    "lib.ui",
    "lib.generations",
    "lib.api",
    "lib.store",
)
CODE = "import sys, json, importlib; importlib.import_module(sys.argv[1]); print(json.dumps(list(sys.modules)))"
# Alembic runs these by path, inside a migration.
MIGRATIONS = ROOT / "lib" / "store" / "migrations"


def modules() -> list[str]:
    """Every module of lib that can be imported by its name."""
    files = (path for path in sorted((ROOT / "lib").rglob("*.py")) if MIGRATIONS not in path.parents)
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)
    return [name.removesuffix(".__init__") for name in names]


@pytest.fixture(scope="module")
def imported() -> Callable[[str], frozenset[str]]:
    """What of WATCHED is there after a module alone is imported; all are asked beforehand, as many at a time as can."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(modules(), pool.map(_import, modules()), strict=True))
    return found.__getitem__


def _import(name: str) -> frozenset[str]:
    # Without coverage, which would double the time: each line is covered elsewhere.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE, name], cwd=ROOT, env=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return frozenset(WATCHED) & frozenset(json.loads(done.stdout))


def forbidden(name: str) -> set[str]:
    """What the layer of `name` may not import."""
    layer = name.split(".")[1] if "." in name else ""
    rules = {
        "ui": {"pages"},
        "api": {"streamlit", "sqlalchemy", "lib.ui", "lib.generations", "lib.store", "pages"},
        "store": {"streamlit", "requests", "lib.ui", "lib.generations", "lib.api", "pages"},
    }
    rest = {"streamlit", "lib.ui", "pages"}
    return rules.get(layer, rest) | (set() if "usage" in name else {"pandas"})


@pytest.mark.parametrize("name", modules())
def test_layer(name, imported):
    """A module imports nothing of the layers above it, nor a library that is another layer's."""
    assert imported(name) & forbidden(name) == set()


@pytest.mark.parametrize("name", ["lib.errors", "lib.messages", "lib.config"])
def test_ground(name, imported):
    """What everything stands on imports no library at all."""
    assert imported(name) == set()
