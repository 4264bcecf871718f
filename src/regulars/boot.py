"""Where everything is wired, and the settings are read, once."""

import sys
from time import perf_counter

from regulars.cli import Wiring, regulars


def main() -> None:
    try:
        regulars(obj=Wiring(stopwatch=perf_counter))
    except OSError as error:
        # The one broad catch, at the edge: a full disk, a closed pipe, a file that went away meanwhile.
        sys.exit(f"Error: {error.strerror or error}")
