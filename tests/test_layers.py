"""Imports point down only: pages -> lib.ui -> lib.generations -> lib.api, lib.store -> lib.messages, lib.errors."""

from __future__ import annotations

import functools
import json
import subprocess
import sys

import pytest

from lib.config import ROOT

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


@functools.cache
def imported(name: str) -> frozenset[str]:
    """What of WATCHED is there after `name` alone is imported."""
    done = subprocess.run([sys.executable, "-c", CODE, name], cwd=ROOT, capture_output=True, text=True, check=False)
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
def test_layer(name):
    """A module imports nothing of the layers above it, nor a library that is another layer's."""
    assert imported(name) & forbidden(name) == set()


@pytest.mark.parametrize("name", ["lib.errors", "lib.messages", "lib.config"])
def test_ground(name):
    """What everything stands on imports no library at all."""
    assert imported(name) == set()
