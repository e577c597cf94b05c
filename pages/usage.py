"""What was used: by whom, on which model, since when, and how sure the figures are."""

from lib.ui import problems, sidebar, usage
from lib.ui.view import View

with problems.shown():
    sidebar.draw(View(None))
with problems.shown():
    usage.draw()
