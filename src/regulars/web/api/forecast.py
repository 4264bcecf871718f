"""An order to try: what it would earn by the program in force, rule by rule, and why. Nothing comes of it, so it wants no key of
its own.
"""

from typing import Annotated, Any, Final

from anyio import to_thread
from litestar import Request, post
from msgspec import Meta, Struct
from msgspec.structs import replace

from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Bill, Line
from regulars.kernel.program import Program
from regulars.kernel.terms import Currency
from regulars.kernel.worth import spread
from regulars.service.customers import find
from regulars.service.forecast import forecast as forecast_of
from regulars.service.group import NoProgram
from regulars.web.api.auth import need_secret_key
from regulars.web.api.bodies import read_body
from regulars.web.api.commands import (
    MOST_COMMAND_BYTES,
    PRINTABLE,
    Amount,
    Time,
    bad_body,
    minor_of,
    moment_of,
    no_program,
    program_of,
    read,
)
from regulars.web.api.customers import Lookup, checked, not_found
from regulars.web.face import Face, face_of
from regulars.wire.answers import ForecastAnswer, ForecastByRuleAnswer
from regulars.wire.bills import bill_of, currency_named, put_abroad
from regulars.wire.instants import rfc3339

MOST_LINES: Final = 200
FURTHEST_DAYS: Final = 366

_Text = Annotated[str, Meta(max_length=200, pattern=PRINTABLE)]


class LineToTry(Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` is what the whole line costs. `properties` are those that rules ask for: `product`, `category` and the like."""

    amount: Amount
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    properties: Annotated[dict[_Text, _Text], Meta(max_length=50)] = {}


class PaidWith(Struct, frozen=True, forbid_unknown_fields=True):
    """What of it is paid otherwise than with money; each an amount of money."""

    gift_card: Amount = 0
    points: Amount = 0


class OrderToTry(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a `customer` it is somebody unknown. Where nothing is said, `at` is now and `currency` the program's.
    `tax` and `shipping` are those of the order, beside its lines.
    """

    lines: Annotated[list[LineToTry], Meta(min_length=1, max_length=MOST_LINES)]
    customer: Lookup | None = None
    at: Time | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    tax: Amount = 0
    shipping: Amount = 0
    paid_with: PaidWith = PaidWith()


@post("/v1/orders/forecast", status_code=200)
async def forecast(request: Request[Any, Any, Any]) -> ForecastAnswer:
    await to_thread.run_sync(need_secret_key, request)
    asked = read(await read_body(request, MOST_COMMAND_BYTES), OrderToTry)
    return await to_thread.run_sync(_forecast, face_of(request.scope), asked)


def _forecast(face: Face, asked: OrderToTry) -> ForecastAnswer:
    program, now = program_of(face), face.clock()
    lines, bill = _order(asked, program)
    at = now if asked.at is None else moment_of(asked.at, "`at`")
    if not now <= at <= now + FURTHEST_DAYS * DAY:
        raise bad_body(f"`at` is past, or more than {FURTHEST_DAYS} days ahead. Leave it out for now.")
    try:
        found = forecast_of(face.shop, _customer(face, asked.customer), lines, at, now, bill)
    except NoProgram:
        raise no_program() from None
    if found is None:
        raise not_found()
    return ForecastAnswer(
        rfc3339(found.at),
        found.amount_minor,
        found.points,
        None if found.active_at is None else rfc3339(found.active_at),
        None if found.expires_at is None else rfc3339(found.expires_at),
        found.tier,
        found.tier_after,
        tuple([ForecastByRuleAnswer(one.rule, one.points, one.reason, one.sentence) for one in found.said]),
        found.version,
    )


def _order(asked: OrderToTry, program: Program) -> tuple[tuple[Line, ...], Bill | None]:
    """Its lines and its bill, in the currency that it says; one that the shop does not take is refused as an order in it is."""
    currency = _currency(asked.currency or program.currency.code, program)
    meant = replace(program, currency=currency)
    lines = tuple([_line(one, place, meant) for place, one in enumerate(asked.lines)])
    weights = [max(line.amount_minor, 0) for line in lines]
    bill = bill_of(
        taxes=spread(minor_of(asked.tax, "`tax`", meant), weights),
        shipping_minor=minor_of(asked.shipping, "`shipping`", meant),
        gift_card_minor=minor_of(asked.paid_with.gift_card, "`paid_with.gift_card`", meant),
        points_minor=minor_of(asked.paid_with.points, "`paid_with.points`", meant),
    )
    return (lines, bill) if currency == program.currency else put_abroad(lines, bill, currency)


def _currency(code: str, program: Program) -> Currency:
    if code == program.currency.code:
        return program.currency
    named = currency_named(code) if program.till.takes_others else None
    if named is None:
        raise bad_body(f"`currency` is not the program's, {program.currency.code}, nor one that it has rates beside.")
    return named


def _line(one: LineToTry, place: int, program: Program) -> Line:
    return Line(minor_of(one.amount, f"`lines[{place}].amount`", program), one.quantity, one.properties)


def _customer(face: Face, wanted: Lookup | None) -> str | None:
    if wanted is None:
        return None
    named = checked(face, wanted.kind, wanted.value)
    id = find(face.shop, named.kind, named.value)
    if id is None:
        raise not_found()
    return id
