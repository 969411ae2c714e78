"""The server on a machine whose clock is wrong by so many seconds."""

import sys
from datetime import timedelta

from server import clock
from server.cli import main

if __name__ == "__main__":
    clock.move_to_shift(timedelta(seconds=float(sys.argv[1])))
    sys.exit(main(["serve"]))
