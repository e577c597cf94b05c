"""What a prompt leaves open is found, and filled in once."""

from __future__ import annotations

import pytest

from lib.chats import variables


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Say {{ what }} to {{who}}, {{what}}!", ["what", "who"]),
        ("No {one}, {{}}, {{ }}, {{a\nb}} or {{" + "x" * 61 + "}}", []),
        ("{{{{a}}}} and {{größe der Tür}}", ["a", "größe der Tür"]),
        ("".join(f"{{{{v{number}}}}}" for number in range(30)), [f"v{number}" for number in range(20)]),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    """Each name is found once, in its order, and only so many are."""
    assert variables.names(text) == names


def test_filled() -> None:
    """Values stand where their names did, are not looked through, and what has none stays."""
    values = {"what": "{{who}} \\1", "who": "you"}

    assert variables.filled("{{ what }}, {{who}}, {{else}}", values) == "{{who}} \\1, you, {{else}}"
