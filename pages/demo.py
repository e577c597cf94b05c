"""Show models to people, step by step."""

from lib.ui.compare import demo

demo.draw()
