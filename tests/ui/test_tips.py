"""What static/tips.js says of buttons: it finds them by the keys that the pages give them."""

from __future__ import annotations

import re

import pytest

from lib.config import ROOT

UI = ROOT / "lib" / "ui"
TIPS = (UI / "static" / "tips.js").read_text(encoding="utf-8").partition("const TIPS = {")[2].partition("};")[0]
KEYS = re.findall(r'^  "?([a-z-]+)"?: "', TIPS, re.MULTILINE)
PAGES = "\n".join(path.read_text(encoding="utf-8") for path in UI.rglob("*.py"))


def test_keys() -> None:
    """Every line of the table is read here."""
    assert len(KEYS) == TIPS.count('",')


@pytest.mark.parametrize("key", KEYS)
def test_button(key: str) -> None:
    """A button that something is said of is on a page; what is done with a message has its number after the key."""
    name = key.removesuffix("-").replace("-", "[-_]")  # Streamlit makes dashes of underscores
    assert re.search(rf'"{name}(-\{{|")', PAGES)
