"""What is said of an answer on a stage, and how soon."""

from __future__ import annotations

from lib.compare import performance
from lib.compare.packs import MAX_LANES
from lib.ui.chat import stream
from lib.ui.compare import presenter
from lib.ui.streamlit_internals import FLUSH


def test_label_in_time() -> None:
    """All waits between the limit and the label that an answer is from the recording come to less than a second.

    They are: until the limit is looked at, until the page looks whether there is more, until its lane is drawn, until
    the first words are let alone, until the label is looked at anew.
    """
    drawn = stream.spacing(None, MAX_LANES)

    assert performance.TICK + stream.TICK + drawn + FLUSH + presenter.LOOK < 1
