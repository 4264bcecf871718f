"""Shapes: what may stand at a place of a document. One declaration reads it, explains what was expected, and is its JSON Schema.

`read` gives the value, or None after writing down what is wrong. Where it is clear what was meant, that is read on: so one
slip neither hides other mistakes nor brings forth new ones.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Day, Duration, Unit, day_of_date
from regulars.kernel.terms import listed
from regulars.wire.document import LONGEST_WORD, Place, did_you_mean, nearest, quoted

Schema = dict[str, Any]

NUMBER: Final = re.compile(r"-?(\d{1,12})(\.\d{1,12})?", re.ASCII)
DURATION: Final = re.compile(r"(\d{1,5}) (minute|hour|day|week|month|year)s?", re.ASCII)
ISO_DURATION: Final = re.compile(r"P(?:(\d{1,5})([DWMY])|T(\d{1,5})([HM]))", re.ASCII)
ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_YEARS: Final = 100
YEARS: Final = range(1970, 2200)


class Unreadable(ValueError):
    """Why a text is no value of a kind, where that says more than what was expected."""


class Shape(Protocol):
    @property
    def expected(self) -> str:
        """What should stand there, for messages and tables."""
        ...

    def read(self, place: Place) -> Any: ...

    def schema(self) -> Schema: ...


class Scalar(Struct, frozen=True):
    """A single value: `parse` gives it, or None; `meant` gives the text that was likely meant.

    Words of `not_yet` are understood and refused by name.
    """

    expected: str
    parse: Callable[[str], Any]
    as_schema: Schema
    meant: Callable[[str], str | None] = lambda _: None
    not_yet: tuple[str, ...] = ()

    def read(self, place: Place) -> Any:
        written = place.text
        if written is None:
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        value, expected = self._parsed(written)
        if value is not None:
            return value
        near = self.meant(written) if len(written) <= LONGEST_WORD else None
        if near is not None and near in self.not_yet:
            place.wrong(f"{quoted(near)} is not yet supported; there is {self.expected}")
            return None
        if near == written:
            near = None
        place.wrong(f"expected {expected}; found {place.found}{did_you_mean(near)}")
        return self._parsed(near)[0] if near else None

    def _parsed(self, written: str) -> tuple[Any, str]:
        """The value, and what was expected where it is None."""
        try:
            return self.parse(written), self.expected
        except Unreadable as why:
            return None, str(why)

    def schema(self) -> Schema:
        return {"description": f"{self.expected[0].upper()}{self.expected[1:]}"} | self.as_schema


class Either(Struct, frozen=True):
    """A single value or a list of them, or a table: told apart by what is written. With `usually_scalar`, whatever is no table is
    told only what single value was expected.
    """

    scalar: "Scalar | ListOf"
    table: Any
    usually_scalar: bool = False

    @property
    def expected(self) -> str:
        return f"{self.scalar.expected}, or {self.table.expected}"

    def read(self, place: Place) -> Any:
        if place.is_table:
            return self.table.read(place)
        if isinstance(self.scalar, ListOf) and place.text is not None:
            return self.scalar.read(place)
        if self.usually_scalar:
            return self.scalar.read(place)
        return replace(self.scalar, expected=self.expected).read(place)

    def schema(self) -> Schema:
        return {"anyOf": [self.scalar.schema(), self.table.schema()]}


class ListOf(Struct, frozen=True):
    """A list; with `or_one`, a single item stands for a list of it. Gives a tuple of the items that were understood."""

    item: Any
    expected: str
    or_one: bool = False

    def read(self, place: Place) -> tuple[Any, ...] | None:
        if place.is_list and not place.is_empty:
            values = [self.item.read(item) for item in place.items()]
        elif self.or_one and (place.is_table if isinstance(self.item, Table) else place.text is not None):
            values = [self.item.read(place)]
        else:
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        return tuple([value for value in values if value is not None])

    def schema(self) -> Schema:
        many = {"type": "array", "items": self.item.schema(), "minItems": 1}
        return {"anyOf": [self.item.schema(), many]} if self.or_one else many


class MapOf(Struct, frozen=True):
    """A table whose keys are the shop's own names. Gives pairs in the order written."""

    value: Any
    expected: str

    def read(self, place: Place) -> tuple[tuple[str, Any], ...] | None:
        if not place.is_table or place.is_empty:
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        pairs = []
        for name, key, value in place.entries():
            if not _is_line_of_text(name):
                key.wrong("expected a name of at most 100 characters, none of them a control character")
            pairs.append((name, self.value.read(value)))
        return tuple([(name, value) for name, value in pairs if value is not None])

    def schema(self) -> Schema:
        return {
            "type": "object",
            "additionalProperties": self.value.schema(),
            "propertyNames": {"maxLength": 100},
            "minProperties": 1,
        }


class Key(Struct, frozen=True):
    """A key of a table. `about` says what it is for, to editors, in messages and in the reference."""

    shape: Any
    about: str
    required: bool = False
    default: Any = None


class Given(Struct, frozen=True):
    """A table as it was read: values by key, absent ones by their default, unreadable ones None; and where each stands."""

    place: Place
    values: Mapping[str, Any]
    places: Mapping[str, Place]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def has(self, name: str) -> bool:
        """Whether the key is written, readable or not."""
        return name in self.places

    def at(self, name: str) -> Place:
        """Where the value stands, or the table without it."""
        return self.places.get(name, self.place)


class Table(Struct, frozen=True):
    """A table of known keys. `not_yet` names keys that are refused by name, each with the required key that it stands for.

    A misspelt key is refused, and its value is read as that of the key that was meant. Of the keys in `one_of` the schema wants one
    at least; whoever checks the document says in words what is missing.
    """

    keys: Mapping[str, Key]
    expected: str
    not_yet: Mapping[str, str] = {}
    may_be_empty: bool = True
    one_of: tuple[str, ...] = ()

    def read(self, place: Place) -> Given | None:
        if not place.is_table or (place.is_empty and not self.may_be_empty):
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        places, excused = self._keys_written(place)
        values = {}
        for name, key in self.keys.items():
            if name in places:
                values[name] = key.shape.read(places[name])
                continue
            values[name] = key.default
            if key.required and name not in excused:
                place.wrong(f"{quoted(name)} is missing: {key.about}")
        return Given(place, values, places)

    def _keys_written(self, place: Place) -> tuple[dict[str, Place], set[str]]:
        """The places of the values by key, and the keys that something stands for that is refused already."""
        entries = place.entries()
        places = {name: value for name, _, value in entries if name in self.keys}
        excused: set[str] = set()
        for name, key, value in entries:
            if name in self.keys:
                continue
            near = nearest(name, [one for one in (*self.keys, *self.not_yet) if one not in places])
            if name == "<<":
                excused.update(self.keys)
                key.wrong("“<<” is not known in YAML 1.2; write the keys out")
            elif near is not None and near in self.not_yet:
                excused.add(self.not_yet[near])
                key.wrong(f"{quoted(near)} is not yet supported; leave it out for now")
            elif NUMBER.fullmatch(name) and value.text is None:
                key.wrong(f"{quoted(name)} stands alone; is the comma before it a decimal one? Write a point")
            elif near is None:
                key.wrong(f"there is no {quoted(name)} here; there is {listed(list(self.keys))}")
            else:
                places[near] = value
                key.wrong(f"there is no {quoted(name)} here{did_you_mean(near)}")
        return places, excused

    def schema(self) -> Schema:
        schema: Schema = {
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, key in self.keys.items() if key.required],
            "properties": {name: _described(key) for name, key in self.keys.items()},
        }
        if self.one_of:
            schema["anyOf"] = [{"required": [name]} for name in self.one_of]
        return schema if self.may_be_empty else schema | {"minProperties": 1}


class Named(Struct, frozen=True):
    """A shape that stands within itself, in lists: so it is looked up when it is needed, and in the JSON Schema by its name.
    Below `deepest` lists it is refused, with what to do instead.
    """

    name: str
    shape: Callable[[], Any]
    expected: str
    deepest: int
    instead: str

    def read(self, place: Place) -> Any:
        if place.path.count("[") > self.deepest:
            place.wrong(f"{self.expected} stands at most {self.deepest} deep within others; {self.instead}")
            return None
        return self.shape().read(place)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.name}"}


class EitherTable(Struct, frozen=True):
    """A table of known keys where one of them is written, else one of the shop's own names."""

    known: Table
    other: MapOf

    @property
    def expected(self) -> str:
        return f"{self.other.expected}, or {self.known.expected}"

    def read(self, place: Place) -> Any:
        written = {name for name, _, _ in place.entries()} if place.is_table else set()
        return (self.known if written & self.known.keys.keys() else self.other).read(place)

    def schema(self) -> Schema:
        return {"anyOf": [self.other.schema(), self.known.schema()]}


class Shared(Struct, frozen=True):
    """A shape that stands at many places: in the JSON Schema it is there once, by its name."""

    name: str
    shape: Any

    @property
    def expected(self) -> str:
        return str(self.shape.expected)

    def read(self, place: Place) -> Any:
        return self.shape.read(place)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.name}"}


def word(choices: Iterable[str], not_yet: Iterable[str] = ()) -> Scalar:
    """One of a few words."""
    known, later = tuple(choices), tuple(not_yet)
    return Scalar(
        listed([quoted(choice) for choice in known], "or"),
        lambda written: written if written in known else None,
        {"enum": list(known)},
        lambda written: nearest(written, (*known, *later)),
        later,
    )


def text(expected: str, longest: int = 100) -> Scalar:
    """One line of text, without control characters."""

    def parse(written: str) -> str | None:
        return written if _is_line_of_text(written, longest) else None

    return Scalar(expected, parse, {"type": ["string", "number", "boolean"], "minLength": 1, "maxLength": longest})


def name(expected: str) -> Scalar:
    """An id that the shop gives."""
    pattern = re.compile("[a-z0-9][a-z0-9_-]{0,63}")

    def meant(written: str) -> str | None:
        plain = re.sub("[^a-z0-9_]+", "-", written.casefold()).strip("-_")
        return plain if pattern.fullmatch(plain) else None

    def parse(written: str) -> str | None:
        return written if pattern.fullmatch(written) else None

    return Scalar(expected, parse, {"type": ["string", "integer"], "pattern": f"^{pattern.pattern}$"}, meant)


def number(expected: str, *, at_least: int | None = None, above: int | None = None) -> Scalar:
    """An exact fraction, never a float. A number in quotation marks is a number, too."""

    def parse(written: str) -> Fraction | None:
        if not NUMBER.fullmatch(written):
            if re.fullmatch(r"-?\d+(\.\d+)?", written, re.ASCII):
                raise Unreadable("a number of at most 12 digits before the point and 12 behind it")
            return None
        value = Fraction(written)
        if (at_least is not None and value < at_least) or (above is not None and value <= above):
            return None
        return value

    def meant(written: str) -> str | None:
        plain = _plain_number(written)
        return plain if plain is not None and parse(plain) is not None else None

    bounds = ({} if at_least is None else {"minimum": at_least}) | (
        {} if above is None else {"exclusiveMinimum": above}
    )
    return Scalar(expected, parse, {"type": ["number", "string"], "pattern": f"^{NUMBER.pattern}$"} | bounds, meant)


def parse_duration(written: str) -> Duration | None:
    duration = _duration(written)
    if duration is None:
        return None
    if duration.count == 0:
        raise Unreadable("a duration above 0")
    if duration.days_at_most() > MAX_YEARS * 366:
        raise Unreadable(f"a duration of at most {MAX_YEARS} years")
    return duration


def parse_date(written: str) -> Day | None:
    if not ISO_DATE.fullmatch(written):
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Unreadable("a day that is in the calendar") from None
    if day.year not in YEARS:
        raise Unreadable(f"a day of the years {YEARS[0]} to {YEARS[-1]}")
    return day_of_date(day)


def _duration_meant(written: str) -> str | None:
    """`12months`, `12 mnths`, `12` or `a year` as they should stand."""
    match = re.fullmatch(r"(\d{1,5}|an?|one) *([a-z]*)", written.casefold().strip(), re.ASCII)
    if match is None:
        return None
    count = int(match[1]) if match[1].isdecimal() else 1
    unit = _LETTERS.get(match[2]) or nearest(match[2], list(_UNITS.values()))
    return Duration(count, _UNITS[unit.removesuffix("s")]).describe() if unit and count else None


def _date_meant(written: str) -> str | None:
    match = re.fullmatch(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})", written.strip(), re.ASCII)
    if match is None:
        return None
    plain = f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    try:
        return plain if parse_date(plain) is not None else None
    except Unreadable:
        return None


_UNITS: Final[Mapping[str, Unit]] = {
    "minute": "minutes",
    "hour": "hours",
    "day": "days",
    "week": "weeks",
    "month": "months",
    "year": "years",
}
_LETTERS: Final[Mapping[str, str]] = {"": "days", "h": "hours", "d": "days", "w": "weeks", "mo": "months", "y": "years"}
_DATE_UNITS: Final[Mapping[str, Unit]] = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}
_TIME_UNITS: Final[Mapping[str, Unit]] = {"H": "hours", "M": "minutes"}

DURATION_SHAPE: Final = Scalar(
    "a duration such as “14 days”, “12 months” or “P12M”",
    parse_duration,
    {"type": "string", "pattern": f"^({DURATION.pattern}|{ISO_DURATION.pattern})$"},
    _duration_meant,
)
DATE_SHAPE: Final = Scalar(
    "a date such as 2017-11-01", parse_date, {"type": "string", "pattern": f"^{ISO_DATE.pattern}$"}, _date_meant
)


def _duration(written: str) -> Duration | None:
    match = DURATION.fullmatch(written)
    if match is not None:
        return Duration(int(match[1]), _UNITS[match[2]])
    match = ISO_DURATION.fullmatch(written)
    if match is None:
        return None
    return (
        Duration(int(match[1]), _DATE_UNITS[match[2]]) if match[1] else Duration(int(match[3]), _TIME_UNITS[match[4]])
    )


def _plain_number(written: str) -> str | None:
    """`1e3`, `$1,200.50`, `1_000` or `1,5` as they should stand."""
    bare = re.sub(r"[\s_'’$€£¥]|[A-Za-z]{3}\b", "", written)
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    bare = bare.replace(",", ".").removeprefix("+")
    if re.fullmatch(r"-?\d+(\.\d+)?[eE][+-]?\d{1,2}", bare):
        bare = format(Decimal(bare), "f")
    if re.fullmatch(r"-?\.\d+", bare):
        bare = bare.replace(".", "0.")
    return bare if NUMBER.fullmatch(bare) else None


def _is_line_of_text(written: str, longest: int = 100) -> bool:
    return 0 < len(written) <= longest and not written.isspace() and not CONTROL.search(written)


def _described(key: Key) -> Schema:
    schema: Schema = key.shape.schema()
    return schema | {"description": key.about}
