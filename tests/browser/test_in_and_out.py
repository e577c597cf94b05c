"""Conversations from elsewhere come in, and go out as files and by links, by the page."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.app import App
from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, DIALOG
from tests.chats.exports import chatgpt, octets, said

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FILE: FilePayload = {
    "name": "conversations.json",
    "mimeType": "application/json",
    "buffer": octets([chatgpt({"a": (None, said("user", "What colour?")), "b": ("a", said("assistant", "Red."))}), 5]),
}
MANY = {
    "name": "many.json",
    "mimeType": "application/json",
    "buffer": octets(
        [
            chatgpt({"a": (None, said("user", f"Prompt {number}"))}, conversation_id=f"c{number}", id=f"c{number}")
            for number in range(1_500)
        ]
    ),
}


def expire(app: App, ended: str) -> None:
    """Have all links end when the SQL says."""
    with closing(sqlite3.connect(app.database)) as db, db:
        db.execute(f"UPDATE shares SET expires_at = {ended}")


def test_in_and_out(page: Page, app: App) -> None:
    """A file is chosen, looked at and taken in; its conversation is opened, goes out, and is shared by a link."""
    walk = Walk(page)
    page.get_by_role("button", name="Import").click()
    dialog = page.locator(DIALOG)
    dialog.locator("input[type=file]").set_input_files([FILE])
    dialog.get_by_role("button", name="Look").click()
    expect(dialog).to_contain_text("1 conversation would come in: 2 messages in 1 branch.")
    expect(dialog).to_contain_text("1 refused")
    walk.look("what would come in")
    dialog.get_by_role("button", name="Import").click()
    expect(dialog).to_contain_text("1 conversation came in")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="Colours").click()
    expect(page.locator(ANSWER)).to_contain_text("Red.")

    page.locator(".st-key-actions button").first.click()
    with page.expect_download() as loading:
        page.get_by_role("button", name="JSON").click()

    exported = json.loads(Path(loading.value.path()).read_text("utf-8"))
    assert loading.value.suggested_filename == "Colours.json"
    assert [each["text"] for each in exported["conversations"][0]["messages"]] == ["What colour?", "Red."]
    for form, name in (("Markdown", "Colours.md"), ("Web page", "Colours.html")):
        with page.expect_download() as loading:
            page.get_by_role("button", name=form).click()
        assert loading.value.suggested_filename == name
        assert "Red." in Path(loading.value.path()).read_text("utf-8")

    page.get_by_role("button", name="Share", exact=True).click()
    dialog.get_by_text("A day", exact=True).click()
    dialog.get_by_role("button", name="Make a link").click()
    expect(dialog.locator("code")).to_contain_text("share=")
    link = dialog.locator("code").inner_text()
    expect(dialog.get_by_text("until ")).to_contain_text("as it was")
    walk.look("a link")
    visitor = page.context.new_page()
    visits = Walk(visitor)
    visitor.goto(link)
    expect(visitor.locator(ANSWER)).to_contain_text("Red.")
    expect(visitor.locator("a[href]:not([href^='#']), textarea, [data-testid=stSidebarNav]")).to_have_count(0)
    visits.look("what a visitor reads")
    for ended, words in (("created_at", "Not found"), ("NULL", "Colours")):
        expire(app, ended)
        visitor.reload()
        expect(visitor.get_by_role("heading", name=words).first).to_be_visible()
    dialog.get_by_role("button", name="Revoke").click()
    expect(dialog.locator("code")).to_have_count(0)
    visitor.reload()
    expect(visitor.get_by_role("heading", name="Not found")).to_be_visible()
    visits.look("a link that was revoked")
    assert walk.found + visits.found == ""


def test_import_is_stopped(page: Page) -> None:
    """An import that takes long is stopped: what came in is told, and stays; the rest of the file was not read."""
    page.get_by_role("button", name="Import").click()
    dialog = page.locator(DIALOG)
    dialog.locator("input[type=file]").set_input_files([MANY])
    dialog.get_by_role("button", name="Look").click()
    expect(dialog).to_contain_text(re.compile(r"1.500 conversations would come in"), timeout=60_000)
    dialog.get_by_role("button", name="Import").click()
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog).to_contain_text("Stopped. What stands after that in the file was not read.")
    expect(dialog).not_to_contain_text(re.compile("1.500"))
    expect(dialog.get_by_role("link", name="Colours").first).to_be_visible()
