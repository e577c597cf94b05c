"""LibreChat's export: one conversation a file, flat or each message in the one it answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lib.chats.imports import Report
from lib.store import Chats
from tests.chats.exports import ROOT, every_librechat, librechat, line, octets

Take = Callable[..., Report]


@pytest.mark.parametrize("name", ["messages", "messagesTree", "nested messages"])
def test_every_kind(take: Take, chats: Chats, name: str) -> None:
    """Flat or recursive, the same comes of it: every message, its branch, and what came beside its text."""
    document = librechat(every_librechat(), recursive=name != "messages")
    if name == "nested messages":
        document["messages"] = document.pop("messagesTree")
    report = take(octets(document))
    id = chats.all()[0]
    whole = chats.whole(id)
    red = whole[1]

    assert (report.format, report.refused) == ("librechat", [])
    assert (report.messages, report.hidden, report.leaves, report.images) == (7, 0, 4, 1)
    assert whole[0].text == "What colour?\n\n[File: plan.pdf]\n\n[Image: f-2]"
    assert red.text == "Red.\n\n[Image: f-9]\n\n[Image: https://a.b/c.png]"
    assert red.reasoning == 'Hm.\n\nlook: {"at": 1}\n\na wall\n\ncode_interpreter: 1+1\n\nretrieval: '
    assert (red.model, red.usage.prompt_tokens, red.usage.completion_tokens) == ("gpt-4o-mini", 4, 7)
    assert [message.text for message in chats.path(id)][1:] == ["Blue, I", "And now?", "Gre"]
    assert [(each.state, each.error) for each in whole[2:]] == [
        ("incomplete", None),
        ("completed", None),
        ("failed", "Nothing answers."),
        ("failed", "Too many."),
        ("incomplete", None),
    ]


def test_options(take: Take, chats: Chats) -> None:
    """The preset becomes the parameters; what is none of them is left out."""
    take(octets(librechat(every_librechat())))
    choice = chats.get(chats.all()[0]).choice

    assert (choice.endpoint, choice.model) == ("openAI", "gpt-4o")
    assert choice.parameters.request() == {"temperature": 0.5, "max_tokens": 99}
    assert choice.parameters.system == "Be brief."


def test_deep(take: Take, chats: Chats) -> None:
    """A recursive export is as deep as its conversation is long: 5,000 messages, each in the one before."""
    tree = line("m5000", "", "last")
    for number in reversed(range(5000)):
        tree = {**line(f"m{number}", "", str(number), mine=number % 2 == 0), "children": [tree]}
    opened = [octets({**line(f"m{number}", "", str(number)), "children": [0]})[:-3] for number in range(5000)]
    body = b"".join(opened) + octets(line("m5000", "", "last")) + b"]}" * 5000
    report = take(b'{"conversationId": "deep", "recursive": true, "messagesTree": [' + body + b"]}")

    assert tree
    assert (report.messages, report.leaves, report.refused) == (5001, 1, [])
    assert chats.path(chats.all()[0], limit=1)[0].text == "last"


def test_no_ids(take: Take) -> None:
    """Messages without ids, and an empty conversation, are what they are."""
    bare = [{"text": "1", "isCreatedByUser": True}, {"text": "2", "parentMessageId": "nowhere"}]

    assert take(octets(librechat(bare))).messages == 2
    assert "no messages to show" in take(octets(librechat([], conversationId="e"))).refused[0]["why"]


@pytest.mark.parametrize(
    "messages", [3, [3], [line("a", ROOT, "1"), line("a", ROOT, "2")], [line("a", "b", "1"), line("b", "a", "2")]]
)
def test_odd(take: Take, messages: object) -> None:
    """Messages that are none, two with the same id, and a circle are refused."""
    report = take(octets({**librechat([]), "messages": messages}))

    assert report.is_refused
    assert report.refused[0]["where"].startswith("export.json")


def test_newest(take: Take, chats: Chats) -> None:
    """Of siblings the newest is shown, wherever it stands in the file; without moments, the last."""
    old, new = {"createdAt": "2025-03-01T10:00:02Z"}, {"createdAt": "2025-03-01T10:00:09Z"}
    messages = [line("u", ROOT, "?", mine=True), line("a", "u", "New", **new), line("b", "u", "Old", **old)]
    take(octets(librechat(messages)))
    take(octets(librechat([{**each, "createdAt": None} for each in messages], conversationId="l-2")))

    assert [chats.path(id)[-1].text for id in chats.all()] == ["Old", "New"]


def test_inside(take: Take) -> None:
    """What is inside a message may be called messages, too; what is none there is refused."""
    tree = {**line("u", ROOT, "?", mine=True), "messages": [{**line("a", "u", "!"), "children": [None]}]}
    report = take(octets(librechat([tree])))

    assert (report.messages, [each["why"] for each in report.refused]) == (2, ["It is not an object."])


def test_marks(take: Take, chats: Chats) -> None:
    """Thumbs come along; who said something may follow from the sender; an error without words is one."""
    up, down = {"rating": "thumbsUp", "text": "Yes"}, {"rating": "thumbsDown", "tag": "inaccurate"}
    asked = {"messageId": "u", "sender": "User", "text": "?", "error": True}
    kinds = [{"type": "text", "text": "c"}, {"type": "odour"}]
    messages = [
        asked, line("a", "u", "a", feedback=up), line("b", "u", "b", feedback=down), line("c", "u", "c", content=kinds),
        line("d", "u", "", error=True), line("e", "u", "", content=kinds[1:]),
    ]  # fmt: skip
    report = take(octets(librechat(messages)))
    prompt, *answers = chats.whole(chats.all()[0])

    assert (prompt.role, prompt.text, prompt.error) == ("user", "?", None)
    assert [(each.rating, each.rating_note, each.extras.unread, each.error) for each in answers] == [
        (1, "Yes", (), None),
        (-1, None, (), None),
        (None, None, ("odour",), None),
        (None, None, (), "The answer failed."),
    ]
    assert [each["why"] for each in report.refused] == ["Its content, “odour”, is of no known kind."]
