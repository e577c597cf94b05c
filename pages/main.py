"""The script Streamlit runs: page config, access, navigation; nothing else."""

import streamlit as st

from lib.ui import navigation

page = st.navigation(navigation.pages())
st.set_page_config(page_title="Parley", layout=navigation.layout(page), initial_sidebar_state="auto")
page.run()
