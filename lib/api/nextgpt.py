"""Sessions of NEXTgpt's use cases: what one wants to know and read before it can be asked anything.

GET /api/v1/usecases/{usecase}/session/schema answers 422 where there is nothing to tell it, else with an OpenAPI
document. What that asks for is posted as a form, and the id in the answer goes with every request from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from lib.api.client import check, decode
from lib.api.complaints import complaint, refusal
from lib.api.route import Part, Route
from lib.config import Endpoint
from lib.errors import AnswerError, EndpointError, RequestError
from lib.net.transport import Limits, Line
from lib.text import repair

SCHEMA_PATH = "/api/v1/usecases/{usecase}/session/schema"
SESSION_PATH = "/api/v1/usecases/{usecase}/session"
EXTENSIONS = (".txt", ".doc", ".docm", ".docx", ".pptx", ".pdf", ".md")
LIMITS = Limits(deadline=300)
DEPTH, WIDTH = 5, 6  # of references and compositions: they may refer to each other
MAX_LOOKED_AT = 100_000  # parts and properties of a document, each as often as it is looked at
MAX_REFERENCE = 1_000  # characters of one reference
MAX_FIELDS = 100  # fields of a form, choices of a field
KINDS = {"boolean": "boolean", "integer": "number", "number": "number"}
NULL = {"type": "null"}
PATH = re.compile(r"/[\w.~%{}/-]*", re.ASCII)
ERRORS = re.compile("error", re.IGNORECASE)  # schemas of answers, not of forms
REFUSED = (None, 400, 401, 403, 404, 409, 410, 422, 440)
SESSION = re.compile("session", re.IGNORECASE)

File = tuple[str, bytes]  # its name and its content


@dataclass(frozen=True)
class Field:
    """One field of the form. `kind` is file, files, choice, text, number or boolean."""

    name: str
    title: str
    kind: str
    choices: tuple[Any, ...] = ()
    required: bool = False
    description: str = ""
    default: Any = None


@dataclass(frozen=True)
class Schema:
    """What a use case wants to know, and the path below the base URL that it is posted to."""

    usecase: str
    path: str
    fields: tuple[Field, ...]


def schema(
    endpoint: Endpoint, usecase: str, *, limits: Limits = LIMITS, session: requests.Session | None = None
) -> Schema | None:
    """Return the form that a session of `usecase` begins with, None if it needs none. Raises EndpointError."""
    try:
        document = _Call(endpoint, limits, session).get(_path(SCHEMA_PATH, usecase))
    except AnswerError as error:
        if error.status == 422:
            return None
        raise
    if not isinstance(document, dict):
        raise AnswerError("The endpoint describes its session in a form that is not known.", kind="protocol")
    return _schema(document, endpoint, usecase)


def open_session(
    endpoint: Endpoint,
    form: Schema,
    values: Mapping[str, Any],
    files: Mapping[str, Sequence[File]],
    *,
    limits: Limits = LIMITS,
    session: requests.Session | None = None,
) -> str:
    """Post the form and return the id of the session.

    `values` and `files` are by field name; a value that is None is left out. Raises EndpointError: before anything
    is sent if a required field is empty or a file is of no kind that is read, AnswerError if no id comes back.
    """
    parts = [*_value_parts(form, values), *_file_parts(form, files)]
    _check_complete(form, {name for name, _ in parts})
    answer = _Call(endpoint, limits, session).upload(form.path, parts)
    found = _identifier(answer, endpoint.session_field)
    if not found:
        raise AnswerError(
            f"The endpoint opened a session without an id in the field {endpoint.session_field}.",
            kind="protocol",
            hint="Set session_field of this endpoint to the name of the field that has the id.",
        )
    return found


def is_session_refused(error: EndpointError) -> bool:
    """Whether `error` is about the session that was sent along: unknown, expired, wanted."""
    if error.kind == "unsupported_param" or error.status not in REFUSED:
        return False
    return error.status == 410 or bool(SESSION.search(f"{error} {error.param}"))


class _Call:
    """One request, and the document in its answer."""

    def __init__(self, endpoint: Endpoint, limits: Limits, session: requests.Session | None) -> None:
        self._endpoint = endpoint
        self._route = Route(endpoint, session, limits)
        self._line = Line(limits.deadline)

    def get(self, path: str) -> Any:
        with self._line:
            return self._document(self._route.get(self._endpoint.url(path), self._line))

    def upload(self, path: str, parts: Sequence[Part]) -> Any:
        with self._line:
            return self._document(self._route.upload(self._endpoint.url(path), parts, self._line))

    def _document(self, response: requests.Response) -> Any:
        with response:
            blocks = self._route.blocks(response, self._line)
            check(response, blocks, self._route.redact)
            events = list(decode(blocks))
        values = [event.value for event in events if event.kind in ("json", "text")]
        value = values[0] if len(values) == 1 else "".join(map(str, values))
        if isinstance(value, dict) and (said := complaint(value)):
            raise refusal(said, redact=self._route.redact)
        return value


def _path(template: str, usecase: str) -> str:
    return re.sub(r"\{[^{}]*+\}", lambda _: quote(usecase, safe=""), template)


class _Document:
    """An OpenAPI document: what refers to itself again and again is looked at for a while and no longer."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self.whole = whole
        self._room = MAX_LOOKED_AT

    def resolve(self, value: Any, depth: int = DEPTH) -> dict[str, Any]:
        """Return a schema with its references followed and its parts made one."""
        item = dict(_dict(value))
        if not depth or self._room <= 0:
            return item
        parts = [self._follow(item.pop("$ref"))] if "$ref" in item else []
        parts += _list(item.pop("allOf", ()))
        options = [option for option in _list(item.get("anyOf") or item.get("oneOf")) if option != NULL]
        if len(options) == 1:  # that or nothing
            parts += options
            item = {key: part for key, part in item.items() if key not in ("anyOf", "oneOf")}
        base: dict[str, Any] = {}
        for part in parts[:WIDTH]:
            base = self._merge(base, self.resolve(part, depth - 1))
        return self._merge(base, item)

    def _follow(self, reference: Any) -> Any:
        found: Any = self.whole
        path = reference if isinstance(reference, str) and len(reference) <= MAX_REFERENCE else ""
        for name in path.removeprefix("#").strip("/").split("/"):
            found = _dict(found).get(name.replace("~1", "/").replace("~0", "~"))
        return found

    def _merge(self, base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
        properties = {**_dict(base.get("properties")), **_dict(over.get("properties"))}
        required = [*_list(base.get("required")), *_list(over.get("required"))]
        self._room -= 1 + len(properties) + len(required)
        return {**base, **over, "properties": properties, "required": required}

    def components(self) -> dict[str, Any]:
        """Return the schemas of a document without paths as one."""
        schemas = _dict(_dict(self.whole.get("components")).get("schemas"))
        body: dict[str, Any] = {}
        for name, item in islice(schemas.items(), MAX_FIELDS):
            body = body if ERRORS.search(name) else self._merge(body, self.resolve(item))
        return body


def _schema(whole: Mapping[str, Any], endpoint: Endpoint, usecase: str) -> Schema:
    document = _Document(whole)
    found = next(_posts(document), None)
    path, body = found or (SESSION_PATH, document.components())
    fields = tuple(islice(_fields(document.resolve(body), document), MAX_FIELDS))
    if not fields:
        raise AnswerError("The endpoint describes a session without fields.", kind="protocol")
    below = _server(whole, endpoint) + path if found else path
    return Schema(usecase, _path(endpoint.session_path or below, usecase), fields)


def _posts(document: _Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the paths that something can be posted to, with its schema; those about sessions first."""
    paths = [(path, _dict(item).get("post")) for path, item in _dict(document.whole.get("paths")).items()]
    for path, post in sorted(paths, key=lambda entry: not SESSION.search(entry[0])):
        body = document.resolve(_dict(post).get("requestBody"))
        content = [_dict(media).get("schema") for media in _dict(body.get("content")).values()]
        if content and PATH.fullmatch(path):
            yield path, _dict(content[0])


def _server(document: Mapping[str, Any], endpoint: Endpoint) -> str:
    """Return the path that the document says its paths are below; the host stays ours."""
    servers = document.get("servers")
    url = _dict(servers[0]).get("url") if isinstance(servers, list) and servers else ""
    try:
        path = urlsplit(str(url or "")).path.rstrip("/")
    except ValueError:
        return ""
    below = path.removeprefix(urlsplit(endpoint.base_url).path)
    return below if PATH.fullmatch(below) else ""


def _fields(body: Mapping[str, Any], document: _Document) -> Iterator[Field]:
    required = {name for name in _list(body.get("required")) if isinstance(name, str)}
    for name, value in _dict(body.get("properties")).items():
        item = document.resolve(value)
        inner = document.resolve(item["items"]) if item.get("type") == "array" and item.get("items") else item
        choices = tuple(islice(_choices(inner, document), MAX_FIELDS))
        yield Field(
            name=name,
            title=repair(str(item.get("title") or name.replace("_", " ").capitalize())),
            kind="choice" if choices else _kind(item, inner),
            choices=choices,
            required=name in required,
            description=repair(str(item.get("description") or "")),
            default=item.get("default"),
        )


def _choices(item: Mapping[str, Any], document: _Document) -> Iterator[Any]:
    if "const" in item:
        yield item["const"]
    yield from (choice for choice in _list(item.get("enum")) if choice is not None)
    for option in _list(item.get("anyOf") or item.get("oneOf")):
        inner = document.resolve(option)
        if "const" in inner or "enum" in inner:
            yield from _choices({"const": inner["const"]} if "const" in inner else {"enum": inner["enum"]}, document)


def _kind(item: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    if inner.get("format") == "binary" or inner.get("contentMediaType"):
        return "files" if inner is not item else "file"
    return KINDS.get(str(inner.get("type")), "text")


def _value_parts(form: Schema, values: Mapping[str, Any]) -> Iterator[Part]:
    for field in form.fields:
        value = values.get(field.name)
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if item is not None and item != "":
                yield field.name, (None, _text(item))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repair(str(value))


def _file_parts(form: Schema, files: Mapping[str, Sequence[File]]) -> Iterator[Part]:
    for field in form.fields:
        for name, content in files.get(field.name, ()):
            if not name.lower().endswith(EXTENSIONS):
                said = f"{repair(name)} is not of a kind that can be read."
                raise RequestError(said, kind="bad_request", hint=f"Use one of {', '.join(EXTENSIONS)}.")
            yield field.name, (repair(name), content)


def _check_complete(form: Schema, given: set[str]) -> None:
    if missing := [field.title for field in form.fields if field.required and field.name not in given]:
        raise RequestError(
            f"The form is not complete: {', '.join(missing)}.", kind="bad_request", hint="Fill in what is missing."
        )


def _identifier(answer: Any, field: str) -> str:
    """Return the id: in `field`, in `field` one level down, or all of the answer."""
    if not isinstance(answer, dict):
        return _word(answer)
    levels = [answer, *(value for value in answer.values() if isinstance(value, dict))]
    return next((word for level in levels if (word := _word(level.get(field)))), "")


def _word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    word = str(value).strip().strip('"')
    return word if word.isprintable() and 0 < len(word) <= 512 else ""


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []
