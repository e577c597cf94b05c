"""The choices of how text is shown, each as a case: docs/rendering.md is made of them, and tests hold them.

`python -m tests.ui.markdown.cases` writes the page anew. What is `shown` is in a notation of one line: ⏎ is a line end,
¶ the end of a paragraph, an item, a row or a block, ⟦x⟧ a formula, ⟦⟦x⟧⟧ one on a line of its own, ⟨py: x⟩ code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib.config import ROOT
from tests.api.thinking_cases import REASONED, SAID

PAGE = ROOT / "docs" / "rendering.md"


@dataclass(frozen=True)
class Case:
    """What is written, what is shown of it, and why."""

    written: str
    shown: str
    why: str = ""


@dataclass(frozen=True)
class Kind:
    """Cases of one kind, under their rule. `own` says that they are a person's own words."""

    title: str
    rule: str
    cases: tuple[Case, ...]
    own: bool = False


REFERENCES = Kind(
    "Text that lives outside its block",
    "An answer is drawn in blocks, and what one defines the others do not know. So definitions are "
    "gathered over the whole "
    "answer, and each reference is drawn with what it refers to. While an answer streams, a reference shows as written "
    "until its definition has come; what is finished by then is drawn anew once, at the end. A footnote stays where it "
    "was written, most often at the end, so nothing moves.",
    (
        Case(
            "A claim.[^1]\n\n```\nx\n```\n\n[^1]: Source, p. 9",
            "A claim.[1] ¶ ⟨x⟩ ¶ [1] Source, p. 9",
            "a small sign at both ends, the same for every label; numbers do not change",
        ),
        Case("One[^a], two.[^b]\n\n[^a]: A\n[^b]: B", "One[a], two.[b] ¶ [a] A⏎[b] B", "labels that are words"),
        Case("One.[^1]\n\n[^1]: A\n\n    More of it.", "One.[1] ¶ [1] A ¶ More of it.", "a footnote of two paragraphs"),
        Case("Matches [^0] and [^abc].", "Matches [^0] and [^abc].", "without a definition it is no footnote"),
        Case(
            "See [the guide][g].\n\n```\nx\n```\n\n[g]: https://a.b/c",
            "See [the guide](https://a.b/c). ¶ ⟨x⟩",
            "the definition has done its work",
        ),
        Case(
            "See [Guide][] and [guide].\n\n[GUIDE]: https://a.b", "See [Guide](https://a.b) and [guide](https://a.b)."
        ),
        Case(
            "It is so.\n\n[1]: https://a.b/c",
            "It is so. ¶ [1]: [https://a.b/c](https://a.b/c)",
            "an address that nothing refers to is better shown than lost",
        ),
        Case(
            "See `[g]`.\n\n[g]: https://a.b", "See `[g]`. ¶ [g]: [https://a.b](https://a.b)", "code refers to nothing"
        ),
        Case(
            "See [x][g].\n\n[g]: data:text/html,x",
            "See [x][g]. ¶ [g]: data:text/html,x",
            "only web addresses are links",
        ),
    ),
)
FORMULAS = Kind(
    "What counts as a formula",
    r"`\( \)`, `\[ \]` and `$$ $$` are one unless they hold only words. `$…$` is one if its inside "
    r"touches both dollars, "
    "begins with no sign that ends something and ends with none that begins something; if no letter "
    "or digit stands before "
    "it (but `CO$_2$`) and no digit behind it, and no letter unless the inside is a single variable "
    "(`$n$th`) or written in "
    "TeX; and if it does not read as an amount (a number and then words, another currency, one more "
    "number behind), as words, "
    "as a placeholder or as code. `tests/ui/markdown/formulas.txt` has sentences in many languages; "
    "fewer than 2 % of them are "
    "read wrongly, either way.",
    (
        Case("the $n$th of $x_1$", "the ⟦n⟧th of ⟦x_1⟧"),
        Case(r"\( a + b \) is so", "⟦a + b⟧ is so"),
        Case(r"\[ a \\[4pt] b \]", r"⟦⟦a \\[4pt] b⟧⟧", "space between rows is no end"),
        Case("$$\na\n\n+ b\n$$", "⟦⟦a + b⟧⟧", "a blank line inside is no end"),
        Case(r"\( x = \$7 \) and $y = \$8$", r"⟦x = \$7⟧ and ⟦y = \$8⟧", "money in a formula"),
        Case(r"$$5 \times \$2$$", r"⟦⟦5 \times \$2⟧⟧"),
        Case("CO$_2$ and 10$^3$", "CO⟦_2⟧ and 10⟦^3⟧"),
        Case("20$/Monat oder 200$/Jahr", "20$/Monat oder 200$/Jahr", "a dollar behind a number"),
        Case("revenue ($) and cost ($)", "revenue ($) and cost ($)"),
        Case("It is 5$-7$ or $5-$7.", "It is 5$-7$ or $5-$7."),
        Case("$4bn, R$ 12 and US$ 3", "$4bn, R$ 12 and US$ 3"),
        Case("$HOME/bin:$PATH, ${a} and ${b}", "$HOME/bin:$PATH, ${a} and ${b}"),
        Case("restaurants: $$–$$$", "restaurants: $$–$$$"),
        Case("| a | b |\n|---|---|\n| $|x|$ | y |", r"a | b ¶ ⟦\vert x\vert⟧ | y", "a bar in a formula ends no cell"),
    ),
)
SCRIPTS = Kind(
    "Scripts without spaces",
    "Emphasis, strikethrough and addresses are told by the spaces around them, which Chinese, "
    "Japanese, Thai and others do "
    "not have. So a mark between a letter and punctuation opens and closes as it is meant, and an "
    "address ends before a "
    "closing mark. A single tilde means about, or to; only two strike through.",
    (
        Case("**注意：**请备份", "**注意：**请备份"),
        Case("ボタン**「保存」**を押す", "ボタン**「保存」**を押す"),
        Case("**중요(필수):**반드시", "**중요(필수):**반드시"),
        Case("大约3~5天，7~9天", "大约3~5天，7~9天"),
        Case("(~2000 lines) and (~5000 lines)", "(~2000 lines) and (~5000 lines)"),
        Case("~~gone~~", "~~gone~~"),
        Case("见https://example.com/a。好", "见[https://example.com/a](https://example.com/a)。好"),
        Case("（www.example.com/c）", "（[www.example.com/c](http://www.example.com/c)）"),
        Case(
            "[x](https://a.b/上海（市）)",
            "[x](https://a.b/%E4%B8%8A%E6%B5%B7%EF%BC%88%E5%B8%82%EF%BC%89)",
            "a link says where it ends",
        ),
        Case("انظر https://example.com/a؟ نعم", "انظر [https://example.com/a](https://example.com/a)؟ نعم"),
    ),
)
LINES = Kind(
    "Line ends",
    "A single line end is a line end: poems, addresses and lists of `key: value` keep theirs. Prose "
    "that was broken to fit a "
    "width is one paragraph: one width from 55 to 100 columns explains all its line ends, that is, "
    "no line is longer and no "
    "first word of a line would have fitted behind the line before; somewhere a sentence goes on "
    "over a line end; and fewer "
    "than half of the lines are a name, a colon and a value.",
    (
        Case("Roses are red,\nViolets are blue.", "Roses are red,⏎Violets are blue."),
        Case("name: Ada\nborn: 1815", "name: Ada⏎born: 1815"),
        Case("- one\n  more of it\n- two", "• one⏎more of it ¶ • two"),
        Case(
            "This paragraph was written in an editor that breaks its lines at a\nwidth of seventy "
            "columns, as people do in "
            "mails and in commit messages.",
            "This paragraph was written in an editor that breaks its lines at a width of seventy "
            "columns, as people do in "
            "mails and in commit messages.",
        ),
        Case("one<br>two", "one⏎two", "the only HTML that is read, with the next"),
        Case("| a |\n|---|\n| one<br>two<br/>three |", "a ¶ one⏎two⏎three"),
    ),
)
SIGNS = Kind(
    "Signs that mean themselves",
    "What is more often a sign than a mark shows as written.",
    (
        Case("5*3 = 15 and 4*2 = 8", "5*3 = 15 and 4*2 = 8", "a product"),
        Case("2**3 and x**2", "2**3 and x**2", "a power"),
        Case("un**frigging**believable", "un**frigging**believable"),
        Case("in __init__.py and __main__", "in __init__.py and __main__", "a name"),
        Case("__Note well__", "**Note well**"),
        Case(
            "git checkout -- file; a ~= b",
            "git checkout -- file; a ~= b",
            "no dash and no ≈: it may be an option, or Lua",
        ),
        Case("x -> y", "x → y", "Streamlit's arrows stay"),
        Case(":smile: and :+1:", ":smile: and :+1:", "shortcodes: models write emoji, and times and paths have colons"),
        Case("&lt;b&gt; &amp; &copy;", "<b> & ©", "entities are decoded, as in any markdown"),
        Case("<b>x</b> and H<sub>2</sub>O", "<b>x</b> and H<sub>2</sub>O", "HTML shows as written"),
        Case("- [x] done\n- [ ] open", "• ☑ done ¶ • ☐ open", "task lists: boxes that show, and cannot be clicked"),
        Case(
            "<details>\n<summary>More</summary>\n\nThe text.\n\n</details>",
            "**More** ¶ The text.",
            "shown open: nothing is hidden from who prints, searches or copies",
        ),
    ),
)
CODE = Kind(
    "Code",
    "A fence is one block with one button, however long it is and however it came; while it grows "
    "beyond 4 000 characters it "
    "is drawn in pieces. What is copied is what was written, byte for byte.",
    (
        Case("```py\nx = 1\n```\nafter", "⟨py: x = 1⟩ ¶ after"),
        Case("```py\nx = 1", "⟨py: x = 1⟩", "a fence that does not end is code to the end"),
        Case(
            "```markdown\n# Tool\n\n```bash\npip\n```\n\nRun it.\n```\n\nThat is all.",
            "⟨markdown: # Tool⏎⏎```bash⏎pip⏎```⏎⏎Run it.⟩ ¶ That is all.",
            "in a fence of markdown, a fence with a language opens one inside: CommonMark would end "
            "the outer one there",
        ),
        Case(
            "```py\na\n```bash\nb\n```\nc", "⟨py: a⏎```bash⏎b⟩ ¶ c", "in other code it is not clear: CommonMark holds"
        ),
        Case("```mermaid\ngraph TD\n```", "⟨graph TD⟩", "a chart could fetch: it shows as code"),
        Case("Write `![x](y)` or `:material/home:`.", "Write `![x](y)` or `:material/home:`."),
    ),
)
TYPED = Kind(
    "One's own words",
    "A prompt shows as it was typed: line ends, indentation and all signs. Only addresses are links, "
    "and code in a fence that "
    "ends is code. What is sent is what was typed.",
    (
        Case("What is 100*100/400*56?", "What is 100*100/400*56?"),
        Case("See __init__.py and &lt;.", "See __init__.py and &lt;."),
        Case("# not a heading\n1. no list\n* star", "# not a heading⏎1. no list⏎* star"),
        Case("    def f(x):\n\tif x:\n\t\treturn  1", "    def f(x):⏎\tif x:⏎\t\treturn  1"),
        Case("one\n\n\ntwo", "one⏎⏎⏎two"),
        Case("<b>x</b> $5 and $6 ~x~ |a|", "<b>x</b> $5 and $6 ~x~ |a|"),
        Case("a -> b -- c :smile: :streamlit:", "a -> b -- c :smile: :streamlit:"),
        Case("see https://a.b/c_d.", "see [https://a.b/c_d](https://a.b/c_d)."),
        Case("[x](https://a.b) ![y](z)", "[x]([https://a.b](https://a.b)) ![y](z)"),
        Case("do\n```py\nx = 1\n```\nit", "do ¶ ⟨py: x = 1⟩ ¶ it"),
        Case("open\n```py\nx", "open⏎```py⏎x", "a fence that does not end is none"),
    ),
    own=True,
)
KINDS = (REFERENCES, FORMULAS, SCRIPTS, LINES, SIGNS, CODE, TYPED)
HEAD = """# How text is shown

What a model or a person writes is markdown only in part, and Streamlit's page reads it in its own way. This page lists
what is shown of what is written, and why. It is generated from `tests/ui/markdown/cases.py`, which tests draw in a
browser, live and after a reload; `python -m tests.ui.markdown.cases` writes it anew.

In the tables, ⏎ is a line end and ¶ the end of a paragraph, an item, a row or a block; ⟦x⟧ is a formula, ⟦⟦x⟧⟧ one on a
line of its own, and ⟨py: x⟩ a block of code. `**x**` is bold, `~~x~~` struck through, `[x](y)` a link to y.
"""
DIRECTIONS = """
## Directions

Each paragraph, heading, item, cell and title follows its own direction, by its first letter that has one; a list, a
table or a quote that of its own beginning; the input box what is typed. Code and formulas go from left to right, and do
not decide for what is around them.
"""

THINKING = """
## Reasoning at the beginning of an answer

Tags of reasoning that open an answer, of the names that vendors use, fold away what is between them. A sentence about
such a tag is a sentence: one that ends in the same line and is followed by nothing, or by words that go on with it. The
cases are those of `tests/api/thinking_cases.py`.
"""


def page() -> str:
    """Return docs/rendering.md."""
    return HEAD + "".join(map(_section, KINDS)) + DIRECTIONS + _thinking()


def _thinking() -> str:
    """Return what becomes of an answer that opens with a tag of reasoning."""
    reasoned = "".join(f"| {_code(text)} | {_code(shown)} | {_code(hidden)} |\n" for text, shown, hidden in REASONED)
    said = "".join(f"| {_code(text)} | {_code(text)} | |\n" for text in SAID if text)
    return f"{THINKING}\n| Written | Shown | Reasoning |\n|---|---|---|\n{reasoned}{said}"


def _section(kind: Kind) -> str:
    rows = "".join(f"| {_code(case.written)} | {_code(case.shown)} | {case.why} |\n" for case in kind.cases)
    return f"\n## {kind.title}\n\n{kind.rule}\n\n| Written | Shown | Why |\n|---|---|---|\n{rows}"


def _code(text: str) -> str:
    line = text.replace("\n", "⏎").replace("\t", "→").replace("|", "\\|")
    if not line:
        return "–"
    ticks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{ticks} {line} {ticks}" if "`" in line or line[0] == " " else f"`{line}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
