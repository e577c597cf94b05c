"""One conversation."""

from lib.ui import problems
from lib.ui.chat import actions, composer, nextgpt_form, sidebar, transcript, view

page = view.current()

composer.draw(page)
with problems.shown():
    sidebar.draw(page)
actions.draw(page)
transcript.draw(page)
nextgpt_form.draw(page)
