r"""What counts as a formula.

`\( \)`, `\[ \]` and `$$ $$` are one unless they hold only words. A single dollar is far more often money, a shell
variable or a template, so `$…$` is a formula only if

1. its inside touches both dollars, begins with no sign that ends something, and ends with none that begins something;
2. no letter or digit stands before it, unless it begins as what continues a word does: `CO$_2$`;
3. no digit follows it, and no letter, unless its inside is a single variable (`$n$th`) or written in TeX;
4. it does not read as an amount: a number and then words, or another currency, or one more number behind;
5. it does not read as words, a placeholder or code.
"""

from __future__ import annotations

import re

# One sign of a formula. An escaped dollar does not end it, and the bracket of `\\[4pt]` begins none.
SIGN = r"(?:[^$\n\\]|\\(?:[^\n()\[\]]|(?=[)\]])))"

MAX_WORDS = 3  # "speed = distance / time"
NAMED = re.compile(r"\\(?:text|mathrm|operatorname|mbox|textbf|textit|mathbf|mathit)\*?\s?\{[^{}]*\}|\\[A-Za-z]+")
TEX = re.compile(r"\\[A-Za-z,;:!{}|%&#$\\]|[\w)\]}'|]\^|(?<![A-Za-z])[A-Za-z]'*_|[)\]}|]_|\A[\^_]")
RELATION = re.compile(
    r"[\w)\]}'!]\s*[=<>+*±×·÷≤≥≠≈∈→]+\s*[\w(\[{\\.+-]"
    r"|(?<![A-Za-z][A-Za-z])[\w)\]}]\s*[-/|]\s*[\w(\\](?![A-Za-z][A-Za-z])|\A-[\w\\(]"
)
VARIABLE = re.compile(r"[^\W\d_]'*")
OPERATOR = re.compile(r"[-+=<>/|]")
WORD = re.compile(r"[^\W\d_]{3,}")
SCRIPT = re.compile(r"[\u0590-\u0fff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # words that no variable is
CURRENCY = re.compile(r"[€£¥₹₽₩₪₫฿₴₦₱₺￥–—]")
CODE = re.compile(r"\w->\w|\"|(?<![\w)'])'[^'\s]|\A[@#?!*&/~]|%|[A-Za-z]{2}_|;\s|`")
TEMPLATE = re.compile(r"\{[^\\^_]*")
ESCAPED = re.compile(r"\\[^A-Za-z\s]")
PLACEHOLDER = re.compile(r"[a-z_]\w{3,}|[A-Z_]{6,}")
AFTER_AMOUNT = re.compile(r"\s?\d")
SUFFIX = re.compile(r"[^\W\d_](?![^\W_])")


def is_formula(before: str, body: str, after: str) -> bool:
    """Say whether `$body$` is a formula: `before` is the sign before it, `after` are two behind it; "" at an end."""
    if OPERATOR.fullmatch(body):
        return not (before.isalnum() or after[:1].isalnum())
    if not _touches(body) or _continues(before, body) or _is_code(body):
        return False
    tex = bool(TEX.search(body))
    if body[0].isdigit() and _is_amount(body, after, tex=tex):
        return False
    return _ends(body, after, tex=tex) and _reads(body, tex=tex)


def holds(body: str) -> bool:
    """Say whether between double dollars or brackets is more than words: then it is a formula."""
    bare = NAMED.sub(" ", body)
    words = WORD.findall(bare)
    return bool(body.strip(" \t\n>")) and (len(words) < 1 or bool(TEX.search(body) or RELATION.search(body)))


def _is_code(body: str) -> bool:
    return bool(TEMPLATE.fullmatch(body) or CODE.search(ESCAPED.sub(" ", NAMED.sub(" ", body))))


def _touches(body: str) -> bool:
    return body == body.strip() != "" and body[0] not in ")]},.;:!?%=*" and body[-1] not in "([{"


def _continues(before: str, body: str) -> bool:
    return before.isalnum() and not SCRIPT.match(before) and body[0] not in "\\^_"


def _is_amount(body: str, after: str, *, tex: bool) -> bool:
    bare = NAMED.sub(" ", body)
    if CURRENCY.search(bare) or WORD.search(bare) or SCRIPT.search(bare):
        return True
    spaced = re.search(r"[\s,;]", body) is not None
    named = spaced and re.search(r"[^\W\d_]{2}", bare) is not None and not (tex or RELATION.search(body))
    return named or (not tex and AFTER_AMOUNT.match(after) is not None)


def _ends(body: str, after: str, *, tex: bool) -> bool:
    first = after[:1]
    if first.isdigit() or first in ("{", "("):
        return tex or (VARIABLE.fullmatch(body) is not None and body.islower() and first.isdigit())
    if not first.isalnum() or SCRIPT.match(first):
        return True
    if body[-1] in ",;:/=+-*<>&|.":
        return False
    # One letter behind a variable is the next variable of a shell, but for a plural.
    single = SUFFIX.match(after) is not None and first != "s"
    return tex or RELATION.search(body) is not None or (VARIABLE.fullmatch(body) is not None and not single)


def _reads(body: str, *, tex: bool) -> bool:
    bare = NAMED.sub(" ", body)
    words = len(WORD.findall(bare)) + len(SCRIPT.findall(bare))
    if RELATION.search(body) or tex:
        return words <= MAX_WORDS
    called = re.fullmatch(r"[a-z]{2,6}\s?\(.*\)|(?:sin|cos|tan|log|ln|exp|max|min)\s.*", body)
    return called is not None or (words <= 1 and not PLACEHOLDER.search(bare) and not _is_prose(bare))


def _is_prose(bare: str) -> bool:
    return re.search(r"[^\W\d_]{2,}[\s,]+[^\W\d_]{2,}", bare) is not None
