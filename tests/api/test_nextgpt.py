"""Sessions of NEXTgpt's use cases, against a server that follows the documentation, and against others."""

from __future__ import annotations

import json
import time

import pytest

from lib.api import ChatClient, Limits
from lib.api.nextgpt import Field, Schema, is_session_refused, open_session, schema
from lib.config import Endpoint
from lib.errors import AnswerError, EndpointError, RequestError
from tests.api.scripted import Scripted, hang, reply
from tests.fake_nextgpt import FakeNextgpt

PATH = "/api/v1/usecases/DOCS/session"
FILE = ("brief.pdf", b"%PDF \x00\xff")
TEXT = {"type": "string"}
ANY = Field("f", "F", "text")


@pytest.fixture
def fake():
    """A NEXTgpt."""
    server = FakeNextgpt()
    yield server
    server.stop()


def endpoint(url: str, key: str = "", **options) -> Endpoint:
    return Endpoint("n", url, key, "nextgpt", **options)


def asks(document, **options) -> Schema | None:
    """Return the schema that a document gives."""
    with Scripted(reply(json.dumps(document).encode())) as server:
        return schema(endpoint(server.url, **options), "DOCS")


def field(value: dict, **components) -> Field:
    """Return the field that a property gives."""
    found = asks(posting({"properties": {"f": value}}, components={"schemas": components}))
    assert found
    return found.fields[0]


def posting(body: dict, path: str = PATH, **document) -> dict:
    """Return a document that has a form posted."""
    content = {"multipart/form-data": {"schema": body}}
    return {"paths": {path: {"post": {"requestBody": {"content": content}}}}, **document}


def opened(answer: bytes, fields=(ANY,), values=None, files=None, **options) -> str:
    """Return the id that an answer gives."""
    with Scripted(reply(answer)) as server:
        form = Schema("DOCS", PATH, tuple(fields))
        return open_session(endpoint(server.url, **options), form, values or {}, files or {})


class TestSchema:
    """What a use case wants to know."""

    def test_none(self, fake):
        """A 422 says that a use case needs no session."""
        assert schema(endpoint(fake.url, fake.key), "GPT3") is None

    def test_fields(self, fake):
        """The documented document gives a file, a choice and a switch."""
        assert schema(endpoint(fake.url, fake.key), "DOCS") == Schema(
            "DOCS",
            PATH,
            (
                Field("document", "Document", "file", (), True, "What to read"),
                Field("language", "Language", "choice", ("German", "English"), True, "", "German"),
                Field("summarize", "Summarize first", "boolean", default=False),
            ),
        )

    def test_key(self, fake):
        """A wrong key is an error, and is not in it."""
        with pytest.raises(AnswerError) as caught:
            schema(endpoint(fake.url, "wrong-key-0123"), "DOCS")
        assert caught.value.kind == "auth"
        assert "wrong-key-0123" not in str(caught.value)

    def test_path(self, fake):
        """The name of a use case is one part of the path."""
        assert schema(endpoint(fake.url, fake.key), "GPT 3/x?") is None
        assert fake.asked[-1].target == "/api/v1/usecases/GPT%203%2Fx%3F/session/schema"

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            ({"type": "string", "format": "binary"}, "file"),
            ({"type": "string", "contentMediaType": "application/octet-stream"}, "file"),
            ({"type": "array", "items": {"type": "string", "format": "binary"}}, "files"),
            ({"type": "array", "items": {"$ref": "#/components/schemas/file"}}, "files"),
            ({"$ref": "#/components/schemas/file"}, "file"),
            (TEXT, "text"),
            ({"type": "array"}, "text"),
            ({}, "text"),
            ("odd", "text"),
            ({"type": "integer"}, "number"),
            ({"type": "number"}, "number"),
            ({"type": "boolean"}, "boolean"),
            ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number"),
            ({"anyOf": [{"type": "number"}, TEXT]}, "text"),
            ({"$ref": "#/components/schemas/missing"}, "text"),
            ({"$ref": "#/components/schemas/itself"}, "text"),
        ],
    )
    def test_kind(self, value, kind):
        """The type of a property, wherever it is said, is the kind of its field."""
        itself = {"$ref": "#/components/schemas/itself"}
        assert field(value, file={"type": "string", "format": "binary"}, itself=itself).kind == kind

    @pytest.mark.parametrize(
        "value",
        [
            {"enum": ["a", "b", None]},
            {"allOf": [{"$ref": "#/components/schemas/ab"}]},
            {"anyOf": [{"$ref": "#/components/schemas/ab"}, {"type": "null"}]},
            {"anyOf": [{"enum": ["a"]}, {"enum": ["b"]}, TEXT]},
            {"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]},
            {"type": "array", "items": {"enum": ["a", "b"]}},
        ],
    )
    def test_choices(self, value):
        """A set of choices is one however it is written."""
        found = field(value, ab={"enum": ["a", "b"]})
        assert (found.kind, found.choices) == ("choice", ("a", "b"))

    def test_constant(self):
        """A constant is the only choice."""
        assert field({"const": 3}).choices == (3,)

    def test_title(self):
        """Without a title the name is one."""
        found = asks(posting({"properties": {"due_date": TEXT}}))
        assert found
        assert found.fields[0].title == "Due date"

    def test_composed(self):
        """The parts of a composed schema make one form."""
        body = {
            "allOf": [
                {"properties": {"a": TEXT}, "required": ["a"]},
                {"$ref": "#/components/schemas/b~1c"},
            ]
        }
        found = asks(posting(body, components={"schemas": {"b/c": {"properties": {"b": TEXT}}}}))
        assert found
        assert [(item.name, item.required) for item in found.fields] == [("a", True), ("b", False)]

    def test_entangled(self):
        """Schemas that refer to each other in all directions come to an end."""
        names = [f"s{number}" for number in range(20)]
        every = {"allOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
        assert field(every, **dict.fromkeys(names, every)).kind == "text"

    def test_entangled_without_end(self):
        """A document that refers to itself on every level, many times, takes a moment."""
        fields = {f"f{number}": {"$ref": "#/components/schemas/a"} for number in range(200)}
        looped = {"allOf": [{"$ref": "#/components/schemas/a"}] * 6, "properties": fields, "required": [*fields, {}]}
        start = time.thread_time()
        found = asks(posting(looped, components={"schemas": {"a": looped}}))

        assert found
        assert len(found.fields) == 100
        assert time.thread_time() - start < 5

    @pytest.mark.parametrize("reference", ["#/" + "a/" * 1_000, {"a": 1}, 5])
    def test_no_reference(self, reference):
        """What is too long for a reference, or no text, leads nowhere."""
        assert field({"$ref": reference}).kind == "text"

    def test_braces(self):
        """A path of braces without end is a path like any other."""
        start = time.thread_time()
        found = asks(posting({"properties": {"f": TEXT}}, path="/" + "{" * 100_000))

        assert found
        assert time.thread_time() - start < 2

    def test_without_paths(self):
        """A document of schemas alone is posted to the usual path."""
        schemas = {"Form": {"properties": {"f": TEXT}}, "HTTPValidationError": {"properties": {"detail": {}}}}
        assert asks({"components": {"schemas": schemas}}) == Schema("DOCS", PATH, (Field("f", "F", "text"),))

    @pytest.mark.parametrize(
        ("document", "path"),
        [
            (posting({"properties": {"f": TEXT}}, "/up/{usecase_name}/load"), "/up/DOCS/load"),
            (posting({"properties": {"f": TEXT}}, "/s", servers=[{"url": "/api/v9/"}]), "/api/v9/s"),
            (posting({"properties": {"f": TEXT}}, "/s", servers=[{"url": "https://else.example/v1"}]), "/s"),
            (posting({"properties": {"f": TEXT}}, "/s", servers=[{"url": "http://[bad"}]), "/s"),
            (posting({"properties": {"f": TEXT}}, "/s", servers=[{"url": "a b"}]), "/s"),
            (posting({"properties": {"f": TEXT}}, "/s", servers=[]), "/s"),
        ],
    )
    def test_posted_to(self, document, path):
        """The form is posted to the path that the document names, on the host we asked."""
        found = asks(document)
        assert found
        assert found.path == path

    def test_session_first(self):
        """Of several paths, the one about sessions counts; one that is no path does not."""
        document = posting({"properties": {"a": TEXT}}, "/other")
        document["paths"] |= posting({"properties": {"f": TEXT}}, "/session\r\nHost: x")["paths"]
        document["paths"] |= posting({"properties": {"b": TEXT}}, "/session/new")["paths"]
        document["paths"]["/session/get"] = {"get": {}}
        found = asks(document)
        assert found
        assert (found.path, found.fields[0].name) == ("/session/new", "b")

    def test_configured(self):
        """A path in the configuration comes before the document's."""
        found = asks(posting({"properties": {"f": TEXT}}), session_path="/mine/{usecase}")
        assert found
        assert found.path == "/mine/DOCS"

    @pytest.mark.parametrize("document", [{}, [1], {"paths": []}, posting({})])
    def test_unusable(self, document):
        """A document without fields is an error that says so."""
        with pytest.raises(AnswerError, match="session") as caught:
            asks(document)
        assert caught.value.kind == "protocol"

    def test_error_as_200(self):
        """An error that comes as a 200 is one."""
        with pytest.raises(AnswerError, match="not today"):
            asks({"error": "not today"})

    def test_redirect(self):
        """Redirects are not followed: the key would go along."""
        with Scripted(reply(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:9/")) as server:
            with pytest.raises(AnswerError, match="redirects"):
                schema(endpoint(server.url), "DOCS")
            assert len(server.peers) == 1

    def test_limits(self):
        """An endpoint that says nothing is given up on."""
        with Scripted(hang()) as server, pytest.raises(RequestError) as caught:
            schema(endpoint(server.url), "DOCS", limits=Limits(read=0.1))
        assert caught.value.kind == "timeout"


class TestOpen:
    """Opening a session."""

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_open(self, fake, wrapped):
        """The form is posted with its file, and the id comes back, one level down too."""
        fake.wrapped = wrapped
        form = schema(endpoint(fake.url, fake.key), "DOCS")
        assert form
        values = {"language": "English", "summarize": True}
        assert open_session(endpoint(fake.url, fake.key), form, values, {"document": [FILE]}) == "session-1"
        assert fake.asked[-1].form == {"document": [FILE], "language": ["English"], "summarize": ["true"]}

    def test_chat(self, fake):
        """The session goes with the request for an answer."""
        form = schema(endpoint(fake.url, fake.key), "DOCS")
        assert form
        session = open_session(endpoint(fake.url, fake.key), form, {"language": "German"}, {"document": [FILE]})
        with ChatClient(endpoint(fake.url, fake.key)) as client:
            answer = client.complete([{"role": "user", "content": "hi"}], "DOCS", session_id=session)
        assert answer.text == "NEXTgpt heard after reading brief.pdf in German: hi"

    def test_names(self, fake):
        """A name with letters, quotes and line breaks of any kind stays one name."""
        form = schema(endpoint(fake.url, fake.key), "DOCS")
        assert form
        file = ('Grüße "1"\r\nX: y.PDF', b"x")
        open_session(endpoint(fake.url, fake.key), form, {"language": "German"}, {"document": [file]})
        assert b'filename="Gr\xc3\xbc\xc3\x9fe %221%22%0D%0AX: y.PDF"' in fake.asked[-1].content

    def test_several(self, fake):
        """A field may have several values and several files."""
        form = Schema("DOCS", PATH, (Field("document", "D", "files"), Field("language", "L", "choice")))
        files = {"document": [FILE, ("b.md", b"b")]}
        open_session(endpoint(fake.url, fake.key), form, {"language": ["German", "English"]}, files)
        assert fake.asked[-1].form == {"document": [FILE, ("b.md", b"b")], "language": ["German", "English"]}

    def test_empty(self):
        """What is None or empty is left out, and so are names that the form does not have."""
        with Scripted(reply(b'"s"')) as server:
            form = Schema("DOCS", PATH, (Field("a", "A", "text"), Field("b", "B", "text")))
            open_session(endpoint(server.url), form, {"a": None, "b": "", "c": "x"}, {})
            assert server.bodies == [None]

    @pytest.mark.parametrize("name", ["a.exe", "pdf", "a", "a.txt.sh"])
    def test_extension(self, name):
        """A file of another kind is refused before anything is sent."""
        with pytest.raises(RequestError, match="kind that can be read") as caught:
            opened(b'"s"', [Field("f", "F", "file")], files={"f": [(name, b"")]})
        assert ".docx" in caught.value.hint

    def test_required(self):
        """A form that is not complete is not sent."""
        with pytest.raises(RequestError, match="not complete: Name"):
            opened(b'"s"', [Field("n", "Name", "text", required=True)])

    @pytest.mark.parametrize(
        ("answer", "options", "found"),
        [
            (b'{"session_id": "s"}', {}, "s"),
            (b'{"session_id": 7}', {}, "7"),
            (b'{"ok": true, "data": {"session_id": "s"}}', {}, "s"),
            (b'"s"', {}, "s"),
            (b"s-1\n", {}, "s-1"),
            (b"7", {}, "7"),
            (b'{"id": "s"}', {"session_field": "id"}, "s"),
        ],
    )
    def test_identifier(self, answer, options, found):
        """The id is found in its field, one level down, or as all there is."""
        assert opened(answer, **options) == found

    @pytest.mark.parametrize("answer", [b"{}", b'{"session_id": null}', b'{"session_id": true}', b'[["s"]]', b'""'])
    def test_no_identifier(self, answer):
        """An answer without an id is an error that names the setting."""
        with pytest.raises(AnswerError, match="session_id") as caught:
            opened(answer)
        assert "session_field" in caught.value.hint

    def test_refused(self, fake):
        """What the endpoint says to a form is told."""
        form = Schema("DOCS", PATH, (Field("language", "L", "text"),))
        with pytest.raises(AnswerError, match="document: Field required"):
            open_session(endpoint(fake.url, fake.key), form, {"language": "German"}, {})


class TestRefused:
    """Whether an error is about the session."""

    def test_expired(self, fake):
        """A session that has expired is refused, and the page can offer a new one."""
        with ChatClient(endpoint(fake.url, fake.key)) as client, pytest.raises(EndpointError) as caught:
            client.complete([{"role": "user", "content": "hi"}], "DOCS", session_id="session-9")
        assert is_session_refused(caught.value)

    @pytest.mark.parametrize(
        ("error", "refused"),
        [
            (AnswerError("gone", status=410), True),
            (AnswerError("no", status=422, param="session_id"), True),
            (AnswerError("Session expired"), True),
            (AnswerError("Session expired", status=500), False),
            (AnswerError("no session_id here", status=422, kind="unsupported_param"), False),
            (AnswerError("Usecase unknown", status=404), False),
        ],
    )
    def test_others(self, error, refused):
        """Status and words say whether it is the session; a parameter that is not known is not."""
        assert is_session_refused(error) == refused
