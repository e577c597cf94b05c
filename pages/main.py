"""The script Streamlit runs: page config, access, navigation; nothing else."""

import streamlit as st

from lib.ui import navigation

st.set_page_config(page_title="Parley", layout="centered", initial_sidebar_state="auto")
st.navigation(navigation.pages()).run()
