"""Two customers that are one: staff choose the other, see what would be, say why, and can undo it."""

from http import HTTPStatus
from typing import Final

from litestar import Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.service import joining, listing
from regulars.service.customers import Customer
from regulars.service.joining import MOST_WHY_CHARACTERS, NotPossible, Preview, Reason
from regulars.service.listing import CustomerBrief
from regulars.service.people import ANONYMOUS_ID
from regulars.web.admin import telling
from regulars.web.admin.customer import customer_of, name_of, page_of
from regulars.web.admin.gate import see_other
from regulars.web.admin.knowing import purpose_of
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of

FOUND_AT_MOST: Final = 20
LONGEST_WORDS: Final = 200


@get("/customers/{id:str}/merge", sync_to_thread=True)
def merge_page(request: Asked, id: FromPath[str]) -> Response[str]:
    """Whom to merge with?"""
    desk = desk_of(request)
    return _search(request, desk, customer_of(desk, id), "")


@post("/customers/{id:str}/merge", status_code=200, sync_to_thread=True)
def search_other(request: Asked, id: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    asked = form_of(request).get("q", "").replace("\0", "").strip()[:LONGEST_WORDS]
    return _search(request, desk, customer_of(desk, id), asked)


@post("/customers/{id:str}/merge/preview", status_code=200, sync_to_thread=True)
def preview_merge(request: Asked, id: FromPath[str]) -> Response[str]:
    """What would be. Nothing is changed."""
    desk = desk_of(request)
    return _preview(request, desk, customer_of(desk, id), form_of(request))


@post("/customers/{id:str}/merge/apply", status_code=200, sync_to_thread=True)
def apply_merge(request: Asked, id: FromPath[str]) -> Response[str]:
    """Done with a reason; without one the preview stands there again, with what was typed."""
    desk, form = desk_of(request), form_of(request)
    one = customer_of(desk, id)
    into, record = _both(one, form)
    try:
        joining.merge(desk.shop, record, into, desk.session.name, form.get("why", ""), desk.now)
    except NotPossible as error:
        if error.reason is Reason.NO_REASON:
            return _preview(request, desk, one, form, missing=error.words)
        return _search(request, desk, one, "", note=error.words)
    return see_other(f"{telling.customer_path(into)}#accounts")


@post("/customers/{id:str}/part", status_code=200, sync_to_thread=True)
def part(request: Asked, id: FromPath[str]) -> Response[str]:
    """Undoes a merge; where points of it are gone, the customer's page says what to do instead."""
    desk = desk_of(request)
    one = customer_of(desk, id)
    record = form_of(request).get("record", "")
    try:
        if record not in one.records[1:]:
            raise NotPossible(Reason.NOT_MERGED)
        joining.part(desk.shop, record, desk.session.name, desk.now)
    except NotPossible as error:
        return page_of(request, desk, one, note=error.words, status=HTTPStatus.CONFLICT)
    return see_other(telling.customer_path(record))


# --- whom ------------------------------------------------------------------------------------------------------------


def _search(request: Asked, desk: Desk, one: Customer, asked: str, note: str = "") -> Response[str]:
    found = listing.search(desk.shop, asked, FOUND_AT_MOST) if asked else ()
    others = [each for each in found if each.id != one.id]
    return answer(
        request,
        "merge.html.j2",
        "customers",
        program=desk.program,
        status=HTTPStatus.CONFLICT if note else HTTPStatus.OK,
        path=telling.customer_path(one.id),
        name=name_of(one),
        asked=asked,
        note=note,
        says=_says(asked, len(others), len(found)),
        others=[_other(each, desk) for each in others],
    )


def _says(asked: str, others: int, found: int) -> str:
    if not asked:
        return ""
    if others:
        return f"{words.customers(others)} found."
    return "That is this customer." if found else "Nobody found."


def _other(one: CustomerBrief, desk: Desk) -> dict[str, object]:
    name = desk.program.program.points.name if desk.program else None
    held = name.points(one.available) if name else words.count(one.available)
    return {
        "id": one.id,
        "name": one.name[1] if one.name else f"visitor {telling.short_id(one.id)}",
        "about": Markup("{}, last seen on {}").format(held, telling.day(one.last_seen_at, desk.calendar)),
    }


# --- what would be ---------------------------------------------------------------------------------------------------


def _both(one: Customer, form: dict[str, str]) -> tuple[str, str]:
    """Who stays, and who goes up in that one."""
    other = form.get("other", "")
    return (other, one.id) if form.get("stays") == "other" else (one.id, other)


def _preview(request: Asked, desk: Desk, one: Customer, form: dict[str, str], missing: str = "") -> Response[str]:
    into, record = _both(one, form)
    try:
        preview = joining.preview(desk.shop, record, into, desk.now)
    except NotPossible as error:
        return _search(request, desk, one, "", note=error.words)
    stays, goes = name_of(preview.into), name_of(preview.other)
    return answer(
        request,
        "merge_preview.html.j2",
        "customers",
        program=desk.program,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if missing else HTTPStatus.OK,
        path=telling.customer_path(one.id),
        other=form.get("other", ""),
        stays_other=form.get("stays") == "other",
        stays=stays,
        goes=goes,
        name=name_of(one),
        table=_table(preview, stays, goes, desk),
        stricter=[purpose_of(purpose) for purpose in preview.stricter],
        why=form.get("why", "")[: 2 * MOST_WHY_CHARACTERS],
        longest_why=MOST_WHY_CHARACTERS,
        missing=missing,
        points=desk.program.program.points.name.other if desk.program else "points",
    )


def _table(preview: Preview, stays: str, goes: str, desk: Desk) -> Table:
    into, other = preview.into, preview.other
    name = desk.program.program.points.name.other if desk.program else "points"
    tiered = desk.program is not None and desk.program.program.tiers is not None
    first = min(into.first_seen_at, other.first_seen_at)
    since = min([at for at in (into.member_since, other.member_since) if at is not None], default=None)
    lines: list[tuple[str, list[int | str | None]]] = [
        ("Names", [_names(into), _names(other), _names(into, other)]),
        ("Browsers", [_devices(into), _devices(other), _devices(into, other)]),
        (f"Available {name}", [into.points.available, other.points.available, preview.available]),
        (f"Pending {name}", [into.points.pending, other.points.pending, preview.pending]),
        ("Member since", [_day(at, desk) for at in (into.member_since, other.member_since, since)]),
        ("First seen", [_day(at, desk) for at in (into.first_seen_at, other.first_seen_at, first)]),
    ]
    if tiered:
        lines.insert(4, ("Tier", [into.tier.id, other.tier.id, preview.tier]))
    columns = [Column("What"), Column(stays, "stays"), Column(goes, "goes up in it"), Column("Together")]
    rows = [Row([title, *[_cell(value) for value in values]]) for title, values in lines]
    return Table("Both as they are, and together", columns, rows)


def _names(*several: Customer) -> int:
    return len({(each.kind, each.value) for one in several for each in one.identities if each.kind != ANONYMOUS_ID})


def _devices(*several: Customer) -> int:
    return len({each.value for one in several for each in one.identities if each.kind == ANONYMOUS_ID})


def _day(at: int | None, desk: Desk) -> Markup | None:
    return None if at is None else telling.short_day(at, desk.calendar)


def _cell(value: int | str | None) -> str:
    return words.count(value) if isinstance(value, int) else words.NOTHING if value is None else value


handlers: Final = [merge_page, search_other, preview_merge, apply_merge, part]
