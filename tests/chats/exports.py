"""Exports as other programs write them, with every kind of content that they have."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

from tests import pictures

PNG = pictures.file(pictures.quarters())
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


def packed(files: dict[str, bytes | str]) -> bytes:
    """Return a ZIP with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def octets(value: object) -> bytes:
    """Return JSON as a file."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


# ChatGPT


def said(role: str, content: Any, **more: Any) -> dict[str, Any]:
    """Return a message of ChatGPT's; a text as content is one of content_type text."""
    content = {"content_type": "text", "parts": [content]} if isinstance(content, str) else content
    return {
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": 1_700_000_000.5,
        "content": content,
        "status": "finished_successfully",
        "weight": 1.0,
        "recipient": "all",
        "metadata": {},
        **more,
    }


def mapped(messages: dict[str, tuple[str | None, dict[str, Any] | None]]) -> dict[str, Any]:
    """Return a mapping of ids to nodes, from parents and messages by id."""
    return {
        id: {
            "id": id,
            "parent": parent,
            "children": [child for child, (above, _) in messages.items() if above == id],
            "message": message and {"id": id, **message},
        }
        for id, (parent, message) in messages.items()
    }


def chatgpt(messages: dict[str, tuple[str | None, dict[str, Any] | None]], **more: Any) -> dict[str, Any]:
    """Return a conversation of ChatGPT's."""
    about = {"title": "Colours", "create_time": 1_700_000_000.0, "update_time": 1_700_000_900.0}
    last = list(messages)[-1]
    names = {"conversation_id": "c-1", "current_node": last, "default_model_slug": "gpt-4o"}
    return {**about, **names, "mapping": mapped(messages), **more}


IMAGE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Abc123", "size_bytes": 9}
SEDIMENT = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_000f00"}
SOUND = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_000aaa"}
FILM = {
    "content_type": "real_time_user_audio_video_asset_pointer",
    "audio_asset_pointer": SOUND,
    "frames_asset_pointers": [],
}

# Every kind of content, one after the other, with what is to be seen of it; None for what is hidden on purpose.
KINDS: dict[str, tuple[dict[str, Any], str | None]] = {
    "system": (said("system", ""), None),
    "instructions": (
        said(
            "system",
            "",
            metadata={
                "is_user_system_message": True,
                "user_context_message_data": {"about_user_message": "I paint.", "about_model_message": "Be brief."},
            },
        ),
        "I paint.\n\nBe brief.",
    ),
    "editable": (said("user", {"content_type": "user_editable_context", "user_profile": "P"}), None),
    "model context": (said("assistant", {"content_type": "model_editable_context", "model_set_context": "x"}), None),
    "unseen": (said("user", "secret", metadata={"is_visually_hidden_from_conversation": True}), None),
    "weightless": (said("user", "light", weight=0), None),
    "prompt": (
        {**said("user", {"content_type": "multimodal_text", "parts": [IMAGE, "What colour?"]}), "metadata": {
            "attachments": [
                {"id": "file-Abc123", "name": "a.png", "mime_type": "image/png"},
                {"id": "file-P", "name": "plan.pdf", "mime_type": "application/pdf"},
            ]}},
        "What colour?\n\n[File: plan.pdf]",
    ),
    "thoughts": (
        said("assistant", {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "It looks red."}]}),
        None,
    ),
    "recap": (said("assistant", {"content_type": "reasoning_recap", "content": "Thought for 2 s"}), None),
    "answer": (
        said(
            "assistant",
            "Red【3†source】, \ue200cite\ue202turn0search1\ue201as here.",
            metadata={
                "model_slug": "gpt-5",
                "citations": [{"start_ix": 1, "end_ix": 2, "metadata": {"title": "Paint", "url": "https://a.b/paint"}}],
                "content_references": [{"items": [{"title": "Two", "url": "https://a.b/two"}]}, {"alt": "none"}],
                "search_result_groups": [{"entries": [{"title": "Paint again", "url": "https://a.b/paint"}]}],
            },
        ),
        "Red, as here.",
    ),
    "to a tool": (said("assistant", "search()", recipient="browser"), None),
    "code to a tool": (
        said("assistant", {"content_type": "code", "language": "python", "text": "1+1"}, recipient="python"), None
    ),
    "execution": (said("tool", {"content_type": "execution_output", "text": "2"}), "```\n2\n```"),
    "display": (said("tool", {"content_type": "tether_browsing_display", "result": "r"}), None),
    "quote": (
        said("tool", {"content_type": "tether_quote", "title": "Page", "url": "https://a.b/q", "text": "one\ntwo"}),
        "Page\n\n> one\n> two",
    ),
    "drawn": (said("tool", {"content_type": "multimodal_text", "parts": [SEDIMENT]}), ""),
    "web page": (said("tool", {"content_type": "sonic_webpage", "url": "https://a.b", "text": "t"}), None),
    "tool error": (said("tool", {"content_type": "system_error", "name": "E", "text": "t"}), None),
    "computer": (said("tool", {"content_type": "computer_output", "screenshot": {}}), None),
    "tool's code": (said("tool", {"content_type": "citable_code_output", "output_str": "3"}), None),
    "function": (said("function", "x"), None),
    "code": (
        said("assistant", {"content_type": "code", "language": "unknown", "text": "a = '```'"}),
        "````\na = '```'\n````",
    ),
    "spoken": (
        said(
            "user",
            {
                "content_type": "multimodal_text",
                "parts": [{"content_type": "audio_transcription", "text": "Hello there", "direction": "in"}, SOUND],
            },
        ),
        "Hello there",
    ),
    "film": (said("user", {"content_type": "multimodal_text", "parts": [FILM]}), "[Sound]"),
    "empty": (said("assistant", ""), None),
    "bare": ({"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["no more"]}}, "no more"),
    "stopped": (said("assistant", "Half", status="finished_partial_completion"), "Half"),
    "cut": (said("assistant", "Cu", metadata={"finish_details": {"type": "max_tokens"}}), "Cu"),
    "new kind": (said("assistant", {"content_type": "hologram", "text": "A cube."}), "A cube."),
}  # fmt: skip


def every_kind() -> dict[str, Any]:
    """Return a conversation of ChatGPT's with every kind of content in one chain, below a root without a message."""
    names = ["client-created-root", *KINDS]
    nodes = {name: (above, KINDS[name][0]) for above, name in zip(names, KINDS, strict=False)}
    return chatgpt({"client-created-root": (None, None), **nodes}, current_node="empty")


# Open WebUI


def openwebui(messages: dict[str, dict[str, Any]], current: str | None, **more: Any) -> dict[str, Any]:
    """Return a chat of Open WebUI's."""
    history = {"currentId": current, "messages": {id: {"id": id, **message} for id, message in messages.items()}}
    chat = {
        "title": "Colours",
        "models": ["llama"],
        "params": {"system": "Be brief."},
        "history": history,
        "messages": [],
    }
    about = {"id": "o-1", "user_id": "somebody", "title": "Colours", "created_at": 1_700_000_000}
    return {
        **about,
        "updated_at": 1_700_000_900,
        "archived": False,
        "pinned": True,
        "meta": {"tags": []},
        "chat": chat,
        **more,
    }


def node(role: str, content: Any, parent: str | None, *children: str, **more: Any) -> dict[str, Any]:
    """Return a message of Open WebUI's."""
    place = {"parentId": parent, "childrenIds": list(children), "timestamp": 1_700_000_001}
    return {"role": role, "content": content, **place, **more}


FOLDED = (
    '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds</summary>\n'
    "&gt; It is &lt;red&gt;.\n"
    "&gt; Or not.\n</details>\nRed.\n"
    '<details type="tool_calls" done="true" id="1" name="search" arguments="&quot;a&quot;">\n<summary>T</summary>\n'
    "</details>\n"
    '<details type="code_interpreter" done="true">\n<summary>Analyzed</summary>\n```python\n1\n```\n</details>'
)
OUTPUT = [
    {"type": "reasoning", "content": [{"type": "output_text", "text": "Hm."}], "duration": 1},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "So."}]},
    {"type": "function_call", "id": "f", "call_id": "c", "name": "look", "arguments": '{"at": "wall"}'},
    {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "a wall"}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Blue."}]},
]


def every_openwebui() -> dict[str, Any]:
    """Return a chat of Open WebUI's with two models on one prompt, every kind of content, and a child that is gone."""
    files = [
        {"type": "image", "url": DATA_URL, "name": "a.png"},
        {"type": "image", "url": "/api/v1/files/9"},
        {"type": "file", "name": "plan.pdf", "url": "9"},
    ]
    sources = [
        {
            "source": {"name": "Wiki", "url": "https://a.b/wiki"},
            "document": ["d"],
            "metadata": [{"source": "https://a.b/1"}],
        },
        {"source": {"name": "Notes"}},
    ]
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    shown = {"type": "image_url", "image_url": {"url": DATA_URL}}
    return openwebui(
        {
            "s": node("system", "Be kind.", None, "u"),
            "u": node("user", "What colour?", "s", "a", "b", "gone", files=files, models=["llama", "qwen"]),
            "a": node("assistant", FOLDED, "u", model="llama", modelIdx=0, done=True, sources=sources, usage=usage),
            "b": node("assistant", "ignored", "u", "v", model="qwen", modelIdx=1, done=True, output=OUTPUT),
            "v": node("user", [{"type": "text", "text": "And this?"}, shown], "b", "f", "t"),
            "f": node("assistant", "", "v", model="qwen", error={"content": "No GPU."}),
            "t": node("tool", "raw", "v", "e"),
            "e": node("assistant", "", "t", done=False),
            "m": node("assistant", "Both.", "v", merged={"content": "Merged."}, done=False, error=False),
            "second": node("user", "Another root", None),
        },
        "v",
    )  # fmt: skip


# LibreChat

ROOT = "00000000-0000-0000-0000-000000000000"


def librechat(messages: list[dict[str, Any]], *, recursive: bool = False, **more: Any) -> dict[str, Any]:
    """Return a file of LibreChat's; `recursive`: each message with its children in it."""
    options = {"model": "gpt-4o", "temperature": 0.5, "promptPrefix": "Be brief.", "max_tokens": 99, "top_p": "1"}
    about = {"conversationId": "l-1", "endpoint": "openAI", "title": "Colours", "exportAt": "13:18:04 GMT-0400 (EDT)"}
    about |= {"branches": True, "recursive": recursive, "options": options}
    if not recursive:
        return {**about, "messages": messages, **more}
    return {**about, "messagesTree": nested(messages, ROOT), **more}


def nested(messages: list[dict[str, Any]], parent: str) -> list[dict[str, Any]]:
    """Return the messages below `parent`, each with those below it as its children."""
    below = [message for message in messages if message["parentMessageId"] == parent]
    return [{**message, "children": nested(messages, message["messageId"])} for message in below]


def line(id: str, parent: str, text: str, *, mine: bool = False, **more: Any) -> dict[str, Any]:
    """Return a message of LibreChat's."""
    about = {"messageId": id, "parentMessageId": parent, "isCreatedByUser": mine, "sender": "User" if mine else "GPT"}
    times = {"createdAt": "2025-03-01T10:00:00.000Z", "updatedAt": "2025-03-01T10:00:01.000Z", "error": False}
    return {**about, "text": text, **times, "unfinished": False, "model": None if mine else "gpt-4o-mini", **more}


def every_librechat() -> list[dict[str, Any]]:
    """Return messages of LibreChat's with every kind of content, in two branches."""
    parts = [
        {"type": "think", "think": "Hm."},
        {"type": "text", "text": {"value": "Red."}},
        {"type": "tool_call", "tool_call": {"id": "t", "name": "look", "args": '{"at": 1}', "output": "a wall"}},
        {
            "type": "tool_call",
            "tool_call": {"type": "code_interpreter", "code_interpreter": {"input": "1+1", "outputs": []}},
        },
        {"type": "tool_call", "tool_call": {"type": "retrieval"}},
        {"type": "image_file", "image_file": {"file_id": "f-9", "filepath": "/x", "width": 1, "height": 1}},
        {"type": "image_url", "image_url": {"url": DATA_URL}},
        {"type": "image_url", "image_url": {"url": "https://a.b/c.png"}},
    ]
    files = [
        {"file_id": "f-1", "filename": "plan.pdf", "type": "application/pdf"},
        {"file_id": "f-2", "type": "image/png"},
    ]
    return [
        line("u", ROOT, "What colour?", mine=True, files=files),
        line("a", "u", "Red.", content=parts, tokenCount=7, promptTokens=4, feedback={"rating": "thumbsUp"}),
        line("b", "u", "Blue, I", unfinished=True),
        line("v", "b", "And now?", mine=True),
        line("c", "v", "Nothing answers.", error=True),
        line("d", "v", "", content=[{"type": "error", "error": "Too many."}]),
        line("e", "v", "Gre", finish_reason="incomplete"),
    ]  # fmt: skip


# Claude


def claude(messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a conversation of Claude's."""
    about = {"uuid": "k-1", "name": "Colours", "summary": "", "account": {"uuid": "x"}}
    times = {"created_at": "2025-03-01T10:00:00.000000Z", "updated_at": "2025-03-01T11:00:00.000000Z"}
    return {**about, **times, "chat_messages": messages, **more}


def utter(id: str, sender: str, text: str, *content: dict[str, Any], at: int = 0, **more: Any) -> dict[str, Any]:
    """Return a message of Claude's; without `content` it has its text alone."""
    parts = list(content) or [{"type": "text", "text": text, "citations": []}]
    about = {"uuid": id, "sender": sender, "text": text, "content": parts, "attachments": [], "files": []}
    return {**about, "created_at": f"2025-03-01T10:{at:02}:00Z", "updated_at": f"2025-03-01T10:{at:02}:00Z", **more}


def every_claude() -> list[dict[str, Any]]:
    """Return messages of Claude's with every kind of content, in two branches of which the older one stands last."""
    cited = {
        "type": "text",
        "text": "Red.",
        "citations": [{"uuid": "c", "details": {"type": "web", "url": "https://a.b/c"}}],
    }
    results = [{"type": "text", "text": "a wall"}, {"type": "knowledge", "title": "Walls", "url": "https://a.b/w"}]
    artifact = {"id": "page", "type": "text/html", "title": "A page", "content": "<p>red</p>", "command": "create"}
    parts = [
        {"type": "thinking", "thinking": "Hm.", "summaries": [{"summary": "s"}]},
        {"type": "thinking", "summaries": [{"summary": "Looked."}]},
        {"type": "tool_use", "id": "t", "name": "web_search", "input": {"query": "red"}},
        {"type": "tool_result", "tool_use_id": "t", "name": "web_search", "content": results},
        cited,
        {"type": "tool_use", "id": "p", "name": "artifacts", "input": artifact},
        {"type": "tool_result", "name": "artifacts", "content": [{"type": "text", "text": "OK"}]},
        {"type": "tool_use", "id": "q", "name": "artifacts", "input": {"command": "rewrite"}},
        {"type": "flag"},
    ]
    attachments = [{"file_name": "plan.txt", "file_size": 3, "file_type": "txt", "extracted_content": "the plan"}]
    return [
        utter("u", "human", "What colour?", at=1, attachments=attachments, files=[{"file_name": "a.png"}]),
        utter("a", "assistant", "Red. This block is not supported.", *parts, at=2, parent_message_uuid="u"),
        utter("b", "assistant", "Blue.", at=9, parent_message_uuid="u"),
        utter("v", "human", "Sure?", at=3, parent_message_uuid="a"),
        utter("e", "assistant", "", {"type": "text", "text": ""}, at=4, parent_message_uuid="v"),
    ]  # fmt: skip
