"""The script Streamlit runs: page config, access, navigation; nothing else."""

import streamlit as st

st.set_page_config(page_title="Parley", layout="centered", initial_sidebar_state="auto")
st.navigation([st.Page("chat.py", title="Chat", default=True)]).run()
