"""A WebraftAI on loopback that follows its documentation: /v2 (paid) and /freeapi (free).

Streams are JSON lines without `data:` and without [DONE]; usage has completion_tokens_details. Errors are
{"error": "Wrong Api key"} and {"error": "Insufficient Credits"}, with their status or with 200.
"""

from __future__ import annotations

import json
import time
from typing import Any

from tests.served import Asked, Handler, Served, images, prompt

MODELS = ("gpt-4o-mini", "gpt-3.5-turbo")


class FakeWebraft(Served):
    """Answers "WebraftAI heard: PROMPT". `url` is the paid base URL, `free_url` the free one.

    `key` is the only one it takes. Each answer of /v2 takes one of `credits`, each of /freeapi one of `quota`; without
    any, `broke` is the status. With `mild` every error comes as a 200. `pause` is in seconds a word.
    """

    def __init__(self) -> None:
        self.key = "wr-0123456789"
        self.credits = self.quota = 1_000
        self.broke = 402
        self.mild = False
        self.pause = 0.0
        super().__init__()

    @property
    def url(self) -> str:
        """The base URL of the paid plan."""
        return f"{self.root}/v2"

    @property
    def free_url(self) -> str:
        """The base URL of the free plan."""
        return f"{self.root}/freeapi"

    def answer(self, asked: Asked, reply: Handler) -> None:
        plan, _, rest = asked.path.lstrip("/").partition("/")
        if plan not in ("v2", "freeapi") or rest not in ("chat/completions", "models"):
            reply.json(404, {"error": "Not found"})
        elif asked.key != self.key:
            self._refuse(401, "Wrong Api key", reply)
        elif rest == "models":
            reply.json(200, {"data": [{"id": name, "object": "model"} for name in MODELS]})
        elif not self._pay(plan):
            self._refuse(self.broke, "Insufficient Credits", reply)
        else:
            self._chat(asked.body, reply)

    def _pay(self, plan: str) -> bool:
        purse = "credits" if plan == "v2" else "quota"
        setattr(self, purse, getattr(self, purse) - 1)
        return getattr(self, purse) >= 0

    def _refuse(self, status: int, words: str, reply: Handler) -> None:
        reply.json(200 if self.mild else status, {"error": words})

    def _chat(self, body: dict[str, Any], reply: Handler) -> None:
        seen = "".join(f" [image, {image.get('detail', 'auto')}]" for image in images(body))
        words = f"WebraftAI heard: {prompt(body)}{seen}".split(" ")
        if body.get("stream") is True:
            self._stream(body, words, reply)
            return
        choice = {"index": 0, "message": {"role": "assistant", "content": " ".join(words)}, "finish_reason": "stop"}
        reply.json(200, {"model": body["model"], "choices": [choice], "usage": usage(len(words))})

    def _stream(self, body: dict[str, Any], words: list[str], reply: Handler) -> None:
        reply.begin("application/x-ndjson")
        for number, word in enumerate(words):
            time.sleep(self.pause)
            delta = {"content": word if number == 0 else f" {word}"}
            self._line({"model": body["model"], "choices": [{"index": 0, "delta": delta}]}, reply)
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        self._line({"model": body["model"], "choices": [end], "usage": usage(len(words))}, reply)

    def _line(self, document: dict[str, Any], reply: Handler) -> None:
        reply.wfile.write(json.dumps(document).encode() + b"\n")


def usage(count: int) -> dict[str, Any]:
    """Return the usage of an answer of `count` tokens, as the documentation has it."""
    details = {"reasoning": 1, "accepted_prediction": 2, "rejected_prediction": 3}
    return {
        "prompt_tokens": 7,
        "completion_tokens": count,
        "total_tokens": 7 + count,
        "completion_tokens_details": details,
    }
