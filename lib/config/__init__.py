"""Settings and endpoints, from the environment and `.streamlit/secrets.toml`."""

from lib.config.endpoint import LOCAL_MODEL, PROVIDERS, Endpoint
from lib.config.settings import ROOT, Settings

__all__ = ["LOCAL_MODEL", "PROVIDERS", "ROOT", "Endpoint", "Settings"]
