"""Who is here, and what was done."""

from lib.ui import problems
from lib.ui.accounts import page
from lib.ui.chat import sidebar
from lib.ui.chat.view import View

with problems.shown():
    sidebar.draw(View(None))
with problems.shown():
    page.draw()
