"""JSON documents to deltas, usage, finish reason: what every dialect of chat completions means by its chunks.

Errors come before choices, usage is the last real one and never a sum, "" and null never overwrite a finish reason.
"""

from __future__ import annotations

import re
from typing import Any

from lib.api.beside import FIELDS, Beside
from lib.api.choices import NOTHING, ChoiceAssembler, join
from lib.api.complaints import Complaint, complaint, read, refusal
from lib.api.content import NOTHING as EMPTY
from lib.api.content import index, listed, word
from lib.api.masking import Mask
from lib.api.token_counts import implausible, usage
from lib.api.wire import Event, is_spoilt
from lib.errors import HINTS, AnswerError
from lib.messages import Choice, Completion, Delta, Usage
from lib.text import MAX_DEPTH, map_strings, repair

CHOICE = frozenset(("delta", "message", "text", "index", "finish_reason"))  # one of these makes an object a choice
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
        self._beside = Beside()

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
            extras=self._beside.masked(self._redact),
            images=self._beside.images,
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
        if kind == "text" or (kind == "stray" and (self._verbatim or not self._assemblers)):
            return self._say(value)
        if kind == "done":
            self.done = True
        elif kind == "page":
            self._fail(f"A web page came instead of an answer{f' ({value})' if value else ''}.", "protocol")
        elif kind == "stray":
            self._beside.unread(value)
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
            self._beside.take(document)
        delta = self._choices(document)
        if not finished:
            self._check()
        return delta

    def _note(self, document: dict[str, Any]) -> None:
        if not self.model and (model := document.get("model")):
            self.model = repair(word(model)) or None
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
        if not choices and not isinstance(choices, list):
            return self._native(document)
        said = NOTHING
        for position, choice in enumerate(listed(choices, CHOICE)):
            number, delta = self._choice(choice if isinstance(choice, dict) else {"text": choice}, position)
            said = delta if number == 0 else said
        return said

    def _choice(self, choice: dict[str, Any], position: int) -> tuple[int, Delta]:
        number = index(choice.get("index"), position)
        assembler = self._assembler(number)
        if choice.get("usage"):
            self._count(choice["usage"])
        if choice.get("error"):
            self._fault = self._fault or read(choice["error"])
        if not FIELDS.isdisjoint(choice):
            self._beside.take(choice)
        delta = assembler.take(choice)
        self.finished = self.finished or assembler.finish_reason is not None
        return number, delta

    def _native(self, document: dict[str, Any]) -> Delta:
        """Ollama's and llama.cpp's own shapes, where every `message` is a delta, but words beside an error are its."""
        found = ((key, document.get(key)) for key in ("message", "response", "content"))
        message = next((value for key, value in found if value not in EMPTY and not self._explains(key, value)), None)
        if message is None and "done" not in document:
            return NOTHING
        is_content = not isinstance(message, dict) or message is document.get("content")
        said = {"content": message} if is_content else message
        return self._choice({"delta": said, "finish_reason": document.get("done_reason")}, 0)[1]

    def _explains(self, key: str, value: Any) -> bool:
        return key == "message" and self._fault is not None and not isinstance(value, dict)

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
            if not cut:
                self._beside.unread(raw)
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

    def _assembler(self, number: int) -> ChoiceAssembler:
        assembler = self._assemblers.get(number)
        if assembler is None:
            assembler = self._assemblers[number] = self._new()
        return assembler

    def _new(self) -> ChoiceAssembler:
        return ChoiceAssembler(self._beside, self._mask)

    def _main(self) -> ChoiceAssembler:
        return self._assemblers[min(self._assemblers)] if self._assemblers else self._new()


def is_json(content_type: str) -> bool:
    """Whether a content type is that of one JSON document."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


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
