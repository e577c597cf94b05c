"""Demo packs: what is written is read again, and what anybody may have made is refused in words."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lib.compare import packs
from lib.compare.packs import MAX_PICTURES, MAX_SECONDS, MAX_STEPS, Pack, Recording, Step, read, written
from lib.documents.document import Document
from lib.errors import DocumentError
from lib.images.normalise import normalise
from lib.model_choice import ModelChoice, Parameters
from lib.net import redaction
from tests import pictures

LANES = (ModelChoice("local", "m", Parameters(temperature=0.5, max_tokens=9)), ModelChoice("work", ""))
PICTURE = normalise(pictures.file(pictures.quarters())).image()
RECORDING = Recording(datetime(2026, 11, 26, tzinfo=UTC), "m", ((0.5, "Hello "), (1.25, "there")), 2, 0.5, "USD", 7)
STEP = Step("Say <b>hello</b>", LANES, "First", "Smile.", "Be brief.", (PICTURE,), (Document("a.txt", "Text"),))
PACK = Pack(
    "Show",
    (Step("Again", LANES[:1], recordings=(None,), follows=True), Step("More", LANES, recordings=(RECORDING, None))),
)
LANE = {"endpoint": "e", "model": "m"}
TINY = pictures.file(pictures.quarters(8, 6))


def packed(files: dict[str, Any]) -> bytes:
    """Return a ZIP with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, (bytes, str)) else json.dumps(content))
    return out.getvalue()


def pack(**step: Any) -> dict[str, Any]:
    """Return a pack.json with one step."""
    return {"parley_pack": 1, "steps": [{"prompt": "p", "lanes": [LANE], **step}]}


def recorded(**about: Any) -> bytes:
    """Return a pack with one recording."""
    made = {"recorded_at": "2026-11-26", "model": "m", "chunks": [], **about}
    return packed({"pack.json": pack(recordings=["recordings/1.json"]), "recordings/1.json": made})


def test_round_trip() -> None:
    """A pack is read as it was written, with images and recordings."""
    assert read(written(PACK)) == PACK
    (step,) = read(written(Pack("", (STEP,)))).steps
    assert (step.prompt, step.title, step.note, step.system) == (STEP.prompt, "First", "Smile.", "Be brief.")
    assert step.images == (PICTURE,)
    assert step.message.text == "Say <b>hello</b>\n\nFile: a.txt\n```\nText\n```"
    assert (step.name, PACK.steps[0].name, PACK.steps[0].recorded(3)) == ("First", "Again", None)
    assert step.lanes == LANES
    assert step.recordings == (None, None)
    assert RECORDING.text == "Hello there"


def test_usual_names() -> None:
    """A pack without a title has one, and a moment without a time zone is one of UTC."""
    found = read(recorded())

    assert found.title == "Demonstration"
    assert found.steps[0].recordings[0] == Recording(datetime(2026, 11, 26, tzinfo=UTC), "m", ())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"no ZIP", "no ZIP file"),
        (written(PACK)[:-30], "no ZIP file"),
        (packed({}), "names a file that is not in it"),
        (packed({"pack.json": pack(), "../evil": "x"}), "a file that no pack has"),
        (packed({"pack.json": pack(), "images/../../evil.png": "x"}), "a file that no pack has"),
        (packed({"pack.json": "{"}), "no JSON"),
        (packed({"pack.json": "[" * 100_000}), "no JSON"),
        (packed({"pack.json": []}), "not what it has to be"),
        (packed({"pack.json": {"parley_pack": 2}}), "version 1"),
        (packed({"pack.json": {"parley_pack": 1, "steps": []}}), "no step"),
        (packed({"pack.json": {"parley_pack": 1, "steps": [{}] * (MAX_STEPS + 1)}}), "no list of at most"),
        (packed({"pack.json": {"parley_pack": 1, "steps": "x"}}), "no list"),
        (packed({"pack.json": pack(prompt=7)}), "no text"),
        (packed({"pack.json": pack(prompt=" ")}), "no prompt"),
        (packed({"pack.json": pack(note="x" * 100_001)}), "no text of at most 100,000"),
        (packed({"pack.json": pack(lanes=[LANE] * 7)}), "no list of at most 6"),
        (packed({"pack.json": pack(lanes=["m"])}), "step 1, lane 1 is not what"),
        (packed({"pack.json": pack(lanes=[{**LANE, "parameters": {"temperature": "hot"}}])}), "no number"),
        (packed({"pack.json": pack(lanes=[{**LANE, "parameters": {"seed": 1e300}}])}), "no number"),
        (packed({"pack.json": pack(lanes=[{**LANE, "parameters": {"seed": True}}])}), "no number"),
        (packed({"pack.json": pack(lanes=[{**LANE, "parameters": {"top_p": float("nan")}}])}), "no number"),
        (packed({"pack.json": pack(lanes=[{**LANE, "parameters": {"system": 7}}])}), "no text"),
        (packed({"pack.json": pack(files=["a"])}), "not what it has to be"),
        (
            packed({"pack.json": pack(files=[{"file": "files/1.txt"}]), "files/1.txt": "x" * 100_001}),
            "more than 100,000",
        ),
        (packed({"pack.json": pack(images=["images/1.png"])}), "not in it"),
        (packed({"pack.json": pack(images=[7])}), "not in it"),
        (packed({"pack.json": pack(images=["pack.json"])}), "a picture that is none"),
        (recorded(recorded_at="yesterday"), "no date"),
        (recorded(recorded_at="0001-01-01T00:00:00+14:00"), "no date"),
        (recorded(cost="much"), "no number"),
        (recorded(chunks=[[-1, "x"]]), "back in time"),
        (recorded(chunks=[[2, "x"], [1, "y"]]), "back in time"),
        (recorded(chunks=[[MAX_SECONDS + 1, "x"]]), "too long"),
        (recorded(chunks=[[float("nan"), "x"]]), "back in time"),
        (recorded(chunks=[[1, "x" * 100_001]]), "too long"),
        *((recorded(chunks=[chunk]), "not what it has to be") for chunk in ("x", [1], [True, "x"], ["1", "x"], [1, 2])),
    ],
)
def test_hostile(data: bytes, why: str) -> None:
    """What is no pack is refused, with what is wrong with it."""
    with pytest.raises(DocumentError, match=why):
        read(data)


def test_bounds() -> None:
    """A file that is too large, has too many files, or unpacks to too much, is refused before it is in memory."""
    bomb = packed({"pack.json": pack(files=[{"file": "files/1.txt"}]), "files/1.txt": bytes(100_000_001)})
    with pytest.raises(DocumentError, match="unpacks to more than 100 MB"):
        read(bomb)
    with pytest.raises(DocumentError, match="more than 1,000 files"):
        read(packed({f"images/{number}.png": "" for number in range(1_001)}))
    names = [f"images/{number}.png" for number in range(MAX_PICTURES + 1)]
    steps = [{"prompt": "p", "lanes": [LANE], "images": [name, name]} for name in names]
    for at in range(0, len(steps), 2):  # as many pictures as steps have room for
        steps[at // 2]["images"] = names[at : at + 2]
    many = {"parley_pack": 1, "steps": steps[: len(names) // 2 + 1]}
    with pytest.raises(DocumentError, match="more than 100 pictures"):
        read(packed({"pack.json": many, **dict.fromkeys(names, TINY)}))
    with pytest.raises(DocumentError, match="larger than 50 MB"):
        read(bytes(packs.MAX_BYTES + 1))


def test_twice() -> None:
    """A name that is there twice is refused: nobody knows which one is meant."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("pack.json", json.dumps(pack()))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("pack.json", json.dumps(pack()))

    with pytest.raises(DocumentError, match="a file that no pack has"):
        read(out.getvalue())


def test_other_packing() -> None:
    """What is packed in a way that no pack is, encrypted, or damaged, is refused in words."""
    for kind in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", kind) as archive:
            archive.writestr("pack.json", json.dumps(pack()))
        with pytest.raises(DocumentError, match="a file that no pack has"):
            read(out.getvalue())
    good = packed({"pack.json": pack(note="word " * 500)})
    with pytest.raises(DocumentError, match="no ZIP file that can be read"):
        read(good[:60] + bytes(40) + good[100:])


def test_image() -> None:
    """An image that is named twice is looked at once; what is none is told."""
    step = read(packed({"pack.json": pack(images=["images/1.png"] * 2), "images/1.png": TINY})).steps[0]
    assert step.images[0] is step.images[1]
    with pytest.raises(DocumentError, match="a picture that is none"):
        read(packed({"pack.json": pack(images=["images/1.png"]), "images/1.png": b"no picture"}))


def test_script_stays_text() -> None:
    """HTML and scripts in a pack are text like any other."""
    evil = '<script>alert(1)</script><img src="x" onerror="alert(1)">'
    step = read(packed({"pack.json": pack(prompt=evil, note=evil, title=evil)})).steps[0]

    assert (step.prompt, step.note, step.title) == (evil, evil, evil)


def test_no_keys() -> None:
    """A key that somebody typed is not in the file, wherever in the pack it stands."""
    key = "sk-demo-0123456789abcdef"
    redaction.hide(key)
    said = replace(RECORDING, chunks=((0.1, f"It is {key}."),))
    step = replace(STEP, prompt=key, note=key, files=(Document("a.txt", key),), recordings=(said, None))
    with zipfile.ZipFile(io.BytesIO(written(Pack(key, (step,))))) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())

    assert key.encode() not in content
