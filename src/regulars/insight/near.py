"""Who is near a place. Databases reckon distances in floating point, each a little differently in the last digits; so where that
could matter, within two metres of the line, the kernel itself is asked, place by place.
"""

from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any, Final

import ibis
from ibis.expr.types import BooleanValue, FloatingValue, Table

from regulars.insight.engines import Engine
from regulars.insight.numbers import UNIT, Exact, admitted
from regulars.insight.tables import table
from regulars.kernel.segments.distance import HIGHEST_LATITUDE, HIGHEST_LONGITUDE, RADIUS_M, metres_between
from regulars.kernel.segments.passing import number_of
from regulars.kernel.segments.tree import Near
from regulars.kernel.segments.values import Bounds

DOUBT_M: Final = 2


def near_places(near: Near, engine: Engine) -> Table:
    """Of whoever has both traits, and whose traits are a place: `person`, and whether that `is_near`."""
    places = _places(near)
    doubtful = places.filter((places.metres - near.metres).abs() <= DOUBT_M)
    asked = engine.rows(doubtful.select("latitude", "longitude").distinct())
    sure = places.metres < near.metres - DOUBT_M
    found = [_is_at(places, *one) for one in asked if _is_near(near, *one)]
    return places.select("person", is_near=reduce(or_, found, sure))


def _places(near: Near) -> Table:
    latitudes = _degrees(near.latitude_trait, "latitude", HIGHEST_LATITUDE)
    longitudes = _degrees(near.longitude_trait, "longitude", HIGHEST_LONGITUDE)
    places = latitudes.join(longitudes, "person")
    return places.mutate(metres=_metres(places.latitude_degrees, places.longitude_degrees, near))


def _degrees(trait: str, name: str, highest: int) -> Table:
    traits, told = table("traits"), table("texts")
    rows = traits.filter(traits.name == trait).join(told, "text")
    rows = rows.filter(admitted(Exact(rows.whole, rows.part), Bounds(Fraction(-highest), Fraction(highest))))
    degrees = rows.whole.cast("float64") + rows.part.cast("float64") / float(UNIT)
    return rows.select("person", **{name: rows.text, f"{name}_degrees": degrees})


def _metres(latitude: FloatingValue, longitude: FloatingValue, near: Near) -> Any:
    """As `kernel.segments.distance` reckons it."""
    other_latitude, other_longitude = ibis.literal(float(near.latitude)), ibis.literal(float(near.longitude))
    across = ((other_latitude - latitude).radians() / 2).sin()
    along = ((other_longitude - longitude).radians() / 2).sin()
    haversine = across * across + latitude.radians().cos() * other_latitude.radians().cos() * along * along
    return ibis.least(haversine.sqrt(), 1.0).asin() * (2 * RADIUS_M)


def _is_near(near: Near, latitude: str, longitude: str) -> bool:
    place = number_of(latitude), number_of(longitude)
    assert place[0] is not None
    assert place[1] is not None
    return metres_between((place[0], place[1]), (near.latitude, near.longitude)) <= near.metres


def _is_at(places: Table, latitude: str, longitude: str) -> BooleanValue:
    return (places.latitude == latitude) & (places.longitude == longitude)
