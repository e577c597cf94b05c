"""The vote on one round: its buttons, and what was voted in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from lib.compare import votes
from lib.compare.rounds import Entry

RANKED = "compare_ranked"  # by round, the answers in the order in which they were clicked
LETTERS = "ABCDEF"
ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "6th")
KINDS: tuple[Literal["secondary", "primary"], ...] = ("secondary", "primary")  # of buttons, free and taken
HOW = "Click the answers in their order, the best first. Those that you leave out share the last place."


def letters(named: Sequence[Entry]) -> dict[str, str]:
    """Return what answers are called while they have no names, by lane."""
    return {entry.lane: LETTERS[at] for at, entry in enumerate(named)}


class Poll:
    """The buttons of a vote on `entries`; `cast` takes the lanes by place, and whether all are bad.

    With `is_wide` the answers stand side by side, else one below the other.
    """

    def __init__(
        self,
        round: str,
        number: int,
        entries: Sequence[Entry],
        letters: dict[str, str],
        cast: Callable[[Sequence[Sequence[str]], bool], object],
        *,
        is_wide: bool = True,
    ) -> None:
        self._round = round
        self._number = number
        self._entries = entries
        self._letters = letters
        self._then = cast
        self._icons = (":material/arrow_back:", ":material/arrow_forward:") if is_wide else (None, None)

    def draw(self) -> None:
        """Draw the buttons; several answers are clicked in their order, see `place`."""
        if len(self._entries) == 2:
            self._two()
        else:
            self._several()

    def place(self, at: int, entry: Entry) -> None:
        """Draw the button that puts an answer behind those that were clicked, or takes it out again."""
        if len(self._entries) == 2:
            return
        clicked = self._clicked()
        place = clicked.index(entry.lane) + 1 if entry.lane in clicked else None
        label = f"Put {ORDINALS[len(clicked)]}" if place is None else f"Is {ORDINALS[place - 1]}"
        key, kind = f"place-{self._number}-{at}", KINDS[place is not None]
        st.button(label, key=key, type=kind, on_click=self._click, args=(entry.lane,))

    def in_words(self, ballot: str) -> str:
        """Return a vote, with the letters that the answers have here."""
        if votes.is_bad(ballot):
            return "all bad"
        named = [" = ".join(sorted(self._letters.get(lane, "?") for lane in place)) for place in votes.places(ballot)]
        return " > ".join(named)

    def _two(self) -> None:
        left, right = (entry.lane for entry in self._entries)
        self._button("left", f"{self._letters[left]} is better", [[left], [right]], icon=self._icons[0])
        self._button("tie", "Tie", [[left, right]])
        self._button("right", f"{self._letters[right]} is better", [[right], [left]], icon=self._icons[1])
        self._button("bad", "All bad", [], bad=True)

    def _several(self) -> None:
        clicked = self._clicked()
        if not clicked:
            st.caption(HOW)
        else:
            self._button("cast", "Vote", [[lane] for lane in clicked], type="primary")
        self._button("tie", "All equal", [])
        self._button("bad", "All bad", [], bad=True)

    def _clicked(self) -> list[str]:
        ranked: dict[str, list[str]] = st.session_state.setdefault(RANKED, {})
        return ranked.setdefault(self._round, [])

    def _click(self, lane: str) -> None:
        clicked = self._clicked()
        if lane in clicked:
            clicked.remove(lane)
        else:
            clicked.append(lane)

    def _button(
        self, name: str, label: str, places: Sequence[Sequence[str]], *, bad: bool = False, **looks: Any
    ) -> None:
        st.button(label, key=f"{name}-{self._number}", on_click=self._cast, args=(places, bad), **looks)

    def _cast(self, places: Sequence[Sequence[str]], bad: bool) -> None:
        self._then(places, bad)
        self._clicked().clear()
