"""Wire captures of chat completions: NAME.body is what came, NAME.json what is known of it and what it means.

Written from documented shapes, issue threads and specifications (`source`, `evidence`), not recorded from services.
`expect` says what a client must make of a case; with an error, text and usage are what had arrived before it.
Tags: `policy` is a choice, `lenient` goes beyond documented dialects, `optional` contradicts another reading.
`serve` replays the cases over HTTP.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One capture. `meta` is NAME.json."""

    name: str
    body: bytes
    meta: dict[str, Any]

    @property
    def expect(self) -> dict[str, Any]:
        return self.meta["expect"]

    @property
    def streamed(self) -> bool:
        """Whether it was asked for with `stream`."""
        return self.meta.get("request_stream", True)


def load(name: str, folder: Path = HERE) -> Case:
    """Return the case called `name`; `folder` is HERE or HERE / "models"."""
    meta = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return Case(name, (folder / f"{name}.body").read_bytes(), meta)


def cases(folder: Path = HERE) -> list[Case]:
    """Return all cases of a folder."""
    return [load(path.stem, folder) for path in sorted(folder.glob("*.body"))]
