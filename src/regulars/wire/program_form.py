"""The pieces of a program document as forms: a rule, a level, a perk, each as fields, and what is filled in as a piece again.

Which sections there are, which fields and what may stand in them is read off the vocabulary (`vocabulary/`): a key that
comes there has its field, and a section its form, without a word here. What a form cannot hold stays in the piece as it was
written; what is wrong is found by the document's own reader and told at the field that it is about.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct

from regulars.kernel.rulebook import Rulebook
from regulars.wire.document import DocumentError, Problem, did_you_mean
from regulars.wire.document_writing import NotWritable, Plain, flow, plain_of, rewritten, scalar
from regulars.wire.program import parse_program
from regulars.wire.shapes import Either, Key, ListOf, Named, Scalar, Shared, Table
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.program import PROGRAM
from regulars.wire.vocabulary.words import ID

Kind: TypeAlias = Literal["list", "map", "one"]
Form: TypeAlias = Literal["text", "choice", "ticks", "many", "written", "mapped", "listed"]

NAME: Final = "id"
DEEPEST: Final = 3
MOST_TICKS: Final = 8
LEVELS: Final = "levels"


class Section(Struct, frozen=True):
    """A part of the document that holds pieces of one shape: a list, a table from names, or a single table. `title` is that of all,
    `one` that of a piece, as it stands within a sentence.
    """

    id: str
    path: tuple[str, ...]
    kind: Kind
    shape: Table
    title: str
    one: str


class Leaf(Struct, frozen=True):
    """One field: a place within the piece such as `when.weekday`. What is `many` is written with commas between; what is `written`
    as the document writes it; what is `mapped` is a value, or written where it is a table;
    what is `listed` are such tables with commas between.
    """

    path: str
    about: str
    expected: str
    required: bool
    form: Form
    options: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        return self.path.rpartition(".")[0]


class Draft(Struct, frozen=True):
    """What stands in a form: the section, the name of the piece that is changed ("" for a new one), and the fields by path."""

    section: Section
    was: str
    fields: Mapping[str, str]


class Tried(Struct, frozen=True):
    """A document with a piece changed. `program` is None where something is wrong: `troubles` by field, the rest `elsewhere`."""

    document: str
    program: Rulebook | None
    name: str = ""
    troubles: Mapping[str, str] = {}
    elsewhere: tuple[str, ...] = ()


# --- what there is -----------------------------------------------------------------------------------------------------

TITLES: Final = {
    "points": ("Points", "how points live"),
    "earning": ("What earns", "rule"),
    "tiers": ("Tiers", "how levels are reached"),
    LEVELS: ("Levels", "level"),
    "perks": ("Perks", "perk"),
    "games": ("Games", "where members’ days are read"),
    "stamps": ("Stamps", "card of stamps"),
    "pauses": ("Pauses", "pause"),
    "holdout": ("Holdout", "holdout"),
    "trials": ("Trials", "trial"),
}
"""Whatever is not named goes by its key."""

ELSEWHERE: Final = frozenset(
    {"segments", "scores", "interests", "lifecycle", "rfm", "identities", "shared_device", "consent", "sources"}
    | {"retention"}
)
"""Segments have a builder of their own; the rest is about people and data, and is changed in the document."""


def sections() -> tuple[Section, ...]:
    """In the order of the document's vocabulary; the levels follow the tiers."""
    found: list[Section] = []
    for name, key in PROGRAM.keys.items():
        shape = _bare(key.shape)
        if name in ELSEWHERE:
            continue
        if isinstance(shape, Table):
            inside = [(key, many) for key, one in shape.keys.items() if (many := _many(key, (name, key), one.shape))]
            own = {key: one for key, one in shape.keys.items() if key not in dict(inside)}
            found.append(_section(name, (name,), "one", Table(own, shape.expected)))
            found += [many for _, many in inside]
        elif many := _many(name, (name,), shape):
            found.append(many)
    return tuple(found)


def section_named(id: str) -> Section:
    """KeyError where there is none."""
    return {one.id: one for one in sections()}[id]


def whole(section: Section) -> Section:
    """As it is written for the first time: with the pieces that it cannot be without, such as the levels of tiers."""
    if section.kind != "one":
        return section
    shape = _bare(PROGRAM.keys[section.path[0]].shape)
    needed = {name: key for name, key in shape.keys.items() if name in section.shape.keys or key.required}
    return Section(section.id, section.path, "one", Table(needed, shape.expected), section.title, section.one)


def leaves(section: Section) -> tuple[Leaf, ...]:
    """The fields of a piece, its name first where it has one that stands before it."""
    named = [Leaf(NAME, "the name, which every explanation shows", ID.expected, True, "text")]
    return (*(named if section.kind == "map" else []), *_leaves(section.shape, "", 0))


def _many(id: str, path: tuple[str, ...], shape: Any) -> Section | None:
    """The section of what holds several pieces; None where one may stand alone, or they are no tables."""
    shape = _bare(shape)
    if isinstance(shape, ListOf) and not shape.or_one and isinstance(_bare(shape.item), Table):
        return _section(id, path, "list", _bare(shape.item))
    if isinstance(shape, MapBy) and isinstance(_bare(shape.value), Table):
        return _section(id, path, "map", _bare(shape.value))
    return None


def _section(id: str, path: tuple[str, ...], kind: Kind, shape: Table) -> Section:
    words = id.replace("_", " ")
    usual = words[0].upper() + words[1:], words.removesuffix("s") if kind != "one" else words
    return Section(id, path, kind, shape, *TITLES.get(id, usual))


def _leaves(table: Table, before: str, depth: int) -> Iterator[Leaf]:
    for name, key in table.keys.items():
        yield from _leaf(f"{before}{name}", key, _bare(key.shape), depth)


def _leaf(path: str, key: Key, shape: Any, depth: int) -> Iterator[Leaf]:
    def leaf(form: Form, options: tuple[str, ...] = ()) -> Leaf:
        return Leaf(path, key.about, shape.expected, key.required, form, options)

    if isinstance(shape, Scalar):
        options = _options(shape)
        yield leaf("choice" if options else "text", options)
    elif isinstance(shape, ListOf) and isinstance(item := _bare(shape.item), Scalar):
        options = _options(item)
        yield leaf("ticks" if 0 < len(options) <= MOST_TICKS else "many", options)
    elif isinstance(shape, Table) and depth < DEEPEST:
        yield from _leaves(shape, f"{path}.", depth + 1)
    elif isinstance(shape, Either) and isinstance(table := _bare(shape.table), Table) and depth < DEEPEST:
        yield from _leaf(path, key, _bare(shape.scalar), depth)
        for inner in _leaves(table, f"{path}.", depth + 1):
            yield Leaf(inner.path, inner.about, inner.expected, False, inner.form, inner.options)
    elif isinstance(shape, ListOf) and not shape.or_one:
        yield leaf("listed")
    else:
        yield leaf("mapped" if isinstance(shape, Either) and isinstance(shape.scalar, Scalar) else "written")


def _options(shape: Scalar) -> tuple[str, ...]:
    constant = shape.as_schema.get("const")
    return tuple(map(str, shape.as_schema.get("enum", [constant] if constant is not None else [])))


def _bare(shape: Any) -> Any:
    while isinstance(shape, Shared | Named):
        shape = shape.shape if isinstance(shape, Shared) else shape.shape()
    return shape


# --- from the document to fields ---------------------------------------------------------------------------------------


def pieces(said: Mapping[str, Plain], section: Section) -> list[tuple[str, dict[str, Plain]]]:
    """The pieces of a section by name, as they are written; what has none goes by its number, a single one by the section."""
    found = _at(said, section.path)
    if section.kind == "one":
        if not isinstance(found, dict):
            return []
        own = {name: one for name, one in found.items() if name in section.shape.keys}
        return [(section.id, own)] if own else []
    if section.kind == "map":
        return [(name, one) for name, one in found.items() if isinstance(one, dict)] if isinstance(found, dict) else []
    listed = found if isinstance(found, list) else []
    return [(_name_of(one, number), one) for number, one in enumerate(listed, 1) if isinstance(one, dict)]


def drafted(section: Section, was: str, piece: Mapping[str, Plain]) -> Draft:
    """A piece as fields."""
    fields = {NAME: was} if section.kind == "map" and was else {}
    every = leaves(section)
    tables = _tables(every)
    for leaf in every:
        value = _at(piece, tuple(leaf.path.split(".")))
        if (
            value is None
            or (section.kind == "map" and leaf.path == NAME)
            or (isinstance(value, dict) and leaf.path in tables)
        ):
            continue
        if isinstance(value, str):
            fields[leaf.path] = value
        elif leaf.form in ("many", "ticks") and isinstance(value, list) and all(isinstance(one, str) for one in value):
            fields[leaf.path] = ", ".join([scalar(one) if "," in str(one) else str(one) for one in value])
        elif leaf.form == "listed":
            fields[leaf.path] = flow(value)[1:-1]
        elif leaf.form in ("written", "mapped"):
            bare = isinstance(value, dict) or (len(value) > 1 and all(isinstance(one, str) for one in value))
            fields[leaf.path] = flow(value)[1:-1] if bare else flow(value)
    return Draft(section, was, fields)


def _tables(every: Iterable[Leaf]) -> frozenset[str]:
    """The places that other fields stand within."""
    return frozenset([leaf.path[:at] for leaf in every for at, letter in enumerate(leaf.path) if letter == "."])


def _name_of(piece: Mapping[str, Plain], number: int) -> str:
    name = piece.get(NAME)
    return name if isinstance(name, str) else str(number)


def _at(said: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        said = said.get(name) if isinstance(said, dict) else None
    return said


# --- and back ------------------------------------------------------------------------------------------------------------


def tried(document: str, draft: Draft) -> Tried:
    """The document with this piece in it, new or instead of the one that it was, and what its own reader says of it."""
    section = draft.section
    try:
        said = plain_of(document)
        before = dict(pieces(said, section))
        piece, troubles = _written(draft, before.get(draft.was, {}))
        name = draft.fields.get(NAME, "").strip() if section.kind == "map" else ""
        if section.kind == "map" and (trouble := _about_name(name, draft.was, before)):
            troubles[NAME] = trouble
        wanted, place = _with(said, section, draft.was, name, piece)
        return _checked(rewritten(document, wanted), section, place, name or _name_of(piece, 0), troubles)
    except NotWritable as error:
        return Tried(document, None, elsewhere=(str(error),))


def taken_out(document: str, section: Section, was: str) -> Tried:
    """The document without this piece; KeyError where there is none. A section that is empty then goes as well."""
    said = plain_of(document)
    names = [name for name, _ in pieces(said, section)]
    if was not in names:
        raise KeyError(was)
    try:
        return _checked(rewritten(document, _without(said, section, names.index(was), was)), section, "", was, {})
    except NotWritable as error:
        return Tried(document, None, was, elsewhere=(str(error),))


def _about_name(name: str, was: str, before: Mapping[str, Any]) -> str:
    if not name:
        return "a name is missing, such as early-access"
    if ID.parse(name) is None:
        return f"expected {ID.expected}{did_you_mean(ID.meant(name))}"
    return f"there is one called “{name}” already; give this one another name" if name in before and name != was else ""


def _written(draft: Draft, was: Mapping[str, Plain]) -> tuple[dict[str, Plain], dict[str, str]]:
    """The piece, and by field what cannot stand together. What has no field stays."""
    piece, troubles = deepcopy(dict(was)), {}
    every = [leaf for leaf in leaves(draft.section) if not (draft.section.kind == "map" and leaf.path == NAME)]
    for leaf in every:
        text = draft.fields.get(leaf.path, "").strip()
        inner = [one.path for one in every if one.path.startswith(f"{leaf.path}.") and draft.fields.get(one.path)]
        if text and inner:
            troubles[leaf.path] = "say either this or what stands below it"
        elif text:
            _put(piece, leaf.path.split("."), _value(leaf, text))
        else:
            _take(piece, leaf, leaf.path in _tables(every))
    _prune(piece)
    return piece, troubles


def _value(leaf: Leaf, text: str) -> Plain:
    if leaf.form in ("many", "ticks"):
        found = _read(f"[{text}]")
        return found if isinstance(found, list) else [one.strip() for one in text.split(",") if one.strip()]
    if leaf.form == "listed":
        return _read(text if text[0] == "[" else f"[{text}]") or text
    if leaf.form in ("written", "mapped"):
        if text[0] in "{[":
            return _read(text) or text
        if re.search(r":\s", text):
            return _read(f"{{{text}}}") or text
        return (_read(f"[{text}]") if "," in text and leaf.form == "written" else None) or text
    return text


def _read(text: str) -> Plain:
    try:
        return plain_of(f"value: {text}")["value"]
    except NotWritable:
        return None


def _put(piece: dict[str, Plain], way: list[str], value: Plain) -> None:
    for name in way[:-1]:
        inside = piece.get(name)
        if not isinstance(inside, dict):
            inside = piece[name] = {}
        piece = inside
    piece[way[-1]] = _as_before(piece.get(way[-1]), value)


def _as_before(before: Plain, value: Plain) -> Plain:
    """A list of one may be written as the one."""
    return before if isinstance(before, str) and value == [before] else value


def _take(piece: dict[str, Plain], leaf: Leaf, is_table: bool) -> None:
    """Not what another field holds: of a value or a table the table."""
    *way, last = leaf.path.split(".")
    inside = _at(piece, tuple(way)) if way else piece
    is_whole = leaf.form in ("written", "mapped", "listed") and not is_table
    if isinstance(inside, dict) and (is_whole or not isinstance(inside.get(last), dict)):
        inside.pop(last, None)


def _prune(said: dict[str, Plain]) -> None:
    for name, value in list(said.items()):
        if isinstance(value, dict):
            _prune(value)
            if not value:
                del said[name]


def _with(
    said: Mapping[str, Plain], section: Section, was: str, name: str, piece: dict[str, Plain]
) -> tuple[dict[str, Plain], str]:
    """The whole document as it is wanted, and the path of the piece in it."""
    wanted = deepcopy(dict(said))
    names = [one for one, _ in pieces(said, section)]
    *way, last = section.path
    inside = wanted
    for step in way:
        deeper = inside.setdefault(step, {})
        inside = deeper if isinstance(deeper, dict) else {}
    path = ".".join(section.path)
    if section.kind == "one":
        held = inside.get(last)
        others = (
            {key: one for key, one in held.items() if key not in section.shape.keys} if isinstance(held, dict) else {}
        )
        inside[last] = {**piece, **others}
        return wanted, path
    if section.kind == "map":
        table = inside.get(last)
        table = table if isinstance(table, dict) else {}
        name = name or "unnamed"
        inside[last] = {name if key == was else key: piece if key == was else one for key, one in table.items()} | {
            name: piece
        }
        return wanted, f"{path}.{name}"
    listed = inside.get(last)
    listed = listed if isinstance(listed, list) else []
    at = names.index(was) if was in names else _place_of(section, piece, listed)
    inside[last] = [*listed[:at], piece, *listed[at + (was in names) :]]
    return wanted, f"{path}[{at}]"


def _place_of(section: Section, piece: Mapping[str, Plain], listed: list[Plain]) -> int:
    """Behind the others; a level among them by height."""
    height = _number(piece.get("at")) if section.id == LEVELS else None
    if height is None:
        return len(listed)
    heights = [_number(one.get("at")) if isinstance(one, dict) else None for one in listed]
    return next((at for at, other in enumerate(heights) if other is not None and other > height), len(listed))


def _number(written: Plain) -> Fraction | None:
    try:
        return Fraction(written) if isinstance(written, str) else None
    except (ValueError, ZeroDivisionError):
        return None


def _without(said: Mapping[str, Plain], section: Section, at: int, was: str) -> dict[str, Plain]:
    wanted = deepcopy(dict(said))
    *way, last = section.path
    inside = cast("dict[str, Plain]", _at(wanted, tuple(way)) if way else wanted)
    held = inside[last]
    if section.kind == "list" and isinstance(held, list):
        tables = [number for number, one in enumerate(held) if isinstance(one, dict)]
        del held[tables[at]]
    elif section.kind == "map" and isinstance(held, dict):
        del held[was]
    elif isinstance(held, dict):
        for key in list(held):
            if key in section.shape.keys or any(one.required for one in section.shape.keys.values()):
                del held[key]
    if not held:
        del inside[last]
    return wanted


def _checked(document: str, section: Section, place: str, name: str, troubles: dict[str, str]) -> Tried:
    try:
        program = parse_program(document)
    except DocumentError as error:
        elsewhere = []
        for problem in error.problems:
            field = _field_of(problem, section, place)
            if field is None:
                elsewhere.append(f"{problem.message} (at {problem.path})" if problem.path else problem.message)
            else:
                troubles.setdefault(field, problem.message)
        return Tried(document, None, name, troubles, tuple(elsewhere))
    return Tried(document, None if troubles else program, name, troubles)


def _field_of(problem: Problem, section: Section, place: str) -> str | None:
    """The field that a mistake is about; None where it is none of this piece's."""
    inside = problem.path.removeprefix(place) if place and problem.path.startswith(place) else None
    if inside is None or inside[:1] not in ("", "."):
        return None
    paths = [leaf.path for leaf in leaves(section)]
    path = re.sub(r"\[\d+\]", "", inside).lstrip(".")
    missing = re.match(r"“([a-z_]+)” is missing", problem.message)
    if missing:
        path = f"{path}.{missing[1]}".lstrip(".")
    while path and path not in paths:
        within = next((one for one in paths if one.startswith(f"{path}.")), None)
        if within is not None:
            return within
        path = path.rpartition(".")[0]
    return path or (paths[0] if paths else None)
