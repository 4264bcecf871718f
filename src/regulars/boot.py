"""Where everything is wired, and the settings are read, once."""

from time import perf_counter

from regulars.cli import Wiring, regulars


def main() -> None:
    regulars(obj=Wiring(stopwatch=perf_counter))
