"""What was used: by whom, on which model, since when, and how sure the figures are."""

from lib.ui import problems
from lib.ui.chat import sidebar
from lib.ui.chat.view import View
from lib.ui.usage import page

with problems.shown():
    sidebar.draw(View(None))
with problems.shown():
    page.draw()
