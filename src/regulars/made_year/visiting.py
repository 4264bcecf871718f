"""When each visit begins, on which device, and under which account: what the life leaves open.

Whoever has an account signs in before the first page, wherever the device is not theirs already by the shop's word; so after a
name is known it is never open who was there. What is said here follows from the life, the person and what they bought.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from regulars.made_year.calendar import FIRST_MINUTE, LAST_MINUTE, MINUTE, SECOND, moment
from regulars.made_year.draws import Draws
from regulars.made_year.life import Life, Named
from regulars.made_year.model import Model
from regulars.made_year.people import account_at, second_user_id
from regulars.made_year.plan import Person, Plan, Purchase
from regulars.made_year.saying import Device

APART: Final = 45
"""Minutes, at least, from the beginning of a visit to that of the next on the same day."""
LAST_BEGIN: Final = LAST_MINUTE + 14
LONGEST: Final = 38 * MINUTE
"""No visit is longer …"""
QUIET: Final = 31 * MINUTE
"""… and none ends later than that before the next on the same day: after half an hour of quiet a visit is over."""
AFTERNOON: Final = 15 * 60 + 30
"""The household's device changes hands."""


class Seat(Struct, frozen=True, gc=False):
    """One visit, as it is sat through. `user_id` is that of whoever is signed in when it begins, "" for nobody; from `named_at` on
    it is `becomes`. `signs_in`: the shop's server says so a second before the first page. `named_at` is also there where no more
    than an e-mail address is given; then `becomes` is "". A second account is made before the first page."""

    place: int
    begins_at: int
    device: Device
    is_first_use: bool
    user_id: str
    signs_in: bool
    named_at: int | None
    becomes: str
    purchase: Purchase | None
    ends_by: int


def begins(seed: int, life: Life) -> tuple[int, ...]:
    """The moment at which each visit begins, in microseconds since 1970 UTC."""
    minutes = [visit.minute for visit in life.visits]
    for place in range(1, len(minutes)):
        if life.visits[place].day == life.visits[place - 1].day:
            minutes[place] = max(minutes[place], minutes[place - 1] + APART)
    for place in range(len(minutes) - 1, -1, -1):
        is_last = place + 1 == len(minutes) or life.visits[place].day != life.visits[place + 1].day
        minutes[place] = min(minutes[place], LAST_BEGIN if is_last else minutes[place + 1] - APART)
    return tuple(
        [
            _seven_of(visit.day) + (minute - FIRST_MINUTE) * MINUTE + _second(seed, life.number, place) * SECOND
            for place, (visit, minute) in enumerate(zip(life.visits, minutes, strict=True))
        ]
    )


def ends_by(starts: Sequence[int], place: int) -> int:
    """The moment before which the visit is over."""
    latest = starts[place] + LONGEST
    return latest if place + 1 == len(starts) else min(latest, starts[place + 1] - QUIET)


def second_at(seed: int, life: Life, person: Person, purchases: Sequence[Purchase], account: int | None) -> int | None:
    """The place of the visit whose order is the first of the second account; None for whoever never comes to use one."""
    if not person.second_email or account is None:
        return None
    places = [bought.visit for bought in purchases if bought.visit is not None and bought.visit > account]
    return Draws(seed, "second account", life.number).one_of(places) if places else None


def user_id_at(model: Model, seed: int, plan: Plan, place: int) -> str:
    """The account that is in use after that visit; "" for whoever is known by an e-mail address alone, or not at all."""
    account = account_at(model, seed, plan.life)
    if account is None or place < account:
        return ""
    second = second_at(seed, plan.life, plan.person, plan.purchases, account)
    return plan.person.user_id if second is None or place < second else second_user_id(plan.person)


def seats(model: Model, seed: int, plan: Plan) -> list[Seat]:
    life, person = plan.life, plan.person
    account = account_at(model, seed, life)
    second = second_at(seed, life, person, plan.purchases, account)
    bought = {one.visit: one for one in plan.purchases}
    draws = Draws(seed, "seats", life.number) if person.shared or len(person.devices) > 1 else None
    owners: dict[str, str] = {}
    seats = []
    starts = begins(seed, life)
    for place, begins_at in enumerate(starts):
        has_second = second is not None and place >= second
        user_id = _account(person, account is not None and place > account, has_second)
        device = _device(model, draws, life, person, begins_at, place) if draws and user_id else person.devices[0]
        id = device.anonymous_id
        is_first_use, owner = id not in owners, owners.get(id, "")
        signs_in = life.agreed and user_id != "" and (owner != user_id or device is person.shared)
        gives_name = place in (account, second, life.named_at)
        becomes = _account(person, account is not None and place >= account, has_second)
        purchase = bought.get(place)
        named_at = _named_at(seed, life, place, begins_at, purchase) if gives_name else None
        if place == second:
            named_at = begins_at - SECOND
        ends = ends_by(starts, place)
        seats.append(Seat(place, begins_at, device, is_first_use, user_id, signs_in, named_at, becomes, purchase, ends))
        owners[id] = becomes
    return seats


def _account(person: Person, has_account: bool, has_second: bool) -> str:
    return second_user_id(person) if has_second else person.user_id if has_account else ""


def _device(model: Model, draws: Draws, life: Life, person: Person, begins_at: int, place: int) -> Device:
    people = model.people
    if person.shared and draws.chance(people.on_household_device) and _is_theirs(life, person, begins_at, place):
        return person.shared
    further = len(person.devices) > 1 and draws.chance(people.on_second_device)
    return person.devices[1 if further else 0]


def _is_theirs(life: Life, person: Person, begins_at: int, place: int) -> bool:
    """Two never use one device at the same time: the one has it early on even days, the other on odd ones."""
    assert person.shares_with is not None
    day = life.visits[place].day
    minute = FIRST_MINUTE + (begins_at - _seven_of(day)) // MINUTE
    is_before = (life.number < person.shares_with) == (day % 2 == 0)
    return minute + 2 * APART <= AFTERNOON if is_before else minute >= AFTERNOON


def _named_at(seed: int, life: Life, place: int, begins_at: int, purchase: Purchase | None) -> int:
    if purchase is not None:
        return purchase.at if life.visits[place].naming is Named.GUEST else purchase.at - 3 * SECOND
    if life.visits[place].naming is Named.FORM:
        return begins_at + 30 * SECOND
    return begins_at + (45 + 3 * _second(seed, life.number, place)) * SECOND


@cache
def _seven_of(day: int) -> int:
    return moment(day, FIRST_MINUTE)


def _second(seed: int, number: int, place: int) -> int:
    return (seed * 31 + number * 7_919 + place * 104_729) // 7 % 60
