"""The identification rate as JSON, for the shop's server with its secret key: the same figures as on the page."""

from datetime import date
from typing import Any, Final
from urllib.parse import parse_qs

from litestar import Request, get
from msgspec import Struct

from regulars.kernel.calendar import Day, date_of, day_of_date
from regulars.kernel.shares import Share
from regulars.service import identification as rates
from regulars.service.identification import Identification, PeriodRefused, band_of
from regulars.web.api.auth import need_secret_key
from regulars.web.face import face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import Count, Moment
from regulars.wire.instants import rfc3339

USUAL_DAYS: Final = 28


class RateAnswer(Struct, frozen=True):
    """`identified` of `all`. `rate`, and the 95 % interval from `low` to `high` (Wilson's), are hundredths of a per cent; `rate`
    is null where `all` is 0.
    """

    identified: Count
    all: Count
    rate: int | None
    low: Count
    high: Count


class DayRateAnswer(Struct, frozen=True):
    """`on` is a day of the shop's own, as `2024-05-17`."""

    on: str
    visitors: RateAnswer


class SourceRateAnswer(Struct, frozen=True):
    """`source` is empty where nothing is said."""

    channel: str
    source: str
    visitors: RateAnswer


class DeviceRateAnswer(Struct, frozen=True):
    device: str
    visitors: RateAnswer


class BroughtAnswer(Struct, frozen=True):
    """How many people were first identified by `how`: who said it, and in which words."""

    how: str
    people: Count


class IdentificationAnswer(Struct, frozen=True):
    """From the first day to the last, both included. `band` is `bad` (below 20 %), `between`, `good` (above 25 %), `amazing` (from
    35 %), or null where nobody came. `returning`, `sessions` and `orders` are other rates than that of `visitors`.
    """

    first: str
    last: str
    as_of: Moment
    band: str | None
    visitors: RateAnswer
    returning: RateAnswer
    sessions: RateAnswer
    orders: RateAnswer
    days: tuple[DayRateAnswer, ...]
    sources: tuple[SourceRateAnswer, ...]
    devices: tuple[DeviceRateAnswer, ...]
    brought: tuple[BroughtAnswer, ...]


@get("/v1/identification", sync_to_thread=True)
def identification(request: Request[Any, Any, Any]) -> IdentificationAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    now = face.clock()
    rulebook = face.shop.rulebooks.in_force()
    if rulebook is None:
        raise _no_program()
    first, last = _period(request.scope["query_string"], rulebook.calendar.day_of(now))
    try:
        found = rates.identification(face.shop, first, last, now)
    except PeriodRefused as refused:
        raise Problem(Code.BAD_PERIOD, str(refused)) from None
    if found is None:
        raise _no_program()
    return shown(found)


def shown(found: Identification) -> IdentificationAnswer:
    band = band_of(found.visitors)
    return IdentificationAnswer(
        date_of(found.first).isoformat(),
        date_of(found.last).isoformat(),
        rfc3339(found.as_of),
        band.value if band else None,
        _rate(found.visitors),
        _rate(found.returning),
        _rate(found.sessions),
        _rate(found.orders),
        tuple([DayRateAnswer(date_of(one.day).isoformat(), _rate(one.visitors)) for one in found.days]),
        tuple([SourceRateAnswer(one.channel, one.source, _rate(one.visitors)) for one in found.sources]),
        tuple([DeviceRateAnswer(one.device, _rate(one.visitors)) for one in found.devices]),
        tuple([BroughtAnswer(one.how, one.people) for one in found.brought]),
    )


def _rate(share: Share) -> RateAnswer:
    low, high = share.interval()
    return RateAnswer(share.part, share.whole, share.hundredths() if share.whole else None, low, high)


def _period(query: bytes, today: Day) -> tuple[Day, Day]:
    """The last 28 days where nothing is asked. A parameter that is given twice is refused."""
    asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    last = _day(asked.get("to"), today)
    return _day(asked.get("from"), last - USUAL_DAYS + 1), last


def _day(written: list[str] | None, usual: Day) -> Day:
    if written is None:
        return usual
    try:
        (only,) = written
        if len(only) != len("2024-05-17"):
            raise ValueError
        return day_of_date(date.fromisoformat(only))
    except ValueError:
        raise Problem(Code.BAD_PERIOD, "Send `from` and `to` once each, as 2024-05-17.") from None


def _no_program() -> Problem:
    return Problem(Code.NO_PROGRAM, "Put a program in force first: it says in which zone the shop's days are.")
