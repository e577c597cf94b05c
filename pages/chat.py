"""One conversation."""

from lib.ui import problems
from lib.ui.chat import actions, answerer, finder, nextgpt_form, sidebar, view
from lib.ui.chat.composer import Composer
from lib.ui.chat.transcript import Transcript

page = view.current()
finder.arrive(page)
who = answerer.find(page)
composer = Composer(page)
transcript = Transcript(page, composer, who)

composer.draw(who, transcript.turn)
with problems.shown():
    sidebar.draw(page)
actions.draw(page)
transcript.draw()
nextgpt_form.draw(page, who)
