"""The same request as code: curl, Python requests, the openai package, Node axios.

Each runs as it stands, also pasted into a terminal, with its secrets in the environment variables that `variables`
names; no secret is ever part of it. Only those in the query of the base URL are to be filled in by hand.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from lib.api.client import Messages, request
from lib.api.quirks import Quirks
from lib.api.route import bearer
from lib.config import Endpoint
from lib.config.secrecy import is_secret_header, is_secret_parameter
from lib.config.vendors import AUTHORIZATION
from lib.text import map_strings, repair

KEY = "API_KEY"
# Those of these that are not printable a terminal takes for commands, or does not show: JSON has another way for them.
UNSEEN = re.compile(r"[^\n -~]")
MAX_LINE = 900  # characters of a line that is pasted: dash takes 4,095 bytes, and a character has up to four
# In JavaScript this name sets what an object inherits from, unless it is written in brackets.
PROTO = re.compile(r'^( *)("__proto__"):', re.MULTILINE)
# What `create` of the openai package takes by name; the rest goes through `extra_body`.
NAMED = frozenset((
    *("model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "max_completion_tokens"),
    *("stop", "seed", "n", "presence_penalty", "frequency_penalty", "response_format", "logit_bias", "logprobs"),
    *("top_logprobs", "reasoning_effort", "tools", "tool_choice", "user"),
))  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """A header whose secret comes from the environment."""

    name: str
    opening: str = ""


BEARER = Variable(KEY, "Bearer ")


@dataclass(frozen=True)
class Asked:
    """What a sample says: values are texts, or where a secret is, a Variable."""

    endpoint: Endpoint
    url: str
    headers: Mapping[str, str | Variable]
    body: dict[str, Any]

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def framing(self) -> str:
        return self.endpoint.preset.framing if self.streamed else "whole"


def snippet(
    kind: str, endpoint: Endpoint, messages: Messages, model: str | None = None, params: Mapping[str, Any] | None = None
) -> str:
    """Return the request as code; `kind` is one of KINDS. It streams unless `params` say `stream` is False."""
    body = request(endpoint, messages, model, {"stream": True, **(params or {})})
    if not body["stream"]:
        del body["stream"]
    url = _clean_url(endpoint.completions_url)
    body = Quirks(endpoint.preset).apply(map_strings(body, repair))
    return KINDS[kind](Asked(endpoint, url, _headers(endpoint), body))


def variables(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the names of the environment variables that samples take secrets from."""
    return tuple(dict.fromkeys(value.name for value in _headers(endpoint).values() if isinstance(value, Variable)))


def placeholders(endpoint: Endpoint) -> tuple[str, ...]:
    """Return what stands in the URL of samples for the secrets in its query."""
    return tuple(re.findall(r"(?<==)YOUR_[^&]*", urlsplit(_clean_url(endpoint.completions_url)).query))


def _headers(endpoint: Endpoint) -> dict[str, str | Variable]:
    key = {endpoint.key_header: Variable(KEY, bearer(endpoint, ""))} if endpoint.api_key else {}
    own = {_cased(name): _header(endpoint, name, value) for name, value in endpoint.headers.items()}
    # A header of the endpoint's own comes before the key's, as in the client.
    given = {name.lower() for name in own}
    return {**{name: value for name, value in key.items() if name.lower() not in given}, **own}


def _cased(name: str) -> str:
    return AUTHORIZATION if name.lower() == AUTHORIZATION.lower() else name


def _header(endpoint: Endpoint, name: str, value: str) -> str | Variable:
    if endpoint.api_key and value in (endpoint.api_key, f"Bearer {endpoint.api_key}"):
        return Variable(KEY, value.removesuffix(endpoint.api_key))
    if not is_secret_header(name) and not (endpoint.api_key and endpoint.api_key in value):
        return value
    # With a word before it, for PATH and HOME are variables already, and API_KEY is the key.
    return Variable("HEADER_" + re.sub(r"\W", "_", name, flags=re.ASCII).upper())


def _clean_url(url: str) -> str:
    """Return the URL with placeholders for the secrets in its query."""
    parts = urlsplit(url)
    pairs = (pair.partition("=") for pair in parts.query.split("&"))
    query = "&".join(_clean_pair(name, sign, value) for name, sign, value in pairs)
    return urlunsplit(parts._replace(query=query))


def _clean_pair(name: str, sign: str, value: str) -> str:
    if not (name or value) or not is_secret_parameter(name):
        return name + sign + value
    return f"{name}=YOUR_{name.upper()}" if sign else "YOUR_SECRET"


def _json(value: Any, indent: int | None = 2) -> str:
    written = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    return UNSEEN.sub(lambda match: match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1], written)


def _curl(asked: Asked) -> str:
    """Curl reads the body from a quoted here-document, in which no character means anything to the shell.

    An argument would be limited to 128 KiB, which an image exceeds.
    """
    headers = {**asked.headers, "Content-Type": "application/json"}
    lines = [
        f"curl --no-buffer --silent --show-error --globoff {shlex.quote(asked.url)}",
        *(f"  --header {_shell_header(name, value)}" for name, value in headers.items()),
        "  --data-binary @-",
    ]
    command, body = " \\\n".join(lines), _json(asked.body)
    if max(map(len, body.split("\n"))) <= MAX_LINE:
        return f"{command} <<'JSON'\n{body}\nJSON\n"
    # A line end is nowhere part of the JSON, so that lines can be cut, and put together again.
    return f"tr -d '\\n' <<'JSON' | {command}\n{_cut(body)}\nJSON\n"


def _cut(text: str) -> str:
    """Return `text` with long lines cut: after a backslash, too, for they are put together again as they were."""
    return "\n".join(line[at : at + MAX_LINE] for line in text.split("\n") for at in range(0, len(line), MAX_LINE))


def _shell_header(name: str, value: str | Variable) -> str:
    if isinstance(value, str):
        return shlex.quote(f"{name}: {value}")
    return f'"{re.sub(r"[^A-Za-z0-9_-]", "", name)}: {value.opening}${value.name}"'


def _requests(asked: Asked) -> str:
    imports = ["import json"] * (asked.framing in ("sse", "lines"))
    imports += ["import os"] * any(isinstance(value, Variable) for value in asked.headers.values())
    return "\n".join((
        *imports,
        *[""] * bool(imports),
        "import requests",
        "",
        "response = requests.post(",
        f"    {_python(asked.url, 1)},",
        f"    headers={_python(asked.headers, 1)},",
        f"    json={_python(asked.body, 1)},",
        "    stream=True,",
        "    timeout=60,",
        ")",
        "response.raise_for_status()",
        PYTHON_TAILS[asked.framing],
    ))  # fmt: skip


PYTHON_LINES = """\
for line in response.iter_lines():
    data = line.removeprefix(b"data:").strip()
    if data == b"[DONE]":
        break
    if data.startswith(b"{"):
        for choice in json.loads(data).get("choices") or []:
            print((choice.get("delta") or {}).get("content") or "", end="", flush=True)
print()
"""
PYTHON_TAILS = {
    "sse": PYTHON_LINES,
    "lines": PYTHON_LINES,
    "text": """\
response.encoding = "utf-8"
for text in response.iter_content(chunk_size=None, decode_unicode=True):
    print(text, end="", flush=True)
print()
""",
    "whole": """\
print(response.json()["choices"][0]["message"]["content"])
""",
}


def _openai(asked: Asked) -> str:
    body, note = asked.body, ""
    if asked.framing in ("lines", "text"):
        body = {key: value for key, value in body.items() if key not in ("stream", "stream_options")}
        note = "# Asked for whole: this package does not read the streams of this endpoint.\n"
    options, imports = _openai_options(asked)
    # This package only leaves its own header out where the call says so.
    bare = {} if AUTHORIZATION in asked.headers else {"extra_headers": {AUTHORIZATION: Code("Omit()")}}
    return "\n".join((
        *imports,
        "",
        f"client = OpenAI({_arguments(options)})",
        f"{note}answer = client.chat.completions.create({_arguments({**_named(body), **bare})})",
        OPENAI_STREAM if body.get("stream") else "print(answer.choices[0].message.content)\n",
    ))  # fmt: skip


def _openai_options(asked: Asked) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments of the client, and the imports: its key goes into Authorization, and nothing else does."""
    parts = urlsplit(asked.url)
    headers: dict[str, Any] = dict(asked.headers)
    key = headers.pop(AUTHORIZATION) if headers.get(AUTHORIZATION) == BEARER else None
    options = {
        "base_url": urlunsplit(parts._replace(query="")).removesuffix("/chat/completions"),
        "api_key": "none" if key is None else Variable(KEY),
        "default_query": dict(parse_qsl(parts.query, keep_blank_values=True)),
        "default_headers": headers,
    }
    uses = any(isinstance(value, Variable) for value in (key, *headers.values()))
    imports = ["import os", ""] * uses
    imports += [f"from openai import {'Omit, ' * (AUTHORIZATION not in asked.headers)}OpenAI"]
    return {name: value for name, value in options.items() if value}, imports


def _named(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that say `body`."""
    named = {key: value for key, value in body.items() if key in NAMED}
    extra = {key: value for key, value in body.items() if key not in NAMED}
    return {**named, "extra_body": extra} if extra else named


OPENAI_STREAM = """\
for chunk in answer:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()
"""


class Code(str):
    """An expression of the language."""

    __slots__ = ()


def _arguments(values: Mapping[str, Any]) -> str:
    return "\n" + "".join(f"    {name}={_python(value, 1)},\n" for name, value in values.items())


def _python(value: Any, level: int) -> str:
    """Return a JSON value as Python, one item a line."""
    inner, close = "    " * (level + 1), "    " * level
    if isinstance(value, dict) and value:
        items = (f"{inner}{_quoted(key)}: {_python(item, level + 1)},\n" for key, item in value.items())
        return f"{{\n{''.join(items)}{close}}}"
    if isinstance(value, list) and value:
        items = (f"{inner}{_python(item, level + 1)},\n" for item in value)
        return f"[\n{''.join(items)}{close}]"
    if isinstance(value, Variable):
        return f'f"{value.opening}{{os.environ[{value.name!r}]}}"' if value.opening else f'os.environ["{value.name}"]'
    if isinstance(value, str) and not isinstance(value, Code):
        return _quoted(value)
    return str(value)


def _quoted(text: str) -> str:
    """Return a text as Python, in the quotes that formatters prefer."""
    literal = repr(text)
    return literal if '"' in literal else f'"{literal[1:-1]}"'


def _axios(asked: Asked) -> str:
    body, headers = _json(asked.body).replace("\n", "\n    "), dict(asked.headers)
    if PROTO.search(body):
        # Sent as text: axios would copy an object, and leave this out.
        body = "JSON.stringify(" + PROTO.sub(r"\1[\2]:", body) + ")"
        headers["Content-Type"] = "application/json"
    said = ", ".join(f"{_json(name)}: {_javascript(value)}" for name, value in headers.items())
    options = f"headers: {{ {said} }}, " if said else ""
    kind = "json" if asked.framing == "whole" else "stream"
    return (
        'const axios = require("axios");\n\nasync function main() {\n  const response = await axios.post(\n'
        f'    {_json(asked.url)},\n    {body},\n    {{ {options}responseType: "{kind}" }},\n  );\n'
        f"{JAVASCRIPT_TAILS[asked.framing]}}}\n\n{JAVASCRIPT_END}"
    )


def _javascript(value: str | Variable) -> str:
    if isinstance(value, str):
        return _json(value)
    return f"`{value.opening}${{process.env.{value.name}}}`" if value.opening else f"process.env.{value.name}"


JAVASCRIPT_LINES = """\
  let rest = "";
  for await (const block of response.data.setEncoding("utf8")) {
    const lines = (rest + block).split("\\n");
    rest = lines.pop();
    if (lines.some(show)) return;
  }
  show(rest);

  function show(line) {
    const data = line.replace(/^data:/, "").trim();
    const choices = data.startsWith("{") ? JSON.parse(data).choices : [];
    for (const choice of choices ?? []) process.stdout.write(choice.delta?.content ?? "");
    return data === "[DONE]";
  }
"""
JAVASCRIPT_TAILS = {
    "sse": JAVASCRIPT_LINES,
    "lines": JAVASCRIPT_LINES,
    "text": "  for await (const block of response.data) process.stdout.write(block);\n",
    "whole": "  console.log(response.data.choices[0].message.content);\n",
}
# An AxiosError is not printed whole: it has the key in it.
JAVASCRIPT_END = """\
main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
"""

KINDS: Mapping[str, Callable[[Asked], str]] = {
    "curl": _curl,
    "python-requests": _requests,
    "openai": _openai,
    "axios": _axios,
}
