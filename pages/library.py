"""What is kept to be used again."""

from lib.ui import problems
from lib.ui.chat import sidebar
from lib.ui.chat.view import View
from lib.ui.library import page

with problems.shown():
    sidebar.draw(View(None))
with problems.shown():
    page.draw()
