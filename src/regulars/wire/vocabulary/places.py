"""What a condition may say of where somebody is."""

import re
from fractions import Fraction
from typing import Final

from regulars.wire.shapes import Key, Scalar, Table, Unreadable, number
from regulars.wire.vocabulary.words import NAME_OF_TRAIT


def _degrees(most: int) -> Scalar:
    def parse(written: str) -> Fraction | None:
        degrees = number("").parse(written)
        return degrees if degrees is not None and abs(degrees) <= most else None

    pattern = number("").as_schema["pattern"]
    schema = {"type": ["number", "string"], "minimum": -most, "maximum": most, "pattern": pattern}
    return Scalar(f"degrees from -{most} to {most}, such as 55.7", parse, schema)


def _metres(written: str) -> int | None:
    distance = re.fullmatch(r"(\d{1,5}(?:\.\d{1,3})?) ?(km|m)", written, re.ASCII)
    if distance is None:
        return None
    metres = Fraction(distance[1]) * {"km": 1000, "m": 1}[distance[2]]
    if metres.denominator != 1 or not 0 < metres <= FARTHEST_KM * 1000:
        raise Unreadable(f"whole metres above 0, and at most {FARTHEST_KM:,} km")
    return int(metres)


FARTHEST_KM: Final = 20_000
DISTANCE = Scalar(
    "a distance such as “25 km” or “500 m”",
    _metres,
    {"type": "string", "pattern": r"^[0-9]{1,5}(\.[0-9]{1,3})? ?(km|m)$"},
    lambda written: f"{written} km" if re.fullmatch(r"\d{1,4}", written, re.ASCII) else None,
)
PLACE_TRAITS = Table(
    {
        "latitude": Key(NAME_OF_TRAIT, "the trait with the latitude in degrees", default="latitude"),
        "longitude": Key(NAME_OF_TRAIT, "the trait with the longitude in degrees", default="longitude"),
    },
    "a table such as {latitude: lat, longitude: lng}",
)
NEAR = Table(
    {
        "latitude": Key(_degrees(90), "of the place", required=True),
        "longitude": Key(_degrees(180), "of the place", required=True),
        "within": Key(DISTANCE, "how far away they are at most", required=True),
        "traits": Key(PLACE_TRAITS, "which traits say where they are; `latitude` and `longitude`"),
    },
    "a table such as {latitude: 55.7, longitude: 13.19, within: 25 km}",
)
