"""The app, its endpoint and Chromium, as the browser tests have them."""

from tests.browser.conftest import app, browser, endpoint, playwright

__all__ = ["app", "browser", "endpoint", "playwright"]
