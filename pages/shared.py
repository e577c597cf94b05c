"""A conversation that somebody shared, to read."""

from lib.ui.chat import shared

shared.draw()
