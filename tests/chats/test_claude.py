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
    assert "same id" in twice.refused[0]["why"]
    assert take(octets([claude([], uuid="k-3")])).is_refused


@pytest.mark.parametrize("tool", [5, None, [], {"a": [1]}, "x" * 30_000])
def test_long_tools(take: Take, chats: Chats, tool: object) -> None:
    """What a tool was asked is told, up to a bound."""
    take(octets([claude([utter("a", "assistant", "", {"type": "tool_use", "name": "t", "input": tool}, at=1)])]))

    assert len(chats.path(chats.all()[0])[0].reasoning) < 20_010
