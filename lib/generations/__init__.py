"""The one engine of everything that calls an endpoint: answers, batches, check-ups."""

from lib.generations.generation import Generation
from lib.generations.registry import ask, call, edit, find, go_on, queue, retry, send_queued, start, stop_all, trace
from lib.generations.request import Request, request_for

__all__ = [
    "Generation",
    "Request",
    "ask",
    "call",
    "edit",
    "find",
    "go_on",
    "queue",
    "request_for",
    "retry",
    "send_queued",
    "start",
    "stop_all",
    "trace",
]
