"""The room votes: the link and its QR code for the phones there, how many have voted, and the end of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st

from lib import runtime
from lib.compare import audience
from lib.compare.rounds import Round
from lib.errors import ChatError
from lib.ui import mine, problems
from lib.ui.chat import sharing
from lib.ui.numbers import many

MAX_LINKS = 1_000  # that this process remembers
LOOK = 1.5  # seconds after which it is counted anew
HINT = "Phones in the room open this round by a link or QR code and vote on it, without names and without a login."
SHOW = "What the screen shows sways those who have not voted yet"
CLOSED = "Closes the link; the votes stay"
ALONE = (
    "Phones cannot reach this Parley: it listens on {address} only. Have it listen on this machine's own address, "
    "behind a login (`STREAMLIT_SERVER_ADDRESS`), open it there, and make the link anew."
)
HERE = (
    "A phone that opens this link asks itself: this page was opened as {host}. Open Parley under the address or name "
    "of this machine, and make the link there."
)
OPEN = "Whoever can reach this Parley can open the rest of it too: it has no login."

# By owner, comparison and round: a page that is loaded anew shows the code again. The store has only hashes of them.
_links: OrderedDict[tuple[str, str, str], str] = OrderedDict()


def draw(id: str, number: int, round: Round, letters: Mapping[str, str], *, is_hidden: bool) -> None:
    """Draw the way for a room to vote on a round while its names are hidden, and what it has voted."""
    with st.container(key=f"room-{number}"):
        is_open = is_hidden and mine.votes().has_room(id, round.key)
        if is_open:
            _open(id, number, round)
        elif is_hidden:
            _button("room-open", "Let the room vote", ":material/qr_code_2:", HINT, number, _begin, id, round.key)
        every = LOOK if is_open else None
        st.fragment(_tally, run_every=every, key=f"tally-{number}")(id, number, round, letters, is_open=is_open)


def _button(name: str, label: str, icon: str, tip: str, number: int, then: object, *args: object) -> None:
    key = f"{name}-{number}"
    st.button(label, key=key, type="tertiary", icon=icon, help=tip, on_click=then, args=args)  # type: ignore[arg-type]


def _begin(id: str, round: str) -> None:
    try:
        _links[mine.scope().owner, id, round] = mine.votes().open_room(id, round)
        while len(_links) > MAX_LINKS:
            _links.popitem(last=False)
    except ChatError as error:
        st.toast(problems.sentences(error))


def _end(id: str, round: str) -> None:
    with problems.shown():
        mine.votes().close_room(id, round)


def _open(id: str, number: int, round: Round) -> None:
    token = _links.get((mine.scope().owner, id, round.key))
    if token:
        _link(number, sharing.address(token, "vote"))
    else:
        st.caption("The room votes by a link that was made before Parley began here. A new one leaves that open.")
        tip = "Makes another link to this round"
        _button("room-open", "Show a code", ":material/qr_code_2:", tip, number, _begin, id, round.key)


def _link(number: int, link: str) -> None:
    with st.container(key=f"room-link-{number}", horizontal=True, vertical_alignment="center", gap="medium"):
        st.image(code(link), width=220, alt=f"QR code of {link}")
        with st.container(gap="small"):
            st.code(link, language=None, wrap_lines=True)
            problem = unreachable(link, st.get_option("server.address") or "")
            if problem:
                st.warning(problem)
            elif not runtime.current().settings.accounts.is_on:
                st.caption(OPEN)


def code(link: str) -> str:
    """Return the QR code of a link as SVG, dark on white also where the page is dark: cameras want that."""
    import segno  # late: few show one

    return str(segno.make(link, error="m").svg_inline(scale=8, border=4, dark="#14171A", light="#FFFFFF"))


def unreachable(link: str, listened: str) -> str:
    """Return why no phone can open a link, "" if one may: what is listened on, or how this page was opened."""
    host = urlsplit(link).hostname or ""
    if not _is_loopback(host):
        return ""
    return ALONE.format(address=listened) if _is_loopback(listened) else HERE.format(host=host or "localhost")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


def _tally(id: str, number: int, round: Round, letters: Mapping[str, str], *, is_open: bool) -> None:
    """Say how many have voted, and once that is wanted or the room is closed, what."""
    if is_open and not mine.votes().has_room(id, round.key):
        st.rerun()
    found = audience.tally([vote for vote in mine.votes().of(id) if vote.round == round.key])
    if not (is_open or found.votes):
        return
    with st.container(key=f"room-tally-{number}", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{many(found.votes, 'phone')}** voted")
        if is_open:
            _button("room-close", "Close the vote", ":material/lock:", CLOSED, number, _end, id, round.key)
        if not is_open or st.toggle("Show votes", key=f"room-show-{number}", help=SHOW):
            firsts = [f"{letter} is best: **{found.firsts[lane]}**" for lane, letter in letters.items()]
            st.markdown(" · ".join((*firsts, f"equal: **{found.equal}**", f"all bad: **{found.bad}**")))
