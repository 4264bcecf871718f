"""Paths into a JSON payload: `$.ticket.tags[0].name`. Names and places, nothing that searches or computes."""

import re
from typing import Final

from regulars.kernel.program import JsonPath

MOST_STEPS: Final = 20
STEP: Final = r"(\.[A-Za-z_][A-Za-z0-9_-]{0,59}|\[[0-9]{1,3}\])"
PATH: Final = rf"\${STEP}{{1,{MOST_STEPS}}}"

_PATH: Final = re.compile(PATH)
_STEPS: Final = re.compile(r"\.([^.\[]+)|\[([0-9]+)\]")


def parse_path(written: str) -> JsonPath | None:
    if not _PATH.fullmatch(written):
        return None
    return JsonPath(tuple([name or int(place) for name, place in _STEPS.findall(written)]))


def value_at(path: JsonPath, payload: object) -> object:
    """None where the way ends before."""
    value = payload
    for step in path.steps:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value
