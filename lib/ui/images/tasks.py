"""What is often asked of pictures, with one click."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

TASKS = {
    "Describe": "Describe this picture.",
    "Read the text": (
        "Read all the text in this picture. Keep the lines as they are; write […] for what cannot be read."
    ),
    "Table as CSV": (
        "Extract the table in this picture as CSV: a header line, commas, quotes where they are needed. "
        "Answer with one csv code block and nothing else."
    ),
    "Describe the chart": (
        "Describe this chart: its kind, axes and units, the main trend, the highest and lowest values, and what "
        "stands out. Mark values that you estimate from the drawing."
    ),
    "Compare these two": "Compare these pictures: what is the same, what is different, and what matters most of that.",
    "Alt text": "Write an alt text for this picture: one sentence of at most 125 characters, without “picture of”.",
    "Answer as JSON": (
        "Describe this picture as one JSON object with the keys description, objects, text and colours. "
        "Answer with one json code block and nothing else."
    ),
}
SEVERAL = "Compare these two"


def draw(images: int, ask: Callable[[str], None], *, apart: bool = False) -> None:
    """Draw the tasks that fit so many pictures, none where there is none; `ask` is what a click calls.

    Pictures that are asked about `apart` are not compared.
    """
    place = st.empty()  # is always there: see composer
    if not images:
        return
    with place.container(key="tasks", horizontal=True, gap="small", wrap=False):
        for number, (name, prompt) in enumerate(TASKS.items()):
            if apart and name == SEVERAL:
                continue
            is_possible = images >= (2 if name == SEVERAL else 1)
            st.button(name, key=f"task-{number}", disabled=not is_possible, on_click=ask, args=(prompt,))
