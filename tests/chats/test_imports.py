"""Imports: whose file it is, what is told of it, and what hostile files come to: a sentence, and nothing half done."""

from __future__ import annotations

import io
import json
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.chats import archive, grafting, imports
from lib.chats.grafting import MAX_MESSAGES
from lib.chats.imports import Importer, Report
from lib.chats.json_stream import MAX_LEVELS
from lib.errors import StoreError
from lib.images.normalise import LIMITS
from lib.store import Chats, Scope, Store
from tests import pictures
from tests.chats.exports import (
    DATA_URL,
    IMAGE,
    PNG,
    chatgpt,
    claude,
    every_kind,
    librechat,
    line,
    node,
    octets,
    openwebui,
    packed,
    said,
    utter,
)

Take = Callable[..., Report]
ONE = chatgpt({"a": (None, said("user", "1")), "b": ("a", said("assistant", "2"))})
PICTURED = chatgpt({"a": (None, said("user", {"content_type": "multimodal_text", "parts": [IMAGE, "See?"]}))})


def why(report: Report) -> str:
    """Return the one reason why something was refused."""
    assert len(report.refused) == 1, report.refused
    return report.refused[0]["why"]


def test_again(take: Take, chats: Chats) -> None:
    """The same file makes nothing a second time."""
    first, second = take(octets([ONE])), take(octets([ONE]))

    assert (first.conversations, first.known, first.messages) == (1, 0, 2)
    assert (second.conversations, second.known, second.messages, second.is_refused) == (0, 1, 0, False)
    assert len(chats.all()) == 1


def test_grown(take: Take, chats: Chats) -> None:
    """A longer file of the same adds what is new."""
    take(octets([ONE]))
    longer = chatgpt(
        {"a": (None, said("user", "1")), "b": ("a", said("assistant", "2")), "c": ("b", said("user", "3"))}
    )
    report = take(octets([longer]))

    assert (report.conversations, report.known, report.messages) == (1, 0, 1)
    assert [message.text for message in chats.path(chats.all()[0])] == ["1", "2", "3"]


def test_twice_in_a_file(take: Take, chats: Chats) -> None:
    """A conversation that stands in a file again comes in once, looked at or taken in: the other is there already."""
    data = packed({"conversations-1.json": octets([ONE, ONE]), "conversations-2.json": octets([ONE])})
    for report in (take(data, dry=True), take(data)):
        assert (report.conversations, report.known, report.messages, report.leaves) == (1, 2, 2, 1)
    assert len(chats.all()) == 1


def test_twice_and_grown(take: Take, chats: Chats) -> None:
    """Where it stands again with more, the more comes in too: a branch is one, what goes on from a leaf is none."""
    both = {"a": (None, said("user", "1")), "b": ("a", said("assistant", "2"))}
    further = chatgpt({**both, "c": ("b", said("user", {"content_type": "multimodal_text", "parts": [IMAGE]}))})
    beside = chatgpt({"a": (None, said("user", "1")), "d": ("a", said("assistant", "other"))})
    data = packed({"conversations.json": octets([ONE, further, beside]), "file-Abc123.png": PNG})
    dry, taken = take(data, dry=True), take(data)

    assert dry == taken
    assert (taken.conversations, taken.known, taken.messages, taken.leaves, taken.images) == (1, 2, 4, 2, 1)
    assert len(chats.all()) == 1


def test_twice_in_two_files(chats: Chats) -> None:
    """What one file has is there already when the next is looked at."""
    importer = Importer(chats, dry=True)
    first, second = (importer.take(io.BytesIO(octets([ONE])), name) for name in ("a.json", "b.json"))

    assert (first.conversations, first.known) == (1, 0)
    assert (second.conversations, second.known) == (0, 1)


@pytest.mark.parametrize(
    "raw", [ONE, claude([utter("a", "human", "1")]), openwebui({"a": node("user", "1", None)}, "a")]
)
def test_without_a_name(take: Take, chats: Chats, raw: dict) -> None:
    """A conversation without an id is known again by when and how it began."""
    nameless = {key: value for key, value in raw.items() if key not in ("id", "conversation_id", "uuid")}

    assert take(octets([nameless])).conversations == 1
    assert take(octets([nameless])).known == 1
    assert take(octets([{**nameless, "title": "Other", "name": "Other"}])).conversations == 1


def test_owners(store: Store, take: Take) -> None:
    """What is taken in is the importer's, whoever the file says it is."""
    foreign = {**ONE, "owner": "ben", "user_id": "ben"}
    take(octets([foreign]))
    report = Importer(store.chats(Scope("ben"))).take(io.BytesIO(octets([foreign])), "x.json")

    assert report.conversations == 1
    assert len(store.chats(Scope("ben")).all()) == 1
    assert store.chats(Scope("ben")).all() != store.chats(Scope("local")).all()


def test_pictures(take: Take, chats: Chats) -> None:
    """A picture in the ZIP comes along as an upload would: upright, and bare of all else."""
    turned = pictures.file(pictures.quarters(), "JPEG", exif=pictures.exif(6))
    report = take(packed({"conversations.json": octets([PICTURED]), "sub/file-Abc123-photo.jpg": turned}), "x.zip")
    image = chats.path(chats.all()[0])[0].images[0]
    content = chats.image(image.id)

    assert (report.images, report.absent) == (1, 0)
    assert content.pixels == (48, 64)
    assert pictures.MAKER.encode() not in content.content


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"words", "not a picture"),
        (b"\x89PNG\r\n\x1a\n cut", "The picture"),
        (b"a" * (LIMITS.size + 1), "at most 20 MB"),
    ],
)
def test_bad_pictures(take: Take, chats: Chats, file: bytes, reason: str) -> None:
    """A picture that is none is refused; its message says that there was one."""
    report = take(packed({"conversations.json": octets([PICTURED]), "file-Abc123-photo.jpg": file}), "x.zip")

    assert reason in why(report)
    assert "message a, image file-Abc123" in report.refused[0]["where"]
    assert chats.path(chats.all()[0])[0].text == "See?\n\n[Image: file-Abc123]"


def test_damaged_picture(take: Take) -> None:
    """A picture that is damaged in the ZIP is refused."""
    data = bytearray(packed({"conversations.json": octets([PICTURED]), "file-Abc123.png": PNG}))
    at = data.rindex(PNG[8:20]) if PNG[8:20] in data else data.index(b"file-Abc123.png") + 20
    data[at] ^= 0xFF

    assert "damaged" in why(take(bytes(data), "x.zip"))


@pytest.mark.parametrize("url", ["data:image/png;base64,abcde", "data:image/png;base64," + "a" * 27_900_000])
def test_bad_data_urls(take: Take, url: str) -> None:
    """A data URL that is none, or too long, is refused."""
    files = [{"type": "image", "url": url, "name": "a.png"}]

    assert "picture" in why(take(octets([openwebui({"a": node("user", "1", None, files=files)}, "a")])))


def test_many_pictures(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """The images of one conversation have a bound together."""
    files = [{"type": "image", "url": DATA_URL, "name": "a.png"}] * 3
    monkeypatch.setattr(grafting, "MAX_IMAGE_BYTES", 1)
    report = take(octets([openwebui({"a": node("user", "1", None, files=files)}, "a")]))

    assert report.images == 1


# Hostile files: what they are, whether the whole file is refused, and a word of the reason.
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_FIELD = octets([{**ONE, "x": 0}]).replace(b'"x": 0', b'"x": ' + DEEP)
HOSTILE: dict[str, tuple[bytes, bool, str]] = {
    "nothing": (b"", True, "The file is empty. Choose the file as it was exported."),
    "not JSON": (b"<html>", True, "It is not JSON, or it is damaged. Choose the file as it was exported."),
    "half of it": (octets([ONE])[:-40], True, "It ends in the middle of something. Choose the file as it was"),
    "a number": (b"42", True, "not JSON"),
    "not text": (b'["\xff\xff"]', True, "not text"),
    "no conversations": (b"[]", True, "no conversations"),
    "another thing": (octets({"a": [1]}), True, "no conversation that is known"),
    "another list": (octets([1, "a", None]), True, "no conversation that is known"),
    "deep": (DEEP, True, f"nested more than {MAX_LEVELS:,} levels deep. Leave it out, or split it."),
    "deep in a conversation": (DEEP_FIELD, True, f"{MAX_LEVELS:,} levels"),
    "deep in an object": (b'{"conversationId": "x", "messages": ' + DEEP + b"}", True, f"{MAX_LEVELS:,} levels"),
    "a circle": (octets([chatgpt({"a": ("b", said("user", "1")), "b": ("a", said("user", "2"))})]), True, "circle"),
    "a circle of one": (octets([chatgpt({"a": ("a", said("user", "1"))})]), True, "circle"),
    "a circle apart": (
        octets([chatgpt({"r": (None, said("user", "0")), "a": ("b", said("user", "1")), "b": ("a", None)})]),
        True,
        "circle",
    ),
    "two of one id": (octets(librechat([line("a", "", "1"), line("a", "", "2")])), True, "the id a"),
    "one behind the other": (octets([ONE]) + b"[]", False, "something else"),
    "deep text of tools": (
        octets(claude([utter("a", "assistant", "", {"type": "tool_use", "name": "t", "input": 0})])).replace(
            b'"input": 0', b'"input": ' + b"[" * 20_000 + b"]" * 20_000
        ),
        True,
        "not as expected",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(take: Take, chats: Chats, name: str) -> None:
    """What cannot be taken is refused in a sentence, and nothing of it is there."""
    data, is_refused, reason = HOSTILE[name]
    report = take(data)

    assert any(reason in each["why"] for each in report.refused), report.refused
    assert report.is_refused is is_refused
    assert len(chats.all()) == report.conversations == (0 if is_refused else 1)
    assert json.loads(json.dumps(report.dump(), allow_nan=False))


@pytest.mark.parametrize("token", ["NaN", "Infinity", "9" * 5000, "-1e999", "1e300", "true", '"x"', "[]", "{}"])
@pytest.mark.parametrize("field", ["create_time", "title", "current_node", "id", "default_model_slug"])
def test_absurd_values(take: Take, chats: Chats, field: str, token: str) -> None:
    """Numbers of 5,000 digits, NaN and values of other types are as good as missing."""
    raw = octets([{**ONE, field: "HERE"}]).replace(b'"HERE"', token.encode())
    report = take(raw)

    assert (report.conversations, report.refused) == (1, [])
    assert chats.get(chats.all()[0]).created_at.year in range(2000, 2100)


def test_surrogates_and_markup(take: Take, chats: Chats) -> None:
    """Lone surrogates, NUL and HTML in titles and texts are text."""
    raw = octets([{**ONE, "title": "<script>alert(1)</script>"}]).replace(b'"1"', b'"\\ud800 \\u0000 \\ud83d\\ude00"')
    take(raw)
    conversation = chats.get(chats.all()[0])

    assert conversation.title == "<script>alert(1)</script>"
    assert chats.path(conversation.id)[0].text == "\ufffd \ufffd 😀"


def test_several_roots(take: Take, chats: Chats) -> None:
    """A conversation may have several roots, and children that are not there."""
    conversation = chatgpt({"a": (None, said("user", "1")), "b": ("nowhere", said("user", "2"))})
    conversation["mapping"]["a"]["children"] = ["gone", "a", 5, None]
    report = take(octets([conversation]))

    assert (report.messages, report.leaves, report.refused) == (2, 2, [])
    assert [message.text for message in chats.path(chats.all()[0])] == ["2"]


def test_long_chain(take: Take) -> None:
    """A conversation of 1,000 messages with as many hidden between them is read without recursion."""
    chain: dict = {"0": (None, said("user", "0"))}
    chain |= {str(n): (str(n - 1), said("user", str(n), weight=n % 2)) for n in range(1, 2_000)}
    report = take(octets([chatgpt(chain)]))

    assert (report.messages, report.hidden, report.leaves) == (1001, 999, 1)


def test_too_many(take: Take) -> None:
    """A conversation of more messages than are taken is refused."""
    node = b'"%d":{"parent":null},'
    body = b"".join(node % number for number in range(MAX_MESSAGES + 1))[:-1]
    report = take(b'[{"id": "x", "mapping": {' + body + b"}}]")

    assert "messages" in why(report)


def test_break_in_the_middle(take: Take) -> None:
    """A file that breaks off has what stands before that, and says so."""
    report = take(octets([ONE, {**ONE, "id": "2", "conversation_id": "2"}])[:-30])

    assert report.conversations == 1
    said = "It ends in the middle of something. What stands before is taken in. Choose the file as it was exported."
    assert why(report) == said


def test_many_refused(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many that are refused it is told how many at least."""
    monkeypatch.setattr(imports, "MAX_REFUSED", 3)
    report = take(octets([1] * 10))

    assert len(report.refused) == 4
    assert report.refused[-1]["why"] == "More than 3 were refused."


def test_stop(take: Take, chats: Chats) -> None:
    """Stop ends an import after the conversation that is being taken in; what was taken stays."""
    seen: list[float] = []

    def watch(report: Report, done: float) -> bool:
        seen.append(done)
        return report.conversations < 2

    many = [{**ONE, "id": str(number), "conversation_id": str(number)} for number in range(5)]
    report = take(octets(many), watch=watch)

    assert (report.stopped, report.conversations, len(chats.all())) == (True, 2, 2)
    assert 0 < seen[0] <= seen[1] <= 1


def test_dry(take: Take, chats: Chats) -> None:
    """A dry run tells the same and makes nothing."""
    data = packed({"conversations.json": octets([every_kind(), PICTURED]), "file-Abc123.png": PNG})
    dry = take(data, dry=True)

    assert chats.all() == []
    assert dry == take(data)
    assert dry.made == chats.all()
    assert "made" not in dry.dump()


def test_made(take: Take, chats: Chats) -> None:
    """Of many that were made the first are named."""
    many = [{**ONE, "id": str(number), "conversation_id": str(number)} for number in range(imports.MAX_MADE + 2)]
    report = take(octets(many))

    assert len(report.made) == imports.MAX_MADE
    assert set(report.made) < set(chats.all())


def test_store_fails(take: Take, chats: Chats, store: Store) -> None:
    """When the database fails that is no fault of the file."""
    store._database.file.unlink()
    with pytest.raises(StoreError):
        take(octets([ONE]))


# ZIPs


def entry(name: str, **about: int) -> zipfile.ZipInfo:
    """Return the head of a file in a ZIP."""
    found = zipfile.ZipInfo(name)
    found.compress_type = zipfile.ZIP_DEFLATED
    for field, value in about.items():
        setattr(found, field, value)
    return found


def zipped(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    """Return a ZIP with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for info, content in entries:
            made.writestr(info, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (entry("../../evil.json"), "leads out"),
        (entry("/etc/evil.json"), "leads out"),
        (entry("a\\..\\..\\evil.json"), "leads out"),
        (entry("C:evil.json"), "leads out"),
        (entry("link.json", external_attr=(stat.S_IFLNK | 0o777) << 16), "a link"),
    ],
)
def test_zip_slip(take: Take, tmp_path: Path, info: zipfile.ZipInfo, reason: str) -> None:
    """A file of a ZIP whose name leads out of it, or that is a link, is refused; the others are taken."""
    report = take(zipped((info, octets([ONE])), (entry("conversations.json"), octets([ONE]))), "x.zip")

    assert reason in why(report)
    assert report.conversations == 1
    assert not list(tmp_path.parent.glob("**/evil.json"))


def test_zip_of_dangers_alone(take: Take) -> None:
    """A ZIP with nothing but such files is refused."""
    assert take(zipped((entry("../conversations.json"), octets([ONE]))), "x.zip").is_refused


def test_zip_bomb(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that unpacks to hundreds of times its size is not unpacked, nor are gigabytes."""
    bomb = packed({"conversations.json": b"[" + b" " * 60_000_000 + b"]"})
    report = take(bomb, "x.zip")
    monkeypatch.setattr(archive, "MAX_UNPACKED", 10)
    large = take(packed({"conversations.json": octets([ONE])}), "x.zip")

    assert "400 times its size" in report.refused[0]["why"]
    assert report.is_refused
    assert "unpacks to more than" in why(large)


def test_lying_zip(take: Take, chats: Chats) -> None:
    """A ZIP that is damaged, or says other than it holds, is refused."""
    good = packed({"conversations.json": octets([ONE])})
    for bad in (good[:-30], b"PK\x03\x04" + b"x" * 100, _flipped(good)):
        assert take(bad, "x.zip").is_refused

    assert chats.all() == []


def _flipped(data: bytes) -> bytes:
    """Return a ZIP with a bit of its content changed."""
    at = data.index(b"conversations.json") + 40
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


def test_encrypted_zip(take: Take) -> None:
    """An encrypted file of a ZIP is refused."""
    data = bytearray(zipped((entry("conversations.json"), octets([ONE]))))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    report = take(bytes(data), "x.zip")

    assert report.refused[0]["why"].startswith("It is encrypted. Unpack the ZIP with its password")
    assert report.is_refused


def test_odd_compression(take: Take) -> None:
    """A file of a ZIP that is packed in an unknown way is refused."""
    data = bytearray(zipped((entry("conversations.json"), octets([ONE]))))
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + place] = 99

    assert "cannot be unpacked" in why(take(bytes(data), "x.zip"))


def test_crowded_zip(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ZIP whose list of files would fill the memory is not opened."""
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 66_000)
    data = zipped(*((entry(f"{number}.json"), b"") for number in range(1500)))

    assert "too many files" in why(take(data, "x.zip"))


def test_zip_of_librechat(take: Take) -> None:
    """A ZIP of files that have other names is read too, but for what is known to be something else."""
    files = {
        f"{number}.json": octets(librechat([line("a", "", "1")], conversationId=str(number))) for number in range(2)
    }
    report = take(packed({**files, "users.json": b"[1]", "a/": b""}), "x.zip")

    assert (report.format, report.conversations, report.refused) == ("librechat", 2, [])


def test_empty_zip(take: Take) -> None:
    """A ZIP without conversations says so."""
    assert "no conversations" in why(take(packed({"a.txt": b"x"}), "x.zip"))
    assert "no conversations" in why(take(packed({}), "x.zip"))


def test_nothing_left_behind(take: Take) -> None:
    """Nothing stays in the folder for temporary files."""
    before = set(Path(tempfile.gettempdir()).glob("parley-*"))
    take(octets([ONE]))

    assert set(Path(tempfile.gettempdir()).glob("parley-*")) <= before
