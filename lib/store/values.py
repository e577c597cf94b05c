"""What goes into the store and comes out of it. Frozen values; `None` means unknown, never zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lib.documents import document
from lib.images import header
from lib.messages import Attached, Extras, Image, LinkedImage, Usage, WholeFile
from lib.model_choice import ModelChoice, Parameters
from lib.pricing.prices import Cost
from lib.store.scope import LOCAL, Scope


@dataclass(frozen=True)
class Turn:
    """Where one running answer is kept: the prompt's row, the answer's row and its row in the ledger."""

    conversation_id: str
    user_id: int
    message_id: int
    usage_id: int


def asked(choice: ModelChoice) -> dict[str, str | None]:
    """Return the columns of an answer that say how it was asked for."""
    return {"endpoint": choice.endpoint, "model": choice.model, "params": choice.parameters.dump() or None}


def chosen(choice: ModelChoice) -> dict[str, str | None]:
    """Return the columns of a conversation that say what was chosen last."""
    return {**asked(choice), "session_id": choice.session_id}


@dataclass(frozen=True)
class Conversation:
    """A conversation; `endpoint` and `model` are those of its latest turn, `updated_at` its latest activity.

    `purpose` is what it was begun for, which says on what page. One that is pinned stands first, one that is archived
    is not listed, but found. One with `expires_at` is temporary: neither listed nor found, and gone then.
    """

    id: str
    title: str
    owner: str
    endpoint: str
    model: str
    params: str | None
    session_id: str | None
    created_at: datetime
    updated_at: datetime
    purpose: str
    pinned_at: datetime | None = None
    archived_at: datetime | None = None
    expires_at: datetime | None = None
    project_id: int | None = None

    @property
    def choice(self) -> ModelChoice:
        """What was chosen for it last."""
        return ModelChoice(self.endpoint, self.model, Parameters.load(self.params), self.session_id)


@dataclass(frozen=True)
class StoredImage:
    """An image of a message: `id` is that of one that is kept, `url` of one that the endpoint fetches.

    `note` says what became of it on its way here, "" where nothing did.
    """

    id: str | None
    url: str | None
    detail: str
    note: str = ""


@dataclass(frozen=True)
class StoredContent:
    """The bytes of an image, and what they are."""

    media_type: str
    content: bytes = field(repr=False)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Its width and height, from the head of the file."""
        return header.pixels(self.content)

    def image(self, detail: str) -> Image:
        """Return it as a part of a prompt."""
        return Image(self.content, self.media_type, detail, self.pixels)


@dataclass(frozen=True)
class StoredMessage:
    """A message with the figures of its call.

    `parent_id`: the message before it; siblings have the same one. `continues_id`: the answer that it goes on from.
    `rating`: 1 or -1, what the person thought of it, and why in `rating_note`.
    `state`: streaming, completed, stopped, failed, incomplete or interrupted; a prompt is always completed.
    `model` is the one that was asked, `served_model` the one that answered, if it said so. `params` are those that an
    answer was asked for with, as lib.model_choice keeps them. `files` are those whose text is in that of a prompt.
    From `usage` on, everything comes from the ledger: it is `None` for a prompt and after a purge of the ledger.
    `cost` is in billionths of `currency`.
    """

    id: int
    conversation_id: str
    parent_id: int | None
    role: str
    text: str
    reasoning: str
    state: str
    created_at: datetime
    updated_at: datetime
    endpoint: str | None
    model: str | None
    params: str | None
    error_kind: str | None
    error: str | None
    hint: str | None
    finish_reason: str | None
    images: tuple[StoredImage, ...]
    usage: Usage | None
    served_model: str | None
    source: str | None
    ttft_ms: float | None
    duration_ms: float | None
    deltas: int | None
    closed_ms: float | None
    cost: int | None = None
    currency: str | None = None
    extras: Extras = field(default_factory=Extras)
    continues_id: int | None = None
    rating: int | None = None
    rating_note: str | None = None
    files: tuple[Attached, ...] = ()

    @property
    def typed(self) -> str:
        """What was typed of its text: all but its files."""
        return document.typed(self.text, self.files)


@dataclass(frozen=True)
class Removed:
    """A message that was deleted with all below it: how many they were, and where the branch ended that was shown."""

    message_id: int
    conversation_id: str
    leaf_id: int | None
    count: int


@dataclass(frozen=True)
class Queued:
    """A prompt that waits: `after_id` is the answer that it follows by itself if that ends well; else it is held.

    `choice` is what it will be asked of, `images` how many it has; `files` are those whose text is in that of it.
    """

    id: int
    conversation_id: str
    after_id: int | None
    text: str
    purpose: str
    choice: ModelChoice
    images: int = 0
    files: tuple[Attached, ...] = ()

    @property
    def typed(self) -> str:
        """What was typed of its text: all but its files."""
        return document.typed(self.text, self.files)


@dataclass(frozen=True)
class Share:
    """A link by which anyone reads a conversation, until it expires; None for never.

    `leaf_id` is where what it shows ends; None where it shows what comes later, too.
    """

    token: str
    conversation_id: str
    title: str
    owner: str
    leaf_id: int | None
    created_at: datetime
    expires_at: datetime | None
    with_params: bool


@dataclass(frozen=True)
class Entry:
    """What is kept to be used again, of a `kind`: a prompt, which has a `text`, or a preset or project.

    Those have a `choice`: who is to answer ("" for whoever does), and how. `id` is None before it is kept.
    """

    kind: str
    name: str
    text: str = ""
    choice: ModelChoice = field(default_factory=lambda: ModelChoice("", ""))
    id: int | None = None


@dataclass(frozen=True)
class Visit:
    """What the visitor of a link sees."""

    share: Share
    messages: tuple[StoredMessage, ...]


@dataclass(frozen=True)
class Vote:
    """What a voter thinks of a round of a comparison.

    `ballot` is None while nothing was voted; `blind`: without knowing who answered. `revealed_at` is when the names
    were shown.
    """

    id: int
    conversation_id: str
    round: str
    voter: str
    owner: str
    blind: bool
    ballot: str | None
    created_at: datetime
    voted_at: datetime | None
    revealed_at: datetime | None

    @property
    def is_hidden(self) -> bool:
        """Whether the voter is not to know yet who answered."""
        return self.blind and self.revealed_at is None


@dataclass(frozen=True)
class Room:
    """What a link opens by which a room votes: a round of somebody's comparison."""

    conversation_id: str
    round: str
    owner: str


@dataclass(frozen=True)
class Filter:
    """Which conversations are looked through: those of an endpoint, a model, a tag, a project, or from some days.

    `since` and `until` are moments; what goes on between them counts.
    """

    endpoint: str = ""
    model: str = ""
    tag: str = ""
    project: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Hit:
    """Something that was found: a conversation by its title, or a message in it.

    `pieces` are the title, or what stands around the words, and whether each piece is what was looked for.
    """

    conversation: Conversation
    message_id: int | None
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Part:
    """A conversation that is a part of another one, with the prompt and the answer that it ends with, if it has any."""

    conversation: Conversation
    prompt: StoredMessage | None
    answer: StoredMessage | None


@dataclass(frozen=True)
class Collection:
    """A conversation with parts, in short; `costs` has a sum, in billionths, for each currency."""

    conversation: Conversation
    parts: int
    answered: int
    costs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class FailedAttempt:
    """A call of the same turn that failed before the one whose outcome counts."""

    started_at: datetime
    duration_ms: float | None = None
    error_kind: str | None = None
    http_status: int | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How a turn ended, and what is known about it.

    `state`: completed, stopped, failed, incomplete or interrupted. `model`: the one that answered.
    `source` says what `usage` is: reported by the endpoint, estimated by us, or missing.
    `closed_ms`: how long closing the upstream connection took after Stop. `images`: how many were sent.
    `implausible`: the counts that the endpoint sent and that cannot be true, such as "prompt_tokens".
    `pictures`: the images that came with the answer.
    """

    state: str
    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    model: str | None = None
    usage: Usage | None = None
    source: str = "missing"
    ttft_ms: float | None = None
    duration_ms: float | None = None
    deltas: int | None = None
    closed_ms: float | None = None
    error_kind: str | None = None
    error: str | None = None
    hint: str | None = None
    http_status: int | None = None
    cost: Cost | None = None
    attempts: tuple[FailedAttempt, ...] = ()
    images: int | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None
    implausible: tuple[str, ...] = ()
    extras: Extras = field(default_factory=Extras)
    pictures: tuple[Image, ...] = ()


@dataclass(frozen=True)
class Call:
    """One row of the ledger: one upstream call, whatever became of it.

    `conversation_id` and `message_id` may name what no longer exists: the ledger outlives conversations.
    `cost` is in billionths of `currency`; `cost_usd` the same in dollars, if it is in dollars.
    `refused`: names of counts that could not be true, with commas. `origin`: "parley", or where it was imported from.
    `calls`: how many calls the row stands for, which is more than one only in imported ones.
    """

    id: int
    created_at: datetime
    endpoint: str
    provider: str
    model: str
    served_model: str | None
    purpose: str
    status: str
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    reasoning_tokens: int | None
    cached_tokens: int | None
    accepted_prediction_tokens: int | None
    rejected_prediction_tokens: int | None
    source: str
    ttft_ms: float | None
    duration_ms: float | None
    cost_usd: float | None
    finish_reason: str | None
    error_kind: str | None
    http_status: int | None
    deltas: int | None
    closed_ms: float | None
    conversation_id: str | None
    message_id: int | None
    owner: str
    images: int | None
    request_bytes: int | None
    response_bytes: int | None
    refused: str | None
    cost: int | None
    currency: str | None
    price_source: str | None
    price_version: str | None
    origin: str
    origin_id: str | None
    calls: int


@dataclass(frozen=True)
class ForeignCall:
    """A call, or the sum of several, that another program made and kept; `origin_id` is its name there."""

    origin: str
    origin_id: str
    created_at: datetime
    endpoint: str
    model: str
    provider: str = "openai"
    owner: str = LOCAL.owner
    purpose: str = "chat"
    status: str = "completed"
    usage: Usage | None = None
    calls: int = 1
    cost: Cost | None = None
    ttft_ms: float | None = None
    duration_ms: float | None = None
    error_kind: str | None = None
    http_status: int | None = None


@dataclass(frozen=True)
class ForeignMessage:
    """A message that another program kept. `parent` is the number of one before it among those of its conversation.

    `continues` is the number of the answer that it goes on from.
    """

    role: str
    text: str
    created_at: datetime
    updated_at: datetime
    parent: int | None = None
    reasoning: str = ""
    state: str = "completed"
    endpoint: str | None = None
    model: str | None = None
    params: str | None = None
    error_kind: str | None = None
    error: str | None = None
    hint: str | None = None
    finish_reason: str | None = None
    images: tuple[Image | LinkedImage, ...] = ()
    extras: Extras = field(default_factory=Extras)
    files: tuple[Attached, ...] = ()
    whole_files: tuple[WholeFile, ...] = ()
    rating: int | None = None
    rating_note: str | None = None
    continues: int | None = None


@dataclass(frozen=True)
class ForeignConversation:
    """A conversation that another program kept, every message behind its parent.

    `id` is the one that it has here, unless that is somebody else's. `leaf` is the number of the message that the
    branch that is shown ends with.
    """

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    messages: tuple[ForeignMessage, ...]
    leaf: int | None = None
    endpoint: str = ""
    model: str = ""
    params: str | None = None
    purpose: str = "chat"
    parts: tuple[ForeignConversation, ...] = ()
    project: str = ""
    tags: tuple[str, ...] = ()
    pinned_at: datetime | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True)
class TakenIn:
    """What was made of a conversation from elsewhere: the messages and images that are new, those of parts too."""

    id: str
    is_new: bool
    messages: int
    images: int


@dataclass(frozen=True)
class Target:
    """What is asked of whom, for whom, what for, and which process asks."""

    choice: ModelChoice
    provider: str
    scope: Scope
    purpose: str
    instance: str

    @property
    def call(self) -> dict[str, str | None]:
        """The columns of the ledger."""
        about = {
            "provider": self.provider,
            "owner": self.scope.owner,
            "purpose": self.purpose,
            "instance": self.instance,
        }
        return {"endpoint": self.choice.endpoint, "model": self.choice.model, **about}
