"""What opens with a tag of reasoning: what was written, and what becomes of it."""

from __future__ import annotations

# Written, shown as the answer, folded away as reasoning.
REASONED = (
    ("<think>\nHm.\n</think>\n\nBlue.", "Blue.", "\nHm.\n"),
    (" \n<think>Hm.</think>Blue.", "Blue.", "Hm."),
    ("<thought>The user asks.</thought>Blue.", "Blue.", "The user asks."),
    ("<thinking>\nHm.\n</thinking>\nblue", "blue", "\nHm.\n"),
    ("<Thought>Hm.</Thought> Blue.", " Blue.", "Hm."),
    ("<reasoning>Hm.</reasoning>\nBlue.", "Blue.", "Hm."),
    ("<seed:think>Hm.</seed:think>Blue.", "Blue.", "Hm."),
    ("[THINK]Hm.[/THINK]Blue.", "Blue.", "Hm."),
    ("◁think▷Hm.◁/think▷Blue.", "Blue.", "Hm."),
    ("<|begin_of_thought|>\nHm.\n<|end_of_thought|>\nBlue.", "Blue.", "\nHm.\n"),
    ("<|START_THINKING|>Hm.<|END_THINKING|>Blue.", "Blue.", "Hm."),
    ("<think></think>\n\nBlue.", "Blue.", ""),
    ("<think></think>Blue.", "Blue.", ""),
    ("<think>\n\n</think>\n\nblue", "blue", "\n\n"),
    ("<think>okay, they say hi.</think> hi there!", " hi there!", "okay, they say hi."),
    ("<think>ok</think>a <think>b</think>", "a <think>b</think>", "ok"),
    ("<think>The user wants", "", "The user wants"),
    ("<think>Hm.</think>", "", "Hm."),
    ("<think>\nHm.</thi", "", "\nHm.</thi"),
    ("<think>İ ends</THINK>Blue.", "Blue.", "İ ends"),
)
# Written, and shown as it is.
SAID = (
    "<think> is the tag R1 uses; it ends with </think>, like HTML.",
    "<think> and </think> are tags.",
    "<think>, <thought> and <reasoning> are tags.",
    "<think> tags mark reasoning.",
    "<think>-Tags umschließen die Überlegungen.",
    "<think> ist das Tag von R1.",
    "<think>标签表示推理。",
    "<think>…</think> marks reasoning.",
    "<think>...</think>",
    "<think></think> tags are empty here.",
    "<think>something like this</think>, then the answer.",
    "<think>",
    "<think></think>",
    "<thought>: what Gemma writes.",
    "`<think>` is a tag.",
    "[Think] about it.",
    "[THINK",
    "<thinker>a</thinker>",
    "<b>think</b>",
    "",
)
