"""The builder: a segment put together without code. A form is sent whole and comes back whole, so that it works by buttons alone;
with a script it shows who it is while one types. What it writes is the program's document, by the document's own checks.
"""

import re
from collections.abc import Mapping
from difflib import unified_diff
from http import HTTPStatus
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct
from msgspec.structs import replace

from regulars.backtesting.report import words
from regulars.service import programs
from regulars.service.programs import ProgramRefused
from regulars.web.admin import segment_words as called
from regulars.web.admin import telling
from regulars.web.admin.gate import see_other
from regulars.web.admin.rendering import Asked, Desk, analytics_of, answer, desk_of, form_of
from regulars.web.admin.segments import path_of, segment_of, sentence_of, shown
from regulars.web.analytics import Choices, NotMade
from regulars.wire.segment_checks import JOINTS, MOST_CONDITIONS
from regulars.wire.segment_form import (
    IS,
    KIND,
    ROOT,
    Draft,
    Part,
    Written,
    drafted,
    parts_of,
    parts_of_lists,
    read_form,
    rows,
    written,
)
from regulars.wire.segment_trial import NAME, Trial, tried, without
from regulars.wire.segment_writing import segments_in

EMPTY: Final = Draft("all", {}, (Draft(),))
MOST_ROWS: Final = 20
NODE: Final = re.compile(rf"{ROOT}(\.[0-9]{{1,3}}){{0,9}}", re.ASCII)
CHANGED_SINCE: Final = "It was changed after its plan was shown. Here is the plan of what stands here now."
OVERTAKEN: Final = "Somebody else has applied a program in the meantime. Here is what would change now."


class Asking(Struct, frozen=True):
    """What stands in the form: the name, the name of the segment that is changed ("" for a new one), the conditions. `new` is the
    condition that was added last.
    """

    id: str
    was: str
    draft: Draft
    new: str = ""


@get("/build-segment", sync_to_thread=True)
def new_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    if desk.program is None:
        return answer(request, "no_program.html.j2", "segments", as_of=telling.as_of(desk.now, desk.calendar))
    return _builder(request, desk, Asking("", "", EMPTY), begun=False)


@get("/segments/{id:str}/edit", sync_to_thread=True)
def edit_page(request: Asked, id: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    said = segments_in(_document(desk)).get(segment_of(desk, id).id)
    if not isinstance(said, dict):
        return _builder(request, desk, Asking(id, id, EMPTY), begun=False, refused=UNREADABLE)
    return _builder(request, desk, Asking(id, id, drafted(said)), begun=False)


UNREADABLE: Final = (
    "The document of the program cannot be read piece by piece; change the segment on the program’s page."
)


@post("/build-segment", status_code=200, sync_to_thread=True)
def build(request: Asked) -> Response[str]:
    """The builder with what was sent, after what a button says."""
    desk, asking = desk_of(request), _asking(request)
    if desk.program is None:
        return see_other("/segments")
    return _builder(request, desk, _done(asking, form_of(request).get("do", "")))


@post("/build-segment/plan", status_code=200, sync_to_thread=True)
def plan(request: Asked) -> Response[str]:
    desk, asking = desk_of(request), _asking(request)
    if desk.program is None:
        return see_other("/segments")
    if form_of(request).get("do") == "delete":
        return _planned(request, desk, asking, deleting=True)
    return _planned(request, desk, asking)


@post("/build-segment/apply", status_code=200, sync_to_thread=True)
def apply(request: Asked) -> Response[str]:
    """In force from now on, if this is what was planned, over the program that was then in force."""
    desk, asking, form = desk_of(request), _asking(request), form_of(request)
    if desk.program is None:
        return see_other("/segments")
    deleting = form.get("deleting") == "yes"
    trial = _trial(desk, asking, deleting=deleting)
    if trial.program is None:
        return _planned(request, desk, asking, deleting=deleting)
    if form.get("over", "") != desk.program.version:
        return _planned(request, desk, asking, deleting=deleting, note=OVERTAKEN)
    if form.get("planned") != trial.program.version:
        return _planned(request, desk, asking, deleting=deleting, note=CHANGED_SINCE)
    try:
        programs.publish(desk.shop, trial.document, desk.session.name, desk.now)
    except ProgramRefused:
        return _planned(request, desk, asking, deleting=deleting)
    return see_other("/segments?done=deleted" if deleting else f"{path_of(asking.id)}?done=applied")


# --- what was sent ---------------------------------------------------------------------------------------------------


def _asking(request: Asked) -> Asking:
    form = form_of(request)
    draft = read_form(form)
    if not draft.inside and not draft.fields:
        draft = EMPTY
    return Asking(form.get("id", "").strip()[:100], form.get("was", "")[:100], draft)


def _document(desk: Desk) -> str:
    assert desk.program is not None, "whoever asks has seen to it"
    return programs.document(desk.shop, desk.program.version)


def _trial(desk: Desk, asking: Asking, *, deleting: bool = False) -> Trial:
    document = _document(desk)
    if deleting:
        try:
            return without(document, asking.was)
        except KeyError:
            return Trial(asking.was, document, desk.program)
    return tried(document, asking.id, written(asking.draft).said, asking.was or None)


def _done(asking: Asking, do: str) -> Asking:
    """What a button says: add:, group:, drop: or row: and where."""
    deed, _, at = do.partition(":")
    node, _, path = at.partition(":")
    if not NODE.fullmatch(node):
        return asking
    way = [int(number) for number in node.split(".")[1:]]
    if deed in ("add", "group"):
        added = Draft() if deed == "add" else Draft("any", {}, (Draft(),))
        draft, number = _added(asking.draft, way, added)
        return replace(asking, draft=draft, new=f"{node}.{number}" if number >= 0 else "")
    if deed == "drop" and not path:
        return replace(asking, draft=_dropped(asking.draft, way))
    if deed in ("drop", "row") and path:
        return replace(asking, draft=_with_fields(asking.draft, way, deed, path))
    return asking


def _added(draft: Draft, way: list[int], added: Draft) -> tuple[Draft, int]:
    """And its number, -1 where there is no room, or no such group."""
    if way:
        if way[0] >= len(draft.inside):
            return draft, -1
        inside, number = _added(draft.inside[way[0]], way[1:], added)
        return replace(draft, inside=(*draft.inside[: way[0]], inside, *draft.inside[way[0] + 1 :])), number
    if draft.kind not in JOINTS or len(draft.inside) >= MOST_CONDITIONS:
        return draft, -1
    return replace(draft, inside=(*draft.inside, added)), len(draft.inside)


def _dropped(draft: Draft, way: list[int]) -> Draft:
    if not way or way[0] >= len(draft.inside):
        return draft
    before, here, after = draft.inside[: way[0]], draft.inside[way[0]], draft.inside[way[0] + 1 :]
    return replace(draft, inside=(*before, *([_dropped(here, way[1:])] if way[1:] else []), *after))


def _with_fields(draft: Draft, way: list[int], deed: str, path: str) -> Draft:
    if way:
        if way[0] >= len(draft.inside):
            return draft
        inside = list(draft.inside)
        inside[way[0]] = _with_fields(inside[way[0]], way[1:], deed, path)
        return replace(draft, inside=tuple(inside))
    if deed == "drop":
        return replace(
            draft, fields={name: one for name, one in draft.fields.items() if not name.startswith(f"{path}.")}
        )
    numbers = [int(row.rsplit(".", 1)[1]) for row in rows(draft.fields, path)]
    first = "what" if path == "in_order" else "property"
    if len(numbers) >= MOST_ROWS:
        return draft
    return replace(draft, fields={**draft.fields, f"{path}.{max(numbers, default=-1) + 1}.{first}": ""})


# --- the page --------------------------------------------------------------------------------------------------------


def _builder(
    request: Asked,
    desk: Desk,
    asking: Asking,
    *,
    begun: bool = True,
    planned: Trial | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    """`begun` once something was sent: only then is anything called wrong. A name is missing only in what was to be `planned`."""
    wrote = written(asking.draft)
    trial = planned or _looked_at(desk, asking, wrote)
    troubles = _troubles(trial, wrote) if begun else {}
    view = _View(troubles, asking.new)
    root = view.condition(asking.draft, ROOT, 0, 1)
    name = view.field(NAME, asking.id, "")
    return answer(
        request,
        "build_segment.html.j2",
        "segments",
        program=desk.program,
        status=status,
        was=asking.was,
        id=name,
        root=root,
        groups=[("", called.GROUPS)],
        kinds=called.KINDS,
        tests=called.TESTS,
        preview=_preview(request, desk, trial, troubles, begun or bool(asking.was)),
        oob=",".join([f"#{one}-trouble" for one in view.ids]),
        lists=_lists(desk, analytics_of(request).choices()),
        refused=refused,
    )


def _looked_at(desk: Desk, asking: Asking, wrote: Written) -> Trial:
    """Under any name while it has none."""
    document = _document(desk)
    taken = segments_in(document)
    unused = next(name for number in range(len(taken) + 1) if (name := f"unnamed-{number}") not in taken)
    return tried(document, asking.id or unused, wrote.said, asking.was or None)


def _troubles(trial: Trial, wrote: Written) -> dict[str, str]:
    """By field what is wrong with it; under "" what is wrong elsewhere."""
    found: dict[str, str] = {}
    for fault in trial.faults:
        if fault.place == NAME:
            found.setdefault(NAME, _sentence(fault.message))
        elif fault.place is None:
            found.setdefault("", _sentence(fault.message))
        else:
            found.setdefault(wrote.field_of(fault.place), _sentence(fault.message))
    found |= {name: _sentence(message) for name, message in wrote.troubles.items()}
    return found


def _sentence(message: str) -> str:
    return f"{words.capitalized(message)}{'' if message[-1:] in '.?!' else '.'}"


def _preview(request: Asked, desk: Desk, trial: Trial, troubles: Mapping[str, str], begun: bool) -> dict[str, Any]:
    preview: dict[str, Any] = {
        "sentence": "",
        "count": "",
        "as_of": "",
        "sample": [],
        "no_file": False,
        "is_begun": begun,
        "faults": [{"html": html_of(name) if name else "", "says": says} for name, says in troubles.items() if says]
        or ([{"html": "", "says": ""}] if trial.program is None else []),
    }
    segment = trial.segment
    if segment is None or trial.program is None or preview["faults"]:
        return preview
    preview["sentence"] = sentence_of(segment, trial.program.program)
    try:
        found, as_of = analytics_of(request).preview(segment.condition, trial.program)
    except NotMade:
        return {**preview, "no_file": True}
    sample = [shown(one.name, one.id) for one in found.sample]
    return {
        **preview,
        "count": words.customers(found.customers),
        "as_of": telling.as_of(as_of, desk.calendar),
        "sample": sample,
    }


def _lists(desk: Desk, seen: Choices) -> list[tuple[str, tuple[str, ...]]]:
    assert desk.program is not None, "the builder is shown under a program"
    program = desk.program.program
    levels = [level.id for level in program.tiers.levels] if program.tiers else []
    return [
        ("seen-events", tuple(dict.fromkeys(("Order Completed", *seen.events)))),
        ("seen-properties", tuple(dict.fromkeys(("amount", "category", *seen.properties)))),
        ("seen-values", seen.values),
        ("seen-traits", seen.traits),
        ("seen-lists", seen.lists),
        ("program-levels", tuple(levels)),
        ("program-segments", tuple([one.id for one in program.segments])),
        ("program-scores", tuple([one.id for one in program.scores])),
        ("program-score-levels", tuple(dict.fromkeys([level.id for one in program.scores for level in one.levels]))),
        ("program-interests", tuple([one.id for one in program.interests])),
        ("program-kinds", tuple(dict.fromkeys(["user_id", *[one.kind for one in program.kinds()]]))),
    ]


def html_of(name: str) -> str:
    """As an id in the page."""
    return "f-" + name.replace(":", "-").replace(".", "-").replace(" ", "-")


class _View:
    """The form as the template wants it. `ids` are those of all fields."""

    def __init__(self, troubles: Mapping[str, str], new: str) -> None:
        self._troubles, self._new = troubles, new
        self.ids: list[str] = []

    def field(self, name: str, value: str, label: str, **more: Any) -> dict[str, Any]:
        html = html_of(name)
        self.ids.append(html)
        usual = {"list": "", "options": (), "placeholder": "", "form": "one"}
        return (
            {**usual, "name": name, "html": html, "value": value, "label": label}
            | more
            | {"trouble": self._troubles.get(name, "")}
        )

    def condition(self, draft: Draft, node: str, number: int, of: int) -> dict[str, Any]:
        is_group, is_root = draft.kind in JOINTS, node == ROOT
        places = [int(one) + 1 for one in node.split(".")[1:]]
        says = f"condition {'.'.join(map(str, places))}" if places else "the segment"
        parts = parts_of(draft.kind)
        lists = parts_of_lists()
        usual = [one for one in parts if not called.is_rare(one.path)]
        rare = [one for one in parts if called.is_rare(one.path)]
        if draft.kind == "include":
            usual, rare, lists = list(lists), [], ()
        more = [*rare, *lists] if draft.kind else []
        return {
            "node": node,
            "html": html_of(node),
            "says": says,
            "legend": "Those of whom" if is_root else words.capitalized(says),
            "kind": self.field(f"{node}:{KIND}", draft.kind, says),
            "help": _sentence(parts[0].about) if parts and parts[0].about and not is_root else "",
            "is_root": is_root,
            "is_group": is_group,
            "is_new": node == self._new,
            "parts": [self._part(one, draft, node, says) for one in usual],
            "more": [self._part(one, draft, node, says) for one in more],
            "more_open": any(draft.fields.get(name) for one in more for name in draft.fields if _is_of(name, one)),
            "inside": [
                self.condition(one, f"{node}.{place}", place, len(draft.inside))
                for place, one in enumerate(draft.inside)
            ],
        }

    def _part(self, part: Part, draft: Draft, node: str, says: str) -> dict[str, Any]:
        name, path = f"{node}:{part.path}", part.path
        label = called.label_of(draft.kind, path)
        if part.form == "tested":
            return {"form": "tested", **self._tested(draft, node, path, label)}
        if part.form == "where":
            return {"form": "where", **self._where(draft, node, path, says)}
        if part.form == "steps":
            steps = rows(draft.fields, path) or [f"{path}.0", f"{path}.1"]
            return {
                "form": "steps",
                "at": name,
                "says": says,
                "rows": [self._step(draft, node, row, says) for row in steps],
            }
        options = [("", "–"), *[(one, one.replace("_", " ")) for one in part.choices]] if part.choices else []
        is_one = part.form == "one"
        return self.field(
            name,
            draft.fields.get(path, ""),
            label,
            form=part.form,
            options=options if is_one else (),
            list=called.list_of(draft.kind, path),
            placeholder=called.example_of(path) if is_one else ", ".join(part.choices[:2]),
        )

    def _tested(self, draft: Draft, node: str, path: str, label: str) -> dict[str, Any]:
        fields = draft.fields
        return {
            "label": label,
            "list": "seen-values",
            "test": self.field(f"{node}:{path}.test", fields.get(f"{path}.test", IS), label),
            "first": self.field(f"{node}:{path}.value", fields.get(f"{path}.value", ""), label),
            "other": self.field(f"{node}:{path}.other", fields.get(f"{path}.other", ""), label),
        }

    def _where(self, draft: Draft, node: str, path: str, says: str) -> dict[str, Any]:
        found = [
            {
                "at": f"{node}:{row}",
                "property": self.field(f"{node}:{row}.property", draft.fields.get(f"{row}.property", ""), "Property"),
                **self._tested(draft, node, row, "Test"),
            }
            for row in rows(draft.fields, path)
        ]
        return {"at": f"{node}:{path}", "says": says, "rows": found}

    def _step(self, draft: Draft, node: str, row: str, says: str) -> dict[str, Any]:
        fields = draft.fields
        return {
            "at": f"{node}:{row}",
            "what": self.field(f"{node}:{row}.what", fields.get(f"{row}.what", "did"), "Step"),
            "event": self.field(f"{node}:{row}.event", fields.get(f"{row}.event", ""), "Event"),
            "within": self.field(f"{node}:{row}.within", fields.get(f"{row}.within", ""), "Within"),
            "where": self._where(draft, node, f"{row}.where", f"step of {says}"),
        }


def _is_of(name: str, part: Part) -> bool:
    return name == part.path or name.startswith(f"{part.path}.")


# --- the plan --------------------------------------------------------------------------------------------------------


def _planned(request: Asked, desk: Desk, asking: Asking, *, deleting: bool = False, note: str = "") -> Response[str]:
    assert desk.program is not None, "whoever asks has seen to it"
    trial = _trial(desk, asking, deleting=deleting)
    if trial.program is None and not deleting:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _builder(request, desk, asking, planned=trial, status=status, refused=_elsewhere(trial))
    before = _document(desk)
    changes: list[str] = []
    number, faults = 0, [_sentence(fault.message) for fault in trial.faults]
    if trial.program is not None:
        try:
            found = programs.plan(desk.shop, trial.document)
            changes, number = [words.with_spoken_dates(one) for one in found.changes], found.customers
        except ProgramRefused as refused:
            faults = [str(refused)]
    hunks = list(unified_diff(before.splitlines(), trial.document.splitlines(), lineterm="", n=2))[2:]
    form = form_of(request)
    return answer(
        request,
        "segment_plan.html.j2",
        "segments",
        program=desk.program,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        id=asking.was if deleting else asking.id,
        was=asking.was,
        deleting=deleting,
        note=note,
        faults=faults,
        changes=changes,
        customers=words.customers(number),
        planned=trial.program.version if trial.program else "",
        over=desk.program.version,
        fields=[(name, value) for name, value in form.items() if name.startswith((f"{ROOT}:", f"{ROOT}."))],
        lines="\n".join([line for line in hunks if not line.startswith("@@")]),
    )


def _elsewhere(trial: Trial) -> str:
    return " ".join([_sentence(fault.message) for fault in trial.faults if fault.place is None])


handlers: Final = [new_page, edit_page, build, plan, apply]
