"""Ask about images."""

from lib.ui.images import page

page.draw()
