"""Where pictures come from: files (chosen, dropped, pasted), the camera, an address of the web."""

from __future__ import annotations

import streamlit as st

from lib import runtime
from lib.errors import ChatError
from lib.images.tray import Staged, Tray
from lib.ui import navigation, problems, uploads

TIMES = "pictures_taken"  # how often: each time the widgets are others, and empty
CAMERA, PROBLEM = "camera_on", "address_problem"
HERE, THERE = "Parley fetches it", "The endpoint fetches it"
ABOUT = {
    HERE: "Parley fetches the picture, from public addresses only, and sends its bytes.",
    THERE: "The address is sent as it is. Parley never sees the picture, and keeps only the address.",
}


def draw(tray: Tray) -> None:
    """Draw the place for files, and the ways to the camera and the web; what comes goes into `tray`."""
    label = "Choose pictures, drop them here, or paste them"
    st.file_uploader(
        label,
        accept_multiple_files=True,
        key=_key("upload"),
        on_change=take,
        args=(tray,),
        max_upload_size=uploads.PICTURE,
    )
    with st.container(key="sources", horizontal=True, vertical_alignment="center", gap="small"):
        icon = ":material/photo_camera:"
        st.button("Camera", key="camera", type="tertiary", icon=icon, on_click=_toggle_camera)
        with st.popover("Web address", type="tertiary", icon=":material/link:", key=_key("address-menu")):
            _address(tray)
        icon, page = ":material/stacks:", navigation.image_analysis()
        st.page_link(page, label="Many at once", icon=icon, query_params={"batch": "new"})
    if st.session_state.get(CAMERA):
        st.camera_input("Camera", key=_key("shot"), label_visibility="collapsed", on_change=take, args=(tray,))


def take(tray: Tray) -> None:
    """Move what was chosen or taken into the tray; the widgets are empty again."""
    shot = st.session_state.get(_key("shot"))
    files = [*(st.session_state.get(_key("upload")) or ()), *([shot] if shot else ())]
    if files:
        tray.add([Staged("Camera" if file is shot else file.name, file.getvalue()) for file in files])
        uploads.forget(files)
        st.session_state[CAMERA] = False
        _renew()
    if error := uploads.left_out():
        tray.refuse("Too much at once", error)


def _key(name: str) -> str:
    return f"{name}-{st.session_state.get(TIMES, 0)}"


def _renew() -> None:
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def _toggle_camera() -> None:
    st.session_state[CAMERA] = not st.session_state.get(CAMERA)


def _address(tray: Tray) -> None:
    url = st.text_input("Address of a picture", key=_key("address"), placeholder="https://example.org/photo.jpg")
    who = st.radio("Who fetches it?", list(ABOUT), key=_key("who"), label_visibility="collapsed")
    st.caption(ABOUT[who or HERE])
    if st.button("Add it", key=_key("add"), disabled=not url.strip()):
        _add(tray, url.strip(), is_ours=who != THERE)
    if problem := st.session_state.get(PROBLEM):
        problems.show(problem)


def _add(tray: Tray, url: str, *, is_ours: bool) -> None:
    try:
        with st.spinner("Fetching …"):
            tray.add([_fetched(url) if is_ours else _named(url)])
    except ChatError as error:
        st.session_state[PROBLEM] = error
        return
    st.session_state[PROBLEM] = None
    _renew()
    st.rerun()


def _fetched(url: str) -> Staged:
    found = runtime.current().fetcher.get(url)
    return Staged(found.url, found.data)


def _named(url: str) -> Staged:
    from lib.images.fetch import parse  # loaded for who names an address

    address = str(parse(url))
    return Staged(address, url=address)
