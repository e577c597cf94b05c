"""An embedded model that is in the state a test says; it has what pages use of `LocalModel`."""

from __future__ import annotations

from lib.config import LOCAL_MODEL, Endpoint


class FakeLocal:
    """Starting, ready or failed; nothing runs."""

    def __init__(self, state: str = "ready", url: str = "http://127.0.0.1:9/v1") -> None:
        self.state = state
        self.detail = "The model is starting."
        self._ready = Endpoint("local", url, "sk-embedded-0123456789", "local", LOCAL_MODEL)

    @property
    def endpoint(self) -> Endpoint | None:
        """Where it answers once it is ready."""
        return self._ready if self.state == "ready" else None

    def stop(self) -> None:
        """Nothing runs."""
