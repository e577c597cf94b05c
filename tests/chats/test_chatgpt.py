"""ChatGPT's export: what it shows is shown, what it hides is hidden, in its tree and its order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lib.chats.chatgpt import file_id
from lib.chats.imports import Report
from lib.store import Chats
from tests.chats.exports import IMAGE, KINDS, PNG, SOUND, chatgpt, every_kind, mapped, octets, packed, said

Take = Callable[..., Report]


def test_every_kind(take: Take, chats: Chats) -> None:
    """Of every kind of content there is what ChatGPT shows, one below the other, and every node is accounted for."""
    report = take(packed({"conversations.json": octets([every_kind()]), "file-Abc123-a.png": PNG}), "chatgpt.zip")
    messages = chats.path(chats.all()[0])
    shown = {name: text for name, (_, text) in KINDS.items() if text is not None}

    assert report.refused == []
    assert (report.format, report.conversations, report.leaves) == ("chatgpt", 1, 1)
    assert report.messages + report.hidden == len(KINDS) + 1
    whole = chats.whole(chats.all()[0])
    assert [each.text for each in whole] == [text or "[Image: file_000f00]" for text in shown.values()]
    assert messages[-1].text == "[Sound]"
    assert (report.images, report.absent) == (1, 1)


def test_answer(take: Take, chats: Chats) -> None:
    """An answer has its model, its sources once each, and what was thought on the way to it as its reasoning."""
    take(octets([every_kind()]))
    whole = {message.text: message for message in chats.whole(chats.all()[0])}
    answer = whole["Red, as here."]

    assert (answer.model, answer.endpoint, answer.reasoning) == ("gpt-5", "ChatGPT", "It looks red.")
    assert [source.url for source in answer.extras.sources] == ["https://a.b/paint", "https://a.b/two"]
    assert whole["Half"].state == "incomplete"
    assert whole["Half"].model == "gpt-4o"
    assert whole["Cu"].finish_reason == "length"
    assert answer.created_at.timestamp() == 1_700_000_000.5


def test_branches(take: Take, chats: Chats) -> None:
    """Branches stay branches, siblings in the order of their parent's children, and the one that was shown is shown."""
    conversation = chatgpt(
        {
            "root": (None, None),
            "u": ("root", said("user", "Which?")),
            "second": ("u", said("assistant", "B", create_time=1)),
            "first": ("u", said("assistant", "A", create_time=2)),
            "tool": ("first", said("tool", "hidden")),
            "v": ("tool", said("user", "Why?")),
        },
        current_node="tool",
    )
    conversation["mapping"]["u"]["children"] = ["first", "second"]
    report = take(octets([conversation]))
    id = chats.all()[0]
    prompt, one, why, other = chats.whole(id)

    assert (report.messages, report.leaves, report.hidden) == (4, 2, 2)
    assert [each.text for each in (prompt, one, why, other)] == ["Which?", "A", "Why?", "B"]
    assert (one.parent_id, other.parent_id, why.parent_id) == (prompt.id, prompt.id, one.id)
    assert [message.text for message in chats.path(id)] == ["Which?", "A"]


def test_children_alone(take: Take, chats: Chats) -> None:
    """A node that names no parent follows the one that names it as a child."""
    conversation = chatgpt({"a": (None, said("user", "1")), "b": ("a", said("assistant", "2"))})
    conversation["mapping"]["b"]["parent"] = None
    take(octets([conversation]))

    assert [message.text for message in chats.path(chats.all()[0])] == ["1", "2"]


def test_many_files(take: Take, chats: Chats) -> None:
    """The many files of a large account are read, whatever folder they are in, and no other of its files."""
    files = {
        f"export/conversations-{number:03}.json": octets(
            [chatgpt({"a": (None, said("user", "1"))}, conversation_id=f"c{number}")]
        )
        for number in range(3)
    }
    report = take(packed({**files, "export/user.json": b"{}", "shared_conversations.json": b"[1]"}), "x.zip")

    assert (report.conversations, report.refused) == (3, [])
    assert len(chats.all()) == 3


def test_corrupt_first(take: Take) -> None:
    """An entry that lacks its mapping is refused, and those after it are taken."""
    report = take(octets([{"title": "<b>Broken</b>", "id": "x"}, chatgpt({"a": (None, said("user", "1"))})]))

    assert (report.format, report.conversations) == ("chatgpt", 1)
    assert [(each["where"], each["why"][:26]) for each in report.refused] == [
        ("export.json, conversation 1 “<b>Broken</b>”", "It is no conversation that")
    ]


def test_in_an_object(take: Take) -> None:
    """A list of conversations may stand in an object."""
    one = chatgpt({"a": (None, said("user", "1"))})

    assert take(octets({"version": {"a": [1]}, "conversations": [one]})).conversations == 1
    assert take(octets(one)).known == 1


def test_unknown_kind(take: Take) -> None:
    """A content of no known kind of which nothing can be read is refused, with its name."""
    odd = said("assistant", {"content_type": "hologram", "cube": 1})
    report = take(octets([chatgpt({"a": (None, said("user", "1")), "b": ("a", odd)})]))

    assert (report.messages, report.hidden) == (1, 0)
    assert [each["why"] for each in report.refused] == ["Its content, “hologram”, is of no known kind."]


@pytest.mark.parametrize(("mapping", "why"), [(3, "mapping"), ({"a": 3}, "not an object")])
def test_odd_mapping(take: Take, mapping: object, why: str) -> None:
    """A mapping that is none is refused."""
    report = take(octets([chatgpt({"a": (None, None)}, mapping=mapping)]))

    assert why in report.refused[0]["why"]
    assert report.is_refused


def test_odd_fields(take: Take, chats: Chats) -> None:
    """Fields of other types than they have, or that are missing, are taken for nothing."""
    odd = {"author": 1, "content": [1], "metadata": "x", "create_time": "soon", "weight": None, "recipient": 5}
    bare = said("assistant", "2")
    del bare["metadata"]
    nodes = {"a": (None, said("user", "1", create_time=True, metadata=None)), "b": ("a", odd), "c": ("b", bare)}
    report = take(octets([chatgpt(nodes, title=5, create_time=[], update_time="2", default_model_slug=7)]))

    assert (report.messages, report.hidden, report.refused) == (2, 1, [])
    assert chats.get(chats.all()[0]).title == "1"


@pytest.mark.parametrize(
    ("pointer", "id"),
    [
        ("file-service://file-Abc1", "file-Abc1"),
        ("sediment://file_00ff", "file_00ff"),
        ("sediment://file_00ff#file_11#p_0.png", "file_00ff"),
        ("odd://x/y.png", "y.png"),
    ],
)
def test_pointers(pointer: str, id: str) -> None:
    """A pointer gives the name of a file."""
    assert file_id(pointer) == id


def test_mapped() -> None:
    """The builder names children as ChatGPT does."""
    assert mapped({"a": (None, None), "b": ("a", None)})["a"]["children"] == ["b"]


def one(message: dict) -> bytes:
    """Return an export with one message behind a prompt."""
    return octets([chatgpt({"a": (None, said("user", "1")), "b": ("a", message)})])


def parts(*pieces: object, role: str = "user", kind: str = "multimodal_text", **more: object) -> dict:
    """Return a message of pieces."""
    return said(role, {"content_type": kind, "parts": list(pieces)}, **more)


ATTACHED = {"attachments": [{"id": "file-Z1", "name": "z.png", "mime_type": "image/png"}]}
DRAWN = {"aggregate_result": {"messages": [{"message_type": "image", "image_url": "file-service://file-Z1"}, {}]}}
VIDEO = {"content_type": "video_container_asset_pointer", "asset_pointer": "sediment://file_00v"}
PIECES = {
    "a picture in a text": (parts("See", {**IMAGE, "asset_pointer": "file-service://file-Z1"}, kind="text"), "See"),
    "a picture that is only attached": (said("user", "See", metadata=ATTACHED), "See"),
    "a picture that code has drawn": (
        said("tool", {"content_type": "execution_output", "text": "ok"}, metadata=DRAWN), "```\nok\n```"
    ),
    "a screen": (
        said("assistant", {"content_type": "computer_output", "screenshot": {"asset_pointer": "x://file-Z1"}}), ""
    ),
    "sound without words": (parts(SOUND), "[Sound]"),
    "words without sound": (parts({"content_type": "audio_transcription", "text": "Hi", "direction": "in"}), "Hi"),
    "a video": (parts(VIDEO, "look"), "[Video]\n\nlook"),
    "nothing between pieces": (parts(None, "", {}, "x"), "x"),
    "output": (said("assistant", {"content_type": "citable_code_output", "output_str": "3"}), "```\n3\n```"),
    "pieces in an unknown kind": (parts("still there", kind="hologram"), "still there"),
}  # fmt: skip


@pytest.mark.parametrize("name", PIECES)
def test_pieces(take: Take, chats: Chats, name: str) -> None:
    """What a message is made of is shown as far as it is in the export; its pictures come along from the ZIP."""
    message, text = PIECES[name]
    report = take(packed({"conversations.json": one(message), "x/file-Z1-z.png": PNG}), "x.zip")
    shown = chats.path(chats.all()[0])[-1]

    assert (report.messages, report.hidden, report.refused) == (2, 0, [])
    assert (shown.text, len(shown.images)) == (text, 1 if "file-Z1" in str(message) else 0)


def test_unread(take: Take, chats: Chats) -> None:
    """Of a piece of no known kind it is said that there was one, where something else is shown; else it is refused."""
    odd = {"content_type": "odour", "smell": 1}
    take(one(parts("Hm", odd, odd, role="assistant")))
    report = take(octets([chatgpt({"a": (None, parts(odd))}, conversation_id="c-2")]))

    assert chats.path(chats.all()[0])[-1].extras.unread == ("odour", "odour")
    assert [each["why"] for each in report.refused] == [
        "Its content, “odour”, is of no known kind.",
        "It has no messages to show.",
    ]


def test_thoughts_pass_tools_by(take: Take, chats: Chats) -> None:
    """What was thought before a tool ran is the reasoning of the answer after it; so is a document written beside."""
    thought = {"content_type": "thoughts", "thoughts": [{"summary": "Hm."}]}
    document = {"content_type": "code", "language": "json", "text": '{"name": "essay", "content": "Red is"}'}
    nodes = {
        "a": (None, said("user", "1")),
        "b": ("a", said("assistant", thought)),
        "c": ("b", said("assistant", "ls", recipient="container.exec")),
        "d": ("c", said("tool", {"content_type": "execution_output", "text": "2"})),
        "e": ("d", said("assistant", document, recipient="canmore.create_textdoc")),
        "f": ("e", said("assistant", "", recipient="canmore.comment_textdoc")),
        "g": ("f", said("assistant", "Done.")),
    }
    report = take(octets([chatgpt(nodes)]))
    _, tool, answer = chats.path(chats.all()[0])

    assert (report.messages, report.hidden) == (3, 4)
    assert (tool.reasoning, answer.reasoning) == ("", f"Hm.\n\n```json\n{document['text']}\n```")


def test_nulls(take: Take, chats: Chats) -> None:
    """A node that is null is refused, and the others stay; so does what is null in a message."""
    conversation = chatgpt({"a": (None, said("user", "1")), "b": ("a", said("assistant", "2"))})
    conversation["mapping"] |= {"n": None}
    conversation["mapping"]["a"]["children"] = None
    conversation["mapping"]["b"]["message"] |= {"metadata": None, "recipient": None, "channel": None, "status": None}
    report = take(octets([{**conversation, "title": None, "current_node": None, "voice": {}, "is_starred": None}]))

    assert (report.messages, report.hidden) == (2, 0)
    assert [(each["where"][-9:], each["why"]) for each in report.refused] == [("message n", "It is not an object.")]
    assert [message.text for message in chats.path(chats.all()[0])] == ["1", "2"]


def test_kept_apart(take: Take, chats: Chats) -> None:
    """What was starred or pinned there is pinned here, what was archived is archived."""
    nodes = {"a": (None, said("user", "1"))}
    marks = ({"is_starred": True}, {"pinned_time": 1_700_000_000.0}, {"is_archived": True}, {})
    take(octets([chatgpt(nodes, conversation_id=f"c-{number}", **mark) for number, mark in enumerate(marks)]))
    found = [chats.get(id) for id in chats.all()]

    assert len([each for each in found if each.pinned_at]) == 2
    assert len([each for each in found if each.archived_at]) == 1
