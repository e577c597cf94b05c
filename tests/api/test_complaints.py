"""What endpoints say is wrong: envelopes, kinds, parameters, waits."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from lib.api.complaints import BLIND, MAX_READ, Complaint, classify, complaint, read, refusal, retry_after, tidy

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "document",
    [
        {"error": {"message": "no"}},
        {"error": "no"},
        {"error": ["no"]},
        {"error": {"error": {"error": "no"}}},
        {"error": '{"error": {"message": "no"}}'},
        {"error": {"message": '[{"msg": "no"}]'}},
        {"errors": [{"message": "no"}], "success": False},
        {"errors": ["no"]},
        {"detail": "no"},
        {"detail": [{"msg": "no"}]},
        {"detail": {"error": "no"}},
        {"message": "no"},
        {"message": {"detail": "no"}},
        {"Message": "no"},
        {"msg": "no", "code": 1002},
        {"base_resp": {"status_code": 1, "status_msg": "no"}, "choices": None},
        {"title": "no", "status": 404},
        {"type": "about:blank", "title": "Bad", "detail": "no"},
        {"error": True, "message": "no"},
        {"error": "Bad Request", "message": "no"},
        {"fault": {"faultstring": "no"}, "code": 401},
        {"object": "error", "message": "no", "code": None},
        {"type": "error", "errors": [{"code": 5007, "message": "no"}]},
        {"Error": {"Message": "no"}},
        {"error_code": 336003, "error_msg": "no"},
        {"error": {"errors": ["no"]}},
        {"message": "no", "errors": ["no"]},
    ],
)
def test_envelopes(document):
    """Whatever the envelope, the words are found."""
    assert complaint(document).message == "no"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"choices": []},
        {"error": None, "choices": []},
        {"error": ""},
        {"errors": [], "message": ""},
        {"choices": [{}], "message": "hello", "detail": "low"},
        {"message": {"role": "assistant"}},
        {"message": {"content": ""}},
        {"base_resp": {"status_code": 0}, "choices": []},
        {"base_resp": "x"},
        {"title": "A list", "fault": "mine", "code": 7},
        {"errmsg": "ok", "errcode": 0},
        {"object": "list", "type": "message"},
    ],
)
def test_no_complaint(document):
    """What is no error is none."""
    assert complaint(document) is None


@pytest.mark.parametrize("value", [None, 7, [], {}, {"message": {}}, [[[[[[[["deep"]]]]]]]], {"error": {"error": 1}}])
def test_wordless(value):
    """An error may have nothing to say."""
    assert read(value).message == ""


def test_nested_json_ends():
    """JSON in JSON in JSON is read to a point."""
    text = "no"
    for _ in range(9):
        text = '{"message": ' + __import__("json").dumps(text) + "}"

    assert "message" in read(text).message


def test_several():
    """Of several errors the first three are told, with their places."""
    items = [{"loc": ["body", "a", 0], "msg": "x"}, {"loc": ["b"], "msg": "y"}, "z", "last"]

    assert read(items) == Complaint("a.0: x; b: y; z", param="a")


def test_several_and_a_summary():
    """A summary has its reasons behind it, be they a list or by field."""
    by_field = {"title": "Not valid", "status": 400, "errors": {"Model": ["is required", "x"], "Seed": "is odd"}}

    assert read({"message": "Failed", "errors": [{"message": "a"}, "b"]}).message == "Failed (a; b)"
    assert read(by_field).message == "Not valid (Model: is required; x; Seed: is odd)"


def test_flagged():
    """What calls itself an error is one, without a word of explanation too."""
    assert complaint({"object": "error"}) == Complaint()


def test_provider():
    """A gateway's error has the words of the provider behind it."""
    said = {"message": "Provider returned error", "code": 429, "metadata": {"raw": '{"error":"slow down"}'}}

    assert read(said).message == "Provider returned error (slow down)"


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (None, "", "upstream"),
        (200, "", "upstream"),
        (400, "", "bad_request"),
        (400, "API key not valid. Please pass a valid API key.", "auth"),
        (400, "This model's maximum context length is 8", "context_length"),
        (400, "The model `x` does not exist", "not_found"),
        (401, "Insufficient credits", "auth"),
        (403, "Invalid API key", "auth"),
        (403, "no", "permission"),
        (404, "no", "not_found"),
        (405, "no", "not_found"),
        (408, "no", "timeout"),
        (409, "no", "bad_request"),
        (413, "no", "bad_request"),
        (413, "prompt is too long", "context_length"),
        (418, "no", "bad_request"),
        (422, "no", "bad_request"),
        (429, "The context length of many requests", "rate_limit"),
        (429, "insufficient_quota", "payment"),
        (500, "no", "server"),
        (500, "Overloaded", "overloaded"),
        (501, "no", "server"),
        (502, "no", "upstream"),
        (503, "no", "overloaded"),
        (504, "no", "timeout"),
        (520, "no", "upstream"),
        (524, "no", "timeout"),
        (529, "no", "overloaded"),
        (200, "You are out of credits", "payment"),
        (200, "Request timed out", "timeout"),
        (200, "Unauthorized", "auth"),
    ],
)
def test_kinds(status, message, kind):
    """Status and words together say what kind of error it is."""
    assert classify(Complaint(message), status)[0] == kind


def test_kind_by_code():
    """A code inside an answer counts where the status says nothing."""
    assert refusal(read({"message": "no", "code": "402"}), 200).kind == "payment"
    assert refusal(read({"message": "no", "type": "rate_limit_error"})).kind == "rate_limit"
    assert refusal(read({"message": "no", "code": 1004})).kind == "upstream"


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("Unrecognized request argument supplied: logprobs", "logprobs"),
        ("Unknown name 'foo': Cannot find field", "foo"),
        ("`seed` is not supported", "seed"),
        ("System message not supported by this model", "system"),
        ("The developer role is not allowed", "system"),
        ("messages.98.thinking_blocks: Extra inputs are not permitted", "thinking_blocks"),
        ("temperature: Extra inputs are not permitted", "temperature"),
        ("body.stream_options.include_usage: Extra inputs are not permitted", "stream_options"),
        ("[{'type': 'extra_forbidden', 'loc': ('body', 'top_k'), 'msg': 'Extra inputs are not permitted'}]", "top_k"),
        ("Unknown parameter: 'messages[0].thinking'.", "thinking"),
        ("Unsupported parameter: foo_bar.", "foo_bar"),
        ("got an unexpected keyword argument 'seed'", "seed"),
        ("The parameter top_k is not supported by this model", "top_k"),
        ("Additional properties are not allowed ('foo' was unexpected)", "foo"),
    ],
)
def test_param(message, param):
    """A refused parameter is found in the words."""
    assert classify(Complaint(message), 400) == ("unsupported_param", param)


def test_param_by_place():
    """What is too much in a message is what is too much, not the messages."""
    said = {"loc": ["body", "messages", 0, "thinking"], "msg": "Extra inputs are not permitted"}

    assert classify(read({"detail": [said]}), 422) == ("unsupported_param", "thinking")
    assert classify(read({"detail": [{**said, "msg": "Field required"}]}), 422) == ("bad_request", "messages")


@pytest.mark.parametrize("param", [None, "messages.[1].content", "model"])
def test_param_needed(param):
    """What a request cannot do without is not an unsupported parameter."""
    assert classify(Complaint("Images are not supported", param=param), 400) == ("bad_request", param)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "2"}, 2),
        ({"Retry-After": "2.5"}, 2.5),
        ({"Retry-After": "Thu, 01 Jan 2026 12:00:05 GMT"}, 5),
        ({"Retry-After": "Thu, 01 Jan 2026 12:00:05 -0000"}, 5),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "Thu, 99 Jan 2026 12:00:05 GMT"}, None),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9),
    ],
)
def test_retry_after(headers, seconds):
    """The wait comes in seconds, as a date or in milliseconds; garbage is no wait."""
    assert retry_after(CaseInsensitiveDict(headers), NOW) == seconds


@pytest.mark.parametrize(
    ("status", "wait", "hint"),
    [
        (429, "59.2", "Wait 60 s, then press Retry."),
        (503, "121", "Wait 3 min, then press Retry."),
        (429, "1", "Wait a moment, then press Retry."),
        (429, "", "Wait a moment, then press Retry."),
        (402, "60", "Check the account's credits and quota with the provider."),
        (413, "60", "Shorten the prompt, or send fewer or smaller images."),
    ],
)
def test_hint(status, wait, hint):
    """The advice has the wait that the endpoint asks for, and of a request that is too large it says so."""
    assert refusal(Complaint("no"), status, CaseInsensitiveDict({"Retry-After": wait})).hint == hint


@pytest.mark.parametrize(
    ("text", "tidied"),
    [("a\n\tb\x00c\x1b[31m", "a b c [31m"), ("x" * 301, "x" * 299 + "…"), ("\u202eabc", "abc"), ("", "")],
)
def test_tidy(text, tidied):
    """Words for a person are one line without control characters, and not endless."""
    assert tidy(text) == tidied


@pytest.mark.parametrize("text", ["model " * 40_000, "no_" * 60_000, "only " * 40_000, "'a" * 60_000])
def test_time(text):
    """Words without end are no more than a moment's work."""
    start = time.thread_time()
    refusal(Complaint(text, text), 400, {"Retry-After": text})

    assert time.thread_time() - start < 0.5


@pytest.mark.parametrize(
    "message",
    [
        "a model, or the model x\nthat model was not found",
        "A model that a model does not exist for",
        "model: not found",
    ],
)
def test_model_not_found(message):
    """A model that is not found is so in one line, whichever of its models is meant."""
    assert classify(Complaint(message))[0] == "not_found"


def test_model_and_not_found():
    """What is not found in another line is something else."""
    assert classify(Complaint("This model\nwas not found"))[0] == "upstream"


@pytest.mark.parametrize("text", ["x" * 80_000, "model " * 2_000_000, "no_" * 4_000_000, "[" * 200_000])
def test_giant_error(text):
    """What an endpoint says is cut before anything is looked for in it: megabytes take no longer than a line."""
    looked = []
    begun = time.thread_time()
    said = read({"message": text, "param": text, "code": text})
    error = refusal(said, 400, redact=lambda said: looked.append(said) or said)

    assert max(map(len, looked)) <= MAX_READ
    assert len(str(error)) < 400
    assert time.thread_time() - begun < 2


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
        (404, "No endpoints found that support image input"),
        (400, "This model does not support image input."),
        (400, "m is not a multimodal model"),
    ],
)
def test_blind(status, message):
    """That a model takes no pictures is said in our words, with what to do, whatever the status."""
    error = refusal(Complaint(message), status)

    assert (str(error), error.param, error.kind) == (BLIND, "image_url", "unsupported_param")
    assert "Retry" not in error.hint


def test_sighted():
    """A picture that is too large is not refused because nobody can see it."""
    assert refusal(Complaint("image too large: this model supports images up to 5 MB"), 400).kind == "bad_request"
