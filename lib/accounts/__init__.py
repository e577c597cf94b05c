"""Who somebody is and what they may: values, made of what a provider or a proxy says. No Streamlit, no SQL."""
