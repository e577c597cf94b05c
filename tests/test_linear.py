r"""Ten times the text takes about ten times as long, whatever it is: text from outside must not hold the interpreter.

A regular expression holds the interpreter's lock, so one answer that takes a minute to read is a minute in which no
page moves. Here everything that reads what others wrote reads one piece again and again: `"a"` and 40,000 backticks
once took 16 seconds.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from lib.api import complaints, nextgpt, wire
from lib.api.beside import Beside
from lib.api.chunks import Answer
from lib.api.complaints import Complaint
from lib.api.inline import Inline
from lib.api.models import names
from lib.api.quirks import Quirks
from lib.api.recording import Recorder
from lib.api.route import Route
from lib.api.snippets import KINDS, snippet
from lib.api.thinking import Think
from lib.chats import chatgpt, claude, json_stream, openwebui, page, source, variables
from lib.compare import audit, handoff, packs, performance
from lib.config import Endpoint, secrecy
from lib.config.vendors import preset
from lib.documents import document, office
from lib.documents import kinds as documents
from lib.documents.document import Document
from lib.endpoints import vision
from lib.errors import AnswerError, ChatError
from lib.files import answers, tables
from lib.images import fetch, kinds, mend, tokens
from lib.messages import Usage
from lib.model_choice import ModelChoice
from lib.net import redaction
from lib.net.chunked import Dechunker
from lib.net.transport import Limits
from lib.pricing.prices import Tariff
from lib.store.chats import titles, words
from lib.text import PairJoiner, map_strings, repair
from lib.ui import parts
from lib.ui.markdown import Splitter, blocks, plain, safe, typed
from lib.ui.markdown.lines import kept_ends
from lib.ui.markdown.references import DEFINITION, NOTE, References
from lib.ui.markdown.safety import harden
from tests.store.calls import NOON

Reads = Callable[[str], object]

SMALL, LARGE = 10_000, 100_000  # characters
WORST = 15.0  # times as long for ten times the text
UNMEASURABLE = 0.01  # seconds of processor time; what takes less is fast, and its ratio is noise
TRIES = 6  # measurements of the same before it is believed to be slow

PIECES = (
    *("a", "1", "漢", "\ud83d", "\ude00", "e\u0301", "\u202e", "\0", " ", "\t", "\n", "\r", "a\n", "a. "),
    *("`", "`a", "```a ", "~~~\n", "*", "_", "#", "-", "- ", "- a\n", "1. ", "> ", "|", "|a\n"),
    *(";", "; ", "|=", "-1", "**a", "<br>"),
    *("[", "](", "](a:", "]: ", "[a](", "[a]: a\n", "![", "[^1]: ", "<", "<a", "<a:", "<title", "&", "&#1;"),
    *("sk-", "sk-test-", "c2st"),
    *("$", "$a ", "\\", "\\(", "\\[", ":", ":a[", "@a.", "www.", "http://", "?a=", "/", "."),
    *(
        "{",
        '{"a":',
        '{"a":1}',
        "[1]",
        '"',
        "'a",
        "data: a\n",
        "event: a\n",
        "<think>",
        "model ",
        "no_",
        "only ",
        "qwen",
    ),
)
# As they are, before what no pattern expects at its end, and after a letter that is none of them. What reads line by
# line gets both as two lines, of lengths that are not the same: it takes longest.
SHAPES = ("{whole}\x01", "a{whole}")
LINES = ("{most}\x01\na{rest}",)
BY_LINES = ("markdown ", "model ")

ENDPOINT = Endpoint("t", "http://127.0.0.1:9/v1", "sk-test-0123456789", model="m")
ROUTE = Route(ENDPOINT, None, Limits())


def pieces(text: str, size: int = 200) -> Iterator[str]:
    """Cut a text as a stream does: what is read again with each piece is as much of the work whatever the size."""
    return (text[place : place + size] for place in range(0, len(text), size))


def octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def quiet(read: Reads) -> Reads:
    """Return `read`, with refusing as good an answer as any."""

    def reader(text: str) -> None:
        with contextlib.suppress(ChatError, ValueError):
            read(text)

    return reader


def packed(text: str) -> None:
    """Read a demo pack in which everything that can be said is this."""
    said = text[: packs.MAX_TEXT]
    lane = ModelChoice(said[:100], said[:100])
    answer = packs.Recording(datetime(2026, 11, 26, tzinfo=UTC), "m", ((0.1, said),))
    step = packs.Step(
        f"p{said[1:]}", (lane,), said[:100], said, said, files=(Document("a", said),), recordings=(answer,)
    )
    packs.read(packs.written(packs.Pack(said[:100], (step,))))


def grown(text: str) -> None:
    """Split a growing answer, and look at its unfinished block: the longer it is the less often, as the page does."""
    splitter, due, size = Splitter(), 0.0, 0
    for piece in pieces(text):
        size = 0 if splitter.feed(piece) else size + len(piece)
        due = due if size else 0.0
        if size >= due:
            assert splitter.tail == splitter.tail
            due = size * 10
    splitter.close()


def decoded(text: str, size: int) -> None:
    """Read the body of an answer."""
    decoder, body = wire.Decoder(), octets(text)
    for place in range(0, len(body), size):
        decoder.feed(body[place : place + size])
    decoder.close()


def framed(before: str, after: str = "", size: int = 65_536) -> Reads:
    """Return what reads a body that begins and ends so, in blocks of `size` bytes."""
    return lambda text: decoded(before + text + after, size)


def answered(chunk: Callable[[str], dict]) -> Reads:
    """Return what takes an answer of many chunks."""

    def take(text: str) -> None:
        answer = Answer(ROUTE.mask)
        for piece in pieces(text):
            answer.take(wire.Event("json", {"choices": [chunk(piece)]}))
        answer.close()
        assert answer.completion

    return take


def verbatim(kind: str) -> Reads:
    """Return what takes a body that is no document."""

    def take(text: str) -> None:
        answer = Answer(ROUTE.mask)
        answer.take(wire.Event(kind, text if kind != "broken" else True, text))
        answer.close("application/json")

    return take


def thought(before: str) -> Reads:
    """Return what tells reasoning from text."""

    def think(text: str) -> None:
        mind = Think()
        for piece in pieces(before + text, 50):
            mind.feed(piece)
        mind.flush()

    return think


def drawn_inline(text: str) -> None:
    """Tell images from text."""
    for before in ("", "![a](data:image/png;base64,"):
        inline = Inline(lambda _: None)
        for piece in pieces(before + text, 50):
            inline.feed(piece)
        inline.flush()


def referring(text: str) -> None:
    """Refer to labels, and define them."""
    References().ask(text)
    for line in (f"[a]: https://a.b/{text}", f"[{text}", f'[a]: #a "{text}'):
        DEFINITION.fullmatch(line)
    NOTE.match(f"[^{text}")


def parted(text: str) -> None:
    """Find where a part of a text ends, and in which code."""
    parts.weight(text)
    parts.fitting(text, len(text))
    parts._open(text)


def screened(text: str) -> None:
    """Look for secrets in an answer."""
    screen = ROUTE.mask.screen()
    for piece in pieces(text, 50):
        screen.feed(piece)
    screen.flush()


def beside(text: str) -> None:
    found = Beside()
    found.take({"citations": [*pieces(text), text], "sources": {"title": text, "url": f"https://{text}"}})
    found.unread(text)
    assert found.extras


def mended_image(text: str) -> None:
    for name, head in (("JPEG", b"\xff\xd8\xff\xda"), ("PNG", mend.PNG), ("HEIC", b"")):
        mend.whole(name, head + octets(text))
        mend.is_cut(name, head + octets(text))


def mended(text: str) -> None:
    joiner = PairJoiner(line_ends=True)
    for piece in pieces(text, 50):
        joiner.feed(piece)
    joiner.flush()
    map_strings({"a": [text]}, repair)


def refused(text: str) -> AnswerError:
    error = complaints.refusal(Complaint(text, text), 400, {"Retry-After": text, "retry-after-ms": text}, ROUTE.redact)
    Quirks().learn({"model": "m", "stream": True}, AnswerError(text, kind="bad_request", status=400, param="stream"))
    return error


def complained(text: str) -> None:
    for said in (text, {"message": text}, json.dumps({"error": text}), [{"loc": [text], "msg": text}]):
        complaints.complaint({"error": said})
    complaints.complaint({"detail": json.dumps([text]), "code": text})


def recorded(text: str) -> None:
    recorder = Recorder(ROUTE.redact)
    recorder.sent("http://127.0.0.1:9", {"a": "b"}, {"messages": [{"content": text}]})
    recorder.answered({}, 200, {"a": text})
    for _ in recorder.watch(octets(piece) for piece in pieces(text, 100)):
        pass
    assert recorder.recording


def written(text: str) -> None:
    for kind in KINDS:
        snippet(kind, ENDPOINT, [{"role": "user", "content": text}], "m", {text[:100]: text})


def described(document: Callable[[str], dict]) -> Reads:
    """Return what reads the form of a use case."""
    return lambda text: nextgpt._schema(document(text), ENDPOINT, "U")


def posted(text: str) -> dict:
    return {"paths": {f"/{text}": {"post": {"requestBody": {"content": {"a": {"schema": form(text)}}}}}}}


def form(text: str) -> dict:
    return {"type": "object", "properties": {"a": {"title": text, "description": text, "enum": [text]}}}


def referred(text: str) -> dict:
    names = {f"f{number}": {"$ref": f"#/components/schemas/a/{text}"} for number in range(50)}
    looped = {"allOf": [{"$ref": "#/components/schemas/a"}] * 6, "properties": names, "required": list(names)}
    return {"components": {"schemas": {"a": looped}}}


def dechunked(text: str) -> None:
    for body in (octets(text), b"9\r\n" + octets(text), b"0\r\n" + octets(text)):
        dechunker = Dechunker()
        for place in range(0, len(body), 100):
            dechunker.feed(body[place : place + 100])


def streamed(text: str, window: int = json_stream.MAX_WINDOW) -> None:
    """Read a document with a text in it as a text, as a value, and passed over."""
    quoted = json.dumps([text, [text]])
    for body in (quoted, f"[{text}", f'{{"a": "{text}', f"[[{text}]]"):
        found = json_stream.JsonStream(io.BytesIO(octets(body)), window)
        with contextlib.suppress(ChatError):
            for _ in found.items():
                found.value()
        skipping = json_stream.JsonStream(io.BytesIO(octets(body)), window)
        with contextlib.suppress(ChatError):
            skipping.pass_over()


def attached(text: str) -> None:
    documents.kind(b" " + octets(text))
    said, note = documents.decoded(octets(text))
    whole, files = document.joined(said, [document.Document(text, said, note)] * 2)
    document.retyped(text, whole, files)
    assert office.ENTITIES.search(octets(text)) is None


def tabled(text: str) -> None:
    table = tables.Table(("a",), [(text,)], {"a": text})
    tables.to_csv(table)
    tables.to_json(table)


READERS: dict[str, Reads] = {
    "rows of a comparison handed on": lambda text: audit._rows(handoff.COSTS + text),
    "markdown blocks": blocks,
    "markdown safe": safe,
    "markdown growing": grown,
    "markdown plain": plain,
    "markdown typed": typed,
    "markdown typed, fenced": lambda text: typed(f"```\n{text}\n```\n{text}"),
    "markdown row": lambda text: safe(f"|{text}"),
    "markdown formula": lambda text: safe(f"$$\n{text}\n$$"),
    "markdown hardened": harden,
    "markdown lines": lambda text: list(kept_ends(text.split("\n"))),
    "markdown references": referring,
    "parts": parted,
    "markdown plain, cut": lambda text: plain(text, 60),
    "answers table": answers.table,
    "answers table, fenced": lambda text: answers.table(f"```csv\n{text}"),
    "answers document": answers.document,
    "complaints refusal": refused,
    "complaints complaint": complained,
    "wire": framed(""),
    "wire, in pieces": framed("", size=50),
    "wire, after an array": framed("[1]"),
    "wire, in a text": framed('{"a":"'),
    "wire, in a text, in pieces": framed('{"a":"', '"}', 50),
    "wire, events": framed("data: "),
    "wire, events, in pieces": framed("data: [\n", size=50),
    "wire, page": framed("<html>"),
    "wire, page's title": framed("<html><title>", "</title>"),
    "chunks": answered(lambda text: {"delta": {"content": text}}),
    "chunks, messages": answered(lambda text: {"message": {"content": text}}),
    "chunks, reasoning": answered(lambda text: {"delta": {"reasoning": text, "refusal": text}}),
    "chunks, calls": answered(lambda text: {"delta": {"tool_calls": [{"function": {"arguments": text}}]}}),
    "chunks, text": verbatim("text"),
    "chunks, broken": verbatim("broken"),
    "chunks, page": verbatim("page"),
    "thinking": thought(""),
    "thinking, inside": thought("<think>\n"),
    "thinking, in a line": thought("<think>"),
    "beside": beside,
    "chunks, parts": answered(lambda text: {"delta": {"content": [{"type": text, "a": text}, [text]]}}),
    "text": mended,
    "models": lambda text: list(names([{"data": list(pieces(text, 100))}])),
    "recording": recorded,
    "snippets": written,
    "nextgpt": described(posted),
    "nextgpt, references": described(referred),
    "nextgpt, servers": described(lambda text: {**posted("a"), "servers": [{"url": f"http://a/{text}"}]}),
    "redaction": redaction.redact,
    "exports, JSON": streamed,
    "exports, JSON by pieces": lambda text: streamed(text, window=0),
    "exports, ChatGPT": lambda text: chatgpt.MARKS.sub("", text),
    "exports, ChatGPT's files": chatgpt.file_id,
    "exports, Claude": lambda text: claude.UNSHOWN.sub("", text),
    "exports, Open WebUI": openwebui.unfold,
    "exports, Open WebUI's tools": lambda text: openwebui.unfold(f'<details type="tool_calls" {text}'),
    "exports, Open WebUI folded": lambda text: openwebui.unfold(f'<details type="reasoning">{text}</details>'),
    "exports, sources": lambda text: source.source(text, f"https://{text}"),
    "exports, fences": lambda text: source.fenced(text, text),
    "packs": packed,
    "packs, names": packs.NAME.match,
    "packs, what answers have in common": lambda text: performance.common(text, f"{text} more"),
    "exports, web page": page.rendered,
    "exports, code": lambda text: page.rendered(f"```py\n{text}"),
    "exports, moments": source.moment,
    "attached files": attached,
    "prompts": lambda text: (variables.names(text), variables.filled(text, {"a": text})),
    "titles": titles.title,
    "titles, typed": titles.tidy,
    "words": lambda text: list(words.parts(text)),
    "words, excerpt": lambda text: words.excerpt(text, ("a", "漢")),
    "tables": tabled,
    "answers prose": answers.prose,
    "fetch": lambda text: fetch.parse(f"https://{text}"),
    "fetch, path": lambda text: fetch.parse(f"{text[:8_000]}", "https://a.b/c"),
    "chunked": dechunked,
    "image kinds": lambda text: (kinds.sniff(octets(text)), kinds.other(octets(text))),
    "image mended": mended_image,
    "model seen": lambda text: (vision.seeing([text]), tokens.rule(text)),
    "model priced": lambda text: Tariff("https://api.openai.com/v1", {}).what_if(Usage(1, 1, 2), 1, text, NOON),
    "vendor": lambda text: preset(f"https://{text}"),
    "masking": ROUTE.mask.hide,
    "masking, in pieces": screened,
    "images in the text, in pieces": drawn_inline,
    "urls": secrecy.shown,
    "urls, query": lambda text: secrecy.shown(f"https://a?{text}"),
}


def seconds(read: Reads, text: str) -> float:
    """Return the processor time that reading takes, of this thread alone: others work at the same time."""
    gc.disable()  # its time depends on all that other tests have left behind
    tracer = sys.gettrace()
    sys.settrace(None)  # coverage would take most of the time; each line is covered elsewhere
    try:
        begun = time.thread_time()
        read(text)
        return time.thread_time() - begun
    finally:
        sys.settrace(tracer)
        gc.enable()


def is_slow(read: Reads, small: str, large: str) -> bool:
    """Say whether the large text takes more than fifteen times as long; beyond a second for the small one it does."""
    short = seconds(read, small)
    if short > 1:
        return True
    long = seconds(read, large)
    return long > UNMEASURABLE and long > WORST * short


def is_always_slow(read: Reads, piece: str, shape: str) -> bool:
    """Say whether each of several measurements says so: a busy machine disturbs some, a square is there in all."""
    small, large = (shaped(piece, shape, size // len(piece)) for size in (SMALL, LARGE))
    return all(is_slow(read, small, large) for _ in range(TRIES))


def shaped(piece: str, shape: str, times: int) -> str:
    """Return a text of a piece again and again."""
    most = times * 2 // 3
    return shape.format(whole=piece * times, most=piece * most, rest=piece * (times - most))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.timeout(300)
def test_linear(name: str) -> None:
    """Ten times the text takes no more than fifteen times as long to read."""
    read = quiet(READERS[name])
    read("a")  # what is loaded or compiled at the first time
    shapes = LINES if name.startswith(BY_LINES) else SHAPES
    slow = [(piece, shape) for piece, shape in itertools.product(PIECES, shapes) if is_always_slow(read, piece, shape)]
    assert slow == []
