"""Customers: a list in any of four orders, narrowed down, page by page; or found by an identity.

What the list is narrowed down to stands in the address: it names nobody. What is searched for stands in a body alone.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, get_args
from urllib.parse import urlencode

from litestar import Response, get, post
from msgspec import Struct

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.kernel.calendar import day_of_date
from regulars.kernel.program import Purpose
from regulars.service import listing
from regulars.service.listing import MOST_ASKED, MOST_LOOKED_AT, CustomerBrief, Order, Page, Place, Wanted
from regulars.web.admin import audit, customer, levels, merging, rights, telling
from regulars.web.admin.picture import kind_of
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of, shop_of

FOUND_AT_MOST: Final = 50
A_PAGE: Final = 50
LONGEST_WORDS: Final = 200

ORDERS: Final = {
    Order.LAST_SEEN: "Last seen",
    Order.FIRST_SEEN: "Newest",
    Order.AVAILABLE: "Most {} available",
    Order.LIFETIME: "Most {} in all",
}
WHO: Final = {"": "Everybody", "account": "With an id of the shop’s", "guest": "Guests: e-mail, phone or card only"}
MEMBERS: Final = {"": "Members or not", "yes": "Members", "no": "Not members"}
MAY: Final = {
    "": "Whatever they allow",
    "email": "May be sent e-mail",
    "sms": "May be sent text messages",
    "ads": "May be shown ads",
    "profiling": "May be profiled",
    "analytics": "May be counted",
}
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
NO_TIER: Final = "none"


class Choice(Struct, frozen=True):
    """One field of the form that narrows down: a list of values to choose from."""

    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...]


@get("/customers", sync_to_thread=True)
def customers_page(request: Asked) -> Response[str]:
    """Those seen last, or as the address says; a value that is none of ours is as if it were not there."""
    with shop_of(request).store.one_moment():
        return _listed(request, desk_of(request))


def _listed(request: Asked, desk: Desk) -> Response[str]:
    asked = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    wanted, order, place = _wanted(asked, desk), _order(asked), _place(asked)
    page = listing.page(desk.shop, wanted, order, place, A_PAGE)
    is_plain = wanted == Wanted() and order is Order.LAST_SEEN
    return _page(
        request,
        desk,
        says=_says(page, wanted, is_plain and place == Place()),
        table=_table_of(page.customers, desk) if page.customers else None,
        total=_total(desk, wanted),
        choices=_choices(asked, order, desk),
        since=asked.get("since", "") if wanted.seen_since is not None else "",
        places=_places(page, asked, place),
        is_narrowed=wanted != Wanted(),
        is_open=not is_plain,
    )


@post("/customers", status_code=200, sync_to_thread=True)
def found_page(request: Asked) -> Response[str]:
    """Asked for in a body: an e-mail or a phone number in an address would stand in every log on its way."""
    with shop_of(request).store.one_moment():
        desk = desk_of(request)
        asked = asked_for(form_of(request))
        found = listing.search(desk.shop, asked, FOUND_AT_MOST)
    return _page(
        request,
        desk,
        asked=asked,
        says=_found(asked, len(found)),
        table=_table_of(found, desk, found=bool(asked)) if found else None,
        choices=_choices({}, Order.LAST_SEEN, desk),
    )


def asked_for(form: Mapping[str, str]) -> str:
    return form.get("q", "").replace("\0", "").strip()[:LONGEST_WORDS]


def _page(request: Asked, desk: Desk, **values: Any) -> Response[str]:
    usual: dict[str, Any] = {
        "asked": "",
        "total": "",
        "since": "",
        "places": {},
        "is_narrowed": False,
        "is_open": False,
    }
    return answer(
        request,
        "customers.html.j2",
        "customers",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        **{**usual, **values},
    )


# --- what was asked for ----------------------------------------------------------------------------------------------


def _wanted(asked: Mapping[str, str], desk: Desk) -> Wanted:
    tier = asked.get("tier", "")
    tiers = [value for value, _ in _tiers(desk)]
    return Wanted(
        tier=(listing.WITHOUT_TIER if tier == NO_TIER else tier) if tier and tier in tiers else None,
        member={"yes": True, "no": False}.get(asked.get("member", "")),
        allows=next((purpose for purpose in PURPOSES if purpose == asked.get("may")), None),
        guest={"guest": True, "account": False}.get(asked.get("who", "")),
        seen_since=_since(asked.get("since", ""), desk),
    )


def _since(written: str, desk: Desk) -> int | None:
    """The beginning of that day on the shop's wall."""
    try:
        return desk.calendar.start_of_day(day_of_date(date.fromisoformat(written)))
    except (ValueError, OverflowError):
        return None


def _order(asked: Mapping[str, str]) -> Order:
    wanted = asked.get("order", "")
    return Order(wanted) if wanted in list(Order) else Order.LAST_SEEN


def _place(asked: Mapping[str, str]) -> Place:
    if "after" in asked:
        return Place("after", asked["after"])
    if "before" in asked:
        return Place("before", asked["before"] or None)
    return Place()


def _tiers(desk: Desk) -> list[tuple[str, str]]:
    tiers = desk.program.program.tiers if desk.program else None
    if tiers is None:
        return []
    levels = [(one.id, one.id) for one in reversed(tiers.levels)]
    return [("", "Any tier"), *[one for one in levels if one[0] != NO_TIER], (NO_TIER, "No tier yet")]


# --- what is shown ---------------------------------------------------------------------------------------------------


def _choices(asked: Mapping[str, str], order: Order, desk: Desk) -> list[Choice]:
    name = desk.program.program.points.name.other if desk.program else "points"
    orders = [(str(one), title.format(name)) for one, title in ORDERS.items()]
    lists = [
        ("order", "In which order", orders, str(order)),
        ("tier", "Tier", _tiers(desk), asked.get("tier", "")),
        ("member", "Membership", list(MEMBERS.items()), asked.get("member", "")),
        ("may", "Consent", list(MAY.items()), asked.get("may", "")),
        ("who", "Known by", list(WHO.items()), asked.get("who", "")),
    ]
    return [
        Choice(field, label, tuple([(value, title, value == chosen) for value, title in options]))
        for field, label, options, chosen in lists
        if options
    ]


def _total(desk: Desk, wanted: Wanted) -> str:
    """Of everybody only: whom a filter fits is not counted."""
    if wanted != Wanted():
        return ""
    number = listing.number(desk.shop)
    return f"more than {words.customers(listing.COUNTED_UP_TO)}" if number is None else words.customers(number)


def _says(page: Page, wanted: Wanted, is_plain: bool) -> str:
    number = len(page.customers)
    if wanted == Wanted():
        return "The customers seen last." if is_plain and number else ""
    fit = f"{words.customers(number)} on this page." if number else "Nobody found."
    if not page.is_cut:
        return fit
    most = MOST_ASKED if wanted.allows and page.looked_at < MOST_LOOKED_AT else page.looked_at
    return f"{fit} {words.count(most)} were looked at for it; there may be more further on."


def _places(page: Page, asked: Mapping[str, str], place: Place) -> dict[str, str]:
    """Where one can go from here, as addresses."""
    kept = {name: value for name, value in asked.items() if name not in ("after", "before", "q") and value}

    def at(**cursor: str) -> str:
        return f"/customers?{urlencode({**kept, **cursor})}"

    places = {}
    if page.before is not None or place != Place():
        places["first"] = at()
    if page.before is not None:
        places["before"] = at(before=page.before)
    if page.after is not None:
        places["after"] = at(after=page.after)
        places["last"] = at(before="")
    return places


def _found(asked: str, number: int) -> str:
    if not asked:
        return "The customers seen last." if number else ""
    if number == FOUND_AT_MOST:
        return f"The first {number} that fit; a few more letters would narrow it down."
    return f"{words.customers(number)} found." if number else "Nobody found."


def _table_of(rows: tuple[CustomerBrief, ...], desk: Desk, *, found: bool = False) -> Table:
    name = desk.program.program.points.name.other if desk.program else "points"
    tiered = desk.program is not None and desk.program.program.tiers is not None
    columns = [
        Column("Customer"),
        *([Column("Found by", words=True)] if found else []),
        *([Column("Tier", words=True)] if tiered else []),
        Column("Available", name),
        Column("Pending", name, extra=True),
        Column("In all", name, extra=True),
        *([] if found else [Column("First seen", extra=True)]),
        Column("Last seen"),
    ]
    cells = [
        [
            telling.customer_link(one.id, brief_name(one)),
            *([found_by(one)] if found else []),
            *([one.tier or words.NOTHING] if tiered else []),
            words.count(one.available),
            words.count(one.pending),
            words.count(one.lifetime),
            *([] if found else [telling.short_day(one.first_seen_at, desk.calendar)]),
            telling.short_day(one.last_seen_at, desk.calendar),
        ]
        for one in rows
    ]
    return Table("Customers", columns, [Row(line) for line in cells])


def brief_name(one: CustomerBrief) -> str:
    return one.name[1] if one.name else f"visitor {telling.short_id(one.id)}"


def found_by(one: CustomerBrief) -> str:
    """By what else than the name that is shown."""
    if one.found_by is None or one.found_by == one.name:
        return words.NOTHING
    kind, value = one.found_by
    return f"{kind_of(kind)} {value}"


handlers: Final = [
    customers_page,
    found_page,
    *customer.handlers,
    *merging.handlers,
    *levels.handlers,
    *rights.handlers,
    *audit.handlers,
]
