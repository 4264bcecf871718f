"""What the shop's server says of somebody whose name it knows: under which name, since when, and the moments of it."""

from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct

from regulars.made_year import people, visiting
from regulars.made_year.calendar import DAYS, MINUTE, SECOND, midnight, moment
from regulars.made_year.life import Life
from regulars.made_year.model import Model
from regulars.made_year.people import second_user_id
from regulars.made_year.plan import Person, Plan
from regulars.made_year.saying import Door, Said

HOUR: Final = 60 * MINUTE
OVER: Final = 42 * MINUTE
"""After its beginning by which a visit is over, whatever was done in it."""
_AN_HOUR_OF_SECONDS: Final = 3600
_NOON: Final = 12 * 60


class Voice(Struct, frozen=True, gc=False):
    """The names that the server has for somebody, and the moments from which it uses them."""

    person: Person
    account_from: int | None
    second_from: int | None


def known_from(seed: int, life: Life) -> int | None:
    """The moment from which the server may speak of them: the visit in which they gave their name is over; for whoever was known
    before, an hour or two into the year. None where no name is ever given."""
    place = life.named_at
    if place is None:
        return None
    if place < 0:
        return midnight(0) + HOUR + life.number % _AN_HOUR_OF_SECONDS * SECOND
    return visiting.begins(seed, life)[place] + OVER


def voice_of(model: Model, seed: int, plan: Plan) -> Voice:
    life, person = plan.life, plan.person
    account = people.account_at(model, seed, life)
    second = visiting.second_at(seed, life, person, plan.purchases, account)
    return Voice(person, _over(seed, life, account), _over(seed, life, second))


def says(
    voice: Voice, at: int, name: str, properties: Mapping[str, Any], parcel: int = 0, by_mail: bool = False
) -> Said:
    """By the account that is in use then, and its e-mail address; where there is no account, by the address alone. What is done
    by mail is done by the first address."""
    person, user_id, email = voice.person, "", voice.person.email
    if voice.second_from is not None and at >= voice.second_from and not by_mail:
        user_id, email = second_user_id(person), person.second_email
    elif voice.account_from is not None and at >= voice.account_from:
        user_id = person.user_id
    return Said(at, Door.SERVER, "track", name, parcel, user_id, properties=properties, traits={"email": email})


def day_of(at: int) -> int:
    """The day of a moment, on the shop's wall; up to two months behind the year's end."""
    return bisect_right(_midnights(), at) - 1


def by_day(day: int, minute: int) -> int:
    """`calendar.moment`, for a minute in which the clocks do not change: from three in the morning on."""
    return _noon(day) + (minute - _NOON) * MINUTE


def made_id(prefix: str, *names: int | str) -> str:
    return prefix + blake2b("\x1f".join([str(name) for name in names]).encode(), digest_size=6).hexdigest()


def _over(seed: int, life: Life, place: int | None) -> int | None:
    """When the visit is over in which they got an account."""
    if place is None:
        return None
    return midnight(0) if place < 0 else visiting.begins(seed, life)[place] + OVER


@cache
def _noon(day: int) -> int:
    return moment(day, _NOON)


@cache
def _midnights() -> tuple[int, ...]:
    return tuple([midnight(day) for day in range(DAYS + 60)])
