"""Distances on the globe, taken for a sphere of its mean radius: the haversine formula (R. W. Sinnott, “Virtues of the Haversine”,
Sky & Telescope 68, 1984). A sphere is wrong by half a percent at most; a city's edge is less exact than that.
"""

from fractions import Fraction
from math import asin, cos, floor, radians, sin, sqrt
from typing import Final

RADIUS_M: Final = 6_371_008.8
"""The mean radius of the Earth, as the IUGG defines it."""
HIGHEST_LATITUDE: Final = 90
HIGHEST_LONGITUDE: Final = 180


def metres_between(one: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> int:
    """Of two places, each a latitude and a longitude in degrees; in whole metres, rounded half up."""
    (latitude, longitude), (other_latitude, other_longitude) = _radians(one), _radians(other)
    across = sin((other_latitude - latitude) / 2) ** 2
    along = sin((other_longitude - longitude) / 2) ** 2
    haversine = across + cos(latitude) * cos(other_latitude) * along
    return floor(2 * RADIUS_M * asin(min(1.0, sqrt(haversine))) + 0.5)


def is_place(latitude: Fraction, longitude: Fraction) -> bool:
    return abs(latitude) <= HIGHEST_LATITUDE and abs(longitude) <= HIGHEST_LONGITUDE


def _radians(place: tuple[Fraction, Fraction]) -> tuple[float, float]:
    return radians(float(place[0])), radians(float(place[1]))
