"""Points on the shop's word: held for an order, spent, released and brought back; given or taken by hand; given to others."""

from typing import Annotated, Any, Final

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from regulars.kernel.calendar import DAY, SECOND
from regulars.kernel.facts import Instant
from regulars.service import adjusting, extending, spending, transfers
from regulars.service.adjusting import Adjustment
from regulars.service.commands import Command, Done
from regulars.service.extending import Extension
from regulars.web.api.commands import (
    MOST_POINTS,
    Points,
    Time,
    Words,
    bad_body,
    customer_of,
    done,
    moment_of,
    words_of,
)
from regulars.web.api.customers import Lookup
from regulars.web.face import Face

LONGEST_HELD_DAYS: Final = 366
MOST_NOTE: Final = 2_000

OurId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z-]+$")]


class PointsToReserve(Struct, frozen=True, forbid_unknown_fields=True):
    """Held `until` a moment, which is exclusive, or for so many `seconds`; one of the two, and at most 366 days."""

    customer: Lookup
    points: Points
    until: Time | None = None
    seconds: Annotated[int, Meta(ge=1, le=LONGEST_HELD_DAYS * 86_400)] | None = None


class ReservationToRelease(Struct, frozen=True, forbid_unknown_fields=True):
    """`reservation` is the `id` that reserving answered."""

    customer: Lookup
    reservation: OurId


class PointsToSpend(Struct, frozen=True, forbid_unknown_fields=True):
    """The customer reads the `purpose`. With a `reservation` they are those that it holds; what of it is not spent is released."""

    customer: Lookup
    points: Points
    purpose: Words
    reservation: OurId | None = None


class SpendingToReverse(Struct, frozen=True, forbid_unknown_fields=True):
    """`spending` is the `id` that spending answered; so many `points` of it come back, all that are left where nothing is said."""

    customer: Lookup
    spending: OurId
    points: Points | None = None


class PointsToAdjust(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` below 0 are taken. The customer reads the `reason`; the `note` is for staff alone. `expires_at` is exclusive, and
    left to the program where nothing is said.
    """

    customer: Lookup
    points: Annotated[int, Meta(ge=-MOST_POINTS, le=MOST_POINTS)]
    reason: Words
    note: Annotated[str, Meta(max_length=MOST_NOTE)] = ""
    expires_at: Time | None = None


class PointsToExtend(Struct, frozen=True, forbid_unknown_fields=True):
    """Whatever the customer holds that ends before `until`, which is exclusive, ends then. The customer reads the `reason`."""

    customer: Lookup
    until: Time
    reason: Words


class PointsToTransfer(Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from", "receiver": "to"}):
    """Both customers read the `reason`."""

    sender: Lookup
    receiver: Lookup
    points: Points
    reason: Words = ""


def points_handlers() -> list[HTTPRouteHandler]:
    return [reserve, release, spend, reverse, adjust, extend, transfer]


@post("/v1/points/reservations", status_code=200)
async def reserve(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "reserve", PointsToReserve, _reserve)


@post("/v1/points/reservations/release", status_code=200)
async def release(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "release", ReservationToRelease, _release)


@post("/v1/points/spendings", status_code=200)
async def spend(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "spend", PointsToSpend, _spend)


@post("/v1/points/spendings/reverse", status_code=200)
async def reverse(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "reverse", SpendingToReverse, _reverse)


@post("/v1/points/adjustments", status_code=200)
async def adjust(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "adjust", PointsToAdjust, _adjust)


@post("/v1/points/extensions", status_code=200)
async def extend(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "extend", PointsToExtend, _extend)


@post("/v1/points/transfers", status_code=200)
async def transfer(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await done(request, "transfer", PointsToTransfer, _transfer)


def _reserve(face: Face, asked: PointsToReserve, command: Command, now: Instant) -> Done:
    if (asked.until is None) == (asked.seconds is None):
        raise bad_body("Say how long the points are held: send `until` or `seconds`, one of the two.")
    until = now + (asked.seconds or 0) * SECOND if asked.until is None else moment_of(asked.until, "`until`")
    if not now < until <= now + LONGEST_HELD_DAYS * DAY:
        raise bad_body(f"`until` is past, or more than {LONGEST_HELD_DAYS} days ahead. Take a moment between.")
    return spending.reserve(face.shop, customer_of(face, asked.customer), asked.points, until, command, now)


def _release(face: Face, asked: ReservationToRelease, command: Command, now: Instant) -> Done:
    return spending.release(face.shop, customer_of(face, asked.customer), asked.reservation, command, now)


def _spend(face: Face, asked: PointsToSpend, command: Command, now: Instant) -> Done:
    purpose, record = words_of(asked.purpose, "`purpose`"), customer_of(face, asked.customer)
    return spending.spend(face.shop, record, asked.points, purpose, asked.reservation, command, now)


def _reverse(face: Face, asked: SpendingToReverse, command: Command, now: Instant) -> Done:
    record = customer_of(face, asked.customer)
    return spending.bring_back(face.shop, record, asked.spending, asked.points, command, now)


def _adjust(face: Face, asked: PointsToAdjust, command: Command, now: Instant) -> Done:
    if not asked.points:
        raise bad_body("`points` is 0. Write how many are given, or below 0 how many are taken.")
    expires_at = None if asked.expires_at is None else moment_of(asked.expires_at, "`expires_at`")
    if expires_at is not None and asked.points < 0:
        raise bad_body("`expires_at` is for points that are given. Leave it out where points are taken.")
    if expires_at is not None and expires_at <= now:
        raise bad_body("`expires_at` is past. Take a moment that is yet to come.")
    reason, note = words_of(asked.reason, "`reason`"), asked.note.replace("\0", "").strip()
    wanted = Adjustment(customer_of(face, asked.customer), asked.points, reason, note, expires_at)
    return adjusting.adjust(face.shop, wanted, command, now)


def _extend(face: Face, asked: PointsToExtend, command: Command, now: Instant) -> Done:
    until = moment_of(asked.until, "`until`")
    if until <= now:
        raise bad_body("`until` is past. Take a moment that is yet to come.")
    wanted = Extension(customer_of(face, asked.customer), until, words_of(asked.reason, "`reason`"))
    return extending.extend(face.shop, wanted, command, now)


def _transfer(face: Face, asked: PointsToTransfer, command: Command, now: Instant) -> Done:
    sender, receiver = customer_of(face, asked.sender), customer_of(face, asked.receiver)
    return transfers.transfer(face.shop, sender, receiver, asked.points, asked.reason.strip(), command, now)
