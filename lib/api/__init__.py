"""Talking to a chat completions endpoint: requests and the standard library, nothing else."""

from lib.api.client import Attempt, ChatClient, Pause, Stream
from lib.net.transport import Limits

__all__ = ["Attempt", "ChatClient", "Limits", "Pause", "Stream"]
