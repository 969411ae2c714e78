"""The table of contents of this package."""

from server.wiring import Wiring

WIRING = Wiring()
