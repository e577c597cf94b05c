"""A browser without a screen: it opens a page's socket, types prompts, and reads what the page shows, by the protocol.

A hundred of them cost less than one Chromium. It comes back by itself when its socket is cut, as the page does.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

SECONDS = 60.0  # that a run of a page may take
RERUN = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN
AGAIN_SECONDS = 0.5  # between two attempts to come back, as the page has it at first
NEVER = float("-inf")
TOKEN = re.compile(r"_streamlit_xsrf=([^;]+)")


@dataclass
class Client:
    """One page at `url`, the address of Parley; `cookie` and `headers` are sent along.

    `texts` are what it shows, by their place, `frames` all that it was sent since its last run began, as it came.
    """

    url: str
    cookie: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    tls: ssl.SSLContext | None = None
    texts: dict[tuple[int, ...], str] = field(default_factory=dict)
    connected_at: float = NEVER
    lost_at: float = NEVER
    socket: ClientConnection | None = None
    session: str = ""
    errors: list[str] = field(default_factory=list)
    outages: list[float] = field(default_factory=list)  # seconds, each from the loss of a socket to the page's return
    on_text: Callable[[str], None] = lambda _: None
    frames: list[bytes] | None = None  # None: it keeps none
    pages: dict[str, str] = field(default_factory=dict)  # their hashes by their paths
    _input: str = ""
    _script: str = ""
    _still: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether its socket is open and its page is being drawn, or was."""
        return self.connected_at > self.lost_at

    @property
    def shown(self) -> str:
        """All the text of the page."""
        return "\n".join(self.texts[place] for place in sorted(self.texts))

    async def open(self) -> None:
        """Open the page, and keep it open from now on."""
        self._task = asyncio.create_task(self._stay())

    async def close(self) -> None:
        """Close it for good."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self.socket:
            await self.socket.close()

    def cut(self) -> None:
        """Cut the connection, as a network does."""
        if self.socket:
            self.socket.transport.abort()

    async def until(self, holds: Callable[[Client], object], seconds: float = 30.0) -> None:
        """Wait until something holds of what is shown."""
        deadline = time.monotonic() + seconds
        while not holds(self):
            assert time.monotonic() < deadline, f"waited too long; shown: {self.shown[-500:]!r}"
            await asyncio.sleep(0.02)

    async def ask(self, prompt: str) -> None:
        """Type a prompt into the box at the foot of the page, and send it."""
        await self.until(lambda client: client.is_connected and client._input)
        message = self._rerun()
        state = message.rerun_script.widget_states.widgets.add()
        state.id = self._input
        state.chat_input_value.data = prompt
        await self.say(message)

    async def run(
        self, page: str = "", query: str = "", widgets: Iterable[WidgetState] = (), *before: BackMsg
    ) -> bytes:
        """Have a page run with such an address and widgets, once `before` was said; return what it was sent until then.

        That is as it came: whoever looks for a text in it looks at all there is.
        """
        message = self._rerun()
        message.rerun_script.query_string = query
        message.rerun_script.page_script_hash = self.pages.get(page, "")
        message.rerun_script.page_name = "" if page in self.pages else page
        message.rerun_script.widget_states.widgets.extend(widgets)
        return await self.answered(*before, message)

    async def answered(self, *messages: BackMsg) -> bytes:
        """Say something that has the page drawn, or a part of it; return what it was sent until that was."""
        await self.still()
        self.frames = []
        self._still.clear()
        for each in messages:
            await self.say(each)
        await self.still()
        return b"".join(self.frames)

    async def say(self, message: BackMsg) -> None:
        """Say anything."""
        if self.socket:
            await self.socket.send(message.SerializeToString())

    async def still(self) -> None:
        """Wait until the page has been drawn."""
        await asyncio.wait_for(self._still.wait(), SECONDS)

    async def _stay(self) -> None:
        while True:
            try:
                await self._live()
            except (OSError, WebSocketException, TimeoutError) as error:
                self.errors.append(type(error).__name__)
            if self.is_connected:
                self.lost_at = time.monotonic()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _live(self) -> None:
        host = urlsplit(self.url)
        scheme = "wss" if host.scheme == "https" else "ws"
        origin: Any = f"{host.scheme}://{host.netloc}"
        token = TOKEN.search(self.cookie)
        said = token[1] if token else "PLACEHOLDER_AUTH_TOKEN"  # without which no cookie says who comes
        protocols: Any = ["streamlit", said, *([self.session] if self.session else [])]
        headers = {**self.headers, **({"Cookie": self.cookie} if self.cookie else {})}
        address = f"{scheme}://{host.netloc}/_stcore/stream"
        about: dict[str, Any] = {"ssl": self.tls} if self.tls else {}
        async with connect(
            address,
            origin=origin,
            subprotocols=protocols,
            additional_headers=headers,
            max_size=None,
            open_timeout=10,
            compression=None,
            proxy=None,
            **about,
        ) as self.socket:
            await self.say(self._rerun())
            async for frame in self.socket:
                self._receive(frame if isinstance(frame, bytes) else frame.encode())
        raise websockets.ConnectionClosedError(None, None)

    def _rerun(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self._script
        message.rerun_script.context_info.timezone = "UTC"
        message.rerun_script.context_info.url = self.url
        return message

    def _receive(self, frame: bytes) -> None:
        if self.frames is not None:
            self.frames.append(frame)
        self._take(ForwardMsg.FromString(frame))

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._arrive()
            self.session = message.new_session.initialize.session_id or self.session
            self._script = message.new_session.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "navigation":
            self.pages = {each.url_pathname: each.page_script_hash for each in message.navigation.app_pages}
        elif kind == "script_finished" and message.script_finished != RERUN:
            self._still.set()
        elif kind == "delta":
            self._draw(tuple(message.metadata.delta_path), message)

    def _arrive(self) -> None:
        if not self.is_connected:
            self.connected_at = time.monotonic()
            if self.lost_at != NEVER:
                self.outages.append(self.connected_at - self.lost_at)

    def _draw(self, place: tuple[int, ...], message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type") if message.delta.HasField("new_element") else None
        if kind == "chat_input":
            self._input = element.chat_input.id
        text = element.markdown.body if kind == "markdown" else element.text.body if kind == "text" else ""
        for below in [known for known in self.texts if known[: len(place)] == place]:
            del self.texts[below]
        if text:
            self.texts[place] = text
            self.on_text(text)
