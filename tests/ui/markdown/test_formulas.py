r"""What counts as a formula, measured: sentences with money, shell variables, templates and math in many languages.

In formulas.txt each line is a sentence, with its formulas between ⟦ and ⟧. A sentence is wrong one way if one of them
is not read as a formula, the other way if something else is.
"""

from __future__ import annotations

import re
from pathlib import Path

from lib.ui.markdown import safe

SENTENCES = Path(__file__).with_name("formulas.txt").read_text(encoding="utf-8").splitlines()
MEANT = re.compile(r"⟦(?:\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\))⟧")
DRAWN = re.compile(r"(?<!\\)(\$\$|\$)((?:[^$\\]|\\.)+?)\1")
MAX_WRONG = 0.02


def meant(sentence: str) -> list[str]:
    """Return the formulas of a sentence."""
    return ["".join(filter(None, groups)).strip() for groups in MEANT.findall(sentence)]


def drawn(sentence: str) -> list[str]:
    """Return what is drawn as a formula."""
    shown = safe(re.sub("[⟦⟧]", "", sentence))
    return [" ".join(body.split()) for _, body in DRAWN.findall(re.sub(r"\\\\", "", shown))]


def test_corpus() -> None:
    """Fewer than two sentences in a hundred lose a formula, and fewer than two get one that they do not have."""
    assert len(SENTENCES) >= 200
    lost = [line for line in SENTENCES if set(meant(line)) - set(drawn(line))]
    made = [line for line in SENTENCES if set(drawn(line)) - set(meant(line))]

    assert len(lost) < MAX_WRONG * len(SENTENCES), "\n".join(lost)
    assert len(made) < MAX_WRONG * len(SENTENCES), "\n".join(made)
