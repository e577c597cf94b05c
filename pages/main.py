"""The script Streamlit runs: page config, wordmark, access, navigation; nothing else."""

import streamlit as st

from lib.ui import navigation, streamlit_internals, theme
from lib.ui.accounts import gate

if not gate.is_open():
    st.navigation(gate.pages(), position="hidden").run()
    st.stop()
page = st.navigation(navigation.pages(is_admin=gate.is_admin()), position=navigation.position())
st.set_page_config(page_title=navigation.title(page), layout=navigation.layout(page), initial_sidebar_state="auto")
streamlit_internals.logo(theme.WORDMARK)
page.run()
