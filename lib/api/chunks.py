"""JSON documents to deltas, usage, finish reason: what every dialect of chat completions means by its chunks.

Errors come before choices, usage is the last real one and never a sum, "" and null never overwrite a finish reason.
"""

from __future__ import annotations

import json
import re
from typing import Any

from lib.api.complaints import Complaint, complaint, read, refusal
from lib.api.masking import Mask
from lib.api.thinking import Think
from lib.api.token_counts import implausible, usage
from lib.api.wire import Event, is_spoilt
from lib.errors import HINTS, AnswerError
from lib.messages import Choice, Completion, Delta, Usage
from lib.text import MAX_DEPTH, PairJoiner, map_strings, repair

NOTHING = Delta()
REASONING = ("reasoning_content", "reasoning", "reasoning_text", "thinking", "reasoning_details", "thinking_blocks")
THOUGHTS = ("thinking", "reasoning", "reasoning.text", "reasoning_content", "summary_text")  # types of content parts
WRAPPERS = ("result", "data", "response")  # an answer may lie inside one of these
ANSWERS = frozenset(("choices", "message", "response", "content"))  # where an answer lies
# A document of the protocol has at least one of these; any other may be an answer that happens to be JSON.
MARKS = frozenset(("choices", "usage", "x_groq", "done"))
OBJECTS = ("chat.", "text_completion")
TELLTALE = re.compile(r'"(choices|error|delta|finish_reason|chat\.completion[.\w]*)"')
# Fields that need no look at their names; a document with others may have debug messages.
USUAL = frozenset(("id", "object", "created", "model", "system_fingerprint", "service_tier", "choices", "usage"))
MAX_DEBUG_MESSAGES = 200  # messages that are kept
MAX_DEBUG_CHARACTERS = 200_000  # characters of all texts in them
FAILED = ("error", "network_error")  # finish reasons that say the answer broke off
NOT_JSON = "The endpoint sent a piece of the answer that is not JSON."


class Answer:
    """Puts an answer together from the events of its body. `take` and `close` return what each adds.

    `mask` has the secrets that must not be in it, though the endpoint echo them.
    """

    def __init__(self, mask: Mask | None = None) -> None:
        self.usage: Usage | None = None
        self._implausible: tuple[str, ...] = ()
        self.model: str | None = None
        self.done = False
        self.finished = False  # a finish reason has come: what fails from now on does no harm
        self.deltas = 0
        self._mask = mask or Mask()
        self._redact = self._mask.hide
        self._assemblers: dict[int, ChoiceAssembler] = {}
        self._documents = 0
        self._fault: Complaint | None = None
        self._verbatim = False  # the text is the body itself
        self._cut = False
        self._debug: list[Any] = []
        self._debug_room = MAX_DEBUG_CHARACTERS

    @property
    def completion(self) -> Completion:
        """The answer as far as it has come."""
        main, screen = self._main(), self._mask.screen()
        every = sorted(self._assemblers.items()) if len(self._assemblers) > 1 else []
        return Completion(
            text="".join(main.text),
            reasoning="".join(main.reasoning),
            finish_reason=screen.whole(main.finish_reason or "") or None,
            usage=self.usage,
            model=screen.whole(self.model or "") or None,
            incomplete=not (self.done or main.finish_reason),
            refusal=screen.whole(repair("".join(main.refusal))) or None,
            tool_calls=tuple(map_strings(call.wire(), screen.whole) for call in main.calls),
            function_call=map_strings(main.function.wire()["function"], screen.whole) if main.function else None,
            choices=tuple(Choice("".join(one.text), screen.whole(one.finish_reason or "") or None) for _, one in every),
            debug=tuple(self._debug),
            implausible=self._implausible,
        )

    @property
    def masked(self) -> bool:
        """Whether a secret was in the text of the answer."""
        return any(assembler.masked for assembler in self._assemblers.values())

    def take(self, event: Event) -> Delta:
        """Return what an event adds to the first choice, in most cases NOTHING or some text.

        Raises AnswerError for an error in the stream, unless the answer had finished before it.
        """
        delta = self._take(event)
        if delta is not NOTHING:
            self.deltas += 1
        return delta

    def release(self) -> Delta:
        """Return what is held back because more might follow: nothing does."""
        for assembler in self._assemblers.values():
            assembler.flush()
        return self._main().flushed

    def close(self, content_type: str = "") -> Delta:
        """Return what was held back until the end.

        Raises AnswerError when there was nothing in the body that could be an answer. `content_type` is only asked
        about text that looks like JSON and is none: announced as JSON it is a broken answer.
        """
        delta = self.release()
        if self._assemblers and 0 not in self._assemblers:
            delta = self._main().all  # none of it was returned: the first choice was expected to be number 0
        if not self.finished and not self.done:
            self._check_end(content_type)
        if delta is not NOTHING:
            self.deltas += 1
        return delta

    def _take(self, event: Event) -> Delta:
        kind, value, raw = event
        if kind == "json":
            return self._json(value, raw, MAX_DEPTH)
        if kind == "text":
            return self._say(value)
        if kind == "done":
            self.done = True
        elif kind == "page":
            self._fail(f"A web page came instead of an answer{f' ({value})' if value else ''}.", "protocol")
        elif kind == "broken":
            return self._broken(value, raw)
        elif self._verbatim:
            return self._say(raw)
        return NOTHING

    def _json(self, value: Any, raw: str, depth: int) -> Delta:
        if isinstance(value, list) and not raw and depth:
            return join([self._json(item, "", depth - 1) for item in value])
        if isinstance(value, dict) and (not raw or self._documents or _speaks(value)):
            return self._document(_unwrap(value))
        return self._say(raw) if raw else NOTHING

    def _document(self, document: dict[str, Any]) -> Delta:
        finished, self._fault = self.finished, complaint(document)
        self._documents += 1
        self._note(document)
        if not USUAL.issuperset(document):
            self._listen(document)
        delta = self._choices(document)
        if not finished:
            self._check()
        return delta

    def _note(self, document: dict[str, Any]) -> None:
        if not self.model and isinstance(model := document.get("model"), str):
            self.model = repair(model) or None
        if document.get("usage"):
            self._count(document["usage"])
        if isinstance(groq := document.get("x_groq"), dict):
            self._count(groq.get("usage"))
        if "eval_count" in document or "tokens_predicted" in document:
            self._count(document)

    def _listen(self, document: dict[str, Any]) -> None:
        said = [value for key, value in document.items() if value and key.lower().startswith("debug")]
        room = MAX_DEBUG_MESSAGES - len(self._debug)
        self._debug += [map_strings(value, self._brief) for value in said[:room]]

    def _brief(self, text: str) -> str:
        """Return a text of a debug message without secrets, cut where there is no more room."""
        text = text[: self._debug_room]
        self._debug_room -= len(text)
        return self._redact(repair(text))

    def _count(self, value: Any) -> None:
        counts, doubtful = usage(value), implausible(value)
        if counts or doubtful:
            self.usage, self._implausible = counts or self.usage, doubtful

    def _choices(self, document: dict[str, Any]) -> Delta:
        choices = document.get("choices")
        if not isinstance(choices, list):
            return self._native(document)
        said = NOTHING
        for position, choice in enumerate(choices):
            if isinstance(choice, dict):
                index, delta = self._choice(choice, position)
                said = delta if index == 0 else said
        return said

    def _choice(self, choice: dict[str, Any], position: int) -> tuple[int, Delta]:
        index = choice.get("index", position)
        assembler = self._assembler(index if isinstance(index, int) else position)
        if choice.get("usage"):
            self._count(choice["usage"])
        if choice.get("error"):
            self._fault = self._fault or read(choice["error"])
        delta = assembler.take(choice)
        self.finished = self.finished or assembler.finish_reason is not None
        return index, delta

    def _native(self, document: dict[str, Any]) -> Delta:
        """Ollama's and llama.cpp's own shapes, where every `message` is a delta."""
        message = next((document[key] for key in ("message", "response", "content") if document.get(key)), None)
        if message is None and "done" not in document:
            return NOTHING
        said = message if isinstance(message, dict) else {"content": message}
        return self._choice({"delta": said, "finish_reason": document.get("done_reason")}, 0)[1]

    def _check(self) -> None:
        if self._fault:
            raise self._refusal(self._fault)
        if self.finished and (reason := self._main().finish_reason) in FAILED:
            self._fail(f"The endpoint ended the answer with an error ({reason}).", "upstream")

    def _refusal(self, said: Complaint) -> AnswerError:
        error = refusal(said, redact=self._redact)
        if error.kind == "server" and self._documents > 1:
            # The endpoint itself is well, it was answering: what failed lies behind it.
            return AnswerError(str(error), kind="upstream", param=error.param)
        return error

    def _say(self, text: str) -> Delta:
        self._verbatim = True
        return self._assembler(0).take({"text": text})

    def _broken(self, cut: bool, raw: str) -> Delta:
        self._cut = cut
        if self._documents or TELLTALE.search(raw):
            if not cut and not self.finished:
                self._fail(NOT_JSON, "protocol", HINTS["upstream"])  # the base URL is right: it speaks the protocol
            return NOTHING
        return self._say(raw)

    def _check_end(self, content_type: str) -> None:
        if self._verbatim and is_json(content_type) and is_spoilt("".join(self._main().text)):
            self._fail(NOT_JSON, "protocol", HINTS["upstream"])
        elif self._verbatim:
            self.done = True  # plain text has no other end than this
        elif self._cut and not self._documents:
            self._fail("The answer broke off before it was complete.", "truncated")
        elif not self._documents:
            self._fail(
                "The endpoint sent an empty answer.", "protocol", "Press Retry; if it stays, check the base URL."
            )
        elif self._documents == 1:
            self._check_single()

    def _check_single(self) -> None:
        """A whole message needs no finish reason; a document without any choice is no answer."""
        if self._main().whole:
            self.done = True
        elif not self._assemblers:
            self._fail("The endpoint sent an answer without choices.", "protocol")

    def _fail(self, message: str, kind: str, hint: str | None = None) -> None:
        raise AnswerError(self._redact(message), kind=kind, hint=hint)

    def _assembler(self, index: int) -> ChoiceAssembler:
        assembler = self._assemblers.get(index)
        if assembler is None:
            assembler = self._assemblers[index] = ChoiceAssembler(self._mask)
        return assembler

    def _main(self) -> ChoiceAssembler:
        return self._assemblers[min(self._assemblers)] if self._assemblers else ChoiceAssembler(self._mask)


class ChoiceAssembler:
    """Puts one of the choices of an answer together."""

    def __init__(self, mask: Mask) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.calls: list[ToolCall] = []
        self.function: ToolCall | None = None
        self.finish_reason: str | None = None
        self.whole = False  # it came as one message
        self.flushed = NOTHING
        self._streamed = False
        self._said: list[str] = []  # by messages so far
        self._length = 0  # of it in characters
        self._current: dict[int, ToolCall] = {}
        self._text, self._reasoning = PairJoiner(), PairJoiner()
        self._think = Think()
        self._screens = mask.screen(), mask.screen()

    @property
    def masked(self) -> bool:
        """Whether a secret was in what it said."""
        return any(screen.masked for screen in self._screens)

    @property
    def all(self) -> Delta:
        return Delta("".join(self.text), "".join(self.reasoning))

    def take(self, choice: dict[str, Any]) -> Delta:
        """Return what a choice of a chunk adds."""
        reason = choice.get("finish_reason")
        if reason and isinstance(reason, str):
            self.finish_reason = repair(reason)
        delta = choice.get("delta")
        if delta and isinstance(delta, dict):
            content = delta.get("content")
            self._streamed = self._streamed or bool(content)
            if len(delta) > 1:
                return self._message(delta)
            return self._hear(content, "") if content and isinstance(content, str) else self._message(delta)
        return self._whole(choice)

    def flush(self) -> None:
        """Add what was held back until the end; it is `flushed` then."""
        text, reasoning = self._think.feed(self._text.flush())
        rest_text, rest_reasoning = self._think.flush()
        added = self._add(text + rest_text, self._reasoning.flush() + reasoning + rest_reasoning)
        held_text, held_reasoning = (screen.flush() for screen in self._screens)
        self.flushed = join([self.flushed, added, self._keep(held_text, held_reasoning)])

    def _whole(self, choice: dict[str, Any]) -> Delta:
        message, text = choice.get("message"), choice.get("text")
        if isinstance(message, dict):
            self.whole = True
            return NOTHING if self._streamed else self._message(self._fresh(message))
        return self._hear(text, "") if text and isinstance(text, str) else NOTHING

    def _fresh(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return what is new in a message: some streams repeat it from the beginning each time."""
        content = message.get("content")
        if not isinstance(content, str):
            return message
        new = content.removeprefix("".join(self._said)) if len(content) >= self._length else content
        if new != content:
            self._said, self._length = [], 0
        self._said.append(content)
        self._length += len(content)
        return {**message, "content": new}

    def _message(self, message: dict[str, Any]) -> Delta:
        content, thought = message.get("content"), ""
        if not isinstance(content, str):
            content, thought = _parts(content)
        self._tools(message)
        if refused := message.get("refusal"):
            self.refusal.append(flat(refused))
        field = next((message[key] for key in REASONING if message.get(key)), None)
        return self._hear(content, thought or (flat(field) if field else ""))

    def _tools(self, message: dict[str, Any]) -> None:
        calls = message.get("tool_calls")
        for position, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict):
                self._streamed = self._streamed or "index" in call
                self._call(call, position)
        if isinstance(legacy := message.get("function_call"), dict):
            self.function = self.function or ToolCall("")
            self.function.take(legacy)

    def _call(self, entry: dict[str, Any], position: int) -> None:
        index = entry.get("index", position)
        index = index if isinstance(index, int) else position
        call = self._current.get(index)
        if call is None or call.over(entry):
            call = self._current[index] = ToolCall(str(entry.get("type") or "function"))
            self.calls.append(call)
        call.id = call.id or str(entry.get("id") or "")
        function = entry.get("function")
        call.take(function if isinstance(function, dict) else {})

    def _hear(self, text: str, reasoning: str) -> Delta:
        if text:
            text = self._text.feed(text)
        if reasoning:
            reasoning = self._reasoning.feed(reasoning)
            self._think.skip()
        if text and not self._think.over:
            text, thought = self._think.feed(text)
            reasoning += thought
        return self._add(text, reasoning)

    def _add(self, text: str, reasoning: str) -> Delta:
        return self._keep(
            self._screens[0].feed(text) if text else "", self._screens[1].feed(reasoning) if reasoning else ""
        )

    def _keep(self, text: str, reasoning: str) -> Delta:
        if not text and not reasoning:
            return NOTHING
        if text:
            self.text.append(text)
        if reasoning:
            self.reasoning.append(reasoning)
        return Delta(text, reasoning)


class ToolCall:
    """A tool call whose arguments come in pieces."""

    def __init__(self, type: str) -> None:
        self.type = type
        self.id = ""
        self._name = ""
        self._arguments: list[str] = []
        self._closed = False

    def take(self, function: dict[str, Any]) -> None:
        """Add a piece: the name comes once, the arguments are joined."""
        self._name = self._name or flat(function.get("name"))
        arguments = function.get("arguments")
        if isinstance(arguments, dict):  # Ollama's, whole
            self._closed = True
            arguments = json.dumps(arguments, ensure_ascii=False)
        self._arguments.append(flat(arguments))

    def over(self, entry: dict[str, Any]) -> bool:
        """Whether `entry` begins another call: some endpoints give every call the same index."""
        new = entry.get("id")
        return self._closed or bool(new and self.id and new != self.id)

    def wire(self) -> dict[str, Any]:
        """Return the call as it would be in a message."""
        function = {"name": repair(self._name), "arguments": repair("".join(self._arguments))}
        return {"id": repair(self.id), "type": self.type, "function": function}


def is_json(content_type: str) -> bool:
    """Whether a content type is that of one JSON document."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def join(deltas: list[Delta]) -> Delta:
    """Return several deltas as one."""
    said = [delta for delta in deltas if delta is not NOTHING]
    if not said:
        return NOTHING
    return Delta("".join(delta.text for delta in said), "".join(delta.reasoning for delta in said))


def flat(value: Any, depth: int = MAX_DEPTH) -> str:
    """Return the text in a string, a list of parts or a part; what lies deeper than `depth` is left out."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth:
        return "".join(flat(item, depth - 1) for item in value)
    if isinstance(value, dict) and depth:
        inner = next((value[key] for key in ("text", "thinking", "content", "summary") if value.get(key)), "")
        return flat(inner, depth - 1)
    return ""


def _parts(content: Any) -> tuple[str, str]:
    """Return the text and the reasoning in content parts."""
    parts = content if isinstance(content, list) else [content]
    thoughts = [part for part in parts if isinstance(part, dict) and part.get("type") in THOUGHTS]
    return flat([part for part in parts if part not in thoughts]), flat(thoughts)


def _speaks(document: dict[str, Any]) -> bool:
    """Whether a document is one of the protocol, or wraps or is an error."""
    if not MARKS.isdisjoint(document) or str(document.get("object")).startswith(OBJECTS):
        return True
    return _unwrap(document) is not document or complaint(document) is not None


def _unwrap(document: dict[str, Any]) -> dict[str, Any]:
    if "choices" in document or complaint(document):
        return document
    inner = (document[key] for key in WRAPPERS if isinstance(document.get(key), dict))
    return next((value for value in inner if not ANSWERS.isdisjoint(value)), document)
