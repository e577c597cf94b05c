"""axe-core (https://github.com/dequelabs/axe-core): what it finds against a page, in both themes."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from playwright.sync_api import Page

SCRIPT = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const why = ({ any, all }) => [...any, ...all].map((check) => check.message);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => [id, node.html, why(node)]));
}"""
DRAWN = """theme => {
  const app = document.querySelector(".stApp"), answers = document.querySelector("[class*=st-key-answering]");
  return getComputedStyle(app).colorScheme === theme && (answers || app.dataset.testScriptState === "notRunning");
}"""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MAX_SHOWN = 200  # characters of an element


class Walk:
    """States of the app that axe looks at, one after the other; `states` is how many it has seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.states = 0
        self._found: dict[str, list[str]] = {}

    @property
    def found(self) -> str:
        """What it finds, each fault once with the states that it is in; "" where there is none."""
        return "\n".join(f"{fault}\n    in {', '.join(states)}" for fault, states in self._found.items())

    def look(self, state: str) -> None:
        """Look at the page as it is now."""
        for theme in THEMES:
            self.states += 1
            self.page.emulate_media(color_scheme=theme)
            self.page.wait_for_function(DRAWN, arg=theme)
            self.page.wait_for_timeout(350)  # until colours have gone over into each other
            if not self.page.evaluate("Boolean(window.axe)"):
                self.page.evaluate(SCRIPT)
            for rule, html, why in self.page.evaluate(RUN):
                fault = f"{rule}: {html[:MAX_SHOWN]} {' '.join(why)[:MAX_SHOWN]}"
                self._found.setdefault(fault, []).append(f"{state}, {theme}")
