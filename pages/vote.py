"""A round that somebody in the room votes on."""

from lib.ui.compare import audience

audience.draw()
