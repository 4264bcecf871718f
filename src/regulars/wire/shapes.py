"""Shapes: what may stand at a place of a document. One declaration reads it, explains what was expected, and is its JSON Schema.

`read` gives the typed value, or None after writing down what is wrong; an absent optional key gives its default.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final, Protocol, TypeVar

from msgspec import Struct

from regulars.kernel.calendar import Day, Duration, Unit, day_of_date
from regulars.kernel.terms import listed
from regulars.wire.document import Place, did_you_mean, nearest, quoted

T = TypeVar("T")

Schema = dict[str, Any]

NUMBER: Final = re.compile(r"-?(\d{1,12})(\.\d{1,12})?", re.ASCII)
DURATION: Final = re.compile(r"(\d{1,5}) (minute|hour|day|week|month|year)s?", re.ASCII)
ISO_DURATION: Final = re.compile(r"P(?:(\d{1,5})([DWMY])|T(\d{1,5})([HM]))", re.ASCII)
ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MAX_YEARS: Final = 100


class Shape(Protocol):
    expected: str

    def read(self, place: Place) -> Any: ...

    def schema(self) -> Schema: ...


class Scalar(Struct, frozen=True):
    """A single value: `parse` gives the value or None, `pattern` is the same for editors."""

    expected: str
    parse: Callable[[str], Any]
    pattern: str | None = None
    is_number: bool = False
    example: str | None = None

    def read(self, place: Place) -> Any:
        value = None if place.text is None else self.parse(place.text)
        if value is None:
            place.wrong(f"expected {self.expected}; found {place.found}")
        return value

    def schema(self) -> Schema:
        if self.is_number:
            return {"type": "number", "description": self.expected}
        return {"type": "string", "description": self.expected} | ({"pattern": self.pattern} if self.pattern else {})


class Word(Struct, frozen=True):
    """One of a few words. Those of `not_yet` are understood and refused by name."""

    choices: tuple[str, ...]
    not_yet: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        return listed([quoted(choice) for choice in self.choices], "or")

    def read(self, place: Place) -> str | None:
        if place.text in self.choices:
            return place.text
        if place.text in self.not_yet:
            place.wrong(f"{quoted(place.text)} is not yet supported; there is {self.expected}")
        else:
            near = did_you_mean(place.text, self.choices) if place.text else ""
            place.wrong(f"expected {self.expected}; found {place.found}{near}")
        return None

    def schema(self) -> Schema:
        return {"enum": list(self.choices)}


class Either(Struct, frozen=True):
    """A single value, or a table: told apart by what is written."""

    scalar: Any
    table: Any

    @property
    def expected(self) -> str:
        return f"{self.scalar.expected}, or {self.table.expected}"

    def read(self, place: Place) -> Any:
        return (self.table if place.is_mapping else self.scalar).read(place)

    def schema(self) -> Schema:
        return {"anyOf": [self.scalar.schema(), self.table.schema()]}


class ListOf(Struct, frozen=True):
    """A list; with `or_one`, a single item stands for a list of it. Gives a tuple of the items that were understood."""

    item: Any
    expected: str
    or_one: bool = False

    def read(self, place: Place) -> tuple[Any, ...] | None:
        if self.or_one and not place.is_list:
            value = self.item.read(place)
            return None if value is None else (value,)
        if not place.is_list:
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        if not place.node.value:
            place.wrong(f"expected {self.expected}; this list is empty")
            return None
        values = [self.item.read(item) for item in place.items()]
        return tuple([value for value in values if value is not None])

    def schema(self) -> Schema:
        many = {"type": "array", "items": self.item.schema(), "minItems": 1}
        return {"anyOf": [self.item.schema(), many]} if self.or_one else many


class MapOf(Struct, frozen=True):
    """A table whose keys are the shop's own names. Gives pairs in the order written."""

    value: Any
    expected: str

    def read(self, place: Place) -> tuple[tuple[str, Any], ...] | None:
        if not place.is_mapping or not place.node.value:
            place.wrong(f"expected {self.expected}; found {'an empty table' if place.is_mapping else place.found}")
            return None
        pairs = [(name, self.value.read(value)) for name, _, value in place.entries()]
        return tuple([(name, value) for name, value in pairs if value is not None])

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.value.schema(), "minProperties": 1}


class Key(Struct, frozen=True):
    """A key of a table. `about` is what editors show."""

    shape: Any
    about: str
    required: bool = False
    default: Any = None


class Table(Struct, frozen=True):
    """A table of known keys. `not_yet` names keys that are refused by name, each with the required key that it stands for.

    `build` makes the value of what was read and may find further mistakes.

    It is called with the values by key and their places, also when some could not be read (then they are None), so that
    every mistake is found at once; its result counts only if the whole document is without a problem.
    """

    keys: Mapping[str, Key]
    build: Callable[[Mapping[str, Any], Mapping[str, Place], Place], Any]
    expected: str
    not_yet: Mapping[str, str] = {}

    def read(self, place: Place) -> Any:
        if not place.is_mapping:
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        places: dict[str, Place] = {}
        excused = set()
        for name, key_place, value_place in place.entries():
            if name in self.keys:
                places[name] = value_place
            elif name in self.not_yet:
                excused.add(self.not_yet[name])
                key_place.wrong(f"{quoted(name)} is not yet supported")
            else:
                excused.add(nearest(name, self.keys) or "")
                near = did_you_mean(name, self.keys) or f"; there is {listed(list(self.keys))}"
                key_place.wrong(f"there is no {quoted(name)} here{near}")
        values = {}
        for name, key in self.keys.items():
            if name in places:
                values[name] = key.shape.read(places[name])
            else:
                values[name] = key.default
                if key.required and name not in excused:
                    place.wrong(f"{quoted(name)} is missing: {key.about}")
        return self.build(values, places, place)

    def schema(self) -> Schema:
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, key in self.keys.items() if key.required],
            "properties": {name: key.shape.schema() | {"description": key.about} for name, key in self.keys.items()},
        }


def text(expected: str, pattern: str = r"\S.{0,99}") -> Scalar:
    compiled = re.compile(pattern)
    return Scalar(expected, lambda written: written if compiled.fullmatch(written) else None, f"^{pattern}$")


def number(expected: str, *, at_least: int | None = None, above: int | None = None, whole: bool = False) -> Scalar:
    """An exact fraction, never a float."""

    def parse(written: str) -> Fraction | None:
        value = Fraction(written) if NUMBER.fullmatch(written) else None
        if value is None or (whole and value.denominator != 1):
            return None
        if (at_least is not None and value < at_least) or (above is not None and value <= above):
            return None
        return value

    return Scalar(expected, parse, is_number=True)


def parse_duration(written: str) -> Duration | None:
    match = DURATION.fullmatch(written)
    if match is not None:
        duration = Duration(int(match[1]), _UNITS[match[2]])
    else:
        iso = ISO_DURATION.fullmatch(written)
        if iso is None:
            return None
        duration = Duration(int(iso[1]), _DATE_UNITS[iso[2]]) if iso[1] else Duration(int(iso[3]), _TIME_UNITS[iso[4]])
    return duration if duration.count > 0 and duration.days_at_most() <= MAX_YEARS * 366 else None


def parse_date(written: str) -> Day | None:
    try:
        return day_of_date(date.fromisoformat(written)) if ISO_DATE.fullmatch(written) else None
    except ValueError:
        return None


DURATION_SHAPE: Final = Scalar(
    "a duration such as “14 days”, “12 months” or “P12M”, of at most 100 years",
    parse_duration,
    f"^({DURATION.pattern}|{ISO_DURATION.pattern})$",
)
DATE_SHAPE: Final = Scalar("a date such as 2017-11-01", parse_date, f"^{ISO_DATE.pattern}$")

_UNITS: Final[Mapping[str, Unit]] = {
    "minute": "minutes",
    "hour": "hours",
    "day": "days",
    "week": "weeks",
    "month": "months",
    "year": "years",
}
_DATE_UNITS: Final[Mapping[str, Unit]] = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}
_TIME_UNITS: Final[Mapping[str, Unit]] = {"H": "hours", "M": "minutes"}
