"""What is asked: the conversation so far as an endpoint gets it, with its instructions and parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lib.api import ChatClient, Stream
from lib.config import Endpoint
from lib.generations import context, whole_files
from lib.messages import Attached, Image, LinkedImage, Message, WholeFile
from lib.model_choice import ModelChoice, Parameters
from lib.store import Chats, StoredContent, StoredImage, StoredMessage, Turn

# What asks for the rest of an answer. Endpoints have parameters of their own for that, or none; words all understand.
GO_ON = (
    "Your answer above was cut off. Go on with it exactly where it ends, in the middle of a word if need be."
    " Repeat nothing of it, and say nothing about this."
)
PICTURE = "(a picture)"  # an answer without words
Load = Callable[[str], StoredContent | None]


@dataclass(frozen=True)
class Request:
    """What a client is asked: `messages` with the instructions, of a `model` (None: the endpoint's own).

    `params` are those of the wire. `in_session`: whether it goes on with a session of a use case.
    """

    messages: Sequence[Message]
    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    streams: bool = False
    debug: bool = False
    in_session: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """The parameters, and whether it streams."""
        return {"stream": self.streams, **self.params}

    def send(self, client: ChatClient) -> Stream:
        """Return its stream, which sends it when it is first iterated."""
        ask = client.stream if self.streams else client.single
        return ask(self.messages, self.model, debug=self.debug, **self.params)


def request_for(endpoint: Endpoint, choice: ModelChoice, messages: Sequence[Message]) -> Request:
    """Return the request that a choice means at an endpoint, the instructions before its messages."""
    wanted = choice.parameters
    return Request(
        [*instructions(endpoint, choice), *whole_files.taken(endpoint, choice.model, messages)],
        choice.model or None,
        params(endpoint, choice),
        streams=wanted.stream,
        debug=wanted.debug,
        in_session=bool(choice.session_id),
    )


def following(chats: Chats, endpoint: Endpoint, choice: ModelChoice, turn: Turn, prompt: Message) -> Request:
    """Return the request for the answer of a turn that goes on with its conversation; `prompt` is the turn's own."""
    said = history(chats, turn.conversation_id, choice.parameters, before=turn.user_id)
    return request_for(endpoint, choice, [*said, prompt])


def answering(chats: Chats, endpoint: Endpoint, choice: ModelChoice, conversation_id: str, message_id: int) -> Request:
    """Return the request for the answer `message_id`: everything that stands before it, its prompt last."""
    return request_for(endpoint, choice, history(chats, conversation_id, choice.parameters, before=message_id))


def rebuilt(chats: Chats, endpoint: Endpoint, message: StoredMessage) -> Request:
    """Return the request of a stored answer, made again from what is stored."""
    conversation = chats.get(message.conversation_id)
    session_id = conversation.session_id if conversation else None
    choice = ModelChoice(endpoint.name, message.model or "", Parameters.load(message.params), session_id)
    return answering(chats, endpoint, choice, message.conversation_id, message.id)


def instructions(endpoint: Endpoint, choice: ModelChoice) -> list[Message]:
    """Return the system message that goes first, if there is one: the conversation's, else the endpoint's own."""
    text = choice.parameters.system or endpoint.system
    return [Message("system", text)] if text else []


def params(endpoint: Endpoint, choice: ModelChoice) -> dict[str, Any]:
    """Return the request parameters that a choice means at an endpoint: its own, the session, how much to think."""
    session = {endpoint.session_param: choice.session_id} if choice.session_id else {}
    effort = endpoint.preset.efforts.get(choice.parameters.effort, {})
    return {**session, **effort, **choice.parameters.request()}


def history(chats: Chats, conversation_id: str, wanted: Parameters, before: int) -> list[Message]:
    """Return what is sent of what was said before the message `before`, and the prompt that it answers.

    A prompt that got no answer stays out, as does what is not `wanted`.
    For an answer that goes on from another one, this is followed by that one, and by what asks for the rest.
    """
    load = cache(chats.image)  # an image that several prompts have is read once
    branch = chats.path(conversation_id, until=before)
    if not branch:
        return []
    said = [_message(message, load) for message in context.answered(branch[:-1])]
    return [*context.sent(said, wanted), *_unfinished(chats, branch[-1])]


def _unfinished(chats: Chats, message: StoredMessage) -> list[Message]:
    """Return what an answer goes on from, and that it is to do so; nothing for one that begins."""
    before = chats.message(message.continues_id) if message.continues_id else None
    return [Message("assistant", before.text), Message("user", GO_ON)] if before else []


def _message(message: StoredMessage, load: Load) -> Message:
    """Return a message as it is sent; of images in an answer that there were some: endpoints take none from there."""
    if message.role == "assistant":
        return Message("assistant", message.text or PICTURE)
    images = tuple(_image(image, load) for image in message.images)
    return Message(message.role, message.text, images, message.files, tuple(whole(message.files, load)))


def whole(files: Sequence[Attached], load: Load) -> Iterator[WholeFile]:
    """Give those of some files that go as they are, as far as they are kept: of the others there are the texts."""
    for file in files:
        if content := load(file.whole) if file.whole else None:
            yield WholeFile(content.content, content.media_type, file.name, file.pages or 0)


def _image(image: StoredImage, load: Load) -> Image | LinkedImage:
    content = load(image.id) if image.id else None
    return content.image(image.detail) if content else LinkedImage(image.url or "", image.detail)
