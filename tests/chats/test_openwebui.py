"""Open WebUI's export: histories with several models on one prompt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lib.chats.imports import Report
from lib.chats.openwebui import unfold
from lib.store import Chats
from tests.chats.exports import every_openwebui, node, octets, openwebui

Take = Callable[..., Report]


def test_every_kind(take: Take, chats: Chats) -> None:
    """Every node is shown or hidden on purpose, with its branch, its model and what came beside its text."""
    report = take(octets([every_openwebui()]))
    id = chats.all()[0]
    whole = {message.text: message for message in chats.whole(id)}
    conversation = chats.get(id)

    assert (report.format, report.refused) == ("openwebui", [])
    assert (report.messages, report.hidden, report.leaves, report.images, report.absent) == (7, 3, 4, 2, 0)
    assert set(whole) == {
        "What colour?\n\n[Image: /api/v1/files/9]\n\n[File: plan.pdf]",
        "Red.",
        "Blue.",
        "And this?",
        "",
        "Both.\n\nMerged.",
        "Another root",
    }
    assert [message.text[:12] for message in chats.path(id)] == ["What colour?", "Blue.", "And this?"]
    assert (conversation.title, conversation.choice.parameters.system) == ("Colours", "Be brief.")
    assert whole["Another root"].parent_id is None


def test_answers(take: Take, chats: Chats) -> None:
    """Answers have their reasoning, tools, models, sources, tokens and errors."""
    take(octets([every_openwebui()]))
    whole = {message.text: message for message in chats.whole(chats.all()[0])}
    red, blue, failed = whole["Red."], whole["Blue."], whole[""]

    assert (red.reasoning, red.model, red.usage.completion_tokens) == ("It is <red>.\nOr not.", "llama", 5)
    assert [(each.title, each.url) for each in red.extras.sources] == [
        ("Wiki", "https://a.b/wiki"), ("Wiki", "https://a.b/1"), ("Notes", "")
    ]  # fmt: skip
    assert blue.reasoning == 'Hm.\n\nSo.\n\nlook: {"at": "wall"}\n\na wall'
    assert (failed.state, failed.error) == ("failed", "No GPU.")
    assert whole["Both.\n\nMerged."].state == "incomplete"


def test_old(take: Take, chats: Chats) -> None:
    """A chat without a history is its list of messages, each after the one before."""
    chat = {"title": "Old", "messages": [{"role": "user", "content": "1"}, {"role": "assistant", "content": "2"}]}
    report = take(octets([{"id": "x", "chat": chat}]))

    assert report.messages == 2
    assert [message.text for message in chats.path(chats.all()[0])] == ["1", "2"]


def test_legacy(take: Take) -> None:
    """The history may stand where the chat does; the branch that ends with the newest message is shown."""
    history = {"messages": {"a": node("user", "1", None, timestamp=None), "b": node("assistant", "2", "a")}}

    assert take(octets([{"id": "x", "title": "t", "history": history}])).messages == 2
    assert take(octets({"id": "x", "title": "t", "history": history})).known == 1


@pytest.mark.parametrize("timestamps", [{}, {"timestamp": None}])
def test_no_current(take: Take, chats: Chats, timestamps: dict) -> None:
    """Where the export names no end of the branch that is shown, it is the newest message."""
    take(
        octets(
            [
                openwebui(
                    {"a": node("user", "1", None, **timestamps), "b": node("assistant", "2", "a", **timestamps)}, None
                )
            ]
        )
    )

    assert [message.text for message in chats.path(chats.all()[0])] == ["1", "2"]


def test_system(take: Take, chats: Chats) -> None:
    """A system message among the messages is the system prompt, where there is no other."""
    messages = {"s": node("system", "Be kind.", None), "a": node("user", "1", "s")}
    take(octets([openwebui(messages, "a", chat={"history": {"messages": messages}, "params": None})]))

    assert chats.get(chats.all()[0]).choice.parameters.system == "Be kind."


def test_unknown_role(take: Take) -> None:
    """A role that nobody has is refused, and named."""
    report = take(octets([openwebui({"a": node("user", "1", None), "b": node("ghost", "2", "a")}, "a")]))

    assert "ghost" in report.refused[0]["why"]
    assert report.messages == 1


@pytest.mark.parametrize(
    "chat",
    [
        {"history": {"messages": 3}},
        {"history": {"messages": {"a": 3}}},
        {"messages": [3]},
        {"messages": [{"id": "a", "role": "user", "content": "1"}, {"id": "a", "role": "user", "content": "2"}]},
    ],
)
def test_odd(take: Take, chat: dict) -> None:
    """Messages that are none, or two with the same id, are refused."""
    report = take(octets([{"id": "x", "chat": chat}]))

    assert report.is_refused
    assert report.refused[0]["where"].startswith("export.json, conversation 1")


def test_unfold() -> None:
    """What is folded away and never closed stays as it is."""
    text = '<details type="reasoning">never closed'

    assert unfold(text) == (text, "")
    assert unfold("<details><summary>Mine</summary>x</details>")[1] == ""


def test_failures(take: Take, chats: Chats) -> None:
    """An error without words is one."""
    take(octets([openwebui({"a": node("user", "1", None), "b": node("assistant", "", "a", error=True)}, "b")]))

    assert chats.path(chats.all()[0])[-1].error == "The answer failed."


def test_thought_alone(take: Take, chats: Chats) -> None:
    """What was thought is kept where nothing was said after it, or where what was said stands elsewhere."""
    output = [{"type": "reasoning", "content": [{"type": "output_text", "text": "Hm."}]}]
    about = {"a": node("user", "1", None), "b": node("assistant", "", "a", output=output)}
    take(octets([openwebui({**about, "c": node("assistant", "Red.", "a", output=output)}, "c")]))
    answers = chats.whole(chats.all()[0])[1:]

    assert [(each.text, each.reasoning) for each in answers] == [("", "Hm."), ("Red.", "Hm.")]


def test_pieces_of_a_source(take: Take, chats: Chats) -> None:
    """A source without an address of its own is the pieces that were read of it."""
    sources = [{"source": {"name": "Notes"}, "metadata": [{"source": "https://a.b/1"}, {"source": "notes.md"}]}]
    take(octets([openwebui({"a": node("assistant", "Red.", None, sources=sources)}, "a")]))
    (answer,) = chats.whole(chats.all()[0])

    assert [(each.title, each.url) for each in answer.extras.sources] == [("Notes", "https://a.b/1"), ("Notes", "")]


def test_odd_among_others(take: Take, chats: Chats) -> None:
    """A message that is none is refused, and the others stay."""
    chat = openwebui({"a": node("user", "1", None)}, "a")
    chat["chat"]["history"]["messages"]["n"] = None
    report = take(octets([chat]))

    assert (report.messages, report.refused[0]["why"]) == (1, "It is not an object.")


@pytest.mark.parametrize("history", [{"messages": {}, "currentId": None}, None, {"messages": None}])
def test_empty_history(take: Take, history: object) -> None:
    """Where the history is empty, the list of messages beside it counts; where that is too, there is nothing."""
    chat = {"title": "t", "history": history, "messages": [{"role": "user", "content": "1"}]}

    assert take(octets([{"id": "x", "chat": chat}])).messages == 1
    assert take(octets([{"id": "y", "chat": {**chat, "messages": []}}])).is_refused


def test_newest_is_no_end(take: Take, chats: Chats) -> None:
    """Where clocks went wrong the branch that is shown still goes to its end."""
    messages = {"a": node("user", "1", None, "b", timestamp=9), "b": node("assistant", "2", "a", timestamp=3)}
    take(octets([openwebui(messages, "gone")]))

    assert [message.text for message in chats.path(chats.all()[0])] == ["1", "2"]


def test_pictures_elsewhere(take: Take, chats: Chats) -> None:
    """A picture that is only an address, and a piece of no known kind, are told; with nothing else it is refused."""
    pieces = [{"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}, {"type": "odour"}]
    take(octets([openwebui({"a": node("user", pieces, None)}, "a")]))
    report = take(octets([openwebui({"a": node("user", pieces[1:], None)}, "a", id="o-2")]))
    (shown,) = chats.path(chats.all()[0])

    assert (shown.text, shown.extras.unread) == ("[Image: https://a.b/c.png]", ("odour",))
    assert "odour" in report.refused[0]["why"]


def test_long_tools(take: Take, chats: Chats) -> None:
    """What a tool said is folded away whole, however long it is."""
    folded = (
        f'<details type="tool_calls" done="true" result="{"&quot;" * 5_000}">\n<summary>T</summary>\n</details>\nRed.'
    )
    take(octets([openwebui({"a": node("assistant", folded, None)}, "a")]))

    assert chats.path(chats.all()[0])[0].text == "Red."


def test_marks(take: Take, chats: Chats) -> None:
    """Tags, pins, the archive, thumbs and their notes come along."""
    messages = {
        "a": node("assistant", "1", None, "b", annotation={"rating": 1, "comment": "So it is"}, modelName="llama"),
        "b": node("assistant", "2", "a", annotation={"rating": -1, "reason": "wrong"}),
        "c": node("assistant", "3", "b", annotation={"rating": "5"}),
    }
    meta = {"tags": ["paint", {"name": "wall"}, 3]}
    take(octets([openwebui(messages, "c", meta=meta, archived=True)]))
    id = chats.all()[0]

    assert (chats.tags(id), bool(chats.get(id).pinned_at), bool(chats.get(id).archived_at)) == (
        ["paint", "wall"],
        True,
        True,
    )
    assert [(each.rating, each.rating_note) for each in chats.path(id)] == [
        (1, "So it is"),
        (-1, "wrong"),
        (None, None),
    ]
    assert chats.path(id)[0].model == "llama"
