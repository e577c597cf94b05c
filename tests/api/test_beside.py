"""What comes beside the text of an answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.api.beside import MAX_IMAGES, MAX_MEDIA, MAX_SOURCES, MAX_UNREAD, Beside
from lib.messages import Source
from tests.api.test_chunks import PROTOCOL, chunk, message, say

A, B = "https://example.com/a", "https://example.com/b"
PIXEL = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
FIELDS = ("citations", "annotations", "search_results", "web_search", "sources", "references")


def sources(*documents):
    return say(*documents).extras.sources


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("place", ["document", "choice", "delta", "message", "part"])
def test_places(field, place):
    """Sources are found wherever they stand, and are no text."""
    value = {field: [{"title": "A", "url": A}]}
    documents = {
        "document": {**chunk("stop", content="x"), **value},
        "choice": {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop", **value}]},
        "delta": chunk("stop", content="x", **value),
        "message": message(content="x", **value),
        "part": chunk("stop", content=[{"type": "output_text", "text": "x", **value}]),
    }
    answer = say(documents[place])

    assert (answer.text, answer.extras.sources) == ("x", (Source("A", A),))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"citations": [A, B]}, (Source(A, A), Source(B, B))),
        ({"citations": {"1": A}}, (Source(A, A),)),
        ({"citations": [A, B, A], "search_results": [{"title": "B", "url": B}]}, (Source(A, A), Source("B", B))),
        ({"annotations": [{"type": "url_citation", "url_citation": {"url": A, "title": "A"}}]}, (Source("A", A),)),
        ({"annotations": [{"type": "file_citation", "filename": "a.pdf"}]}, (Source("a.pdf"),)),
        ({"context": {"citations": [{"title": "A", "filepath": "a.md", "content": "…"}]}}, (Source("A"),)),
        ({"context": [1, 2, "passage"]}, ()),
        ({"search_info": {"search_results": [{"index": 1, "title": "A", "url": A}]}}, (Source("A", A),)),
        ({"groundingMetadata": {"groundingChunks": [{"web": {"uri": A, "title": "A"}}]}}, (Source("A", A),)),
        ({"sources": [{"source": {"name": "A"}, "metadata": [{"source": A}]}]}, (Source("A"), Source(A, A))),
        ({"citations": ["Smith 2020,\n p. 9", 7, None]}, (Source("Smith 2020, p. 9"),)),
        ({"citations": ["javascript:alert(1)", "file:///etc/passwd"]},
         (Source("javascript:alert(1)"), Source("file:///etc/passwd"))),
        ({"citations": [f"https://example.com/{'a' * 3_000}"]}, (Source(f"https://example.com/{'a' * 279}…"),)),
        ({"citations": ["https://example.com/a b"]}, (Source("https://example.com/a b"),)),
    ],
)  # fmt: skip
def test_sources(value, found):
    """Sources are addresses or objects; a title that comes later is taken, and what is no web address is no link."""
    assert sources({**chunk("stop", content="x"), **value}) == found


def test_sources_again():
    """Sources that come with each chunk are one list; those of later chunks follow."""
    said = [{**chunk(content="x"), "citations": [A]}] * 3
    assert sources(*said, {**chunk("stop"), "citations": [A, B]}) == (Source(A, A), Source(B, B))
    titled = {**chunk(content="x"), "search_results": [{"title": "A", "url": A}]}
    assert sources(titled, {**chunk("stop"), "citations": [A]}) == (Source("A", A),)


def test_final_message():
    """What a whole message after deltas has beside its text is not lost with it."""
    parts = [{"type": "text", "text": "x"}, PIXEL]
    answer = say(chunk(content="x"), message(content=parts, annotations=[{"url": A}]))

    assert (answer.text, answer.extras.media, answer.extras.sources) == ("x", ("image",), (Source(A, A),))


@pytest.mark.parametrize(
    ("delta", "media"),
    [
        ({"content": "", "images": [PIXEL]}, ("image",)),
        ({"content": None, "images": [PIXEL, PIXEL, "iVBOR"]}, ("image", "image")),
        ({"content": [PIXEL, {"type": "text", "text": ""}]}, ("image",)),
        ({"content": [[{"inline_data": {"data": "a"}}]]}, ("image",)),
        ({"content": [{"type": "input_audio", "input_audio": {"data": "a"}}]}, ("audio",)),
        ({"content": [{"type": "video_url", "video_url": "a"}, {"type": "file", "file": "b"}]}, ("video", "file")),
        ({"audio": {"id": "1", "data": "a"}}, ("audio",)),
        ({"image": "a"}, ("image",)),
    ],
)  # fmt: skip
def test_media(delta, media):
    """Pictures, sound and files are counted, and leave no text."""
    answer = say(chunk("stop", **delta))

    assert (answer.text, answer.extras.media) == ("", media)


def test_media_on_the_web():
    """A picture that lies on the web is a source as well."""
    assert sources(chunk(images=[{"type": "image_url", "image_url": {"url": A}}])) == (Source("Image", A),)


@pytest.mark.parametrize("kind", ["tool_use", "server_tool_result", "weird"])
def test_part_of_another_kind(kind):
    """A part that has no text and is no media is noted; what only holds what nobody can read is not."""
    quiet = [{"type": "redacted_thinking", "data": "a"}, {"type": "reasoning.encrypted"}, {"type": "text"}]
    answer = say(chunk("stop", content=["a", {"type": kind, "input": 1}, *quiet]))

    assert (answer.text, answer.extras.unread) == ("a", (f'{{"type": "{kind}", "input": 1}}',))


def test_bounds():
    """However much comes, so much is kept."""
    beside = Beside()
    beside.take({"citations": [f"{A}{number}" for number in range(MAX_SOURCES)]})
    beside.take({"sources": [f"{B}{number}" for number in range(9)], "images": [str(n) for n in range(MAX_MEDIA)]})
    beside.take({"videos": ["more"]})
    for number in range(MAX_UNREAD + 1):
        beside.unread(f"{number} {'x' * 9_999}")
    extras = beside.extras

    assert (len(extras.sources), len(extras.media), len(extras.unread)) == (MAX_SOURCES, MAX_MEDIA, MAX_UNREAD)
    assert max(map(len, extras.unread)) == 300


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from((*FIELDS, "context", "images", "audio")), PROTOCOL, max_size=4))
def test_any_shape(holder):
    """No shape makes the reader fail, and only web addresses become links."""
    beside = Beside()
    beside.take(holder)
    beside.part(holder)

    assert all(source.title for source in beside.extras.sources if source.url)
    assert all(source.url == "" or source.url.startswith("http") for source in beside.extras.sources)


def test_images():
    """The data of pictures is kept once, so much of it and so many; those on the web are not."""
    beside = Beside()
    beside.image("data:image/png;base64,AAAA")
    beside.take({"images": ["data:image/png;base64,AAAA", A, *(f"x{number}" for number in range(MAX_IMAGES))]})
    beside.take({"audio": "sound"})

    assert beside.images == ("data:image/png;base64,AAAA", *(f"x{number}" for number in range(MAX_IMAGES - 1)))
    assert beside.extras.media[-1] == "audio"
