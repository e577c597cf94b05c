"""An OpenAI-compatible vendor on loopback that can do as much as a test says."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from pypdf import PdfReader

from tests.served import Asked, Handler, Served, images


def said_in(body: dict[str, Any]) -> str:
    """Return the text of the PDF that is asked about, "" where there is none."""
    content = body["messages"][-1]["content"]
    parts = [part["file"]["file_data"] for part in content if part["type"] == "file"] if type(content) is list else []
    data = base64.b64decode(parts[0].removeprefix("data:application/pdf;base64,")) if parts else b""
    return PdfReader(io.BytesIO(data)).pages[0].extract_text() if data else ""


class FakeVendor(Served):
    """Answers "hello" below `prefix`; elsewhere there is nothing.

    `key` is wanted if there is one, in `key_header`. `models` are listed (None: a 404). `usage`, `system` and `images`
    are reported and taken if they are true (`system` None: refused in words that tell what to leave out). `pdfs` are
    read if they are true (None: refused). `framing` is that of streams: sse, lines, text, short (a letter), whole (one
    document) or broken (an error).
    """

    def __init__(self, **settings: Any) -> None:
        self.prefix = "/v1"
        self.key = ""
        self.key_header = "Authorization"
        self.models: list[str] | None = ["m", "n"]
        self.text = "hello"
        self.usage = self.system = self.images = True
        self.pdfs: bool | None = True
        self.framing = "sse"
        self.credits = True
        vars(self).update(settings)
        super().__init__()

    @property
    def url(self) -> str:
        """The base URL that is right."""
        return self.root + self.prefix

    def answer(self, asked: Asked, reply: Handler) -> None:
        rest = asked.path.removeprefix(self.prefix) if asked.path.startswith(self.prefix) else ""
        if rest not in ("/models", "/chat/completions") or (rest == "/models" and self.models is None):
            reply.json(404, {"error": {"message": "Not found"}})
        elif self.key and (asked.headers[self.key_header] or "").removeprefix("Bearer ") != self.key:
            reply.json(401, {"error": {"message": "Incorrect API key provided"}})
        elif rest == "/models":
            reply.json(200, {"data": [{"id": name} for name in self.models or ()]})
        else:
            self._chat(asked.body, reply)

    def _chat(self, body: dict[str, Any], reply: Handler) -> None:
        if refused := self._refused(body):
            reply.json(*refused)
        elif not body.get("stream") or self.framing == "whole":
            text = said_in(body) if self.pdfs and said_in(body) else self.text
            message = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            reply.json(200, {"model": body.get("model"), "choices": [message], "usage": self._usage()})
        elif self.framing == "broken":
            reply.json(500, {"error": {"message": "no streams today"}})
        else:
            self._stream(reply)

    def _refused(self, body: dict[str, Any]) -> tuple[int, Any] | None:
        if not self.credits:
            return 402, {"error": "Insufficient Credits"}
        roles = [message["role"] for message in body["messages"]]
        if self.system is not True and "system" in roles:
            words = "system role not supported" if self.system is None else "No."
            return 400, {"error": {"message": words}}
        if self.pdfs is None and said_in(body):
            return 400, {"error": {"message": "Unknown part: file."}}
        return None if self.images or not images(body) else (400, {"error": {"message": "This model is blind."}})

    def _usage(self) -> dict[str, int] | None:
        return {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8} if self.usage else None

    def _stream(self, reply: Handler) -> None:
        reply.begin("text/event-stream")
        if self.framing in ("text", "short"):
            reply.wfile.write(self.text.encode() if self.framing == "text" else b"d")
            return
        chunk = {"choices": [{"delta": {"content": self.text}}]}
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": self._usage()}
        opening = b"data: " if self.framing == "sse" else b""
        for document in (chunk, end):
            reply.wfile.write(opening + json.dumps(document).encode() + b"\n\n")
