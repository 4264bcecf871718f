"""The program: what it says, its versions, and the way to the next: write, plan, apply. Or try it on what was sold before."""

from typing import Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup, escape
from msgspec import Struct

from regulars.backtesting.report import content_policy, words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.backtesting.report.shared import short_version
from regulars.kernel.rulebook import Rulebook
from regulars.service import programs
from regulars.service.programs import Plan, ProgramRefused, Publication
from regulars.web.admin import telling
from regulars.web.admin.backtests import Backtests
from regulars.web.admin.gate import see_other
from regulars.web.admin.program_forms import shown_sections
from regulars.web.admin.recorded import report_over_record
from regulars.web.admin.rendering import HEADERS, Asked, Desk, answer, desk_of, form_of, whole
from regulars.wire.document import DocumentError
from regulars.wire.program import parse_program
from regulars.wire.program_form import LEVELS

_BACKTESTS: Final = Backtests()

START: Final = """\
# A star for each dollar. Everything else a program can say: docs/program.md
program: corner-shop
currency: USD
members: everyone
time_zone: America/New_York

points:
  name: {one: star, other: stars}
  worth: 0.01                      # what one star costs the shop
  hold: 14 days                    # pending until the return window has closed
  expire: {after: 12 months, until: end_of_month}

earning:
  - id: purchase
    on: Order Completed
    per: 1.00
    points: 1
"""
"""Where there is no program yet."""


class Mistake(Struct, frozen=True):
    """One thing wrong with a document, with the line as it stands there."""

    line: int
    column: int
    path: str
    message: str
    written: str


@get("/program", sync_to_thread=True)
def program_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    if desk.program is None:
        return answer(request, "no_program.html.j2", "program", as_of=telling.as_of(desk.now, desk.calendar))
    publications = programs.publications(desk.shop)
    document = programs.document(desk.shop, desk.program.version)
    shown = shown_sections(desk.program.program, document)
    said = {piece["sentence"] for one in shown for piece in one["pieces"]}
    tiers = desk.program.program.tiers
    segments = [
        telling.with_spoken_days(one.describe(desk.program.program.words())) for one in desk.program.program.segments
    ]
    also = telling.with_spoken_days(tiers.describe(desk.program.program)) if tiers else ""
    return answer(
        request,
        "program.html.j2",
        "program",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        since=_when(publications[0], desk, "since", "from the beginning"),
        waiting=publications[0].waiting,
        sections=[one for one in shown if one["pieces"]],
        others=[one["section"] for one in shown if not one["pieces"] and (tiers or one["section"].id != LEVELS)],
        sentences=[one for one in _sentences(desk.program) if one not in said | {also, *segments}],
        segments=len(segments),
        document=document,
        versions=_version_table(publications, desk),
        number=len(publications),
    )


@get("/program/adoption", sync_to_thread=True)
def adoption(request: Asked) -> Response[str]:
    """How many customers still wait for the program in force: the part of the page that looks again by itself."""
    desk = desk_of(request)
    publications = programs.publications(desk.shop)
    waiting = publications[0].waiting if publications else 0
    return answer(request, "adoption.html.j2", "program", program=desk.program, waiting=waiting)


@get("/program/versions/{version:str}", sync_to_thread=True)
def version_page(request: Asked, version: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    published = [one for one in programs.publications(desk.shop) if one.version == version]
    if not published:
        raise NotFoundException
    document = programs.document(desk.shop, version)
    return answer(
        request,
        "version.html.j2",
        "program",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        name=published[0].name,
        version=short_version(version),
        published=[(_when(one, desk, "on", "at the beginning"), one.published_by) for one in published],
        in_force=desk.program is not None and desk.program.version == version,
        document=document,
    )


# --- the next one --------------------------------------------------------------------------------------------------------


@get("/program/edit", sync_to_thread=True)
def edit_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    return _editor(request, desk, programs.document(desk.shop, desk.program.version) if desk.program else START)


@post("/program/edit", status_code=200, sync_to_thread=True)
def edit_this(request: Asked) -> Response[str]:
    """The editor with what was sent: an earlier document to begin from, or one on its way back from a page of its own."""
    return _editor(request, desk_of(request), _document(request))


@post("/program/plan", status_code=200, sync_to_thread=True)
def plan_page(request: Asked) -> Response[str]:
    """What would change, or what is wrong. Nothing is lost and nothing is changed."""
    desk = desk_of(request)
    return _planned(request, desk, _document(request))


@post("/program/apply", status_code=200, sync_to_thread=True)
def apply(request: Asked) -> Response[str]:
    """In force from now on, if this is the document that was planned, over the program that was then in force."""
    desk = desk_of(request)
    document, form = _document(request), form_of(request)
    try:
        rulebook = parse_program(document)
    except DocumentError:
        return _planned(request, desk, document)
    if form.get("planned") != rulebook.version:
        return _planned(request, desk, document, note=CHANGED_SINCE)
    if form.get("over", "") != (desk.program.version if desk.program else ""):
        return _planned(request, desk, document, note=OVERTAKEN)
    try:
        programs.publish(desk.shop, document, desk.session.name, desk.now)
    except ProgramRefused:
        return _planned(request, desk, document)
    return see_other("/program")


CHANGED_SINCE: Final = "The document was changed after its plan was shown. Here is the plan of what stands here now."
OVERTAKEN: Final = "Somebody else has applied a program in the meantime. Here is what would change now."


def _planned(request: Asked, desk: Desk, document: str, note: str = "") -> Response[str]:
    try:
        plan = programs.plan(desk.shop, document)
    except DocumentError as error:
        return _editor(request, desk, document, mistakes=_mistakes(error, document))
    except ProgramRefused as refused:
        return _editor(request, desk, document, refused=str(refused))
    return _editor(request, desk, document, plan=plan, note=note)


def _editor(
    request: Asked,
    desk: Desk,
    document: str,
    *,
    plan: Plan | None = None,
    mistakes: tuple[Mistake, ...] = (),
    refused: str = "",
    note: str = "",
) -> Response[str]:
    return answer(
        request,
        "edit.html.j2",
        "program",
        program=desk.program,
        document=document,
        rows=min(40, max(16, document.count("\n") + 2)),
        plan=plan,
        sentences=_sentences(parse_program(document)) if plan else [],
        changes=[words.with_spoken_dates(one) for one in plan.changes] if plan else [],
        customers=words.customers(plan.customers) if plan else "",
        mistakes=mistakes,
        refused=refused,
        note=note,
        over=desk.program.version if desk.program else "",
        is_first=desk.program is None,
    )


def _document(request: Asked) -> str:
    """As it was written; a form sends its line ends as a printer would."""
    return form_of(request).get("document", "").replace("\r\n", "\n")


def _mistakes(error: DocumentError, document: str) -> tuple[Mistake, ...]:
    lines = document.split("\n")
    return tuple(
        [
            Mistake(one.line, one.column, one.path, one.message, lines[one.line - 1].strip()[:120])
            if one.line <= len(lines)
            else Mistake(one.line, one.column, one.path, one.message, "")
            for one in error.problems
        ]
    )


def _sentences(program: Rulebook) -> list[str]:
    return [telling.with_spoken_days(one) for one in program.program.describe()]


def _when(publication: Publication, desk: Desk, preposition: str, beginning: str) -> Markup:
    """A program under which history was imported may stand at 0, before everything that ever happened."""
    if publication.published_at <= 0:
        return escape(beginning)
    return Markup("{} {}").format(preposition, telling.day(publication.published_at, desk.calendar))


def _version_table(publications: tuple[Publication, ...], desk: Desk) -> Table:
    columns = [
        Column("Number"),
        Column("Name", words=True),
        Column("In force from", words=True),
        Column("By", words=True),
    ]
    link = Markup('<a href="/program/versions/{}">{} <span class="unit inline">{}</span></a>')
    rows = [
        Row(
            [
                link.format(one.version, one.number, short_version(one.version)),
                one.name,
                _when(one, desk, "", "the beginning"),
                one.published_by,
            ]
        )
        for one in publications
    ]
    return Table("Every program that was in force, the newest first", columns, rows)


# --- on what was sold before ---------------------------------------------------------------------------------------------


@post("/program/backtest", status_code=200, sync_to_thread=True)
def begin_backtest(request: Asked) -> Response[str]:
    desk = desk_of(request)
    document = _document(request)
    try:
        name = parse_program(document).program.name
    except DocumentError:
        return _planned(request, desk, document)
    begun = _BACKTESTS.begin(name, lambda: report_over_record(desk.shop, document), desk.now)
    return see_other(f"/program/backtest/{begun.id}")


@get("/program/backtest/{id:str}", sync_to_thread=True)
def backtest_page(request: Asked, id: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    one = _BACKTESTS.get(id)
    return answer(
        request,
        "backtest.html.j2",
        "program",
        program=desk.program,
        id=id,
        backtest=one,
        seconds=max(0, desk.now - one.begun_at) // 1_000_000 if one else 0,
    )


@get("/program/backtest/{id:str}/report", sync_to_thread=True)
def backtest_report(id: FromPath[str]) -> Response[str]:
    """The report as it is: one page complete in itself, under a policy that allows its own style and nothing else."""
    one = _BACKTESTS.get(id)
    if one is None or not one.is_done:
        raise NotFoundException
    policy = f"{content_policy()}; frame-ancestors 'none'"
    headers = {**HEADERS, "Content-Security-Policy": policy}
    return Response(whole(one.report.result()), media_type="text/html", headers=headers)


handlers: Final = [
    program_page,
    adoption,
    version_page,
    edit_page,
    edit_this,
    plan_page,
    apply,
    begin_backtest,
    backtest_page,
    backtest_report,
]
