"""One conversation."""

from lib.ui import actions, composer, problems, sessions, sidebar, transcript, view

page = view.current()

composer.draw(page)
with problems.shown():
    sidebar.draw(page)
actions.draw(page)
transcript.draw(page)
sessions.draw(page)
