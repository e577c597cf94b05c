"""A vision endpoint on loopback that checks the bytes of every picture it is sent.

Answers "I see N pictures.", or what a prompt with CSV, JSON or table asks for; one with "slow" waits for the gate. A
black picture of 64 pixels is refused.
"""

from __future__ import annotations

import base64
import io
import json
import threading
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tests.served import Asked, Handler, Served, images, prompt

ANSWERS = {
    "CSV": '```csv\nname,value\nred,"1,5"\n=1+1,2\n```',
    "JSON": '```json\n{"description": "four quarters", "objects": []}\n```',
    "table": "| name | value |\n| --- | --- |\n| red | 1 |\n",
}


@dataclass(frozen=True)
class Seen:
    """One picture as it came."""

    content: bytes
    detail: str

    @property
    def image(self) -> Image.Image:
        return Image.open(io.BytesIO(self.content))

    @property
    def is_bare(self) -> bool:
        """Whether nothing but pixels is in it."""
        return not self.image.getexif() and b"Exif" not in self.content and b"GPS" not in self.content


class FakeVision(Served):
    """`seen` are the pictures of all requests; `urls` those that were sent as addresses; `gate` holds slow answers."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.urls: list[str] = []
        self.prompts: list[str] = []
        self.models = ["eye-vision", "fake"]
        self.gate = threading.Event()
        super().__init__()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{self.root}/v1"

    def answer(self, asked: Asked, reply: Handler) -> None:
        if asked.path == "/v1/models":
            reply.json(200, {"data": [{"id": name} for name in self.models]})
        elif any(self._look(asked.body)):
            reply.json(400, {"error": {"message": "This picture is too dark."}})
        else:
            self._say(asked.body, reply)

    def _look(self, body: dict[str, Any]) -> list[bool]:
        self.prompts.append(prompt(body))
        return [self._is_dark(image) for image in images(body)]

    def _is_dark(self, image: dict[str, str]) -> bool:
        head, _, data = image["url"].partition(";base64,")
        if not data:
            self.urls.append(image["url"])
            return False
        seen = Seen(base64.b64decode(data, validate=True), image["detail"])
        assert head == f"data:image/{seen.image.format.lower()}"
        self.seen.append(seen)
        return seen.image.size == (64, 64) and max(seen.image.convert("RGB").getpixel((0, 0))) < 10

    def _say(self, body: dict[str, Any], reply: Handler) -> None:
        asked = prompt(body)
        if "slow" in asked:
            self.gate.wait(20)
        text = next((answer for word, answer in ANSWERS.items() if word in asked), f"I see {count(body)} pictures.")
        usage = {"prompt_tokens": 812, "completion_tokens": 5, "total_tokens": 817}
        if not body.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            reply.json(200, {"model": body["model"], "choices": [choice], "usage": usage})
            return
        reply.begin("text/event-stream")
        for document in (
            {"choices": [{"index": 0, "delta": {"content": text}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage},
        ):
            reply.wfile.write(f"data: {json.dumps(document)}\n\n".encode())
        reply.wfile.write(b"data: [DONE]\n\n")


def count(body: dict[str, Any]) -> int:
    """Return how many pictures there are in the whole conversation."""
    contents = [message["content"] for message in body["messages"]]
    return sum(part["type"] == "image_url" for content in contents if isinstance(content, list) for part in content)
