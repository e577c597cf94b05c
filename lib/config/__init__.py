"""Settings and endpoints, from the environment and `.streamlit/secrets.toml`."""

from lib.config.settings import LOCAL_MODEL, PROVIDERS, ROOT, Endpoint, Settings

__all__ = ["LOCAL_MODEL", "PROVIDERS", "ROOT", "Endpoint", "Settings"]
