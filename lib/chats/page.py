"""Conversations as one web page: nothing in it comes from elsewhere, and nothing that was said can run.

All text is escaped before anything is made of it, only web addresses become links, and a Content-Security-Policy in
the page forbids every script and every request. Of markdown it has what answers are made of: headings, lists,
quotations, tables, code, emphasis and links. Formulas stand as they were written, like code.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise

from lib import dates
from lib.store import Conversation, StoredContent, StoredMessage

CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root{color-scheme:light dark;--text:#1f2328;--back:#fff;--soft:#f6f5f2;--line:#dcdad4;--grey:#5c6066;--accent:#0f766e;
--word:#8a3ffc;--string:#0a6640;--note:#6a6f76}
@media(prefers-color-scheme:dark){:root{--text:#e6e6e3;--back:#14171a;--soft:#1c2024;--line:#33383d;--grey:#a0a4a8;
--accent:#2dd4bf;--word:#c4a5ff;--string:#7ddca8;--note:#9aa0a6}}
body{font:16px/1.6 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:46rem;margin:2rem auto;
padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem}.about,figcaption{color:var(--grey);font-size:.85rem}a{color:var(--accent)}
.message{margin:1.5rem 0}.user>.said{background:var(--soft);border-radius:.75rem;padding:.5rem 1rem}
pre{background:var(--soft);padding:.75rem;border-radius:.5rem;overflow-x:auto;overflow-wrap:normal}
code{font:.875em/1.5 ui-monospace,monospace}table{border-collapse:collapse;display:block;overflow-x:auto}
td,th{border:1px solid var(--line);padding:.25rem .6rem;text-align:left}
.figures td+td+td,.figures th+th+th{text-align:right}
.figures th{overflow-wrap:normal}
blockquote{border-left:3px solid var(--line);margin-left:0;padding-left:1rem}img{max-width:100%}
.failed{border-left:3px solid #c0392b;padding-left:1rem}b.w{color:var(--word);font-weight:inherit}
i.s{color:var(--string);
font-style:normal}i.n{color:var(--note)}
"""
FOOT = "</main></body></html>\n"
MAX_SPAN = 2_000  # characters that emphasis, code in a line and an address may have

# Code and formulas in a line: their signs mark nothing. Between single dollars there has to be something of a formula.
_VERBATIM = re.compile(
    rf"`(?P<code>[^`\n]{{1,{MAX_SPAN}}})`|\$\$[^$\n]{{1,{MAX_SPAN}}}\$\$|\\\((?:[^\n\\]|\\(?![()])){{1,{MAX_SPAN}}}\\\)"
    rf"|\\\[(?:[^\n\\]|\\(?![\[\]])){{1,{MAX_SPAN}}}\\\]"
    rf"|(?<![\w$\\])\$(?=\w\$|[^$\n]{{0,{MAX_SPAN}}}[\\^_=])(?!\s)[^$\n]{{1,{MAX_SPAN}}}(?<!\s)\$(?![\w$])"
)
_KEPT = re.compile(r"\0(\d+)\0")
_LINK = re.compile(rf"\[([^\[\]\n]{{1,500}})\]\((https?://[^\s()<>\0]{{1,{MAX_SPAN}}})\)")
_STRONG = re.compile(rf"\*\*(?=\S)([^*\n]{{1,{MAX_SPAN}}})\*\*")
_SOFT = re.compile(rf"(?<![\w*])\*(?=\S)([^*\n]{{1,{MAX_SPAN}}})\*(?![\w*])")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*+)\Z")
_HEADING = re.compile(r" {0,3}(#{1,6}) (.*)\Z")
_ITEM = re.compile(r"( {0,12})(?:[-*+]|(\d{1,9})[.)]) (.*)\Z")
_FORMULA = {"$$": "$$", "\\[": "\\]"}
MAX_LINES = 100  # of a formula
_RULE = re.compile(r"[ \t:|]*+-[ \t:|-]*+\Z")
# Escaped code: comments, texts, numbers and words of most languages.
_TOKENS = re.compile(
    r"(?P<n>(?:#|//)[^\n]{0,2000})|(?P<s>&quot;[^\n]{0,500}?&quot;|&#x27;[^\n]{0,500}?&#x27;)|(?P<w>\b(?:and|as|assert|async|await"
    r"|break|case|catch|class|const|continue|def|del|do|elif|else|enum|except|export|extends|false|False|finally|fn|for|from"
    r"|func|function|if|impl|import|in|interface|is|lambda|let|match|mut|new|nil|None|not|null|or|package|pass|print|private"
    r"|public|raise|return|self|static|struct|switch|this|throw|true|True|try|type|use|var|void|while|with|yield|SELECT|FROM"
    r"|WHERE|INSERT|UPDATE|DELETE|JOIN|GROUP|ORDER|BY)\b)"
)


def head(title: str) -> str:
    """Return what stands before the conversations."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{CSP}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><main>\n"
    )


def opening(conversation: Conversation, system: str) -> str:
    """Return the head of one conversation, with its system prompt if that is wanted."""
    about = f"{dates.moment(conversation.created_at)} UTC"
    prompt = f"<details><summary>System prompt</summary>{rendered(system)}</details>" if system else ""
    return f'<h1>{html.escape(conversation.title)}</h1><p class="about">{about}</p>{prompt}\n'


def message(
    said: StoredMessage,
    author: str,
    load: Callable[[str], StoredContent | None],
    redact: Callable[[str], str],
) -> str:
    """Return one message; `load` returns an image by its id, `redact` a text without keys."""
    name = html.escape(said.served_model or said.model or author) if said.role == "assistant" else author
    thought = f"<details><summary>Reasoning</summary>{rendered(said.reasoning)}</details>" if said.reasoning else ""
    error = f'<p class="failed">{html.escape(said.error)}</p>' if said.error else ""
    words = redact(f"{thought}{rendered(said.typed)}{_files(said)}{error}{_sources(said)}")
    kind = html.escape(said.role)
    body = f'<div class="said">{_images(said, load)}{words}</div>'
    return f'<section class="message {kind}"><p class="about">{name}</p>{body}</section>\n'


def _images(said: StoredMessage, load: Callable[[str], StoredContent | None]) -> str:
    return "".join(_image(load(image.id) if image.id else None, image.url or "") for image in said.images)


def _image(content: StoredContent | None, url: str) -> str:
    if content is None:
        return f'<p class="about">Image: {html.escape(url or "not kept")}</p>'
    data = base64.b64encode(content.content).decode()
    return f'<img alt="" src="data:{html.escape(content.media_type)};base64,{data}">'


def _files(said: StoredMessage) -> str:
    return "".join(
        f"<details><summary>{html.escape(file.name)} {html.escape(file.note)}</summary>"
        f"<pre>{html.escape(said.text[file.begin : file.end])}</pre></details>"
        for file in said.files
    )


def _sources(said: StoredMessage) -> str:
    items = "".join(f"<li>{_source(source.title, source.url)}</li>" for source in said.extras.sources)
    return f"<ol>{items}</ol>" if items else ""


def _source(title: str, url: str) -> str:
    is_web = url.startswith(("https://", "http://"))
    return f'<a href="{html.escape(url)}">{html.escape(title)}</a>' if is_web else html.escape(title)


def closing(messages: Sequence[StoredMessage]) -> str:
    """Return the table of tokens of a conversation; "–" is unknown, "~" estimated."""
    rows = [_figures(number, said) for number, said in enumerate(messages, 1) if said.role == "assistant"]
    names = "<tr><th>#</th><th>Model</th><th>Prompt tokens</th><th>Answer tokens</th></tr>"
    return f'<table class="figures">{names}{"".join(rows)}</table>\n' if rows else ""


def _figures(number: int, said: StoredMessage) -> str:
    about = "~" if said.source == "estimated" else ""
    counts = (said.usage.prompt_tokens, said.usage.completion_tokens) if said.usage else (None, None)
    cells = (
        str(number),
        said.served_model or said.model or "–",
        *("–" if n is None else f"{about}{n:,}" for n in counts),
    )
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"


def rendered(text: str) -> str:
    """Return markdown as HTML in which every sign of the text is only that."""
    return "\n".join(_Blocks(text.splitlines()).all())


class _Blocks:
    """The blocks of a text, line by line."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0

    def all(self) -> Iterator[str]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if fence := _FENCE.match(line):
                yield self._code(fence[1], fence[2].strip())
            elif heading := _HEADING.match(line):
                self._at += 1
                level = min(6, len(heading[1]) + 1)
                yield f"<h{level}>{inline(heading[2])}</h{level}>"
            elif formula := self._formula(line):
                yield f"<pre><code>{html.escape(formula)}</code></pre>"
            elif not line.strip():
                self._at += 1
            else:
                yield self._others(line)

    def _others(self, line: str) -> str:
        if line.startswith(">"):
            quoted = [each[1:].removeprefix(" ") for each in self._while(lambda each: each.startswith(">"))]
            return "<blockquote>" + "<br>".join(map(inline, quoted)) + "</blockquote>"
        if _ITEM.match(line):
            return _lists(list(self._items()))
        below = self._lines[self._at + 1] if self._at + 1 < len(self._lines) else ""
        if "|" in line and "|" in below and _RULE.match(below):
            return _table(self._while(lambda each: "|" in each))
        return "<p>" + "<br>".join(map(inline, self._while(_is_prose))) + "</p>"

    def _formula(self, line: str) -> str:
        """Take a formula that has lines of its own and return it as it was written; "" where none begins."""
        end = _FORMULA.get(line.strip()[:2])
        ahead = self._lines[self._at : self._at + MAX_LINES] if end else []
        for count, each in enumerate(ahead, 1):
            if count > 1 and each.strip().startswith("\\["):
                break
            if end and each.rstrip().endswith(end) and (count > 1 or len(line.strip()) > 4):
                self._at += count
                return "\n".join(ahead[:count])
        return ""

    def _items(self) -> Iterator[re.Match[str]]:
        """Take this item and those after it, with blank lines between them or without."""
        ahead = self._at
        while ahead < len(self._lines):
            if item := _ITEM.match(self._lines[ahead]):
                yield item
                self._at = ahead + 1
            elif self._lines[ahead].strip():
                return
            ahead += 1

    def _while(self, fits: Callable[[str], bool]) -> list[str]:
        """Take this line, and those after it that fit."""
        begin = self._at
        self._at += 1
        while self._at < len(self._lines) and fits(self._lines[self._at]):
            self._at += 1
        return self._lines[begin : self._at]

    def _code(self, fence: str, language: str) -> str:
        lines = self._while(lambda each: not (each.strip().startswith(fence) and not each.strip().strip(fence[0])))
        self._at += 1
        code = html.escape("\n".join(lines[1:]))
        return f"<pre><code>{code if language in ('', 'text', 'markdown') else _coloured(code)}</code></pre>"


def _is_prose(line: str) -> bool:
    return bool(line.strip()) and not (
        line.startswith(">")
        or line.strip()[:2] in _FORMULA
        or _FENCE.match(line)
        or _HEADING.match(line)
        or _ITEM.match(line)
    )


def _lists(items: Sequence[re.Match[str]]) -> str:
    """Return items as lists, those that stand further in within the item before them."""
    edge = len(items[0][1]) if items else 0
    tops = [place for place, item in enumerate(items) if len(item[1]) <= edge + 1]
    pieces = [(items[top], items[top + 1 : end]) for top, end in pairwise([*tops, len(items)])]
    return "".join(_list(list(same)) for _, same in groupby(pieces, lambda piece: bool(piece[0][2])))


def _list(pieces: Sequence[tuple[re.Match[str], Sequence[re.Match[str]]]]) -> str:
    """Return items of one kind, each with those in it. A list goes on from the number that it begins with."""
    number = pieces[0][0][2]
    start = f' start="{int(number)}"' if number and int(number) != 1 else ""
    body = "".join(f"<li>{inline(item[3])}{_lists(inner)}</li>" for item, inner in pieces)
    return f"<ol{start}>{body}</ol>" if number else f"<ul>{body}</ul>"


def _table(lines: list[str]) -> str:
    first, _, *rest = ([inline(cell.strip()) for cell in line.strip().strip("|").split("|")] for line in lines)
    top = "".join(f"<th>{cell}</th>" for cell in first)
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rest)
    return f"<table><tr>{top}</tr>{rows}</table>"


def inline(text: str) -> str:
    """Return a line as HTML: code, formulas as they were written, emphasis and links to web addresses."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(f"<code>{found['code'] or found[0]}</code>")
        return f"\0{len(kept) - 1}\0"

    marked = _marked(_VERBATIM.sub(keep, html.escape(text.replace("\0", ""))))
    return _KEPT.sub(lambda found: kept[int(found[1])], marked)


def _marked(escaped: str) -> str:
    linked = _LINK.sub(r'<a href="\2">\1</a>', escaped)
    return _SOFT.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", linked))


def _coloured(escaped: str) -> str:
    marks = {"w": "b"}
    return _TOKENS.sub(
        lambda found: _token(marks.get(found.lastgroup or "", "i"), found.lastgroup or "", found[0]), escaped
    )


def _token(mark: str, kind: str, text: str) -> str:
    return f'<{mark} class="{kind}">{text}</{mark}>'
