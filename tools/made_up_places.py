"""Made-up places for trying out, over the ranges that are kept for documentation: nobody lives there.

python -m tools.made_up_places places.mmdb
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from regulars.made_year import places
from regulars.made_year.places import Value, place

__all__ = ["MADE_UP", "Value", "database", "place"]

MADE_UP: Final[Mapping[str, Value]] = {
    "192.0.2.0/25": place("US", "New York", "Albany"),
    "192.0.2.128/25": place("US", "Ohio", "Dayton"),
    "198.51.100.0/24": place("SE", "Skåne", "Lund"),
    "203.0.113.0/24": place("DE"),
    "2001:db8::/33": place("SE", "Uppsala", "Uppsala"),
    "2001:db8:8000::/33": place("FR", "Bretagne", "Rennes"),
}


def database(ranges: Mapping[str, Value] = MADE_UP, type: str = "Regulars-Made-Up-City") -> bytes:
    """The file; no range may lie within another."""
    return places.database(ranges, type)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(database())
