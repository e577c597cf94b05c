"""Documents to deltas, usage and finish reasons."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.api.choices import join
from lib.api.chunks import Answer
from lib.api.masking import Mask
from lib.api.token_counts import usage
from lib.errors import AnswerError, EndpointError
from lib.messages import Completion, Usage
from tests.api.answers import cut, read

KEY = "sk-test-0123456789"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
# fmt: off
KEYS = st.sampled_from((
    "choices", "delta", "message", "content", "role", "text", "finish_reason", "usage", "error", "errors", "detail",
    "model", "index", "tool_calls", "function", "function_call", "arguments", "name", "id", "refusal", "reasoning",
    "x_groq", "result", "data", "response", "base_resp", "status_code", "done", "eval_count", "prompt_tokens",
    "completion_tokens_details", "loc", "metadata", "raw", "thinking", "type",
))
# fmt: on
PROTOCOL = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


def events(*documents: object) -> list[bytes]:
    return [b"data: %s\n\n" % json.dumps(document).encode() for document in documents]


def chunk(finish_reason: str | None = None, **delta: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


def message(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **fields}, "finish_reason": "stop"}]}


def say(*documents: object) -> Completion:
    """Return the answer in a stream of documents; its deltas must add up to its text."""
    answer, text, error = read(events(*documents))
    assert error is None
    assert text == answer.completion.text
    return answer.completion


def single(document: object) -> Completion:
    """Return the answer in one JSON document."""
    answer, text, error = read([json.dumps(document).encode()])
    assert error is None
    assert text == answer.completion.text
    return answer.completion


def fail(*blocks: bytes) -> tuple[Completion, EndpointError]:
    """Return what came, and the error after it."""
    answer, _, error = read(blocks)
    assert error is not None
    return answer.completion, error


@settings(max_examples=40)
@given(st.lists(PROTOCOL, max_size=4), st.sampled_from(["data: ", ""]))
def test_any_document(documents, prefix):
    """No document makes the reader fail in a way of its own, or mean something else in small pieces."""
    body = "".join(f"{prefix}{json.dumps(document)}\n\n" for document in documents).encode()
    answer, text, error = read([body])
    again, pieces, other = read(cut(body, 1))

    assert (answer.completion, text, str(error)) == (again.completion, pieces, str(other))
    assert error or text == answer.completion.text


def test_model():
    """The model is the first that is named."""
    assert say({"model": "", **chunk()}, {"model": "a", **chunk()}, {"model": "b", **chunk("stop")}).model == "a"


def test_repeated_deltas():
    """Deltas that repeat what was said are said again."""
    assert say(chunk(content="ha"), chunk(content="ha"), chunk(content="haha")).text == "hahahaha"


def test_delta_list():
    """An event may hold several chunks in a list."""
    assert say([chunk(content="a"), chunk(content="b")], [chunk("stop")]).text == "ab"


def test_text():
    """Legacy completions say `text`."""
    assert say({"choices": [{"text": "a"}]}, {"choices": [{"text": "b", "finish_reason": "stop"}]}).text == "ab"


def test_final_message():
    """A whole message after deltas is not said twice, its tool calls neither."""
    call = {"id": "1", "index": 0, "function": {"name": "f", "arguments": "{}"}}
    answer = say(chunk(content="ab", tool_calls=[call]), message(content="ab", tool_calls=[call]))

    assert (answer.text, len(answer.tool_calls)) == ("ab", 1)


def test_growing_message():
    """Messages that grow are said once; messages that do not are deltas."""
    assert say(message(content="a"), message(content="ab"), message(content="abc")).text == "abc"
    assert say(message(content="a"), message(content="b"), message(content="c")).text == "abc"


def test_growing_message_after_others():
    """A message that repeats all that was said before it, in however many pieces, is said once."""
    said = [message(content=content) for content in ("a", "b", "", "abc", "abc", "abcd", "x")]
    assert say(*said).text == "abcdx"


def test_message_too_deep():
    """Of text in lists within lists without end there is a mark, and it does not exhaust the stack."""
    deep = json.loads("[" * 500 + '"a"' + "]" * 500)
    thought = json.loads('{"text":' * 500 + '"a"' + "}" * 500)
    answer = say(chunk(content=deep, reasoning=thought), [deep, [chunk(content="b")]], chunk("stop"))
    assert (answer.text, answer.reasoning) == ("…b", "…")


def test_message_parts():
    """A message may be of parts in every event too."""
    assert say(message(content=[{"type": "text", "text": "a"}])).text == "a"


def test_index_missing():
    """Choices without an index are counted."""
    answer = say({"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}, "index": "x"}, "junk"]})

    assert [choice.text for choice in answer.choices] == ["a", "b", "junk"]


def test_index_from_one():
    """A single choice that is not number 0 is the answer."""
    assert say({"choices": [{"index": 1, "delta": {"content": "a"}, "finish_reason": "stop"}]}).text == "a"


def test_ollama():
    """Every message of Ollama's own stream is a delta; its counts are usage."""
    answer = say(
        {"model": "m", "message": {"role": "assistant", "content": "ha"}, "done": False},
        {"model": "m", "message": {"role": "assistant", "content": "ha", "thinking": "hm"}, "done": False},
        {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
        {"model": "m", "done": True, "prompt_eval_count": 3, "eval_count": 2},
    )

    assert (answer.text, answer.reasoning, answer.finish_reason) == ("haha", "hm", "stop")
    assert answer.usage == Usage(3, 2, 5)


@pytest.mark.parametrize(
    "document",
    [
        {"response": "a", "done": True},
        {"result": {"response": "a"}},
        {"data": message(content="a")},
        {"response": {"message": {"role": "assistant", "content": "a"}}},
        {"object": "chat.completion", "content": "a"},
    ],
)
def test_native(document):
    """An answer may be called otherwise, or lie in a wrapper."""
    assert single(document).text == "a"


def test_native_events():
    """In events a document needs no mark to be one of the protocol, and an unknown one says nothing."""
    answer = say({"response": "a"}, {"type": "ping"}, {"response": "b"}, [7])

    assert (answer.text, answer.incomplete) == ("ab", True)


def test_unknown_line():
    """Among JSON lines an unknown document is not text."""
    body = "\n".join(json.dumps(document) for document in (chunk(content="a"), {"type": "ping"}, chunk("stop")))

    assert read([body.encode()])[1] == "a"


def test_parts_reasoning():
    """Parts of an answer may be reasoning, in one delta with text."""
    parts = [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "a"}, "b", 7]

    assert (say(chunk(content=parts)).text, say(chunk(content=parts)).reasoning) == ("ab7", "hm")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking", "reasoning_text"])
def test_reasoning(field):
    """Reasoning comes in a field of its own."""
    assert say(chunk(**{field: "hm"}), chunk(content="a")).reasoning == "hm"


def test_reasoning_twice():
    """Reasoning that is sent in two fields is taken from one."""
    details = [{"type": "reasoning.text", "text": "hm"}]

    assert say(chunk(reasoning="hm", reasoning_content="hm", reasoning_details=details)).reasoning == "hm"


def test_reasoning_and_text():
    """One delta may hold both."""
    answer, _, _ = read(events(chunk(reasoning="hm", content="a")))

    assert (answer.completion, answer.deltas) == (Completion("a", "hm", incomplete=True), 1)


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("tail", ["a </think> b <think>", "", "<", "x</"])
def test_think(size, tail):
    """<think> at the start is reasoning, in whatever pieces it comes; later it is text."""
    whole = f" \n<think>hm </b> </thin</think>\n\n{tail}"
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    answer = say(*(chunk(content=piece) for piece in pieces))

    assert (answer.reasoning, answer.text) == ("hm </b> </thin", tail)


@pytest.mark.parametrize("text", ["<", "<thin", " <thinker>", "<b>think</b>", " \n", "a<think>b</think>"])
def test_think_not(text):
    """What only begins like <think> is text, at the end too."""
    assert say(*(chunk(content=piece) for piece in text)).text == text


def test_think_unended():
    """<think> that does not end is reasoning to the last letter."""
    assert say(chunk(content="<think>hm </thi")).reasoning == "hm </thi"


def test_think_beside_field():
    """Where reasoning has a field, tags in the text are text."""
    assert say(chunk(reasoning="hm"), chunk(content="<think>a</think>")).text == "<think>a</think>"


def test_think_by_number():
    """Where text comes in pieces of odd types, tags are tags."""
    assert say(chunk(content=["<think>\n", 1, "\n</think>"]), chunk(content=2)).text == "2"


def test_plain_think():
    """In plain text too."""
    answer, _, _ = read([b"<thi", b"nk>hm</think>a"])

    assert (answer.completion.reasoning, answer.completion.text, answer.completion.incomplete) == ("hm", "a", False)


def test_refusal():
    """A refusal comes in pieces beside an empty text."""
    assert say(chunk(refusal="I ca"), chunk(refusal="n't"), chunk("stop")).refusal == "I can't"


def test_tool_calls_nameless():
    """Calls without index or id are told apart by their place."""
    calls = [{"function": {"name": "f", "arguments": {"x": 1}}}, {"function": {"name": "g", "arguments": {}}}]
    answer = say(
        {"message": {"role": "assistant", "tool_calls": calls}}, {"message": {"role": "a", "tool_calls": calls[:1]}}
    )

    assert [call["function"] for call in answer.tool_calls] == [
        {"name": "f", "arguments": '{"x": 1}'},
        {"name": "g", "arguments": "{}"},
        {"name": "f", "arguments": '{"x": 1}'},
    ]


def test_tool_calls_odd():
    """A call that is no call does no harm, and is noted."""
    answer = say(
        chunk(tool_calls=["x", {"index": "y", "type": 3, "function": None}]), chunk(tool_calls="z", function_call="w")
    )

    assert answer.tool_calls == ({"id": "", "type": "3", "function": {"name": "", "arguments": ""}},)
    assert answer.extras.unread == ("x", "z", "w")


def test_tool_calls_of_odd_types():
    """Names, ids and arguments are texts, whatever they came as; pieces of a call stay one call."""
    first = {"index": "0", "id": 5, "function": {"name": 7, "arguments": "[1, "}}
    rest = [{"index": 0.0, "id": 5, "function": {"arguments": 2}}, {"index": 0, "function": {"arguments": "]"}}]
    answer = say(chunk(tool_calls=first), *(chunk(tool_calls={"0": each}) for each in rest))

    assert answer.tool_calls == ({"id": "5", "type": "function", "function": {"name": "7", "arguments": "[1, 2]"}},)


def test_tool_call_by_name():
    """A function may be no more than its name, and its arguments a list."""
    answer = say(chunk(tool_calls=[{"id": {"id": "a"}, "function": "f"}, {"id": "b", "function": {"arguments": [1]}}]))

    assert [(call["id"], *call["function"].values()) for call in answer.tool_calls] == [
        ("a", "f", ""),
        ("b", "", "[1]"),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"), (0, "0"), (0.005, "0.005"), (True, "true"), (False, "false"), (-1, "-1"), (10**20, "1" + "0" * 20),
        ({"answer": 1}, '{"answer": 1}'), ([1, " ", [True]], "1 true"), (None, ""), ({}, ""), ([], ""), ([None], ""),
        ({"text": None}, ""), ({"type": "text", "text": 0}, "0"), ({"type": "text", "text": {"value": "a"}}, "a"),
    ],
)  # fmt: skip
def test_odd_types(value, text):
    """Where text is expected, anything is: in deltas, messages, parts, reasoning, legacy texts and bare choices."""
    assert say(chunk(content=value)).text == text
    assert say(chunk(role="assistant", content=value)).text == text
    assert say(message(content=value)).text == text
    assert say(chunk(content=[{"type": "text", "text": value}])).text == text
    assert say(chunk(reasoning_content=value)).reasoning == text
    assert say({"choices": [{"text": value}]}).text == text
    assert say({"content": value, "done": False}, {"done": True}).text == text


@pytest.mark.parametrize("value", ["a", 1, True, {"message": {"content": "a"}}, {"0": {"delta": {"content": "a"}}}])
def test_odd_choices(value):
    """Choices may be a text, one choice, or an object of several; deltas and messages may be texts."""
    text = value if isinstance(value, str) else "a" if isinstance(value, dict) else json.dumps(value)
    assert say({"choices": value}).text == text
    if not isinstance(value, dict):
        assert say({"choices": [{"delta": value}]}).text == text
        assert say({"choices": [{"message": value}]}).text == text


def test_digits():
    """A number is shown in the digits it was sent in."""
    assert read([b'data: {"choices": [{"delta": {"content": 0.10}}]}\n\n'])[1] == "0.10"


def test_index_as_text():
    """A choice whose number is a text is that choice, live too."""
    assert say({"choices": [{"index": "0", "delta": {"content": "a"}}]}, chunk("stop", content="b")).text == "ab"


def test_model_odd():
    """A model's name may be a number, or in an object."""
    assert say({"model": 4, **chunk("stop")}).model == "4"
    assert say({"model": {"name": "m", "size": 1}, **chunk("stop")}).model == "m"


def test_stray_lines():
    """A line among documents that is none is noted, signs of life are not, and an error is one."""
    lines = b"data: ping\n\ndata: what is this\n\ndata: 7\n\n"
    answer, _, error = read([*events(chunk(content="a")), lines, *events(chunk("stop"))])

    assert (answer.completion.text, answer.completion.extras.unread, error) == ("a", ("what is this", "7"), None)
    assert "worker died" in str(fail(*events(chunk(content="a")), b"data: [ERROR] worker died\n\n")[1])


def test_text_after_a_document():
    """Lines of text after a document that says nothing are the answer."""
    answer, text, _ = read([b'data: {"session": 1}\n\ndata: Hello\n\ndata: "you"\n\n'])

    assert (answer.completion.text, text) == ("Helloyou", "Helloyou")


def test_broken_after_finish():
    """A piece that is no JSON is noted where it takes nothing away."""
    answer, _, _ = read([*events(chunk("stop", content="a")), b"data: {oops\n\n"])

    assert answer.completion.extras.unread == ("{oops",)


def test_unread_redacted():
    """What is kept of a piece that is not read has no secrets."""
    answer = Answer(Mask([KEY]))
    answer.take(("json", {**chunk("stop", content="a"), "citations": [f"https://example.com/?k={KEY}"]}, ""))
    answer.take(("stray", f"my {KEY}", ""))
    extras = answer.completion.extras

    assert extras.unread == ("my [redacted]",)
    assert extras.sources[0].url == "https://example.com/?k=[redacted]"


def test_spoken():
    """What is said in sound is text."""
    answer = say(chunk(content=None, audio={"id": "1", "transcript": "hel"}), chunk(audio={"transcript": "lo"}))

    assert (answer.text, answer.extras.media) == ("hello", ("audio",))


def test_flat_error():
    """The words of an error that is flat are not the answer's."""
    answer, error = fail(*events(chunk(content="a"), {"object": "error", "message": "Engine dead", "code": 500}))

    assert (answer.text, error.kind) == ("a", "upstream")


def test_surrogates():
    """A pair that was split over chunks is joined, a lone one replaced."""
    assert say(chunk(content="a\ud83d"), chunk(role="x"), chunk(content="\ude42b\ude42")).text == "a🙂b�"


def test_surrogate_last():
    """Half a pair at the end is replaced, in text and reasoning."""
    answer = say(chunk(content="a\ud83d", reasoning="b\ud83d"))

    assert (answer.text, answer.reasoning) == ("a�", "b�")


def test_surrogates_elsewhere():
    """Names and arguments are repaired too."""
    call = {"index": 0, "id": "\ud83d", "function": {"name": "\0", "arguments": "\ud83d"}}
    more = {"index": 0, "function": {"arguments": "\ude42"}}
    answer = say({"model": "\ude42", **chunk("st\ud83d", tool_calls=[call])}, chunk(tool_calls=[more]))

    assert (answer.model, answer.finish_reason) == ("�", "st�")
    assert answer.tool_calls[0] == {"id": "�", "type": "function", "function": {"name": "�", "arguments": "🙂"}}


def test_finish_reason_first():
    """Neither "" nor null takes a finish reason away, nor does one of an odd type."""
    assert say(chunk("length"), chunk(""), chunk(), {"choices": [{"finish_reason": 7}]}).finish_reason == "length"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (7, "7"),
        (True, "stop"),
        ({"type": "stop"}, "stop"),
        (["stop"], "stop"),
        (0, None),
        (False, None),
        ("null", None),
    ],
)
def test_finish_reason_odd(value, reason):
    """A finish reason of an odd type is a word, and what says that there is none yet is none."""
    assert say(chunk(value, content="a")).finish_reason == reason


def test_error_after_no_finish():
    """Words for a finish that has not come do not hide an error."""
    _, error = fail(*events(chunk("null", content="a"), {"error": "late"}))

    assert "late" in str(error)


def test_incomplete():
    """A stream that ends with neither a finish reason nor [DONE] is incomplete."""
    assert say(chunk(content="a")).incomplete
    assert not say(chunk(content="a"), chunk("stop")).incomplete


def test_incomplete_done():
    """[DONE] is as good as a finish reason."""
    answer, _, _ = read([*events(chunk(content="a")), b"data: [DONE]\n\n"])

    assert not answer.completion.incomplete


def test_whole_without_reason():
    """A whole message is complete without a finish reason."""
    assert not single({"choices": [{"message": {"role": "assistant", "content": "a"}}]}).incomplete


def test_cut_json_lines():
    """JSON lines that are cut off are incomplete, what came is kept."""
    answer, _, error = read([json.dumps(chunk(content="a")).encode() + b'\n{"choices": [{"del'])

    assert (answer.completion.text, answer.completion.incomplete, error) == ("a", True, None)


def test_json_answer():
    """JSON that is no document of the protocol is the answer itself, to the last blank."""
    for body in (b'{"city": "Paris"}\n{"city":1}', b'[{"a": 1}, {"b": 2}]', b"[1] is it", b'{"a": 1,}', b'{"a": 1'):
        answer, text, error = read([body])
        assert (answer.completion.text, text, error) == (body.decode(), body.decode(), None)


def test_array_of_chunks():
    """Chunks may come in one array, whose brackets are not text."""
    assert read([json.dumps([chunk(content="a"), chunk("stop")]).encode()])[1] == "a"


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", "protocol", "empty"),
        (b": ping\n\n", "protocol", "empty"),
        (b'{"choices": []}', "protocol", "without choices"),
        (b'{"object": "chat.completion"}', "protocol", "without choices"),
        (b'{"choices": [{"mess', "truncated", "broke off"),
        (b'{"choices": [x]}', "protocol", "not JSON"),
        (b"data: {oops\n\ndata: [DONE]\n\n", "protocol", "not JSON"),
        (b"<html><title>Log in</title>", "protocol", "web page came instead of an answer (Log in)"),
        (b"<html>", "protocol", "web page came instead of an answer."),
        (b'{"error": null, "errors": [], "detail": "Not Found"}', "upstream", "Not Found"),
    ],
)
def test_no_answer(body, kind, words):
    """A body without an answer is an error that says what came instead."""
    if body.startswith(b"data: {oops"):
        body = events(chunk(content="a"))[0] + body
    _, error = fail(body)

    assert error.kind == kind
    assert words in str(error)


def test_single_chunk():
    """One chunk that says nothing is an answer that ended early: the endpoint does speak the protocol."""
    answer, _, error = read(events(chunk(content="")))

    assert (answer.completion.incomplete, error) == (True, None)


@pytest.mark.parametrize(
    "body", [b'data: {"choices": oops}\n\n', b'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: {oops\n\n']
)
def test_hint_of_a_broken_chunk(body):
    """Who sends a broken chunk speaks the protocol: the advice is not to check the base URL."""
    _, error = fail(body + b"data: [DONE]\n\n")

    assert error.hint.startswith("Press Retry")


def test_error_null():
    """An error that is null is none."""
    assert say({"error": None, **chunk(content="a")}, {"error": {}, **chunk("stop")}).text == "a"


def test_error_after_finish():
    """An error after the finish reason takes nothing away, broken JSON neither."""
    answer, _, error = read([*events(chunk("stop", content="a"), {"error": "late"}), b"data: {oops\n\n"])

    assert (answer.completion.text, error) == ("a", None)


def test_error_keeps_usage():
    """Usage beside an error is kept, and so is the text."""
    answer, error = fail(*events(chunk(content="a"), {"error": {"code": 429}, "usage": {"total_tokens": 3}}))

    assert (answer.text, answer.usage, error.kind) == ("a", Usage(total_tokens=3), "rate_limit")


def test_error_redacted():
    """An error says what the endpoint said, without secrets."""
    answer = Answer(Mask([KEY]))
    with pytest.raises(AnswerError, match=r"bad \[redacted\]$"):
        answer.take(("json", {"error": f"bad {KEY}"}, ""))


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_key_echoed(field):
    """A key in an answer is masked, wherever the pieces are cut, and nothing else is changed."""
    said = f"sk-t and {KEY.upper()}: s"
    for size in range(1, len(said)):
        answer = Answer(Mask([KEY]))
        pieces = [said[place : place + size] for place in range(0, len(said), size)]
        heard = join([*(answer.take(("json", chunk(**{field: piece}), "")) for piece in pieces), answer.release()])

        assert heard.text + heard.reasoning == "sk-t and [redacted]: s"
        assert (answer.completion.text, answer.completion.reasoning) == (heard.text, heard.reasoning)
        assert answer.masked


def test_key_echoed_elsewhere():
    """Nor is it in what else an answer has."""
    call = {"id": KEY, "function": {"name": KEY, "arguments": f'{{"a": "{KEY}"}}'}}
    said = chunk(refusal=KEY, tool_calls=[call], function_call={"name": KEY}, finish_reason=KEY)
    answer = Answer(Mask([KEY]))
    answer.take(("json", {**said, "model": KEY}, ""))
    answer.take(("json", {"choices": [{"index": 1, "delta": {"content": KEY}, "finish_reason": "stop"}]}, ""))
    answer.close()

    assert KEY not in repr(answer.completion)
    assert answer.completion.choices[1].text == "[redacted]"


def test_released():
    """What is held back because it may be a key is said when nothing follows it."""
    answer = Answer(Mask([KEY]))
    said = [answer.take(("json", chunk(content=piece), "")) for piece in ("a sk", "-")]

    assert join(said).text == "a "
    assert (answer.release().text, answer.release().text, answer.completion.text) == ("sk-", "sk-", "a sk-")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ([], None),
        ({}, None),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None),
        ({"prompt_tokens": 3, "completion_tokens": 0}, Usage(3, 0, 3)),
        ({"prompt_tokens": -3, "completion_tokens": "a lot", "total_tokens": 9}, Usage(None, None, 9)),
        ({"prompt_tokens": "3", "completion_tokens": " 7.0 "}, Usage(3, 7, 10)),
        ('{"total_tokens": 9}', Usage(total_tokens=9)),
        ([{"total_tokens": 4}, {"total_tokens": 9}, None], Usage(total_tokens=9)),
        (9, Usage(total_tokens=9)),
        ("{oops", None),
        ({"prompt_tokens": True, "completion_tokens": 2.0, "total_tokens": 2.5}, Usage(None, 2, None)),
        ({"prompt_tokens": 10**12, "total_tokens": float("inf")}, None),
        ({"input_tokens": 3, "output_tokens": 4}, Usage(3, 4, 7)),
        ({"total_tokens": 3, "completion_tokens_details": "x"}, Usage(total_tokens=3)),
        ({"total_tokens": 3, "prompt_cache_hit_tokens": 2}, Usage(total_tokens=3, cached_tokens=2)),
        (
            {"total_tokens": 3, "completion_tokens_details": {"reasoning": 1, "accepted_prediction": 2}},
            Usage(total_tokens=3, reasoning_tokens=1, accepted_prediction_tokens=2),
        ),
    ],
)
def test_usage(value, expected):
    """Counts are whole numbers that a model can reach; anything else is unknown, and so is nothing but zeros."""
    assert usage(value) == expected


def test_usage_last():
    """The last usage counts, never the sum; null, zeros and nonsense do not take it away."""
    counts = [{"total_tokens": 1}, {"total_tokens": 5}, None, {}, {"total_tokens": 0}, {"total_tokens": -1}, "x"]

    assert say(*({**chunk(content="a"), "usage": count} for count in counts)).usage == Usage(total_tokens=5)


def test_blanks_before_reasoning():
    """Blanks before a tag are dropped; after a page of them no tag is waited for any more."""
    assert say(*[chunk(content=" ")] * 900, chunk(content="<think>a</think>b")).text == "b"
    assert say(*[chunk(content=" ")] * 1_100, chunk(content="<think>a</think>b")).text.lstrip() == "<think>a</think>b"
