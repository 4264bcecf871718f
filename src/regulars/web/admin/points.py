"""Points by the hand of staff: given and taken, given to another customer, taken back with an order, brought back from what was
spent. Each form is a command of its own, done once however often it is sent.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from regulars.backtesting.report import words
from regulars.kernel.facts import Instant
from regulars.kernel.program import Program
from regulars.kernel.returns import Asked as AskedOfLine
from regulars.service import adjusting, customers, purchases, returns, spending, transfers
from regulars.service.adjusting import Adjustment
from regulars.service.commands import Command, Done, KeyReused, NotPossible
from regulars.service.customers import Customer
from regulars.service.people import USER_ID
from regulars.service.returns import Return
from regulars.web.admin import telling
from regulars.web.admin.customer import customer_of, name_of
from regulars.web.admin.gate import see_other
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of
from regulars.wire.orders.cells import CellRefused, amount_minor

MOST_POINTS: Final = 1_000_000_000
MOST_WORDS: Final = 200
MOST_NOTE: Final = 2_000
CHOICES: Final = 50


class Trouble(Exception):
    """`field` is where, "" for the form as a whole."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(field)
        self.field, self.words = field, words


class Outcome(Struct, frozen=True):
    """`said` is what happened; else `trouble` says what is wrong with `field` of `form`, in which `values` stood."""

    said: str = ""
    form: str = ""
    field: str = ""
    trouble: str = ""
    values: Mapping[str, str] = {}


@get("/customers/{id:str}/points", sync_to_thread=True)
def points_page(request: Asked, id: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    one = customer_of(desk, id)
    return see_other(f"{telling.customer_path(one.id)}/points") if one.id != id else _page(request, desk, one)


@post("/customers/{id:str}/points/adjust", status_code=200, sync_to_thread=True)
def adjust(request: Asked, id: FromPath[str]) -> Response[str]:
    return _carry_out(request, id, "adjust", _adjust)


@post("/customers/{id:str}/points/transfer", status_code=200, sync_to_thread=True)
def transfer(request: Asked, id: FromPath[str]) -> Response[str]:
    return _carry_out(request, id, "transfer", _transfer)


@post("/customers/{id:str}/points/return", status_code=200, sync_to_thread=True)
def take_back(request: Asked, id: FromPath[str]) -> Response[str]:
    return _carry_out(request, id, "return", _return)


@post("/customers/{id:str}/points/reverse", status_code=200, sync_to_thread=True)
def bring_back(request: Asked, id: FromPath[str]) -> Response[str]:
    return _carry_out(request, id, "reverse", _reverse)


# --- what is asked -------------------------------------------------------------------------------------------------------


def _carry_out(
    request: Asked, id: str, name: str, do: Callable[[Desk, Customer, Mapping[str, str], Command], str]
) -> Response[str]:
    desk, form = desk_of(request), form_of(request)
    one = customer_of(desk, id)
    kept = {field: value.replace("\0", "").strip()[:MOST_NOTE] for field, value in form.items()}
    body = msgspec.json.encode(
        [one.id, sorted([(field, kept[field]) for field in kept if field not in ("key", "csrf")])]
    )
    command = Command(f"page {name}", kept.get("key") or None, body, desk.session.name, "staff")
    try:
        outcome = Outcome(do(desk, one, kept, command))
    except Trouble as trouble:
        outcome = Outcome("", name, trouble.field, trouble.words, kept)
    except NotPossible as no:
        outcome = Outcome("", name, "", no.words, kept)
    except KeyReused:
        outcome = Outcome(
            "", name, "", "This form was sent before, with something else in it. Send it once more.", kept
        )
    return _page(request, desk, customer_of(desk, id), outcome)


def _adjust(desk: Desk, one: Customer, form: Mapping[str, str], command: Command) -> str:
    sign = -1 if form.get("way") == "take" else 1
    points, reason = sign * _points(form), _reason(form)
    done = adjusting.adjust(desk.shop, Adjustment(one.id, points, reason, form.get("note", "")), command, desk.now)
    name, way = _program(desk).points.name, "given" if points > 0 else "taken"
    if _answer(done)["status"] == "waiting":
        return f"{name.points(abs(points))} to be {way}: that waits for somebody else to look at it, under Adjustments."
    return f"{name.points(abs(points))} {way}. Its customer reads: “{reason}”."


def _transfer(desk: Desk, one: Customer, form: Mapping[str, str], command: Command) -> str:
    points, to = _points(form), form.get("to", "")
    receiver = customers.find_by_name(desk.shop, USER_ID, to) if to else None
    if receiver is None:
        raise Trouble("to", "Nobody is known by this id.")
    transfers.transfer(desk.shop, one.id, receiver, points, form.get("reason", "")[:MOST_WORDS], command, desk.now)
    return f"{_program(desk).points.name.points(points)} went to {to}, with the age and the expiry that they had."


def _return(desk: Desk, one: Customer, form: Mapping[str, str], command: Command) -> str:
    program, order_id = _program(desk), form.get("order", "")
    if order_id not in [each.order_id for each in purchases.purchases(desk.shop, one.id, None, CHOICES).purchases]:
        raise Trouble("order", "Choose one of their orders.")
    amount, line, quantity = _amount(form, program), _number(form, "line"), _number(form, "quantity")
    if quantity is not None and line is None:
        raise Trouble("line", "Say of which line, counted from 1.")
    lines = () if line is None else (AskedOfLine(line - 1, amount, quantity),)
    wanted = Return(order_id, lines, amount if line is None else None, form.get("cancelled") == "yes")
    said = _answer(returns.take_back(desk.shop, wanted, command, desk.now))
    back = words.money(said["amount_minor"], program.currency)
    return f"{back} of order {order_id} went back, and {program.points.name.points(said['points'])} with it."


def _reverse(desk: Desk, one: Customer, form: Mapping[str, str], command: Command) -> str:
    spent = form.get("spending", "")
    if not spent:
        raise Trouble("spending", "Choose what comes back.")
    points = _points(form) if form.get("points") else None
    said = _answer(spending.bring_back(desk.shop, one.id, spent, points, command, desk.now))
    return f"{_program(desk).points.name.points(said['points'])} came back, with the expiry that they had."


def _points(form: Mapping[str, str]) -> int:
    written = form.get("points", "")
    if not (written.isascii() and written.isdigit() and len(written) <= 10 and 0 < int(written) <= MOST_POINTS):
        raise Trouble("points", f"Write a whole number from 1 to {MOST_POINTS:,}, digits only.")
    return int(written)


def _reason(form: Mapping[str, str]) -> str:
    reason = " ".join(form.get("reason", "").split())[:MOST_WORDS]
    if not reason:
        raise Trouble("reason", "Say why: the customer reads it.")
    return reason


def _number(form: Mapping[str, str], name: str) -> int | None:
    written = form.get(name, "")
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) <= 6 and int(written)):
        raise Trouble(name, "Write a whole number from 1 on, or nothing.")
    return int(written)


def _amount(form: Mapping[str, str], program: Program) -> int | None:
    written = form.get("amount", "")
    if not written:
        return None
    try:
        minor = amount_minor(written, program.currency.exponent)
    except CellRefused as refused:
        raise Trouble("amount", refused.message) from None
    if minor <= 0:
        raise Trouble("amount", "Write more than 0, without a sign; or nothing for all that is left.")
    return minor


def _answer(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.answer)
    return found


def _program(desk: Desk) -> Program:
    assert desk.program is not None, "whoever asked for the customer has seen to it"
    return desk.program.program


# --- the page ------------------------------------------------------------------------------------------------------------


def _page(request: Asked, desk: Desk, one: Customer, outcome: Outcome = Outcome()) -> Response[str]:  # noqa: B008
    program, calendar = _program(desk), desk.calendar
    name = program.points.name
    orders = purchases.purchases(desk.shop, one.id, None, CHOICES).purchases
    spent = spending.spendings(desk.shop, one.id, CHOICES)

    def told(at: Instant) -> str:
        return calendar.wall_clock(at)[:10]

    return answer(
        request,
        "points.html.j2",
        "customers",
        program=desk.program,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if outcome.trouble else HTTPStatus.OK,
        as_of=telling.as_of(desk.now, calendar),
        path=telling.customer_path(one.id),
        name=name_of(one),
        points=name.other,
        currency=program.currency.code,
        held=name.points(one.points.available),
        outcome=outcome,
        key=desk.shop.new_id(),
        threshold=program.points.second_look_above,
        orders=[
            (
                each.order_id,
                f"{each.order_id}: {words.money(each.amount_minor, program.currency)}, {told(each.happened_at)}",
            )
            for each in orders
        ],
        spent=[(each.id, f"{name.points(each.left)}, {told(each.at)}: {each.purpose}") for each in spent],
        longest_words=MOST_WORDS,
        longest_note=MOST_NOTE,
    )


handlers: Final = [points_page, adjust, transfer, take_back, bring_back]
