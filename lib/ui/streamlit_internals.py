"""What Streamlit keeps private and Parley rests on, all of it here.

Streamlit promises none of it. So the requirement is bounded to a minor version, and Streamlit is held to each piece by
tests/ui/test_streamlit_internals.py. When a new version breaks a piece, its docstring here says what it is for.
"""

from __future__ import annotations

import json
import re
import signal
import time
from base64 import b64encode
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st
import uvicorn
from streamlit import config, runtime
from streamlit.auth_util import get_cookie_with_chunks, get_secrets_auth_section
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import FragmentHandledException
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse, ForwardMsg
from streamlit.proto.Logo_pb2 import Logo
from streamlit.runtime import app_session, websocket_session_manager
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.fragment import _fragment, _FragmentLifetime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import _TRIGGER_PROTO_FIELDS, RerunData, ScriptRequestType
from streamlit.runtime.session_manager import SessionClientDisconnectedError
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.user_info import generate_login_redirect_url
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME, USER_COOKIE_NAME

STATIC = Path(st.__file__).parent / "static"  # its frontend: index.html, and beside it what that loads
# The first part of every address that it serves itself; login is among them.
ROOTS = ("_stcore", "static", "media", "component", "app", "auth", "oauth2callback", "manifest.json", "index.html")
TITLE = "<title>Streamlit</title>"
IMPORTED = re.compile(r'(?:from|import)"\./([\w.-]{1,100}\.js)"')  # by one of its scripts, beside which it lies ...
NAMED = re.compile(r'"\./static/js/([\w.-]{1,100}\.js)"')  # ... or by its index page
UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")  # the path that a session's file is put to
USER_COOKIE, TOKENS_COOKIE = USER_COOKIE_NAME, TOKENS_COOKIE_NAME  # who signed in, and what the provider gave
LOGIN, LOGOUT, CALLBACK = "auth/login", "auth/logout", "oauth2callback"
MEDIA = re.compile(r"(?<!/static)/media/([^/.]+)(?:\.[^/]*)?$")  # the path of a file that a page shows
KEPT_SECONDS = 120.0  # for which a session whose socket is gone can be come back to
FLUSH = 0.1  # seconds that the first words have for themselves: sent with the rest, they are drawn with the rest
HELD = 0.05  # seconds; most parts of a page are drawn in less
TOGETHER = 100  # messages at most that are sent in one go; Streamlit closes a socket that 500 of them wait for
PART = "part:"  # what the ids of such parts of a page begin with that say what they are of
UNSURE = 60.0  # seconds, for which a socket can be dead before the server learns of it
STEADY = 0.25  # seconds; Streamlit sends what is drawn every 5 ms, more seldom under load


def index(head: str, page: str | None = None) -> str:
    """Return Streamlit's index page with `head` in place of its title.

    Raises RuntimeError if the title is not there once: without our head the page would have no look and no scripts.
    """
    page = page or (STATIC / "index.html").read_text(encoding="utf-8")
    if page.count(TITLE) != 1:
        raise RuntimeError(
            f"Streamlit {st.__version__} no longer has {TITLE} once in its index.html, where Parley's stylesheet and "
            "scripts go in: install the version that requirements.txt asks for."
        )
    return page.replace(TITLE, head)


def scripts(*elements: str) -> list[str]:
    """Return the addresses of the scripts that draw these elements and that its index page does not name.

    It asks for them when it is to draw such an element, which on a first page is late. What it does not have is left
    out: nothing breaks without.
    """
    folder = STATIC / "static" / "js"
    named = set(NAMED.findall((STATIC / "index.html").read_text(encoding="utf-8")))
    wanted = [path.name for element in elements for path in folder.glob(f"{element}.*.js")]
    found: dict[str, None] = {}
    while wanted:
        name = wanted.pop()
        if name not in found and name not in named:
            found[name] = None
            wanted += IMPORTED.findall((folder / name).read_text(encoding="utf-8"))
    return [f"./static/js/{name}" for name in found]


def logo(image: bytes) -> None:
    """Draw an SVG image as st.logo does, large: to look at any image, that one first loads numpy and Pillow (40 MB)."""
    message = ForwardMsg()
    message.logo.image = f"data:image/svg+xml;base64,{b64encode(image).decode()}"
    message.logo.image_type, message.logo.size = Logo.ImageType.IMAGE, "large"
    if context := get_script_run_ctx():
        context.enqueue(message)


def session() -> str | None:
    """Return the id of the browser session whose run this is; None outside of runs."""
    context = get_script_run_ctx()
    return context.session_id if context else None


def claims() -> dict[str, Any]:
    """Return what is known of who opened this session, as st.user has it; nothing outside of runs.

    It is what the cookie or the proxy said when the session began, and stays so.
    """
    context = get_script_run_ctx()
    return dict(context.user_info) if context else {}


def claims_of(session: str) -> dict[str, Any] | None:
    """Return the same of any session; None for one that there is not."""
    info = runtime.get_instance()._session_mgr.get_session_info(session)
    return dict(info.session._user_info) if info else None


def showing(file: str) -> set[str]:
    """Return the sessions whose pages show a media file now, or have the button that it was made for."""
    shown = runtime.get_instance().media_file_mgr._files_by_session_and_coord
    return {session for session, files in list(shown.items()) if file in list(files.values())}


class OwnFiles(DeferredFileHandler):
    """Makes the file of a button when it is asked for: for the session that has the button, and for no other.

    Streamlit makes it for whoever names it and notes nowhere for whom, so that the next runs of others take it away.
    """

    async def handle(self, request: BackendOperationRequest, session_id: str) -> BackendOperationResponse:
        """Answer with the file's address. The file is on the session's page from then on."""
        manager, button = self._get_media_file_mgr(), request.deferred_file.file_id
        if button not in manager._deferred_ids_by_session.get(session_id, ()):
            return BackendOperationResponse(request_id=request.request_id, error_msg="Not found")
        made = await super().handle(request, session_id)
        if found := MEDIA.search(made.deferred_file.url):
            with manager._lock:
                manager._files_by_session_and_coord[session_id][f"made-{button}"] = found[1]
        return made


def keep_files_apart() -> None:
    """Have every session from now on make its own files only."""
    app_session.DeferredFileHandler = OwnFiles  # type: ignore[attr-defined]  # it has no other seam


class OwnSession(AppSession):
    """A session in which what a person presses or sends comes once, and a part of the page is sent in one piece.

    The browser has it for a moment among the states of all widgets before it sends them. A part of the page whose time
    it is to draw itself anew (run_every) sends them too: a prompt would be taken from both messages, and sent twice.
    The browser's own always follows, so that of the part has no say.

    Each message has the browser go through all of the page: that a part is being drawn, that it runs, and each piece
    that is drawn of it. Sent in one go, it does so once (see static/turns.js).
    """

    _held_until = 0.0
    # The ids of the parts of the page that may keep what is in them, and when they were sent, by their names.
    parts: Mapping[str, tuple[str, float]] = {}

    def request_rerun(self, client_state: ClientState | None) -> None:
        """Ask for a run, by a message of the browser or, with None, as the last one was."""
        if client_state and client_state.is_auto_rerun:
            widgets = client_state.widget_states.widgets
            kept = [each for each in widgets if each.WhichOneof("value") not in _TRIGGER_PROTO_FIELDS]
            del widgets[:]
            widgets.extend(kept)
        super().request_rerun(client_state)

    def flush_browser_queue(self) -> list[ForwardMsg]:
        """Return what is to be sent now: nothing yet of a part of the page that has just begun to be drawn.

        Of several all but the last are sent here: Streamlit lets others take their turn behind each that it sends, so
        that they come to the browser one by one, and have it draw the page for each.
        """
        if time.monotonic() < self._held_until:
            return []
        found = super().flush_browser_queue()
        sent = [id for each in found if (id := each.delta.add_block.id).startswith(PART)]
        if sent:
            now = time.monotonic()
            self.parts = {**self.parts, **{id.removeprefix(PART).partition("=")[0]: (id, now) for id in sent}}
        own = runtime.get_instance() if 1 < len(found) <= TOGETHER else None
        to = own._session_mgr.get_active_session_info(self.id) if own else None
        if own is None or to is None:  # its browser may have gone while those before it had their turn
            return found
        with suppress(SessionClientDisconnectedError):  # Streamlit learns of it by the last
            for each in found[:-1]:
                own._send_message(to, each)
        return found[-1:]

    def disconnect_file_watchers(self) -> None:
        """Do what Streamlit has done when the socket is gone; what was sent last may not have come."""
        since = time.monotonic() - UNSURE
        self.parts = {name: part for name, part in self.parts.items() if part[1] < since}
        super().disconnect_file_watchers()

    def _enqueue_forward_msg(self, msg: ForwardMsg) -> None:
        kind = msg.WhichOneof("type")
        if kind == "new_session" and msg.metadata.run.fragment_ids:
            self.hold()
        elif kind in ("new_session", "script_finished"):
            self._held_until = 0.0
        super()._enqueue_forward_msg(msg)

    def hold(self) -> None:
        """Send nothing for a moment. In the loop of the server."""
        self._held_until = time.monotonic() + HELD
        self._event_loop.call_later(HELD, self._message_enqueued_callback or int)

    def let_go(self) -> None:
        """Send what is held. In the loop of the server."""
        self._held_until = 0.0
        if self._message_enqueued_callback:
            self._message_enqueued_callback()


def hold_drawn() -> None:
    """Have what this run draws from now on sent in one go: by `send_drawn`, at the latest after a moment."""
    if own := _own():
        own._call_soon_on_event_loop(own.hold)


def send_drawn() -> None:
    """Send what this run has drawn so far: what follows takes its time."""
    if own := _own():
        own._call_soon_on_event_loop(own.let_go)


def _own() -> OwnSession | None:
    """Return the session whose run this is; None outside of runs, and where it is none of ours."""
    context = get_script_run_ctx(suppress_warning=True)
    manager = getattr(runtime.get_instance(), "_session_mgr", None) if runtime.exists() else None  # AppTest has none
    info = manager.get_session_info(context.session_id) if context and manager else None
    return info.session if info and isinstance(info.session, OwnSession) else None


def keep_sessions() -> None:
    """Have every session from now on be one of ours."""
    websocket_session_manager.AppSession = OwnSession  # type: ignore[attr-defined]  # it has no other seam


def believe(headers: Mapping[str, str]) -> None:
    """Have these headers be claims, by name. Who may send them is for others to see to: Streamlit asks nobody."""
    config.set_option("server.trustedUserHeaders", dict(headers))


def believed() -> Mapping[str, str]:
    """Return the headers that are claims."""
    return config.get_option("server.trustedUserHeaders") or {}


def signed_in(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims in the cookies of a browser, nothing where there are none or they are not ours."""

    def read(name: str) -> bytes | None:
        return decode_signed_value(get_cookie_secret(), name, cookies[name].encode()) if name in cookies else None

    try:
        found = json.loads(get_cookie_with_chunks(read, USER_COOKIE) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def sign(claims: Mapping[str, Any]) -> str:
    """Return the cookie of these claims."""
    return create_signed_value(get_cookie_secret(), USER_COOKIE, json.dumps(dict(claims))).decode()


def login_address(provider: str) -> str:
    """Return where a login with a provider begins; the address is good for a few minutes."""
    return generate_login_redirect_url(provider)


def go(address: str) -> None:
    """Have the browser leave this page for another address of ours."""
    if context := get_script_run_ctx():
        context.enqueue(_leading(address))


def leading(address: str) -> bytes:
    """Return what a socket sends to have the browser leave its page for another address of ours."""
    data: bytes = _leading(address).SerializeToString()
    return data


def _leading(address: str) -> ForwardMsg:
    message = ForwardMsg()
    message.auth_redirect.url = address
    return message


def sessions() -> int:
    """Return how many browser sessions have a socket now."""
    return len(runtime.get_instance()._session_mgr.list_active_sessions()) if runtime.exists() else 0


def page() -> str:
    """Return what tells the page whose run this is from others in the log, "" outside of runs.

    Not the session's id itself: whoever has that can send files to it.
    """
    context = get_script_run_ctx(suppress_warning=True)
    return sha256(context.session_id.encode()).hexdigest()[:12] if context else ""


def leave(address: str = "") -> None:
    """End the login of this browser, and go where the provider, or the proxy at `address`, ends its own."""
    if address:
        go(address)
    else:
        st.logout()


def held(session: str) -> int:
    """Return the bytes of a session's files that Streamlit has in memory."""
    files = runtime.get_instance().uploaded_file_mgr.file_storage.get(session, {})  # type: ignore[attr-defined]
    return sum(len(file.data) for file in list(files.values()))


def held_in_all() -> int:
    """Return the bytes of all sessions' files that Streamlit has in memory."""
    storage = runtime.get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return sum(map(held, list(storage)))


def uploaded(but: Container[str] = ()) -> dict[str, tuple[str, bytes]]:
    """Return the names and bytes of this session's files by their ids, `but` for some: also those not sent yet.

    They come as soon as they are chosen, in any order; st.chat_input tells of them with the prompt. By name here.
    """
    context = get_script_run_ctx()
    storage = getattr(context.uploaded_file_mgr, "file_storage", {}) if context else {}
    files = storage.get(context.session_id, {}) if context else {}
    found = ((id, file.name, file.data) for id, file in list(files.items()) if id not in but)
    return {id: (name, data) for id, name, data in sorted(found, key=lambda each: each[1])}


def bound_the_end(seconds: int) -> None:
    """Have the server wait only so long for its connections when it is to end, if nobody said how long.

    Streamlit does not let that be set, and without it a browser that does not read what it asked for, as that of a
    laptop that sleeps, holds up the end for good.
    """
    server = serving()
    if server and server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = seconds


def serving() -> uvicorn.Server | None:
    """Return the server that this runs in, found as what takes the sign to end; None in another one."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return server if isinstance(server, uvicorn.Server) else None


def has_login() -> bool:
    """Return whether Streamlit itself lets people sign in: its secrets may lie elsewhere than ours."""
    return bool(get_secrets_auth_section())


def release() -> None:
    """Give back what sessions hold that nobody can come back to: Streamlit does so when another one ends, or never.

    To be called in the loop of the server.
    """
    own = runtime.get_instance()
    sessions = own._session_mgr
    with sessions._storage_lock:  # type: ignore[attr-defined]
        gone = sessions._session_storage._cache.expire()  # type: ignore[attr-defined]
    for _, info in gone:
        info.session.shutdown()
        info.session.session_state.clear()  # the session itself stands in circles, and may stay for long
    for session in list(own.uploaded_file_mgr.file_storage):  # type: ignore[attr-defined]
        if sessions.get_session_info(session) is None:
            own.uploaded_file_mgr.remove_session_files(session)


def is_kept(session: str) -> bool:
    """Return whether a browser session is open, or can be come back to."""
    return runtime.get_instance()._session_mgr.get_session_info(session) is not None


def forget(file: object) -> None:
    """Free the bytes of an upload of this session: Streamlit would keep them as long as the browser's tab is open."""
    context = get_script_run_ctx()
    if context and isinstance(file, UploadedFile):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)  # type: ignore[attr-defined]


def draw_growing(text: str, place: DeltaGenerator) -> None:
    """Draw markdown that is not finished: what it leaves open is closed, until more of it comes.

    As st.write_stream does, which ends by sending all of it once more, and first loads pandas (90 MB).
    """
    place._markdown(text, unterminated_parsing=True)


def yield_to_clicks(key: str | None = None) -> None:
    """Let Streamlit end this run if the person has done something: any look at the session does.

    For a click inside of a fragment it would not: that waits for the end of a run, which may follow an answer for
    minutes. So the fragment of `key`, which is being drawn, asks to be drawn again behind the one that was clicked in.
    """
    context = get_script_run_ctx()
    requests = context.script_requests if context else None
    is_asked = requests is not None and requests._state is ScriptRequestType.RERUN
    if context and requests and key and is_asked and not requests._rerun_data.is_auto_rerun:
        again = RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=context.fragment_storage.resolve_target(key),
            is_fragment_scoped_rerun=True,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
        requests.request_rerun(again)
    st.session_state.get("view")


def fragment(body: Callable[[int], object], key: str) -> Callable[[int], object]:
    """Return `body` as a fragment that stays when the fragment that draws it runs again without it."""
    return _fragment(body, key=key, lifetime=_FragmentLifetime.FULL_APP_SCOPED)  # type: ignore[return-value]


def is_shown(error: Exception) -> bool:
    """Return whether an error stands on the page already: each fragment around the one it comes from tells it on."""
    return isinstance(error, FragmentHandledException)


def bare(place: DeltaGenerator | None = None, id: str = "") -> DeltaGenerator:
    """Return a container that is none on the page: what is drawn in it stands in the one around it.

    Streamlit has one like it for what a fragment draws elsewhere. Any other is two elements of the page, and for each
    update of an answer the browser goes through those of all containers around it.
    """
    block = Block(id=id, allow_empty=True)
    block.transparent.SetInParent()
    return (place or st._main)._block(block)  # where `with` says, as all that is drawn


def emptied(id: str = "") -> DeltaGenerator:
    """Return a bare container that is emptied at once of what the last run drew in it.

    Streamlit keeps what a run does not draw again until that run ends, which for a running answer is a long time. Its
    page has a container take on what is in the one before in its place if both are of one kind, so one of another kind
    comes first.
    """
    place = st.empty()
    place.container()
    return bare(place, id)


def fresh(name: str, of: object) -> DeltaGenerator:
    """Return a bare container that is emptied at once, unless what the page has by that name is `of` the same.

    What was drawn need not be on the page: a run that the next one follows at once was never sent.
    """
    id, own = f"{PART}{name}={of!r}", _own()
    known, _ = own.parts.get(name, ("", 0.0)) if own else ("", 0.0)
    return bare(id=id) if known == id else emptied(id)
