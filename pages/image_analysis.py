"""Ask about images."""

from lib.ui import analysis

analysis.draw()
