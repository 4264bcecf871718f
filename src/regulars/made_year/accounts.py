"""What the shop's server says of names: who had an account before the year, who makes one, who signs in on which device.

All that counts of who is who is said here and by a guest's order; a browser's word is never needed. Whoever refused analytics is
named without a device.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from regulars.made_year.calendar import MINUTE, SECOND, midnight
from regulars.made_year.draws import Draws
from regulars.made_year.life import Kind, Named
from regulars.made_year.people import second_user_id
from regulars.made_year.plan import Person, Plan
from regulars.made_year.saying import Door, Said
from regulars.made_year.visiting import Seat

WITHDRAWN_AT: Final = 5 * MINUTE
"""After midnight."""
_LISTED: Final = 220
"""In so many seconds of the year's first minutes the list of customers is told."""


def told(seed: int, plan: Plan, seats: Sequence[Seat]) -> Iterator[Said]:
    life, person = plan.life, plan.person
    if life.kind is Kind.KNOWN:
        yield _listed(seed, person)
        if life.withdrew is not None and life.agreed:
            yield _withdrawn(person, life.withdrew)
    for seat in seats:
        if seat.signs_in:
            yield _signed_in(seat)
        if seat.named_at is not None:
            yield from _named(plan, seat, seat.named_at)


def _listed(seed: int, person: Person) -> Said:
    draws = Draws(seed, "listed", person.number)
    registered_at = f"20{draws.between(19, 24)}-{draws.between(1, 12):02d}-{draws.between(1, 28):02d}T12:00:00Z"
    traits = {**_traits(person, person.email), "createdAt": registered_at}
    if person.card:
        traits["card"] = person.card
    at = midnight(0) + (10 + draws.below(_LISTED)) * SECOND
    return Said(at, Door.SERVER, "identify", user_id=person.user_id, traits=traits)


def _withdrawn(person: Person, day: int) -> Said:
    proof = {"purpose": "analytics", "wording": "preferences-2", "place": "preference page"}
    at = midnight(day) + WITHDRAWN_AT
    return Said(at, Door.SERVER, "track", "Consent Withdrawn", user_id=person.user_id, properties=proof)


def _signed_in(seat: Seat) -> Said:
    return Said(
        seat.begins_at - SECOND,
        Door.SERVER,
        "track",
        "Signed In",
        user_id=seat.user_id,
        device=seat.device,
        properties={"method": "password"},
    )


def _named(plan: Plan, seat: Seat, at: int) -> Iterator[Said]:
    person = plan.person
    device = seat.device if plan.life.agreed else None
    if not seat.becomes:
        if plan.life.visits[seat.place].naming is Named.FORM:
            yield Said(at + SECOND, Door.SERVER, "identify", device=device, traits={"email": person.email})
        return
    user_id, email = seat.becomes, person.email
    if user_id == second_user_id(person):
        email = person.second_email
    traits = _traits(person, email)
    yield Said(at, Door.SERVER, "identify", user_id=user_id, device=device, traits=traits)
    yield Said(at + SECOND, Door.SERVER, "track", "Signed Up", user_id=user_id, traits={"email": email})
    confirmed_at = at + (70 + person.number % 130) * SECOND
    yield Said(confirmed_at, Door.SERVER, "track", "Email Confirmed", user_id=user_id, properties={"email": email})


def _traits(person: Person, email: str) -> dict[str, Any]:
    traits: dict[str, Any] = {
        "email": email,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "language": person.language,
        "address": {"city": person.city, "country": person.country},
    }
    if person.phone and email == person.email:
        traits["phone"] = person.phone
    if person.birthday:
        traits["birthday"] = person.birthday
    return traits
