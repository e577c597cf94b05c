"""Claude's export: messages in a list, branches by their parents."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lib.chats.imports import Report
from lib.store import Chats
from tests.chats.exports import claude, every_claude, octets, packed, utter

Take = Callable[..., Report]


def test_every_kind(take: Take, chats: Chats) -> None:
    """Every message is there with its branch; the answer is its text and its artifacts, the rest its reasoning."""
    files = {"conversations.json": octets([claude(every_claude())]), "users.json": b"[]", "projects.json": b"[]"}
    report = take(packed(files), "claude.zip")
    id = chats.all()[0]
    prompt, red, sure, blue = chats.whole(id)

    assert (report.format, report.refused) == ("claude", [])
    assert (report.messages, report.hidden, report.leaves) == (4, 1, 2)
    assert prompt.text == "What colour?\n\n[File: plan.txt]\n\n```\nthe plan\n```\n\n[File: a.png]"
    assert red.text == "Red.\n\n**A page**\n\n```html\n<p>red</p>\n```"
    assert red.reasoning == 'Hm.\n\nLooked.\n\nweb_search: {"query": "red"}\n\na wall\nWalls'
    assert [source.url for source in red.extras.sources] == ["https://a.b/w", "https://a.b/c"]
    assert (sure.parent_id, blue.parent_id) == (red.id, prompt.id)
    assert [message.text for message in chats.path(id)][1:] == ["Blue."]
    assert chats.get(id).endpoint == "Claude"


def test_linear(take: Take, chats: Chats) -> None:
    """Where no message names its parent, each follows the one before, and the last ends the branch that is shown."""
    messages = [utter("a", "human", "1"), utter("b", "assistant", "2"), utter("c", "human", "3")]
    for message in messages:
        message["created_at"] = None
    take(octets([claude(messages)]))

    assert [message.text for message in chats.path(chats.all()[0])] == ["1", "2", "3"]


def test_text_alone(take: Take, chats: Chats) -> None:
    """A message without parts has its text."""
    take(octets([claude([utter("a", "human", "1", content=None)])]))

    assert chats.path(chats.all()[0])[0].text == "1"


def test_artifacts(take: Take, chats: Chats) -> None:
    """An artifact of markdown is markdown; one that is changed is what it became."""
    made = [
        {"type": "tool_use", "name": "artifacts", "input": {"type": "text/markdown", "content": "# Red"}},
        {"type": "tool_use", "name": "artifacts", "input": {"id": "x", "new_str": "a", "language": "python"}},
    ]
    take(octets([claude([utter("a", "assistant", "", *made)])]))

    assert chats.path(chats.all()[0])[0].text == "# Red\n\n**x**\n\n```python\na\n```"


def test_refused(take: Take) -> None:
    """A sender that nobody is is refused; so is a conversation without messages, with two of one id, or none at all."""
    report = take(octets([claude([utter("a", "human", "1"), utter("b", "ghost", "2")])]))
    twice = take(octets([claude([utter("a", "human", "1"), utter("a", "human", "2")], uuid="k-2")]))

    assert (report.messages, len(report.refused)) == (1, 1)
    assert "ghost" in report.refused[0]["why"]
    assert "have the id a" in twice.refused[0]["why"]
    assert take(octets([claude([], uuid="k-3")])).is_refused


@pytest.mark.parametrize("tool", [5, None, [], {"a": [1]}, "x" * 30_000])
def test_long_tools(take: Take, chats: Chats, tool: object) -> None:
    """What a tool was asked is told, up to a bound."""
    take(octets([claude([utter("a", "assistant", "", {"type": "tool_use", "name": "t", "input": tool}, at=1)])]))

    assert len(chats.path(chats.all()[0])[0].reasoning) < 20_010


def test_two_beginnings(take: Take, chats: Chats) -> None:
    """Where messages name their parents, one whose parent is null begins a branch; one that says nothing follows."""
    messages = [
        utter("a", "human", "1", parent_message_uuid=None),
        utter("b", "assistant", "2", at=1, parent_message_uuid="a"),
        utter("c", "human", "1, again", at=2, parent_message_uuid=None),
        utter("d", "assistant", "3", at=3, parent_message_uuid="c"),
        utter("e", "human", "4", at=4),
    ]
    report = take(octets([claude(messages)]))
    id = chats.all()[0]

    assert (report.messages, report.leaves) == (5, 2)
    assert [message.text for message in chats.path(id)] == ["1, again", "3", "4"]
    assert [message.parent_id for message in chats.whole(id)].count(None) == 2
    flat = [{**message, "parent_message_uuid": None} for message in messages]
    assert take(octets([claude(flat, uuid="k-2")])).leaves == 1


def test_what_tools_did(take: Take, chats: Chats) -> None:
    """What stands in a text in place of a tool is not shown; of a kind that is not known it is noted."""
    placeholder = "```\nThis block is not supported on your current device yet.\n```"
    used = {"type": "tool_use", "name": "t", "input": {}}
    messages = [
        utter("a", "assistant", placeholder, used),
        utter("b", "assistant", f"Old.\n\n{placeholder}", content=[]),
        utter("c", "assistant", "", {"type": "voice_note", "text": "Spoken."}, {"type": "odour"}),
        utter("d", "assistant", "", {"type": "odour"}),
        {"uuid": "e", "role": "user", "text": "By role", "content": None},
        None,
    ]
    report = take(octets([claude(messages)]))
    whole = chats.whole(chats.all()[0])

    assert [each.text for each in whole] == ["", "Old.", "Spoken.", "By role"]
    assert whole[2].extras.unread == ("odour",)
    assert [each["why"] for each in report.refused] == [
        "Its content, “odour”, is of no known kind.",
        "It is not an object.",
    ]


def test_beside(take: Take) -> None:
    """Chats of another tool in the ZIP are refused if they are of another shape; what a Mac adds is not looked at."""
    files = {
        "conversations.json": octets([claude([utter("a", "human", "1")])]),
        "design_chats/x.json": b'{"uuid": "x", "messages": []}',
        "__MACOSX/._conversations.json": b"\0",
        "memories.json": b"[]",
    }
    report = take(packed(files), "claude.zip")

    assert report.conversations == 1
    assert [each["where"] for each in report.refused] == ["design_chats/x.json"]
