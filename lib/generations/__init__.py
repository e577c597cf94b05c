"""The one engine of everything that calls an endpoint: answers, batches, check-ups."""

from lib.generations.generation import Generation
from lib.generations.registry import (
    ask,
    call,
    drain,
    edit,
    find,
    follow,
    go_on,
    is_draining,
    queue,
    retry,
    running,
    send_queued,
    start,
    stop_all,
    stop_of,
    trace,
)
from lib.generations.request import Request, request_for

__all__ = [
    "Generation",
    "Request",
    "ask",
    "call",
    "drain",
    "edit",
    "find",
    "follow",
    "go_on",
    "is_draining",
    "queue",
    "request_for",
    "retry",
    "running",
    "send_queued",
    "start",
    "stop_all",
    "stop_of",
    "trace",
]
