"""A segment's condition as the fields of a form, and back: what the builder shows, and what it writes into the program document.

A condition of the document is a table (`Said`); in the form it is a `Draft`, whose fields are texts by where they stand in that
table: `within`, `sum.of`, `where.0.property`. What may stand there is the document's own vocabulary, so the builder knows every
condition that the document knows, and nothing of its own. Whether it makes sense, the checks of the document say; `Written.places`
tells which field each of their complaints is about.

Nothing is lost on the way: a condition that is read into a form and written again means the same.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.wire.segment_checks import GO_WITH, JOINTS, LISTS, TESTS
from regulars.wire.segment_checks import NUMBERS as BOUNDS
from regulars.wire.shapes import Either, ListOf, Scalar, Table
from regulars.wire.vocabulary.happenings import STEP
from regulars.wire.vocabulary.properties import TESTED, WHERE
from regulars.wire.vocabulary.segments import CONDITION

Said: TypeAlias = dict[str, Any]
"""A table as it is written: texts, lists and tables."""

ROOT: Final = "c"
MOST_NODES: Final = 500
"""Of a form that many are read; a segment has far fewer conditions."""
KIND: Final = "kind"
ONLY_LISTS: Final = "include"
"""The kind of a condition that says nothing but who is on a list, and who is not."""
LEAVES: Final = (*GO_WITH, ONLY_LISTS)
IS: Final = "is"
RANGES: Final = ("at_least at_most", "after before")
"""Tests of two values."""
TESTS_OF_A_VALUE: Final = (*TESTS[:5], *BOUNDS, *TESTS[5:], *RANGES)
OF_A_TRAIT: Final = "tested"
_FIELD: Final = re.compile(r"([a-z](?:\.[0-9]{1,3}){0,9}):([a-z_0-9.]{1,80})", re.ASCII)
_ROW: Final = re.compile(r"[0-9]{1,3}", re.ASCII)


class Draft(Struct, frozen=True):
    """A group (`kind` is `all`, `any` or `none`) with what is inside it, or one condition with its fields; "" is none yet."""

    kind: str = ""
    fields: Mapping[str, str] = {}
    inside: "tuple[Draft, ...]" = ()


class Part(Struct, frozen=True):
    """What may be filled in of a condition: one value, many of them, a test of a value, tests of properties, or steps."""

    path: str
    form: Literal["one", "many", "tested", "where", "steps"]
    about: str = ""
    choices: tuple[str, ...] = ()


class Written(Struct):
    """A condition for the document; which field stands for each place of it; and what the form alone knows to be wrong."""

    said: Said
    places: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)

    def field_of(self, path: str) -> str:
        """The field that stands for a place of the condition, or for the nearest place around it; "" where there is none."""
        while path not in self.places:
            cut = max(path.rfind("."), path.rfind("["))
            if cut <= 0:
                return self.places.get("", "")
            path = path[:cut]
        return self.places[path]


# --- what there is to fill in ------------------------------------------------------------------------------------------


def parts_of(kind: str) -> tuple[Part, ...]:
    """Of a condition of this kind, in the order in which one says it."""
    if kind not in GO_WITH:
        return ()
    names = [kind, *[name for name in GO_WITH[kind] if kind != "trait"]]
    parts = [part for name in names for part in _parts(name, CONDITION.keys[name].shape, CONDITION.keys[name].about)]
    return (*parts, Part(OF_A_TRAIT, "tested")) if kind == "trait" else tuple(parts)


def parts_of_lists() -> tuple[Part, ...]:
    return tuple([Part(name, "many", CONDITION.keys[name].about) for name in LISTS])


def rows(fields: Mapping[str, str], path: str) -> list[str]:
    """Where the rows of a list stand: `where.0`, `where.2`."""
    begun = f"{path}."
    numbers = {name[len(begun) :].split(".")[0] for name in fields if name.startswith(begun)}
    return [f"{path}.{number}" for number in sorted(filter(_ROW.fullmatch, numbers), key=int)]


def _parts(path: str, shape: Any, about: str) -> list[Part]:
    if shape is WHERE:
        return [Part(path, "where", about)]
    if shape is TESTED:
        return [Part(path, "tested", about)]
    if isinstance(shape, Scalar):
        return [Part(path, "one", about, tuple(shape.as_schema.get("enum", ())))]
    if isinstance(shape, ListOf):
        if shape.item is STEP:
            return [Part(path, "steps", about)]
        return [Part(path, "many", about, tuple(shape.item.as_schema.get("enum", ())))]
    if isinstance(shape, Either):
        return [*_parts(path, shape.scalar, about), *_parts(path, shape.table, about)]
    assert isinstance(shape, Table), "the vocabulary of conditions has no other shapes"
    return [part for name, key in shape.keys.items() for part in _parts(f"{path}.{name}", key.shape, key.about)]


# --- from the form -----------------------------------------------------------------------------------------------------


def read_form(form: Mapping[str, str]) -> Draft:
    """Of fields named `c.0:within`: the field `within` of the first condition in the outermost group."""
    by_node: dict[str, dict[str, str]] = {}
    for name, value in form.items():
        found = _FIELD.fullmatch(name)
        if found and (found[1] in by_node or len(by_node) < MOST_NODES):
            by_node.setdefault(found[1], {})[found[2]] = value
    return _read(ROOT, by_node)


def _read(node: str, by_node: Mapping[str, Mapping[str, str]]) -> Draft:
    fields = dict(by_node.get(node, {}))
    kind = fields.pop(KIND, "all" if node == ROOT else "")
    begun = f"{node}."
    inside = {name[len(begun) :].split(".")[0] for name in by_node if name.startswith(begun)}
    if kind not in JOINTS:
        return Draft(kind if kind in LEAVES else "", fields)
    return Draft(kind, fields, tuple([_read(f"{begun}{number}", by_node) for number in sorted(inside, key=int)]))


# --- into the document -------------------------------------------------------------------------------------------------


def written(draft: Draft) -> Written:
    writer = _Writer()
    said = writer.condition(draft, ROOT, "")
    return Written(said, writer.places, writer.troubles)


class _Writer:
    def __init__(self) -> None:
        self.places: dict[str, str] = {}
        self.troubles: dict[str, str] = {}

    def condition(self, draft: Draft, node: str, path: str) -> Said:
        """`path` is where it stands in the document, below the segment."""
        lists = self._lists(draft, node, path)
        if draft.kind == "all" and len(draft.inside) == 1 and not lists:
            return self.condition(draft.inside[0], f"{node}.0", path)
        self.places[path] = f"{node}:{KIND}"
        if draft.kind in JOINTS:
            at = f"{path}.{draft.kind}"
            self.places[at] = f"{node}:{KIND}"
            inside = [
                self.condition(one, f"{node}.{number}", f"{at}[{number}]") for number, one in enumerate(draft.inside)
            ]
            return {draft.kind: inside, **lists}
        said: Said = {}
        fields = _Fields(self, draft.fields, node)
        for part in parts_of(draft.kind):
            value = fields.value(part, f"{path}.{part.path}")
            if value is None:
                continue
            if part.path == OF_A_TRAIT:
                said |= value if isinstance(value, dict) else {IS: value}
            elif not _put(said, part.path, value):
                self.troubles[f"{node}:{part.path}"] = "this and what stands above are two ways to say it; empty one"
        if draft.kind in GO_WITH and draft.kind not in said:
            said = {draft.kind: "", **said}
        return {**said, **lists}

    def _lists(self, draft: Draft, node: str, path: str) -> Said:
        fields = _Fields(self, draft.fields, node)
        told = {part.path: fields.value(part, f"{path}.{part.path}") for part in parts_of_lists()}
        return {name: value for name, value in told.items() if value is not None}


class _Fields:
    """Of one condition."""

    def __init__(self, writer: _Writer, fields: Mapping[str, str], node: str) -> None:
        self._writer, self._fields, self._node = writer, fields, node

    def value(self, part: Part, place: str) -> Any:
        """None where nothing is filled in."""
        match part.form:
            case "one":
                return self._text(part.path, place) or None
            case "many":
                return _one_or_many(split(self._text(part.path, place)))
            case "tested":
                return self._tested(part.path, place)
            case "where":
                return self._where(part.path, place)
            case "steps":
                return self._steps(part.path, place)

    def _text(self, path: str, place: str) -> str:
        self._writer.places.setdefault(place, f"{self._node}:{path}")
        return self._fields.get(path, "").strip()

    def _tested(self, path: str, place: str) -> Any:
        test = self._fields.get(f"{path}.test", IS)
        names = test.split() if test in TESTS_OF_A_VALUE else [IS]
        around = place.removesuffix(f".{OF_A_TRAIT}")
        values = [
            self._text(f"{path}.{slot}", f"{around}.{name}")
            for name, slot in zip(names, ("value", "other"), strict=False)
        ]
        if not any(values):
            return None
        self._writer.places.setdefault(place, f"{self._node}:{path}.value")
        if names == [IS]:
            return _one_or_many(split(values[0]))
        said: Said = dict(zip(names, values, strict=True))
        return {"is_not": _one_or_many(split(values[0]))} if names == ["is_not"] else said

    def _where(self, path: str, place: str) -> Said | None:
        found: Said = {}
        for row in rows(self._fields, path):
            name = self._fields.get(f"{row}.property", "").strip()
            value = self._tested(row, f"{place}.{name}")
            if not name and value is None:
                continue
            where = f"{self._node}:{row}"
            self._writer.places.setdefault(f"{place}.{name}", f"{where}.value")
            if not name:
                self._writer.troubles[f"{where}.property"] = "the name of the property is missing"
            elif name in found:
                self._writer.troubles[f"{where}.property"] = "it is tested above already; put both values into one test"
            else:
                found[name] = "" if value is None else value
        return found or None

    def _steps(self, path: str, place: str) -> list[Said] | None:
        steps: list[Said] = []
        for row in rows(self._fields, path):
            at = f"{place}[{len(steps)}]"
            what = "not" if self._fields.get(f"{row}.what") == "not" else "did"
            said: Said = {what: self._text(f"{row}.event", f"{at}.{what}")}
            self._writer.places.setdefault(at, f"{self._node}:{row}.event")
            within, where = self._text(f"{row}.within", f"{at}.within"), self._where(f"{row}.where", f"{at}.where")
            said |= {"where": where} if where else {}
            said |= {"within": within} if within else {}
            if said != {what: ""}:
                steps.append(said)
        return steps or None


def _put(said: Said, path: str, value: Any) -> bool:
    """False where something else stands there already."""
    *around, name = path.split(".")
    table = said
    for one in around:
        table = table.setdefault(one, {})
        if not isinstance(table, dict):
            return False
    return table.setdefault(name, value) is value


def split(text: str) -> list[str]:
    """Values with commas between them; one with a comma in it stands in double quotation marks."""
    if not text.strip():
        return []
    try:
        values = next(csv.reader([text], skipinitialspace=True))
    except csv.Error:
        return [text.strip()]
    return [one.strip() for one in values if one.strip()]


def joined(values: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values)
    return out.getvalue().replace(",", ", ") if '"' not in out.getvalue() else out.getvalue()


def _one_or_many(values: list[str]) -> str | list[str] | None:
    return (values[0] if len(values) == 1 else values) if values else None


# --- out of the document -----------------------------------------------------------------------------------------------


def drafted(said: Said) -> Draft:
    """Of a condition without mistakes; the outermost is always a group."""
    draft = _draft(said)
    return draft if draft.kind in JOINTS else Draft("all", {}, (draft,))


def _draft(said: Said) -> Draft:
    lists: dict[str, str] = {name: _many(said[name]) for name in LISTS if name in said}
    groups = [Draft(name, {}, tuple(map(_draft, said[name]))) for name in JOINTS if name in said]
    if len(groups) == 1:
        return replace(groups[0], fields=lists)
    if groups:
        inside = [part for one in groups for part in (one.inside if one.kind == "all" else (one,))]
        return Draft("all", lists, tuple(inside))
    kind = next((name for name in GO_WITH if name in said), ONLY_LISTS)
    fields: dict[str, str] = {}
    for part in parts_of(kind):
        value = _found(said, part.path) if part.path != OF_A_TRAIT else _test_in(said)
        if value is not None:
            fields |= _flat(part, part.path, value)
    return Draft(kind, fields | lists)


def _found(said: Said, path: str) -> Any:
    value: Any = said
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _test_in(said: Said) -> Said:
    return {name: value for name, value in said.items() if name in (*TESTS, *BOUNDS)}


def _flat(part: Part, path: str, value: Any) -> dict[str, str]:
    match part.form:
        case "one":
            return {path: value}
        case "many":
            return {} if isinstance(value, dict) else {path: _many(value)}
        case "tested":
            return _flat_test(path, value)
        case "where":
            return _flat_where(path, value)
        case "steps":
            return _flat_steps(path, value)


def _flat_test(path: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {f"{path}.test": IS, f"{path}.value": _many(value)}
    test = next((one for one in RANGES if set(one.split()) == value.keys()), next(iter(value)))
    values = [_many(value[name]) for name in test.split()]
    return {f"{path}.test": test, **dict(zip((f"{path}.value", f"{path}.other"), values, strict=False))}


def _flat_where(path: str, value: Said) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, (name, test) in enumerate(value.items()):
        fields |= {f"{path}.{number}.property": name, **_flat_test(f"{path}.{number}", test)}
    return fields


def _flat_steps(path: str, value: list[Said]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, step in enumerate(value):
        what = "not" if "not" in step else "did"
        row = f"{path}.{number}"
        fields |= {f"{row}.what": what, f"{row}.event": step[what], f"{row}.within": step.get("within", "")}
        fields |= _flat_where(f"{row}.where", step.get("where", {}))
    return fields


def _many(value: Any) -> str:
    return joined(value if isinstance(value, list) else [value])
