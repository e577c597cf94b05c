"""A NEXTgpt on loopback that follows its documentation to the letter.

POST /api/v1/chat/completions?debug=False, Bearer key, the model is a use case, "stream" a text. With debug=True the
answer has debug messages. GET /api/v1/usecases/{usecase}/session/schema answers 422 or with an OpenAPI document.
"""

from __future__ import annotations

import json
import time
from typing import Any

from tests.served import Asked, Handler, Served, images, prompt

CHAT = "/api/v1/chat/completions"
USECASES = "/api/v1/usecases/"
DETAILS = ("low", "high", "auto")
KNOWN = ("model", "messages", "stream", "temperature", "max_tokens", "top_p", "session_id")


class FakeNextgpt(Served):
    """Answers "NEXTgpt heard: PROMPT". Use cases: GPT3 needs no session, DOCS one with a file and a choice.

    `key` is the only one it takes. `framing` is that of streams: sse or text. `pause` is in seconds a word.
    `sessions` are the forms that were posted, by the id of their session; clear it and they have expired.
    `wrapped` puts the id of a session one level down.
    """

    def __init__(self) -> None:
        self.key = "next-key-0123456789"
        self.framing = "sse"
        self.pause = 0.0
        self.wrapped = False
        self.usecases = {"GPT3": False, "DOCS": True}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.opened = 0
        super().__init__()

    @property
    def url(self) -> str:
        """The base URL, as API_BASE_URL has it."""
        return self.root

    def answer(self, asked: Asked, reply: Handler) -> None:
        usecase = asked.path.removeprefix(USECASES).partition("/")[0]
        routes = {
            ("POST", CHAT): self._chat,
            ("GET", f"{USECASES}{usecase}/session/schema"): self._schema,
            ("POST", f"{USECASES}{usecase}/session"): self._open,
        }
        if (asked.method, asked.path) not in routes:
            reply.json(404, {"detail": "Not Found"})
        elif asked.key != self.key:
            reply.json(401, {"detail": f"Invalid API key {asked.key}"})
        else:
            routes[asked.method, asked.path](asked, reply, usecase)

    def _schema(self, _: Asked, reply: Handler, usecase: str) -> None:
        if self.usecases.get(usecase):
            reply.json(200, document(usecase))
        else:
            reply.json(422, {"detail": f"Usecase {usecase} needs no session"})

    def _open(self, asked: Asked, reply: Handler, usecase: str) -> None:
        form = asked.form
        wrong = [name for name in ("document", "language") if name not in form]
        if wrong or form["language"][0] not in ("German", "English"):
            wanted = (wrong or ["language"])[0]
            reply.json(422, {"detail": [{"loc": ["body", wanted], "msg": "Field required", "type": "missing"}]})
            return
        self.opened += 1
        session = {"session_id": f"session-{self.opened}"}
        self.sessions[session["session_id"]] = form
        reply.json(200, {"session": session} if self.wrapped else session)

    def _chat(self, asked: Asked, reply: Handler, _: str) -> None:
        body = asked.body
        if asked.query.get("debug") not in ("True", "False"):
            reply.json(422, {"detail": [{"loc": ["query", "debug"], "msg": "Field required", "type": "missing"}]})
        elif wrong := self._wrong(body):
            reply.json(*wrong)
        elif body.get("stream") == "True":
            self._stream(body, asked.query["debug"] == "True", reply)
        else:
            reply.json(200, self._whole(body, asked.query["debug"] == "True"))

    def _wrong(self, body: dict[str, Any]) -> tuple[int, Any] | None:
        if extra := [name for name in body if name not in KNOWN]:
            detail = {"loc": ["body", extra[0]], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}
            return 422, {"detail": [detail]}
        if not isinstance(body.get("stream", ""), str):
            detail = {"loc": ["body", "stream"], "msg": "Input should be a valid string", "type": "string_type"}
            return 422, {"detail": [detail]}
        if any(image.get("detail") not in DETAILS for image in images(body)):
            return 422, {"detail": "detail of an image is low, high or auto"}
        if body.get("model") not in self.usecases:
            return 404, {"detail": f"Usecase {body.get('model')} does not exist"}
        if self.usecases[body["model"]] and body.get("session_id") not in self.sessions:
            return 400, {"detail": "Session not found or expired"}
        return None

    def _text(self, body: dict[str, Any]) -> str:
        seen = "".join(f" [image, {image['detail']}]" for image in images(body))
        form = self.sessions.get(body.get("session_id", ""))
        read = f" after reading {form['document'][0][0]} in {form['language'][0]}" if form else ""
        return f"NEXTgpt heard{read}: {prompt(body)}{seen}"

    def _whole(self, body: dict[str, Any], debug: bool) -> dict[str, Any]:
        choice = {"index": 0, "message": {"role": "assistant", "content": self._text(body)}, "finish_reason": "stop"}
        said = {"debug_messages": messages(body)} if debug else {}
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        return {"model": body["model"], "choices": [choice], "usage": usage, **said}

    def _stream(self, body: dict[str, Any], debug: bool, reply: Handler) -> None:
        reply.begin("text/event-stream" if self.framing == "sse" else "text/plain")
        words = self._text(body).split(" ")
        for number, word in enumerate(words):
            text = word if number == 0 else f" {word}"
            said = {"debug_messages": messages(body)} if debug and not number else {}
            self._send({"choices": [{"index": 0, "delta": {"content": text}}], **said}, text, reply)
        usage = {"prompt_tokens": 7, "completion_tokens": len(words), "total_tokens": 7 + len(words)}
        self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage}, "", reply)
        reply.wfile.write(b"data: [DONE]\n\n" if self.framing == "sse" else b"")

    def _send(self, document: dict[str, Any], text: str, reply: Handler) -> None:
        time.sleep(self.pause)
        event = f"data: {json.dumps(document)}\n\n"
        reply.wfile.write((event if self.framing == "sse" else text).encode())


def messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the debug messages of an answer."""
    return [{"step": "usecase", "name": body["model"]}, {"step": "prompt", "characters": len(prompt(body))}]


def document(usecase: str) -> dict[str, Any]:
    """Return the OpenAPI document of a session with a file and a choice, as FastAPI writes it."""
    body = {
        "type": "object",
        "title": "Session",
        "required": ["document", "language"],
        "properties": {
            "document": {"type": "string", "format": "binary", "title": "Document", "description": "What to read"},
            "language": {"allOf": [{"$ref": "#/components/schemas/Language"}], "default": "German"},
            "summarize": {"type": "boolean", "title": "Summarize first", "default": False},
        },
    }
    language = {"type": "string", "enum": ["German", "English"], "title": "Language"}
    reference = {"$ref": "#/components/schemas/Body_open_session"}
    path = f"{USECASES}{usecase}/session"
    return {
        "openapi": "3.0.2",
        "info": {"title": "NEXTgpt", "version": "1"},
        "paths": {path: {"post": {"requestBody": {"content": {"multipart/form-data": {"schema": reference}}}}}},
        "components": {"schemas": {"Language": language, "Body_open_session": body}},
    }
