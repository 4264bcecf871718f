"""The pieces of the program as forms: a rule, a level, a perk, changed, added or taken out of the document that the editor shows.

A form is sent whole and comes back whole, so that it works by buttons alone; with a script its sentence, its mistakes and the
difference over the customers who were here last follow what is typed. It ends as every change of the program does: plan, apply.
"""

from collections.abc import Mapping
from difflib import unified_diff
from typing import Any, Final, cast

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from regulars.backtesting.difference import NO_LEVEL, Difference, Side
from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.kernel.program import Program
from regulars.service import programs
from regulars.service.programs import Plan, ProgramRefused
from regulars.web.admin import program_words as called
from regulars.web.admin.gate import see_other
from regulars.web.admin.rendering import Asked, Desk, analytics_of, answer, desk_of, form_of
from regulars.web.admin.sampling import Sampler
from regulars.wire.document_writing import NotWritable, plain_of
from regulars.wire.program_form import (
    NAME,
    Draft,
    Leaf,
    Section,
    Tried,
    drafted,
    leaves,
    pieces,
    section_named,
    sections,
    taken_out,
    tried,
    whole,
)

BEFORE: Final = "f."
"""Before the names of fields, so that none is taken for one of the form's own."""
LONGEST: Final = 2_000


@get("/program/add/{section:str}", sync_to_thread=True)
def new_page(request: Asked, section: FromPath[str]) -> Response[str]:
    desk, found = desk_of(request), _section(section)
    if desk.program is None:
        return see_other("/program/edit")
    return _form(request, desk, Draft(whole(found), "", called.BEGUN.get(section, {})), begun=False)


@get("/program/change/{section:str}/{name:str}", sync_to_thread=True)
def change_page(request: Asked, section: FromPath[str], name: FromPath[str]) -> Response[str]:
    desk, found = desk_of(request), _section(section)
    if desk.program is None:
        return see_other("/program/edit")
    piece = _pieces(desk, found).get(name)
    if piece is None:
        raise NotFoundException
    return _form(request, desk, drafted(found, name, piece), begun=False)


@post("/program/piece", status_code=200, sync_to_thread=True)
def piece_form(request: Asked) -> Response[str]:
    """The form with what was sent, and what it would make of the program."""
    desk, draft = desk_of(request), _draft(request)
    if desk.program is None:
        return see_other("/program/edit")
    return _form(request, desk, draft)


@post("/program/piece/plan", status_code=200, sync_to_thread=True)
def plan_piece(request: Asked) -> Response[str]:
    """What would change, or the form again with what is wrong. Nothing is changed yet."""
    desk, draft = desk_of(request), _draft(request)
    if desk.program is None:
        return see_other("/program/edit")
    removing = form_of(request).get("do") == "remove"
    try:
        found = taken_out(_document(desk), draft.section, draft.was) if removing else tried(_document(desk), draft)
    except (KeyError, NotWritable):
        raise NotFoundException from None
    if found.program is None:
        return _form(request, desk, draft, found, removing=removing)
    try:
        plan = programs.plan(desk.shop, found.document)
    except ProgramRefused as refused:
        return _form(request, desk, draft, Tried(found.document, None, found.name, {}, (str(refused),)))
    return _planned(request, desk, draft, found, plan, removing)


# --- what was sent -----------------------------------------------------------------------------------------------------


def _section(id: str) -> Section:
    try:
        return section_named(id)
    except KeyError:
        raise NotFoundException from None


def _draft(request: Asked) -> Draft:
    form = form_of(request)
    section = _section(form.get("section", ""))
    section = section if form.get("was") else whole(section)
    fields = {}
    for leaf in leaves(section):
        if leaf.form == "ticks":
            ticked = [one for one in leaf.options if form.get(f"{BEFORE}{leaf.path}:{one}")]
            fields[leaf.path] = ", ".join(ticked)
        else:
            fields[leaf.path] = form.get(f"{BEFORE}{leaf.path}", "").replace("\0", "").strip()[:LONGEST]
    return Draft(section, form.get("was", "")[:100], fields)


def _document(desk: Desk) -> str:
    assert desk.program is not None, "whoever asks has seen to it"
    return programs.document(desk.shop, desk.program.version)


def _pieces(desk: Desk, section: Section) -> Mapping[str, Any]:
    try:
        return dict(pieces(plain_of(_document(desk)), section))
    except NotWritable:
        return {}


# --- the pages ---------------------------------------------------------------------------------------------------------


def _form(
    request: Asked, desk: Desk, draft: Draft, found: Tried | None = None, *, begun: bool = True, removing: bool = False
) -> Response[str]:
    """`begun` once something was sent: only then is anything called wrong."""
    section = draft.section
    found = found or tried(_document(desk), draft)
    troubles = {path: _sentence(says) for path, says in found.troubles.items()} if begun else {}
    fields = [_field(leaf, draft, troubles) for leaf in leaves(section)]
    main = [called.is_main(section, leaf, number) for number, leaf in enumerate(leaves(section))]
    rest = [one for one, is_main in zip(fields, main, strict=True) if not is_main]
    return answer(
        request,
        "piece.html.j2",
        "program",
        program=desk.program,
        section=section,
        was=draft.was,
        named=_named(section, draft.was),
        title=_title(section, draft.was),
        groups=_groups([one for one, is_main in zip(fields, main, strict=True) if is_main]),
        more=_groups(rest),
        more_open=any(one["value"] or one["trouble"] for one in rest),
        elsewhere=[_sentence(one) for one in found.elsewhere] if begun else [],
        faults=[(one["html"], one["trouble"]) for one in fields if one["trouble"]],
        oob=",".join([f"#{one['html']}-trouble" for one in fields]),
        sentence=_says(desk, draft, found),
        is_sound=found.program is not None,
        begun=begun,
        removing=removing,
        difference=_difference(request, desk, found) if begun or draft.was else None,
        lists=_lists(request, desk),
    )


def _planned(request: Asked, desk: Desk, draft: Draft, found: Tried, plan: Plan, removing: bool) -> Response[str]:
    assert desk.program is not None, "whoever asks has seen to it"
    lines = unified_diff(_document(desk).split("\n"), found.document.split("\n"), n=1, lineterm="")
    return answer(
        request,
        "piece_plan.html.j2",
        "program",
        program=desk.program,
        section=draft.section,
        was=draft.was,
        named=_named(draft.section, draft.was),
        title=_title(draft.section, draft.was),
        removing=removing,
        changes=[words.with_spoken_dates(one) for one in plan.changes],
        customers=words.customers(plan.customers),
        lines="\n".join([line for line in list(lines)[2:] if not line.startswith("@@")]),
        difference=_difference(request, desk, found),
        document=found.document,
        planned=plan.version,
        over=desk.program.version,
        fields=_sent(draft),
    )


def _title(section: Section, was: str) -> str:
    if section.kind == "one" and section.id != "holdout":
        return f"Change {section.one}" if was else f"Say {section.one}"
    return f"Change the {section.one}" if was else f"Add a {section.one}"


def _named(section: Section, name: str) -> str:
    """What has no name of its own is not called by its number."""
    return name if section.kind == "map" or (section.kind == "list" and NAME in section.shape.keys) else ""


def _says(desk: Desk, draft: Draft, found: Tried) -> str:
    if found.program is None or desk.program is None:
        return ""
    written = [name for name, _ in pieces(plain_of(found.document), draft.section)]
    name = found.name if draft.section.kind != "one" else draft.section.id
    number = written.index(name) if name in written else len(written) - 1
    return called.sentence(draft.section, number, name, found.program.program)


def _sent(draft: Draft) -> list[tuple[str, str]]:
    """The fields as a form sends them, to come back to it."""
    found = []
    for leaf in leaves(draft.section):
        value = draft.fields.get(leaf.path, "")
        if leaf.form == "ticks":
            found += [(f"{BEFORE}{leaf.path}:{one}", "yes") for one in value.split(", ") if one]
        elif value:
            found.append((f"{BEFORE}{leaf.path}", value))
    return found


def _field(leaf: Leaf, draft: Draft, troubles: Mapping[str, str]) -> dict[str, Any]:
    value = draft.fields.get(leaf.path, "")
    return {
        "name": f"{BEFORE}{leaf.path}",
        "html": f"f-{leaf.path.replace('.', '-')}",
        "label": called.label(leaf),
        "about": _sentence(leaf.about),
        "group": leaf.group,
        "form": leaf.form,
        "options": leaf.options,
        "value": value,
        "ticked": [one.strip() for one in value.split(",")],
        "required": leaf.required,
        "list": called.SUGGESTED.get(leaf.path, ""),
        "example": called.EXAMPLES.get(leaf.path, ""),
        "trouble": troubles.get(leaf.path, ""),
    }


def _groups(fields: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Fields that belong together under one legend, "" for those that stand alone. A value and its table are one group."""
    groups: list[tuple[str, list[dict[str, Any]]]] = []
    tables = {one["group"] for one in fields}
    for one in fields:
        path = one["name"].removeprefix(BEFORE)
        group = one["group"] or (path if path in tables else "")
        if not groups or groups[-1][0] != group:
            groups.append((group, []))
        groups[-1][1].append(one)
    return [(called.legend(group) if group else "", inside) for group, inside in groups]


def _lists(request: Asked, desk: Desk) -> list[tuple[str, tuple[str, ...]]]:
    assert desk.program is not None, "forms are shown under a program"
    program: Program = desk.program.program
    return [
        ("seen-events", tuple(dict.fromkeys(("Order Completed", *analytics_of(request).choices().events)))),
        ("program-segments", tuple([one.id for one in program.segments])),
        ("program-trials", tuple([one.id for one in program.trials])),
        ("program-perks", tuple([one.id for one in program.perks])),
    ]


def _sentence(message: str) -> str:
    return f"{words.capitalized(message)}{'' if message[-1:] in '.?!' else '.'}"


# --- what difference it makes ------------------------------------------------------------------------------------------


def _difference(request: Asked, desk: Desk, found: Tried) -> dict[str, Any] | None:
    assert desk.program is not None, "whoever asks has seen to it"
    if found.program is None:
        return None
    sampler = cast("Sampler", request.app.state["sampler"])
    difference = sampler.difference(desk.shop, desk.program, found.program, desk.now)
    if difference is None:
        return None
    return {
        "headline": _headline(difference, found.program.program),
        "table": _table(difference, desk.program.program, found.program.program),
        "of": words.customers(difference.of),
        "orders": words.orders(difference.orders),
    }


def _headline(difference: Difference, program: Program) -> str:
    more = difference.then.issued - difference.now.issued
    cost = difference.then.cost_minor - difference.now.cost_minor
    if not more and difference.now == difference.then:
        return "No difference to anybody among them."
    if not more:
        return f"As many {program.points.name.other} would have been given."
    points = words.points(abs(more), program.points.name)
    worth = f", {words.money(abs(cost), program.currency)}" if cost else ""
    return f"{points} {'more' if more > 0 else 'fewer'} would have been given{worth}."


def _table(difference: Difference, before: Program, after: Program) -> Table:
    now, then, name = difference.now, difference.then, words.capitalized(after.points.name.other)
    columns = [Column("What"), Column("Now"), Column("With it"), Column("Change")]

    def money(title: str, one: int, other: int) -> Row:
        cells = [words.amount(one, before.currency), words.amount(other, after.currency)]
        return Row([title, *cells, words.signed_amount(other - one, after.currency)])

    def count(title: str, one: int, other: int) -> Row:
        return Row([title, words.count(one), words.count(other), words.signed(other - one)])

    rows = [
        count(f"{name} given", now.issued, then.issued),
        money(f"Their cost, {after.currency.code}", now.cost_minor, then.cost_minor),
        count(f"{name} expired", now.expired, then.expired),
        count(f"{name} held", now.outstanding, then.outstanding),
        money(f"Liability, {after.currency.code}", now.liability_minor, then.liability_minor),
    ]
    levels = [one for one in dict.fromkeys([*then.members, *now.members]) if one != NO_LEVEL]
    if levels:
        levels = [NO_LEVEL, *levels]
    rows += [count(f"In {one}" if one else "In no level", _in(now, one), _in(then, one)) for one in levels]
    return Table("Now, and with what stands here", columns, rows)


def _in(side: Side, level: str) -> int:
    return side.members.get(level, 0)


def shown_sections(program: Program, document: str) -> list[dict[str, Any]]:
    """For the program's page: every section with its pieces, each with the sentence that it says of itself."""
    try:
        said = plain_of(document)
    except NotWritable:
        said = {}
    found = []
    for section in sections():
        inside = [
            {
                "name": name,
                "called": _named(section, name)
                or f"{section.one} {number + 1 if section.kind == 'list' else ''}".strip(),
                "sentence": called.sentence(section, number, name, program),
            }
            for number, (name, _) in enumerate(pieces(said, section))
        ]
        found.append({"section": section, "pieces": inside})
    return found


handlers: Final = [new_page, change_page, piece_form, plan_piece]
