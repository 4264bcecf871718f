"""The list of those who are likely to order, kept like a list that the shop keeps itself: who comes onto it and who leaves it are
facts, with their date, the model and the probability. So segments ask for it by `{list: likely-to-convert}`, in both their forms.

A fact's id is a function of the day, the customer, the model and what is said: said again on the same day, it is known already.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select

from regulars.kernel.calendar import Day, date_of
from regulars.kernel.consents import PROFILING
from regulars.kernel.facts import Instant
from regulars.kernel.segments.tree import LIST, LIST_JOINED, LIST_LEFT
from regulars.service.consents import allows
from regulars.service.known import Request
from regulars.service.people import ANONYMOUS_ID, ITSELF, USER_ID
from regulars.service.records import records_of
from regulars.service.segment_lists import names_of
from regulars.service.shop import Shop
from regulars.store.schema import IS_LISTED, customers, identities
from regulars.wire.events import Arrival, Did

LIKELY_TO_CONVERT: Final = "likely-to-convert"
SOURCE: Final = "regulars"
AT_ONCE: Final = 200
"""Customers in one transaction."""


class _Chosen(Struct, frozen=True):
    day: Day
    model: str
    probabilities: Mapping[str, float]


class Kept(Struct, frozen=True):
    """How many came onto the list and left it."""

    joined: int
    left: int


def keep_list(
    shop: Shop, day: Day, model: str, probabilities: Mapping[str, float], listed: Collection[str], now: Instant
) -> Kept:
    """On the list are those of whom the model of this version says so on this day, with their probabilities by our ids; `listed`
    are on it by now. Whoever does not allow profiling any more is not spoken of. Busy or NoProgram: the rest was not stored, and
    can be said again.
    """
    chosen = _Chosen(day, model, probabilities)
    joined = _say(shop, LIST_JOINED, sorted(probabilities.keys() - set(listed)), chosen, now)
    left = _say(shop, LIST_LEFT, sorted(set(listed) - probabilities.keys()), chosen, now)
    return Kept(joined, left)


def may_be_shown(shop: Shop, ids: Sequence[str]) -> dict[str, str]:
    """Names of those of these customers who are there and allow profiling at this moment, by our ids."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return {}
    with shop.store.one_moment(), shop.store.reading() as connection:
        there = connection.execute(select(customers.c.id).where(customers.c.id.in_(ids), IS_LISTED)).scalars()
        names = names_of(connection, ids)
        return {
            id: names.get(id, id)
            for id in sorted(there)
            if allows(connection, records_of(connection, id), PROFILING, rulebook.program)
        }


def _say(shop: Shop, word: str, ids: Sequence[str], chosen: _Chosen, now: Instant) -> int:
    """How many of these words are new."""
    stored = 0
    for place in range(0, len(ids), AT_ONCE):
        arrivals = list(_arrivals(shop, word, ids[place : place + AT_ONCE], chosen, now))
        if arrivals:
            stored += shop.writer.submit(Request(arrivals, (), SOURCE, now)).result().stored
    return stored


def _arrivals(shop: Shop, word: str, ids: Sequence[str], chosen: _Chosen, now: Instant) -> Iterator[Arrival]:
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return
    with shop.store.one_moment(), shop.store.reading() as connection:
        names = _names(connection, ids)
        for id in ids:
            if id in names and allows(connection, records_of(connection, id), PROFILING, rulebook.program):
                yield _arrival(word, id, names[id], chosen, now)


def _arrival(word: str, id: str, name: tuple[str, str], chosen: _Chosen, now: Instant) -> Arrival:
    said = {LIST: LIKELY_TO_CONVERT, "model": chosen.model}
    if id in chosen.probabilities:
        said["probability"] = f"{chosen.probabilities[id]:.4f}"
    key = "\0".join([LIKELY_TO_CONVERT, word, date_of(chosen.day).isoformat(), id, chosen.model])
    digest = blake2b(key.encode(), digest_size=16)
    user_id, told = (name[1], ()) if name[0] == USER_ID else (None, (name,))
    return Arrival(
        0,
        digest.hexdigest(),
        digest.hexdigest(),
        SOURCE,
        digest.digest(),
        now,
        user_id,
        None,
        None,
        told,
        Did(word, said),
        is_timed=True,
    )


def _names(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Of each customer a name that leads to them: a user id, or what a record of theirs is named by."""
    columns = identities.c
    asked = select(columns.customer, columns.kind, columns.value).where(
        columns.customer.in_(ids),
        columns.kind != ANONYMOUS_ID,
        (columns.kind == USER_ID) | (columns.trust == ITSELF),
    )
    names: dict[str, tuple[str, str]] = {}
    for customer, kind, value in sorted(connection.execute(asked), key=lambda row: (row[1] != USER_ID, *row)):
        names.setdefault(customer, (kind, value))
    return names
