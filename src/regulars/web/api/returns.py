"""Goods or money of an order went back: the shop's server says of which lines, or how much, or all of it."""

from typing import Annotated, Any, Final

from litestar import Request, Response, post
from msgspec import Meta, Struct

from regulars.kernel.facts import Instant
from regulars.kernel.program import Program
from regulars.kernel.returns import Asked
from regulars.service.commands import Command, Done
from regulars.service.returns import Return, take_back
from regulars.web.api.commands import Amount, Id, Time, bad_body, done, id_of, minor_of, moment_of, program_of
from regulars.web.face import Face

MOST_LINES: Final = 1_000


class LineBack(Struct, frozen=True, forbid_unknown_fields=True):
    """What went back of a line of the order, counted from 1: so many, so much money, or both; the whole line without either."""

    line: Annotated[int, Meta(ge=1, le=1_000_000)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    amount: Amount | None = None


class OrderBack(Struct, frozen=True, forbid_unknown_fields=True):
    """`lines`, or an `amount` of the order as a whole; all that is left of it without either. `cancelled` says that it was called
    off. `at` is now where nothing is said.
    """

    order_id: Id
    lines: Annotated[list[LineBack], Meta(min_length=1, max_length=MOST_LINES)] | None = None
    amount: Amount | None = None
    cancelled: bool = False
    at: Time | None = None


@post("/v1/returns", status_code=200)
async def order_returned(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "return", OrderBack, _take_back)


def _take_back(face: Face, asked: OrderBack, command: Command, now: Instant) -> Done:
    program = program_of(face)
    if asked.lines is not None and asked.amount is not None:
        raise bad_body("Send `lines` or `amount`, not both; each line may have an `amount` of its own.")
    lines = tuple([_line(one, place, program) for place, one in enumerate(asked.lines or ())])
    amount = None if asked.amount is None else minor_of(asked.amount, "`amount`", program)
    if amount == 0:
        raise bad_body("`amount` is 0, so nothing went back. Leave it out where all that is left went back.")
    at = None if asked.at is None else moment_of(asked.at, "`at`")
    wanted = Return(id_of(asked.order_id, "`order_id`"), lines, amount, asked.cancelled, at)
    return take_back(face.shop, wanted, command, now)


def _line(one: LineBack, place: int, program: Program) -> Asked:
    amount = None if one.amount is None else minor_of(one.amount, f"`lines[{place}].amount`", program)
    return Asked(one.line - 1, amount, one.quantity)
