"""The page to hand on: all of a comparison is in it, nothing that was said runs, and a change of it is seen."""

from __future__ import annotations

import pytest

from lib.compare import audience, lanes, votes
from lib.compare.handoff import NONE, UNSEALED, in_turn, sealed, verify, written
from lib.compare.rounds import Round, rounds
from lib.errors import ChatError
from lib.messages import Image, Message
from lib.net import redaction
from lib.store import LOCAL, Store
from tests.compare.test_lanes import answers, contender
from tests.store.chats.test_images import PIXEL
from tests.store.helpers import calls

KEY = "sk-hidden-from-the-page-0815"
HOSTILE = f'<script>alert(1)</script>{UNSEALED}"{NONE}'
PROMPT = Message("user", HOSTILE, (Image(PIXEL.data, PIXEL.media_type),))


def made(store: Store) -> tuple[str, list[Round]]:
    """Return a comparison of two lanes and two rounds, the second of one lane."""
    chats = store.chats(LOCAL)
    id, opened = lanes.begin(
        chats, [contender("first", f"more-{KEY}"), contender(f"**{NONE}**", model="n" * 50)], PROMPT
    )
    for prompt, asked in ((PROMPT, opened), (Message("user", "More"), opened[:1])):
        lanes.ask(chats, asked, prompt, 9)
        assert all(answers(chats, lane) for lane in opened)
    return id, rounds(chats, id)


def page(store: Store, id: str) -> bytes:
    return written(store.chats(LOCAL), store.votes(LOCAL), store.usage(LOCAL), id)


def test_all_is_in_it(store: Store) -> None:
    """It has prompts, answers, images, votes, an opinion, the ranking, figures, and the rows of the ledger."""
    id, asked = made(store)
    best, key = asked[0].entries[0].lane, asked[0].key
    store.votes(LOCAL).hide(id, key, "me")
    store.votes(LOCAL).cast(id, key, "me", votes.ballot(asked[0], [[best]]))
    store.votes(LOCAL).cast(id, key, "you", votes.ballot(asked[0], [], bad=True))
    token = store.votes(LOCAL).open_room(id, key)
    for device in "abc":
        seat = audience.seat(store, token, device)
        assert seat
        audience.cast(store, seat, [[best]])
    store.votes(LOCAL).cast(id, key, "model: judge · e", votes.ballot(asked[0], [[best]], reason="It <b>is</b>."))
    text = page(store, id).decode()

    for part in ("first", "more", "data:image/png;base64,", "all bad", "It &lt;b&gt;is&lt;/b&gt;.", "m · fake"):
        assert part in text
    assert "A model's opinion: judge · e" in text
    assert "Ranking by 4 blind votes" in text
    assert "<td>3</td>" in text
    assert "phone: " not in text
    assert "<svg" in text
    for call in calls(store):
        assert f"<td>{call.id}</td>" in text
    assert text.count("<td>~") == 0 or "~" in text


def test_colours(store: Store) -> None:
    """Who answers has one colour throughout: that which whoever wrote the page gives, else one in turn."""
    id, asked = made(store)
    names = [entry.name for entry in asked[0].entries]
    store.votes(LOCAL).hide(id, asked[0].key, "me")
    ballot = votes.ballot(asked[0], [[asked[0].entries[1].lane]])
    store.votes(LOCAL).cast(id, asked[0].key, "me", ballot)
    given = {names[0]: "#000001", names[1]: "#000002"}
    doors = (store.chats(LOCAL), store.votes(LOCAL), store.usage(LOCAL), id)
    text = written(*doors, lambda asked: given if asked == names else {}).decode()
    last = text.rindex("</h2>", 0, text.index("<svg"))

    assert text.count('style="border-color:#000001"') == 2
    assert text.count('style="border-color:#000002"') == 1
    assert text.index("#000002", last) < text.index("#000001", last)
    assert all(hue in page(store, id).decode() for hue in in_turn(names).values())


def test_nothing_runs(store: Store) -> None:
    """What was said is only text, no key is in it, and nothing is fetched."""
    redaction.hide(KEY)
    id, _ = made(store)
    text = page(store, id).decode()

    assert "<script" not in text
    assert KEY not in text
    assert "default-src 'none'" in text
    assert text.count('<code id="sha256">') == 1


def test_seal(store: Store) -> None:
    """It is as it was written until a character of it is another, wherever that stands."""
    content = page(store, made(store)[0])
    assert len(verify(content)) == 64
    for at in (0, 200, len(content) // 2, content.index(b'id="sha256">') + 13, len(content) - 2):
        changed = bytearray(content)
        changed[at] ^= 1
        with pytest.raises(ChatError):
            verify(bytes(changed))


@pytest.mark.parametrize("content", [b"", b"<html>", sealed(UNSEALED) * 2])
def test_no_page(content: bytes) -> None:
    """Any other file is none, and neither are two."""
    with pytest.raises(ChatError, match="no page"):
        verify(content)


def test_without_answers(store: Store) -> None:
    """A comparison in which nobody was asked yet, or not everybody answered, can be handed on."""
    chats = store.chats(LOCAL)
    id, opened = lanes.begin(chats, [contender("a"), contender("b")], PROMPT)
    assert b"Rows of the ledger: none." in page(store, id)
    lanes.ask(chats, opened, PROMPT, 9)
    assert all(answers(chats, lane) for lane in opened)
    chats.remove(chats.path(opened[1].id)[1].id)

    assert b"Not answered." in page(store, id)


def test_gone(store: Store) -> None:
    """There is no page of a comparison that is not there."""
    with pytest.raises(ChatError):
        page(store, "never")
