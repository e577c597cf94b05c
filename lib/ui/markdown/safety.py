"""What breaks all that could fetch or open anything, wherever it stands, without reading anything.

It comes last, and it alone makes a text safe. Filters that parse were beaten, each by something the page reads
otherwise.
"""

from __future__ import annotations

import re

# Invisible in every context, code included, and unlike an entity it survives being decoded and parsed a second time, as
# the text of a tooltip is. Two signs, for a model may write the first: copy.js takes the pair out of what is copied.
JOINER = "\u2060\u2063"

# A run of fence characters and the word behind it. 40 characters settle what the word is, and bound the work.
FENCE_WORD = re.compile(r"([`~])(?<!\1\1)\1{2,}+(?=[ \t]*+([^ \t\n]{1,40}+))")
SCHEMES = "(?i:https?|mailto|tel):"
# What a link or a definition points at begins here, maybe on the next line of a quote.
TARGET = r"[(:][ \t\n>]*+"
# The places where a link gets its address, unless that plainly has one of the schemes, or none. A scheme is letters,
# digits and +.- before a colon; the page drops backslashes and controls, and decodes entities, so these count as it.
# No address is "x: y", as in `f[T](x: int)`; nor is what stands after the label of a footnote.
LINK = re.compile(
    rf"""
    \[(?<!\\\[)\^[^\s\[\]\\]{{1,100}}\]:
  | \](?={TARGET}(?!<?{SCHEMES})(?![A-Za-z0-9+.-]*+:[ \t]+[^\s"'()])
        (?:<[A-Za-z0-9+.\\\x00-\x20\x7f-]*+|[A-Za-z0-9+.\\\x00-\x08\x0b-\x1f\x7f-]*+)
        (?::|&[#A-Za-z0-9]{{1,40}};))
  | <(?!{SCHEMES}|(?:[A-Za-z0-9_]+::)+[A-Za-z0-9_]+[&*]*+>)
        (?=[A-Za-z][A-Za-z0-9+.-]{{1,31}}:[^\x00-\x20\x7f<>]*+>)
    """,
    re.VERBOSE,
)
# Nothing in such a word is decoded by the page, so it names the language that it seems to name.
LANGUAGE = re.compile(r"\w[\w+#.-]*", re.ASCII)


def harden(text: str) -> str:
    """Return markdown that fetches nothing; nothing is lost."""
    text = text.replace("![", f"!{JOINER}[").replace(":help[", f":help{JOINER}[")
    text = text.replace(":material/", f":{JOINER}material/")  # the page rewrites this one even in code
    return LINK.sub(_unlink, FENCE_WORD.sub(_blunt, text))


def language(word: str) -> str:
    """Return the language that the first word behind a fence names; "" for one that could draw a chart."""
    return word if LANGUAGE.fullmatch(word) and "mermaid" not in word.lower() else ""


def _unlink(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("[") else match[0] + JOINER


def _blunt(match: re.Match[str]) -> str:
    # The first word alone names the language: the joiner becomes that word.
    return match[0] if language(match[2]) else f"{match[0]}{JOINER} "
