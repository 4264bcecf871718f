"""What is wrong with what a program document says of how long things live, although every single place can be read."""

from regulars.wire.shapes import Given

LONGEST_PAUSE_DAYS = 3 * 366


def check_life(program: Given) -> None:
    for pause in program["pauses"] or ():
        _check_pause(pause)


def _check_pause(pause: Given) -> None:
    first, end = pause["from"], pause["to"]
    if first is None or end is None:
        return
    if end <= first:
        pause.at("to").wrong("“to” is the first day that counts again, and must come after “from”")
    elif end - first > LONGEST_PAUSE_DAYS:
        pause.at("to").wrong("a pause is of at most three years; let what should never expire never expire")
