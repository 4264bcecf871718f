"""Segments: who belongs together, how many they are and were, who came and went and why; and scores with their levels."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream
from markupsafe import Markup

from regulars.backtesting.report import charts, words
from regulars.backtesting.report.parts import Column, Figure, Row, Table
from regulars.kernel.calendar import DAY, date_of
from regulars.kernel.program import Program
from regulars.kernel.segments.tree import Segment
from regulars.service import programs, segment_lists
from regulars.service.auditing import Audit, last_audit
from regulars.service.segment_lists import DaySize, MoveSeen, Standing
from regulars.web.admin import telling
from regulars.web.admin.rendering import HEADERS, Asked, Desk, analytics_of, answer, desk_of, shop_of
from regulars.web.analytics import NotMade
from regulars.web.exports import segment_file

A_PAGE: Final = 25
DAYS_SHOWN: Final = 90
WEEK: Final = 7
OVERLAPS_KEPT: Final = 8
DRIFTS_SHOWN: Final = 20


@get("/segments", sync_to_thread=True)
def segments_page(request: Asked) -> Response[str]:
    with shop_of(request).store.one_moment():
        desk = desk_of(request)
        if desk.program is None:
            return answer(request, "no_program.html.j2", "segments", as_of=telling.as_of(desk.now, desk.calendar))
        program = desk.program.program
        ids = [one.id for one in program.segments]
        stands = segment_lists.standings(desk.shop, ids, desk.now - WEEK * DAY)
        sizes = segment_lists.sizes_by_day(desk.shop, ids, desk.calendar, DAYS_SHOWN, desk.now)
    return answer(
        request,
        "segments.html.j2",
        "segments",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        segments=[_line(one, stands[one.id], sizes[one.id], program) for one in program.segments],
        scores=[one.describe(program.currency) for one in program.scores],
        waiting=programs.publications(desk.shop)[0].waiting,
        audit=_audit_told(last_audit(desk.shop), desk),
        done=_said(request),
    )


@get("/segments/{id:str}", sync_to_thread=True)
def segment_page(request: Asked, id: FromPath[str]) -> Response[str]:
    with shop_of(request).store.one_moment():
        desk = desk_of(request)
        segment = segment_of(desk, id)
        assert desk.program is not None, "whoever asked for the segment has seen to it"
        program, asked = desk.program.program, request.query_params
        standing = segment_lists.standing(desk.shop, id, desk.now - WEEK * DAY)
        sizes = segment_lists.sizes_by_day(desk.shop, [id], desk.calendar, DAYS_SHOWN, desk.now)[id]
        members = segment_lists.members(desk.shop, id, asked.get("members"), A_PAGE)
        moves = segment_lists.moves(desk.shop, asked.get("moves"), A_PAGE, segment=id)
        waiting = programs.publications(desk.shop)[0].waiting
    return answer(
        request,
        "segment.html.j2",
        "segments",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        id=id,
        path=path_of(id),
        who=sentence_of(segment, program),
        members=words.customers(standing.members),
        week=_week(standing),
        waiting=waiting,
        done=_said(request),
        sizes=_size_figure(id, sizes),
        table=_member_table(members.members, desk) if members.members else None,
        members_next=members.next,
        members_first="members" not in asked,
        moves=[move_told(one, desk) for one in moves.moves],
        moves_next=moves.next,
        moves_first="moves" not in asked,
        others=[one.id for one in program.segments if one.id != id],
        **_overlap(request, desk, segment, asked.get("with", "")),
    )


@post("/segments/{id:str}/export", status_code=200, sync_to_thread=True)
def export(request: Asked, id: FromPath[str]) -> Stream:
    """As a file; it stands in the audit trail that somebody took it."""
    desk = desk_of(request)
    segment = segment_of(desk, id)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="segment-{segment.id}.csv"'}
    return segment_file(desk.shop, segment.id, desk.session.name, desk.now, headers)


def segment_of(desk: Desk, id: str) -> Segment:
    """404 where the program in force has none of that name."""
    found = next((one for one in desk.program.program.segments if one.id == id), None) if desk.program else None
    if found is None:
        raise NotFoundException
    return found


def path_of(id: str) -> str:
    return f"/segments/{quote(id, safe='')}"


def sentence_of(segment: Segment, program: Program) -> str:
    return words.with_spoken_dates(f"{words.capitalized(segment.who(program.words()))}.")


# --- the list --------------------------------------------------------------------------------------------------------


SAID: Final = {"deleted": "The segment is in force no more.", "applied": "The program with this segment is in force."}


def _said(request: Asked) -> str:
    return SAID.get(request.query_params.get("done", ""), "")


def _line(segment: Segment, standing: Standing, sizes: tuple[DaySize, ...], program: Program) -> dict[str, object]:
    return {
        "id": segment.id,
        "path": path_of(segment.id),
        "who": sentence_of(segment, program),
        "members": words.customers(standing.members),
        "week": _week(standing),
        "spark": spark(tuple([one.members for one in _since_anybody_was_in_it(sizes)])),
    }


def _audit_told(audit: Audit | None, desk: Desk) -> dict[str, Any] | None:
    """What the last audit found; None while there was none."""
    if audit is None:
        return None
    with desk.shop.store.reading() as connection:
        names = segment_lists.names_of(connection, [one.customer for one in audit.found[:DRIFTS_SHOWN]])
    drifts = [
        {
            "segment": one.segment,
            "path": path_of(one.segment),
            "customer": telling.customer_link(one.customer, shown(names.get(one.customer, one.customer), one.customer)),
            "what": "listed, but not in it" if one.listed else "in it, but not listed",
        }
        for one in audit.found[:DRIFTS_SHOWN]
    ]
    return {
        "when": telling.moment(audit.at, desk.calendar),
        "compared": words.count(audit.compared),
        "customers": words.customers(audit.customers),
        "number": words.count(audit.drifts),
        "drifts": drifts,
        "is_one": audit.drifts == 1,
    }


def _week(standing: Standing) -> str:
    if not standing.entered and not standing.left:
        return "Nobody entered or left in the last 7 days."
    return f"{words.count(standing.entered)} entered and {words.count(standing.left)} left in the last 7 days."


@lru_cache(maxsize=256)
def spark(sizes: tuple[int, ...]) -> Markup:
    """A line as small as a word, from zero up; what it says stands in words for those who cannot see it."""
    width, height, most = 120, 16, max(1, *sizes)
    step = width / max(1, len(sizes) - 1)
    points = " ".join([f"{n * step:.1f},{height - 1 - (height - 2) * size / most:.1f}" for n, size in enumerate(sizes)])
    says = f"{words.count(sizes[0])} {len(sizes)} days ago, {words.count(sizes[-1])} now, {words.count(max(sizes))} at most"
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{says}">'
        '<polyline points="{points}"/></svg>'
    ).format(w=width, h=height, says=says, points=points)


# --- one segment -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _size_figure(id: str, sizes: tuple[DaySize, ...]) -> Figure:
    """Kept until the figures are others: drawing takes far longer than writing."""
    sizes = _since_anybody_was_in_it(sizes)
    keys = [date_of(one.day).isoformat() for one in sizes]
    numbers = [one.members for one in sizes]
    most = max(range(len(numbers)), key=numbers.__getitem__)
    described = (
        f"A line by day: customers in {id}. {words.count(numbers[0])} on {_spoken(keys[0])}, {words.count(numbers[-1])} now; "
        f"most on {_spoken(keys[most])}, {words.count(numbers[most])}."
    )
    line = charts.Series("members", charts.ACCENT, numbers, words.count(numbers[-1]))
    rows = [Row([_spoken(key), words.count(number)]) for key, number in zip(keys, numbers, strict=True)]
    table = Table("At the end of each day, the newest first", [Column("Day"), Column("Members")], rows[::-1])
    return Figure("Members by day", charts.lines(keys, [line], charts.counted, described), table)


def _since_anybody_was_in_it(sizes: tuple[DaySize, ...]) -> tuple[DaySize, ...]:
    """A young segment was not empty before: it was not there. A week is shown all the same."""
    first = next((place for place, one in enumerate(sizes) if one.members), len(sizes))
    return sizes[min(max(0, first - 1), max(0, len(sizes) - WEEK)) :]


def _spoken(day: str) -> str:
    return f"{int(day[8:])} {words.month(day)}"


def _member_table(members: Sequence[segment_lists.Member], desk: Desk) -> Table:
    rows = [
        Row([telling.customer_link(one.id, shown(one.name, one.id)), telling.day(one.since, desk.calendar)])
        for one in members
    ]
    return Table("Members", [Column("Customer"), Column("Since", words=True)], rows)


def shown(name: str, id: str) -> str:
    return f"Customer {telling.short_id(id)}" if name == id else words.shortened(name, 60)


def move_told(move: MoveSeen, desk: Desk) -> dict[str, object]:
    return {
        "when": telling.moment(move.at, desk.calendar),
        "segment": move.segment,
        "path": path_of(move.segment),
        "customer": telling.customer_link(move.customer, shown(move.name, move.customer)),
        "what": "entered" if move.entered else "left",
        "why": words.with_spoken_dates(move.why),
        "quiet": move.is_quiet,
    }


def _overlap(request: Asked, desk: Desk, segment: Segment, other: str) -> dict[str, Any]:
    """With another segment of the program, as of the analytic file's moment."""
    none: dict[str, Any] = {"other": "", "overlap": None, "overlap_as_of": "", "no_file": False}
    found = next((one for one in desk.program.program.segments if one.id == other), None) if desk.program else None
    if found is None or desk.program is None or other == segment.id:
        return none
    try:
        both, as_of = analytics_of(request).overlap(segment.condition, found.condition, desk.program)
    except NotMade:
        return {**none, "other": other, "no_file": True}
    figure = _overlap_figure(segment.id, other, both.one, both.other, both.both)
    return {**none, "other": other, "overlap": figure, "overlap_as_of": telling.as_of(as_of, desk.calendar)}


@lru_cache(maxsize=OVERLAPS_KEPT)
def _overlap_figure(one: str, other: str, in_one: int, in_other: int, in_both: int) -> Figure:
    lines = [(one, in_one), (other, in_other), ("in both", in_both)]
    rows = [
        Row([name, words.count(number), words.share_figure(in_both, number) if number else words.NOTHING])
        for name, number in lines
    ]
    columns = [Column("Segment"), Column("Customers"), Column("Of them in both", "%")]
    groups = [
        charts.Group(
            name, [charts.Bar(number, words.count(number), charts.ACCENT if name == "in both" else charts.SOFT)]
        )
        for name, number in lines
    ]
    described = (
        f"Bars: {words.count(in_one)} in {one}, {words.count(in_other)} in {other}, {words.count(in_both)} in both."
    )
    return Figure(
        "How many they share", charts.bars(groups, described, names_beside=False), Table("Overlap", columns, rows)
    )


handlers: Final = [segments_page, segment_page, export]
