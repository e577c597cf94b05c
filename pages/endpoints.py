"""What is configured, and does it work."""

from lib.ui import problems
from lib.ui.chat import sidebar
from lib.ui.chat.view import View
from lib.ui.endpoints import page

with problems.shown():
    sidebar.draw(View(None))
page.draw()
