"""The link for a room: whether phones can open it, and its code."""

from __future__ import annotations

import pytest

from lib.ui.compare import room
from lib.ui.compare.room import unreachable


@pytest.mark.parametrize(
    ("link", "listened", "said"),
    [
        ("http://127.0.0.1:8501/?vote=x", "127.0.0.1", "it listens on 127.0.0.1 only"),
        ("http://localhost:8501/?vote=x", "localhost", "it listens on localhost only"),
        ("/?vote=x", "127.0.0.1", "it listens on 127.0.0.1 only"),
        ("http://localhost:8501/?vote=x", "0.0.0.0", "was opened as localhost"),
        ("http://[::1]:8501/?vote=x", "::", "was opened as ::1"),
        ("http://192.168.1.7:8501/?vote=x", "0.0.0.0", ""),
        ("https://chat.example.org/?vote=x", "127.0.0.1", ""),  # a proxy passes it on
    ],
)
def test_unreachable(link: str, listened: str, said: str) -> None:
    """A link that a phone cannot open says why."""
    problem = unreachable(link, listened)

    assert said in problem
    assert bool(problem) == bool(said)


def test_code() -> None:
    """The code is an image that fetches nothing."""
    code = room.code("http://192.168.1.7:8501/?vote=x")

    assert code.startswith("<svg")
    assert "href" not in code
