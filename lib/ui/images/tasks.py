"""What is often asked of pictures, with one click; each says what is meant by so many pictures as there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Task:
    """A task: what its button says, and what it asks of one picture, and of many together; "" where that is nothing."""

    name: str
    one: str
    many: str


SEVERAL = "Compare these two"
TASKS = (
    Task("Describe", "Describe this picture.", "Describe each of these pictures."),
    Task(
        "Read the text",
        "Read all the text in this picture. Keep the lines as they are; write […] for what cannot be read.",
        "Read all the text in these pictures, one picture after the other. Keep the lines as they are; write […] for "
        "what cannot be read.",
    ),
    Task(
        "Table as CSV",
        "Extract the table in this picture as CSV: a header line, commas, quotes where they are needed. "
        "Answer with one csv code block and nothing else.",
        "Extract the tables in these pictures as one CSV: a header line, commas, quotes where they are needed. "
        "Answer with one csv code block and nothing else.",
    ),
    Task(
        "Describe the chart",
        "Describe this chart: its kind, axes and units, the main trend, the highest and lowest values, and what "
        "stands out. Mark values that you estimate from the drawing.",
        "Describe each of these charts: its kind, axes and units, the main trend, the highest and lowest values, and "
        "what stands out. Mark values that you estimate from the drawings.",
    ),
    Task(
        SEVERAL,
        "",
        "Compare these pictures: what is the same, what is different, and what matters most of that.",
    ),
    Task(
        "Alt text",
        "Write an alt text for this picture: one sentence of at most 125 characters, without “picture of”.",
        "Write an alt text for each of these pictures: one sentence of at most 125 characters, without “picture of”.",
    ),
    Task(
        "Answer as JSON",
        "Describe this picture as one JSON object with the keys description, objects, text and colours. "
        "Answer with one json code block and nothing else.",
        "Describe these pictures as one JSON list, with an object for each that has the keys description, objects, "
        "text and colours. Answer with one json code block and nothing else.",
    ),
)


def draw(images: int, ask: Callable[[str], Any], *, apart: bool = False) -> None:
    """Draw the tasks that fit so many pictures, none where there is none; `ask` is what a click calls.

    Pictures that are asked about `apart` are each the only one.
    """
    place = st.empty()  # is always there: see composer
    if not images:
        return
    with place.container(key="tasks", horizontal=True, gap="small", wrap=False):
        for number, task in enumerate(TASKS):
            if prompt := task.one if apart or images == 1 else task.many:
                name = "Compare these" if task.name == SEVERAL and images > 2 else task.name
                st.button(name, key=f"task-{number}", on_click=ask, args=(prompt,))
