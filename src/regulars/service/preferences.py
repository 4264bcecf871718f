"""What a person changes about the own consents, by a link; and what the shop's server says about them.

A change is a fact like any other (`Consent Granted`, `Consent Withdrawn`), with its proof: where it was said, and which version
of the words was shown. The link stands in for the person: it may say yes and no, and it tells nothing of what is held. Saying
what holds already is no change, so that a button pressed twice is pressed once.

A double opt-in is completed by a link of its own, which only its receiver knows. It never undoes a withdrawal that came after
the link was made: an old mail is no new consent.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from msgspec.json import Encoder
from sqlalchemy import Connection, ScalarSelect, case, func, or_, select

from regulars.kernel.consents import CONFIRMED, Standing
from regulars.kernel.facts import Instant
from regulars.service import tokens
from regulars.service.consents import ConsentView, Word, standings, words
from regulars.service.group import Ingested
from regulars.service.known import Request
from regulars.service.people import ANONYMOUS_ID, ITSELF, USER_ID
from regulars.service.records import records_of
from regulars.service.shop import Shop
from regulars.service.tokens import LASTS, Claims, For, Link
from regulars.store.schema import customers, identities
from regulars.store.transaction import IdentityKey
from regulars.wire.events import Arrival, ConsentSaid, Did, EventReason, Sender
from regulars.wire.events.consents import GRANTED, WITHDRAWN
from regulars.wire.history import fact_id

SOURCE: Final = "preferences"
"""The token proves the person, so this source is believed like the shop's own server."""
PLACE: Final = "preference page"
MOST_WORDS: Final = 1_000
LONGEST_WAIT_SECONDS: Final = 8
_CANONICAL: Final = Encoder(order="deterministic")


class Nameless(Exception):
    """The customer is a visitor without a name: there is nobody to whom a link could be given."""


class KeyReused(Exception):
    """The message id was used before, for something else."""


class Outcome(StrEnum):
    """What became of a confirmation."""

    CONFIRMED = "confirmed"
    ALREADY = "already"
    WITHDRAWN = "withdrawn"
    """Since the link was made."""


class Known(Struct, frozen=True):
    """Every purpose, and every word about it, newest first: at most a thousand."""

    customer: str
    standings: tuple[ConsentView, ...]
    words: tuple[Word, ...]


# --- links ---------------------------------------------------------------------------------------------------------------


def preferences_link(shop: Shop, customer: str, now: Instant) -> Link:
    """Good for thirty days. Nameless for a visitor without a name."""
    _check_name(shop, customer)
    return tokens.issue(shop, For.PREFERENCES, customer, "", now)


def confirmation_link(shop: Shop, customer: str, purpose: str, now: Instant) -> Link:
    """Good for seven days. Nameless for a visitor without a name."""
    _check_name(shop, customer)
    return tokens.issue(shop, For.CONFIRMATION, customer, purpose, now)


def by_token(shop: Shop, token: str, now: Instant) -> Known | None:
    """How everything stands for whoever bears this token of the preference page; None where it opens nothing."""
    with shop.store.reading() as connection:
        claims = tokens.claims_of(connection, For.PREFERENCES, token, now)
        return None if claims is None else _known(shop, connection, claims.customer)


def to_confirm(shop: Shop, token: str, now: Instant) -> ConsentView | None:
    """How the purpose stands that this token confirms; None where it confirms nothing."""
    with shop.store.reading() as connection:
        claims = tokens.claims_of(connection, For.CONFIRMATION, token, now)
        known = None if claims is None else _known(shop, connection, claims.customer)
    if claims is None or known is None:
        return None
    return next((one for one in known.standings if one.purpose == claims.about), None)


# --- saying --------------------------------------------------------------------------------------------------------------


def change(
    shop: Shop, token: str, purposes: Collection[str], granted: bool, wording: str, now: Instant
) -> tuple[str, ...] | None:
    """Which of these purposes changed; None where the token opens nothing. What is part of the contract stays as it is."""
    known = by_token(shop, token, now)
    if known is None:
        return None
    changing = [one for one in known.standings if one.purpose in purposes and _changes(one, granted)]
    said = [ConsentSaid(one.purpose, granted, one.ground, wording, PLACE) for one in changing]
    if said:
        _say(shop, _name(shop, known.customer), said, SOURCE, shop.new_id(), _after(changing, now), now)
    return tuple([one.purpose for one in changing])


def confirm(shop: Shop, token: str, wording: str, now: Instant) -> Outcome | None:
    """None where the token confirms nothing."""
    with shop.store.reading() as connection:
        claims = tokens.claims_of(connection, For.CONFIRMATION, token, now)
    standing = to_confirm(shop, token, now)
    if claims is None or standing is None:
        return None
    if standing.standing == Standing.WITHDRAWN and (standing.since or now) >= _made_at(claims):
        return Outcome.WITHDRAWN
    if standing.standing == Standing.GRANTED:
        return Outcome.ALREADY
    said = ConsentSaid(claims.about, True, "consent", wording, CONFIRMED)
    _say(shop, _name(shop, claims.customer), [said], SOURCE, shop.new_id(), _after([standing], now), now)
    return Outcome.CONFIRMED


def say(
    shop: Shop, who: IdentityKey, said: ConsentSaid, key: str | None, happened_at: Instant | None, now: Instant
) -> Ingested:
    """What the shop's server says of somebody who is there. Said again it is the same word where `key` is the same, or, without
    one, where it says when it happened; else each time is a time of its own. KeyReused where the key was used for something else.
    """
    name = who if who[0] in (USER_ID, ANONYMOUS_ID) else _name(shop, who[1])
    if key is not None:
        message_id = key
    elif happened_at is not None:
        message_id = blake2b(_content(name, [said], happened_at), digest_size=16).hexdigest()
    else:
        message_id = shop.new_id()
    moment = now if happened_at is None else min(happened_at, now)
    done = _say(shop, name, [said], Sender.SHOP.value, message_id, moment, now, happened_at)
    if any(one.reason is EventReason.MESSAGE_ID_REUSED for one in done.refusals):
        raise KeyReused
    return done


def consents_of(shop: Shop, customer: str) -> Known | None:
    """None where there is no such customer, or no program."""
    with shop.store.reading() as connection:
        return _known(shop, connection, customer)


# --- helpers -------------------------------------------------------------------------------------------------------------


def _check_name(shop: Shop, customer: str) -> None:
    if _name(shop, customer)[0] == ANONYMOUS_ID:
        raise Nameless


def _name(shop: Shop, customer: str) -> IdentityKey:
    """Under which a message reaches one of the customer's own records: the shop's id, else another name, else the device of a
    visitor. Nameless for whoever was erased meanwhile, or is somebody else now.
    """
    columns = identities.c
    weight = case((columns.kind == USER_ID, 0), (columns.kind == ANONYMOUS_ID, 2), else_=1)
    asked = (
        select(columns.kind, columns.value)
        .where(columns.customer == _root(customer), or_(columns.kind == USER_ID, columns.trust == ITSELF))
        .order_by(weight, columns.record != customer, columns.kind, columns.value)
        .limit(1)
    )
    with shop.store.reading() as connection:
        found = connection.execute(asked).first()
    if found is None:
        raise Nameless
    return found.kind, found.value


def _root(customer: str) -> ScalarSelect[str]:
    """Who the customer belongs to now."""
    person = func.coalesce(customers.c.person, customers.c.id)
    return select(person).where(customers.c.id == customer).scalar_subquery()


def _known(shop: Shop, connection: Connection, customer: str) -> Known | None:
    row = connection.execute(select(customers.c.id, customers.c.person).where(customers.c.id == customer)).one_or_none()
    rulebook = shop.rulebooks.latest()
    if row is None or rulebook is None:
        return None
    person = row.person or row.id
    records = records_of(connection, person)
    return Known(person, standings(connection, records, rulebook.program), words(connection, records)[:MOST_WORDS])


def _changes(one: ConsentView, granted: bool) -> bool:
    if one.ground == "contract":
        return False
    if granted:
        return one.standing not in (Standing.GRANTED, Standing.UNCONFIRMED, Standing.ASSUMED)
    return one.standing != Standing.WITHDRAWN


def _after(seen: Sequence[ConsentView], now: Instant) -> Instant:
    """Whoever presses a button answers what the page shows, however the clocks of two processes differ."""
    return max([now, *[one.since + 1 for one in seen if one.since is not None]])


def _made_at(claims: Claims) -> Instant:
    return claims.ends_at_s * 1_000_000 - LASTS[For.CONFIRMATION]


def _say(
    shop: Shop,
    name: IdentityKey,
    said: Sequence[ConsentSaid],
    source: str,
    message_id: str,
    happened_at: Instant,
    now: Instant,
    told_at: Instant | None = None,
) -> Ingested:
    """All words of one moment are one message. `told_at` is the moment as it was told, where it was. Raises Busy."""
    kind, value = name
    message_id = f"consent:{message_id}"
    purposes = ", ".join([one.purpose for one in said])
    deed = Did(GRANTED if said[0].granted else WITHDRAWN, {"purpose": purposes, "place": said[0].place})
    arrival = Arrival(
        0,
        fact_id(source, message_id),
        message_id,
        source,
        blake2b(_content(name, said, told_at), digest_size=16).digest(),
        happened_at,
        value if kind == USER_ID else None,
        value if kind == ANONYMOUS_ID else None,
        None,
        () if kind in (USER_ID, ANONYMOUS_ID) else ((kind, value),),
        deed,
        consents=tuple(said),
        is_timed=True,
    )
    done: Ingested = shop.writer.submit(Request([arrival], (), source, now)).result(LONGEST_WAIT_SECONDS)
    return done


def _content(name: IdentityKey, said: Sequence[ConsentSaid], told_at: Instant | None) -> bytes:
    return _CANONICAL.encode((name, said, told_at))
