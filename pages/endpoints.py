"""What is configured, and does it work."""

from lib.ui import endpoints, problems, sidebar
from lib.ui.view import View

with problems.shown():
    sidebar.draw(View(None))
endpoints.draw()
