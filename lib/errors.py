"""The errors Parley raises, all of them fit to show to a person.

ChatError                  root: what happened (str), what to do next (.hint), .kind, .retry_after
├── EndpointError          an upstream call failed; also .status, .param
│   ├── RequestError       no answer came: connection, timeout
│   └── AnswerError        an answer came and it is an error, or cannot be used: every other kind
├── ConfigError            a setting is wrong; names the variable          (kind "config")
├── StoreError             the database cannot be read or written         (kind "store")
├── ImageError             a picture cannot be taken or fetched           (kind "image")
├── DocumentError          a file cannot be read as text                  (kind "document")
├── BudgetError            what may be spent in a period is spent         (kind "budget")
│   └── LimitError         somebody may not ask that, or not so often     (kind "limit")
├── SignInError            who asks is not signed in, or not any more     (kind "sign_in")
└── BusyError              as many answers are running as are allowed     (kind "overloaded")
    └── AnsweringError     this conversation is still being answered

Kinds of EndpointError: auth, permission, payment, rate_limit, overloaded, not_found, bad_request,
unsupported_param, context_length, content_filter, server, timeout, connection, truncated, protocol, upstream.
"""

from __future__ import annotations

HINTS = {
    "auth": "Check the API key of this endpoint.",
    "permission": "Ask whoever runs this endpoint to allow this key to use this model.",
    "payment": "Check the account's credits and quota with the provider.",
    "rate_limit": "Wait a moment, then press Retry.",
    "overloaded": "Wait a moment, then press Retry.",
    "not_found": "Check the base URL and the model name of this endpoint.",
    "bad_request": "Check the model name and the request parameters.",
    "unsupported_param": "Remove the parameter that the endpoint names, then press Retry.",
    "context_length": "Start a new chat or shorten the prompt.",
    "content_filter": "Rephrase the prompt: the provider's content filter refused it.",
    "server": "Press Retry; if it stays, the endpoint's own log says more.",
    "timeout": "Press Retry; if it stays, the endpoint is too slow or not reachable from here.",
    "connection": "Check that the endpoint is running and that the base URL is right, then press Retry.",
    "truncated": "Press Retry: the answer ended before it was complete.",
    "protocol": "Check the base URL: what answered does not speak the chat completions protocol.",
    "upstream": "Press Retry; if it stays, ask whoever runs the endpoint.",
    "config": "Correct the setting, then start Parley again.",
    "budget": "Choose another model, or ask whoever runs Parley for a larger budget.",
    "limit": "Wait a moment, then send again.",
    "sign_in": "Load the page again to sign in.",
    "store": "Check that the database is reachable, writable and has space left.",
    "document": "Save it as PDF or as plain text, then attach that.",
    "image": "Save the picture as PNG or JPEG, then add it again.",
}


class ChatError(Exception):
    """Root of the tree: `str(error)` says what happened, `.hint` what to do next."""

    kind = "upstream"

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind or type(self).kind
        self.hint = hint or HINTS.get(self.kind, "")
        self.retry_after = retry_after


class EndpointError(ChatError):
    """An upstream call failed. `.status` is the HTTP status, if one came; `.param` the refused parameter."""

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
        status: int | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message, kind=kind, hint=hint, retry_after=retry_after)
        self.status = status
        self.param = param


class RequestError(EndpointError):
    """No answer came, or it broke off: connection, timeout."""

    kind = "connection"


class AnswerError(EndpointError):
    """The answer is an error, or is not what the protocol says."""


class ConfigError(ChatError):
    """A setting is wrong; the message names it, what was expected, and an example."""

    kind = "config"

    @classmethod
    def expected(cls, what: str, form: str, example: str, hint: str | None = None) -> ConfigError:
        """Return the error of a setting, `what` it is, that has not the form that was expected."""
        return cls(f"{what}: expected {form}, for example {example}", hint=hint)


class StoreError(ChatError):
    """The database cannot be read or written."""

    kind = "store"


class ImageError(ChatError):
    """A picture cannot be taken: too large, damaged, of an unknown kind, or at an address that is not fetched from."""

    kind = "image"


class DocumentError(ChatError):
    """A file cannot be read as text: damaged, protected, too large, or of a kind that has none."""

    kind = "document"


class BudgetError(ChatError):
    """What may be spent in a month, a week or a day is spent."""

    kind = "budget"


class LimitError(BudgetError):
    """Somebody may not ask that model, or not so often, or not so much at once."""

    kind = "limit"


class SignInError(ChatError):
    """Nobody is signed in, or who was may not come in any more."""

    kind = "sign_in"


class BusyError(ChatError):
    """As many answers are running in this process as are allowed."""

    kind = "overloaded"


class AnsweringError(BusyError):
    """A conversation is being answered, and takes no other prompt until that has ended."""
