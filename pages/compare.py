"""Ask several models at once."""

from lib.ui.compare import page

page.draw()
