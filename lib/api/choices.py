"""One choice of an answer, put together from its chunks: text, reasoning, refusal, tool calls, finish reason."""

from __future__ import annotations

from typing import Any

from lib.api.beside import Beside
from lib.api.content import NOTHING as EMPTY
from lib.api.content import dump, flat, index, is_thought, leaves, listed, reason, word
from lib.api.inline import Inline
from lib.api.masking import Mask
from lib.api.thinking import Think
from lib.messages import Delta
from lib.text import PairJoiner, repair

NOTHING = Delta()
REASONING = ("reasoning_content", "reasoning", "reasoning_text", "thinking", "reasoning_details", "thinking_blocks")
REASONS = frozenset(REASONING)
PLAIN = frozenset(("role", "content", "refusal", *REASONING))  # what is neither a call nor beside the text
CALL = frozenset(("function", "id", "type", "index"))  # one of these makes an object a tool call


class ChoiceAssembler:
    """Puts one of the choices of an answer together."""

    def __init__(self, beside: Beside, mask: Mask) -> None:
        self._beside = beside
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
        self._inline = Inline(beside.image)
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
        if (ended := choice.get("finish_reason")) is not None:
            self._finish(ended)
        delta = choice.get("delta")
        if delta in EMPTY:
            return self._whole(choice)
        if not isinstance(delta, dict):
            delta = {"content": delta}
        content = delta.get("content")
        self._streamed = self._streamed or content not in EMPTY
        if len(delta) > 1:
            return self._message(delta)
        return self._hear(content, "") if content and isinstance(content, str) else self._message(delta)

    def _finish(self, ended: Any) -> None:
        """Note a finish reason; one of an odd type does not take the place of a word."""
        if (isinstance(ended, str) or not self.finish_reason) and (found := reason(ended)):
            self.finish_reason = repair(found)

    def flush(self) -> None:
        """Add what was held back until the end; it is `flushed` then."""
        text, reasoning = self._think.feed(self._text.flush())
        rest_text, rest_reasoning = self._think.flush()
        added = self._add(text + rest_text, self._reasoning.flush() + reasoning + rest_reasoning)
        held = self._screens[0].feed(self._inline.flush())
        held_text, held_reasoning = (screen.flush() for screen in self._screens)
        self.flushed = join([self.flushed, added, self._keep(held + held_text, held_reasoning)])

    def _whole(self, choice: dict[str, Any]) -> Delta:
        message = choice.get("message")
        if message is None or message == "":
            text = flat(choice.get("text"))
            return self._hear(text, "") if text else NOTHING
        self.whole = True
        message = message if isinstance(message, dict) else {"content": message}
        if self._streamed:
            self._note(message)
            return NOTHING
        return self._message(self._fresh(message))

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
        if not PLAIN.issuperset(message) or not isinstance(message.get("content"), str):
            self._note(message)
            self._tools(message)
        if (refused := message.get("refusal")) and refused is not True:
            self.refusal.append(flat(refused))
        if not thought and not REASONS.isdisjoint(message):
            thought = next((text for key in REASONING if (text := flat(message.get(key)))), "")
        return self._hear(content or _spoken(message), thought)

    def _note(self, message: dict[str, Any]) -> None:
        """Take what a message has beside its text."""
        self._beside.take(message)
        if not isinstance(content := message.get("content"), str):
            for part in leaves(content):
                self._beside.part(part)

    def _tools(self, message: dict[str, Any]) -> None:
        for position, call in enumerate(listed(message.get("tool_calls"), CALL)):
            if isinstance(call, dict):
                self._streamed = self._streamed or "index" in call
                self._call(call, position)
            else:
                self._beside.unread(call)
        if isinstance(legacy := message.get("function_call"), dict):
            self.function = self.function or ToolCall("")
            self.function.take(legacy)
        elif legacy:
            self._beside.unread(legacy)

    def _call(self, entry: dict[str, Any], position: int) -> None:
        number = index(entry.get("index"), position)
        call = self._current.get(number)
        if call is None or call.over(entry):
            call = self._current[number] = ToolCall(word(entry.get("type")) or "function")
            self.calls.append(call)
        call.id = call.id or word(entry.get("id"))
        function = entry.get("function")
        call.take(function if isinstance(function, dict) else {"name": function})

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
        text = self._inline.feed(text) if text else ""
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
        self._name = self._name or word(function.get("name"))
        arguments = function.get("arguments")
        self._closed = self._closed or isinstance(arguments, dict)  # Ollama's, whole
        if arguments is not None:
            self._arguments.append(arguments if isinstance(arguments, str) else dump(arguments))

    def over(self, entry: dict[str, Any]) -> bool:
        """Whether `entry` begins another call: some endpoints give every call the same index."""
        new = word(entry.get("id"))
        return self._closed or bool(new and self.id and new != self.id)

    def wire(self) -> dict[str, Any]:
        """Return the call as it would be in a message."""
        function = {"name": repair(self._name), "arguments": repair("".join(self._arguments))}
        return {"id": repair(self.id), "type": self.type, "function": function}


def _parts(content: Any) -> tuple[str, str]:
    """Return the text and the reasoning in content parts."""
    parts = list(leaves(content))
    return flat([part for part in parts if not is_thought(part)]), flat([part for part in parts if is_thought(part)])


def _spoken(message: dict[str, Any]) -> str:
    """Return what is said in a message that is sound."""
    audio = message.get("audio")
    return flat(audio.get("transcript")) if isinstance(audio, dict) else ""


def join(deltas: list[Delta]) -> Delta:
    """Return several deltas as one."""
    said = [delta for delta in deltas if delta is not NOTHING]
    if not said:
        return NOTHING
    return Delta("".join(delta.text for delta in said), "".join(delta.reasoning for delta in said))
