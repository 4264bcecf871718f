"""The tables of docs/enrichment.md, written from the rules that hold.

    python -m tools.enrichment_page

renews what stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from regulars.wire.enrichment.machines import MachineReason
from regulars.wire.enrichment.places import PlacesReason
from regulars.wire.enrichment.robots import Robot
from regulars.wire.enrichment.traffic_table import CLICKS, HOSTS, KINDS, MEDIUMS, NAMES, Channel

PAGE: Final = Path(__file__).parents[1] / "docs/enrichment.md"
MARKED: Final = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """The page with its tables as they should be."""
    return MARKED.sub(lambda marked: f"{marked[1]}{TABLES[marked[2]]}{marked[3]}", page)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _told(kind: Iterable[Robot | Channel | MachineReason | PlacesReason]) -> list[tuple[str, ...]]:
    return [(f"`{each.value}`", each.means) for each in kind]


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" if word else "none" for word in words)


TABLES: Final = {
    "robots": _table(("bot", "what it does"), _told(Robot)),
    "channels": _table(("channel", "where somebody came from"), _told(Channel)),
    "mediums": _table(
        ("medium", "source", "channel"),
        [(_codes(rule.mediums), f"{rule.of}" if rule.of else "any", f"`{rule.channel}`") for rule in MEDIUMS],
    ),
    "names": _table(
        ("kind", "sources"),
        [(kind, _codes(name for name in NAMES if NAMES[name] == kind)) for kind in sorted(set(NAMES.values()))],
    ),
    "clicks": _table(
        ("parameter", "source", "medium"),
        [(f"`{click.parameter}`", f"`{click.source}`", f"`{click.medium}`") for click in CLICKS],
    ),
    "kinds": _table(
        ("kind", "channel", "medium"),
        [(kind, f"`{channel}`", f"`{medium}`") for kind, (channel, medium) in KINDS.items()],
    ),
    "hosts": _table(
        ("source", "kind", "hosts"), [(f"`{entry.source}`", entry.kind, _codes(entry.hosts)) for entry in HOSTS]
    ),
    "places": _table(("reason", "what it means"), _told(PlacesReason)),
    "machines": _table(("label", "what it means"), _told(MachineReason)),
}


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
