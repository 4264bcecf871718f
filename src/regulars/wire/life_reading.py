"""What a program document says of how long things live gets its meaning: pauses, and what ends when."""

from regulars.kernel.pauses import Pause
from regulars.wire.shapes import Given


def read_pauses(given: tuple[Given, ...] | None) -> tuple[Pause, ...]:
    return tuple([Pause(one["from"], one["to"], tuple(one["stops"]), one["why"] or "") for one in given or ()])
