"""The one engine of everything that runs."""

from lib.generations.registry import (
    Generation,
    find,
    history,
    instructions,
    params,
    prompt,
    retry,
    start,
    stop_all,
    trace,
)

__all__ = [
    "Generation",
    "find",
    "history",
    "instructions",
    "params",
    "prompt",
    "retry",
    "start",
    "stop_all",
    "trace",
]
