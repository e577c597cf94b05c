"""A pack as a web page: its steps and recordings, offline, sealed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.compare.handoff import verify
from lib.compare.packs import Pack, Step
from lib.compare.programme import written
from lib.documents.document import Document
from lib.errors import ChatError
from lib.images.normalise import normalise
from lib.model_choice import ModelChoice, Parameters
from lib.net import redaction
from tests import pictures
from tests.compare.test_performance import recording

EVIL = "<script>alert(1)</script>"
LANES = (ModelChoice("work", "m", Parameters(temperature=0.5)), ModelChoice("home", "n"), ModelChoice("home", EVIL))
FULL = replace(recording(text=f"**Yes** {EVIL}"), tokens=3, cost=0.25, currency="USD", row=7)
FIRST = Step(
    f"Which {EVIL}",
    LANES,
    EVIL,
    "Only for me",
    "Be brief.",
    (normalise(pictures.file(pictures.quarters())).image(),),
    (Document(EVIL, EVIL),),
    (FULL, None, replace(recording(), chunks=())),
)
PACK = Pack(f"Show {EVIL}", (FIRST, Step("Then", LANES[:1])))


def test_page() -> None:
    """It has prompts, images, files, answers with their days, figures and rows; no script, no note, nothing fetched."""
    page = written(PACK).decode()

    assert "<script" not in page
    assert "Only for me" not in page
    for said in ("<strong>Yes</strong>", "26 Nov 2026", "m · work · temperature 0.5", "Be brief.", "Not recorded."):
        assert said in page
    assert "Rows of the ledger: 7." in page
    assert "<td>0.250000 USD</td><td>7</td>" in page
    assert 'src="data:image/' in page
    assert "default-src 'none'" in page
    assert "Step 2" in page


def test_seal() -> None:
    """It is sealed as a comparison's page is, and one changed character is seen."""
    page = written(PACK)

    assert len(verify(page)) == 64
    with pytest.raises(ChatError, match="was changed"):
        verify(page.replace(b"Then", b"Thus"))


def test_key() -> None:
    """A key that somebody typed is not in it."""
    redaction.hide(key := "sk-programme-0123456789")

    assert key.encode() not in written(Pack(key, (replace(FIRST, prompt=key),)))
    assert "Rows of the ledger: none." in written(Pack("Show", (Step("Then", LANES),))).decode()
