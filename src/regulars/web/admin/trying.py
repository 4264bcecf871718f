"""An order to try: what it would earn by the program in force, rule by rule, and why. Nothing comes of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from litestar import Response, get, post
from markupsafe import Markup
from msgspec import Struct

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.kernel.calendar import HOUR, Calendar, date_of, day_of_date
from regulars.kernel.facts import Instant, Line
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.service import customers
from regulars.service.forecast import Forecast, forecast
from regulars.service.people import USER_ID
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of
from regulars.wire.orders.cells import CellRefused, amount_minor

LINES: Final = 4
LONGEST: Final = 200
MOST_PROPERTIES: Final = 6
FURTHEST: Final = 366
"""Days."""
NOON: Final = 12 * HOUR


class Field(Struct, frozen=True):
    """`trouble` says what is wrong with `value`, and is "" where nothing is."""

    name: str
    label: str
    value: str
    trouble: str = ""


class Wanted(Struct, frozen=True):
    """What the form asks for, as far as it could be understood."""

    customer: Field
    on: Field
    rows: tuple[tuple[Field, ...], ...]
    lines: tuple[Line, ...]
    at: Instant

    @property
    def is_sound(self) -> bool:
        every = [self.customer, self.on, *[field for row in self.rows for field in row]]
        return not any(field.trouble for field in every) and bool(self.lines)


@get("/program/try", sync_to_thread=True)
def try_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    return _shown(request, desk, {}, tried=False)


@post("/program/try", status_code=200, sync_to_thread=True)
def try_order(request: Asked) -> Response[str]:
    desk = desk_of(request)
    return _shown(request, desk, form_of(request), tried=True)


def _shown(request: Asked, desk: Desk, form: Mapping[str, str], *, tried: bool) -> Response[str]:
    as_of = telling.as_of(desk.now, desk.calendar)
    if desk.program is None:
        return answer(request, "no_program.html.j2", "program", as_of=as_of)
    program = desk.program.program
    wanted, found = _wanted(form, desk, program), None
    if tried and wanted.is_sound:
        name = wanted.customer.value
        id = customers.find(desk.shop, USER_ID, name) if name else None
        found = forecast(desk.shop, id, wanted.lines, wanted.at, desk.now) if id or not name else None
        if found is None:
            nobody = Field("customer", wanted.customer.label, name, "Nobody is known by this id.")
            wanted = Wanted(nobody, wanted.on, wanted.rows, wanted.lines, wanted.at)
    days = [date_of(desk.calendar.day_of(desk.now) + ahead).isoformat() for ahead in (0, FURTHEST)]
    return answer(
        request,
        "try_order.html.j2",
        "program",
        program=desk.program,
        as_of=as_of,
        wanted=wanted,
        first=days[0],
        last=days[1],
        lacking=tried and not wanted.lines and not _troubles(wanted),
        headline=_headline(found, program) if found else None,
        lead=_lead(found, desk.program) if found else "",
        rules=_rules(found, program) if found else None,
        sentences=[one.sentence for one in found.said] if found else [],
    )


def _troubles(wanted: Wanted) -> bool:
    return any(field.trouble for row in wanted.rows for field in row)


# --- what is asked -------------------------------------------------------------------------------------------------------


def _wanted(form: Mapping[str, str], desk: Desk, program: Program) -> Wanted:
    """The properties are those for which the program asks, the first few of them."""
    properties = sorted(program.line_properties())[:MOST_PROPERTIES]
    rows, lines = [], []
    for number in range(1, LINES + 1):
        fields, line = _line(form, number, properties, program)
        rows.append(fields)
        lines += [line] if line is not None else []
    at, on = _day(form.get("on", ""), desk.calendar, desk.now)
    customer = Field("customer", "Customer’s id, if there is one", _cut(form, "customer"))
    return Wanted(customer, on, tuple(rows), tuple(lines), at)


def _line(
    form: Mapping[str, str], number: int, properties: Sequence[str], program: Program
) -> tuple[tuple[Field, ...], Line | None]:
    said = {name: _cut(form, f"{name}-{number}") for name in properties}
    written, trouble, minor = _cut(form, f"amount-{number}"), "", None
    if written or any(said.values()):
        try:
            minor = amount_minor(written, program.currency.exponent)
        except CellRefused as refused:
            trouble = refused.message
    amount = Field(f"amount-{number}", f"Paid, {program.currency.code}", written, trouble)
    fields = (amount, *[Field(f"{name}-{number}", name, value) for name, value in said.items()])
    found = None if minor is None else Line(minor, 1, {name: value for name, value in said.items() if value})
    return fields, found


def _day(written: str, calendar: Calendar, now: Instant) -> tuple[Instant, Field]:
    """Now, or noon of a day that is yet to come."""
    today, label = calendar.day_of(now), "Placed on"
    if not written:
        return now, Field("on", label, date_of(today).isoformat())
    try:
        day = day_of_date(date.fromisoformat(written))
    except ValueError:
        return now, Field("on", label, written[:LONGEST], "Write the day as 2024-05-17.")
    if not today <= day <= today + FURTHEST:
        return now, Field("on", label, written[:LONGEST], "Take a day from today to a year ahead.")
    return (now if day == today else min(calendar.start_of_day(day) + NOON, calendar.start_of_day(day + 1) - 1)), Field(
        "on", label, written
    )


def _cut(form: Mapping[str, str], name: str) -> str:
    return form.get(name, "").replace("\0", "").strip()[:LONGEST]


# --- what is said --------------------------------------------------------------------------------------------------------


def _headline(found: Forecast, program: Program) -> Markup:
    order = words.money(found.amount_minor, program.currency)
    if not found.points:
        return Markup("An order of {} would earn <strong>nothing</strong>.").format(order)
    points = words.points(found.points, program.points.name)
    return Markup("An order of {} would earn <strong>{}</strong>.").format(order, points)


def _lead(found: Forecast, program: Rulebook) -> Markup:
    calendar = program.calendar
    parts = [Markup("Placed {}").format(telling.moment(found.at, calendar))]
    if program.tiers is not None:
        parts.append(Markup(" by a customer {}").format(f"in {found.tier}" if found.tier else "without a tier"))
    parts.append(Markup("."))
    if found.active_at is not None and found.active_at > found.at:
        parts.append(Markup(" To be spent from {} on.").format(telling.day(found.active_at, calendar)))
    if found.tier_after != found.tier:
        parts.append(
            Markup(" Afterwards they would be {}.").format(
                f"in {found.tier_after}" if found.tier_after else "in no tier"
            )
        )
    return Markup("").join(parts)


def _rules(found: Forecast, program: Program) -> Table:
    given = [one for one in found.said if one.points]
    rows = [Row([one.rule, words.count(one.points)]) for one in given]
    rows.append(Row(["In all", words.count(found.points)], total=True))
    return Table("By rule", [Column("Rule"), Column(words.capitalized(program.points.name.other))], rows)


handlers: Final = [try_page, try_order]
