"""What a test sees of an answer, for comparing with what a dialect case expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lib.api.chunks import Answer
from lib.api.client import decode
from lib.errors import EndpointError
from lib.messages import Completion, normal_finish_reason
from tests.dialects import Case

# Why Parley differs where a case is a matter of choice.
DEVIATIONS = {
    "eof_clean_no_finish": {"error": None},  # reported as incomplete: some endpoints never send a finish reason
    "flow_drop_then_ok": {  # a request that was sent may have been answered and paid for: it is not sent twice
        "text": "",
        "finish_reason": None,
        "usage": None,
        "error": {"kind": "connection", "message_contains": "broke off"},
    },
    "cumulative_delta": {  # cannot be told from an answer that repeats itself
        "text": "GrüGrüße, Grüße, 世界Grüße, 世界! ✅Grüße, 世界! ✅🙂",
    },
}


def cut(body: bytes, size: int) -> Iterator[bytes]:
    """Yield `body` in pieces of `size`, whole if that is 0."""
    step = size or max(len(body), 1)
    yield from (body[start : start + step] for start in range(0, len(body), step))


def read(blocks: Iterable[bytes]) -> tuple[Answer, str, EndpointError | None]:
    """Return the answer in a body, the text of its deltas, and the error it ended with."""
    answer, texts = Answer(), []
    try:
        for event in decode(iter(blocks)):
            texts.append(answer.take(event).text)  # noqa: PERF401  # those before an error are wanted
        texts.append(answer.close().text)
    except EndpointError as error:
        return answer, "".join(texts), error
    return answer, "".join(texts), None


def expected(case: Case) -> dict[str, Any]:
    """Return what a case expects, in the form of `seen`."""
    expect = case.expect | DEVIATIONS.get(case.name, {})
    error = expect["error"]
    return {
        "text": expect["text"],
        "reasoning": expect["reasoning"],
        "finish_reason": expect["finish_reason"],
        "finish_norm": expect.get("finish_norm", expect["finish_reason"]),
        "refusal": expect.get("refusal"),
        "tool_calls": expect.get("tool_calls", []),
        "function_call": expect.get("function_call"),
        "choices": expect.get("choices", []),
        "usage": _flat(expect["usage"]),
        "error": error and {key: error.get(key) for key in ("kind", "param", "retry_after")},
    }


def seen(case: Case, answer: Completion, error: EndpointError | None) -> dict[str, Any]:
    """Return what came of a case, without what the case says nothing about."""
    named = (case.expect["error"] or {}) if error else {}
    usage, reason = _flat(case.expect["usage"]), answer.finish_reason
    return {
        "text": answer.text,
        "reasoning": answer.reasoning,
        "finish_reason": reason,
        "finish_norm": reason if "finish_norm" not in case.expect else normal_finish_reason(reason),
        "refusal": answer.refusal,
        "tool_calls": list(answer.tool_calls),
        "function_call": answer.function_call,
        "choices": [{"text": choice.text, "finish_reason": choice.finish_reason} for choice in answer.choices],
        "usage": answer.usage and {key: getattr(answer.usage, key) for key in usage or {}},
        "error": error and {
            "kind": error.kind,
            "param": error.param if "param" in named else None,
            "retry_after": error.retry_after if "retry_after" in named else None,
        },
    }  # fmt: skip


def _flat(usage: dict[str, Any] | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    details = {key: value or {} for key, value in usage.items() if key.endswith("_details")}
    counts = {key: value for key, value in usage.items() if key not in details}
    for detail in details.values():
        counts |= {key: value for key, value in detail.items() if "audio" not in key}
    return counts
