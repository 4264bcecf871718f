"""What the shop can know of one customer: who it is, what is held, what happened and why. Reading changes nothing.

Balances and level are as of the moment asked for: what falls due until then has happened in the answer, whether the waking
worker has been there yet or not.
"""

from msgspec import Struct
from sqlalchemy import Connection, func, select

from regulars.kernel.effects import TierChanged
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.program import DeviceLimit
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Consequences, State
from regulars.kernel.step import advance
from regulars.kernel.tiers import ahead, keeping
from regulars.service.as_of import as_of
from regulars.service.consents import ConsentView, standings
from regulars.service.people import ANONYMOUS_ID, ITSELF, RANK, claims_of, is_shared, leads_to
from regulars.service.records import links_among, records_of
from regulars.service.shop import Shop
from regulars.service.traits import Trait, traits_of
from regulars.store.schema import customers, identities, journal
from regulars.wire.records import decode_state


class Identity(Struct, frozen=True):
    """`kind` is `user_id` (the shop's own id), `anonymous_id` (a device), `email`, `phone`, `card` or what the program declares.

    `trust` is `confirmed`, `shop`, `weak` or `visitor` (a record's own name); `how` is what first told of it, at `first_at`.
    `leads` is False for a device that somebody else has now, or that is `shared` by too many. `record` is the account that it is
    tied to: the customer's own, or one that was merged into it, whose name it is.
    """

    kind: str
    value: str
    trust: str
    first_at: Instant
    how: str
    leads: bool
    shared: bool
    record: str


class Points(Struct, frozen=True):
    """`lifetime` = issued + brought - reversed; `brought` came over from merged accounts. `available`, `pending`, `reserved` and
    `expired` are what the lots say now; `owed` is what the next points fill first. `adjusted` by hand and `transferred` from other
    customers are below 0 where more went than came.
    """

    available: int
    pending: int
    lifetime: int
    issued: int
    brought: int
    reversed: int
    spent: int
    expired: int
    reserved: int
    adjusted: int
    transferred: int
    owed: int


class NextTier(Struct, frozen=True):
    """The level above: reached at `at`, of which `have` is there; minor units of money, points or a number, as `by` says."""

    id: str
    at: int
    have: int
    by: str


class KeptTier(Struct, frozen=True):
    """The level held ends at `until`, unless `missing` comes before, so that `at` is there; None where what comes before cannot
    keep it. `in_grace` it would have been lost already.
    """

    at: int
    have: int
    missing: int | None
    until: Instant
    in_grace: bool
    by: str


class GivenTier(Struct, frozen=True):
    """The level by the shop's own word; without `until` it holds until the shop says otherwise."""

    id: str
    until: Instant | None


class Tier(Struct, frozen=True):
    """`id` is None for whoever has no level; `since` is when it was last given, `next` None at the top, `keep` where no time takes
    it away.
    """

    id: str | None
    since: Instant | None
    next: NextTier | None
    keep: KeptTier | None = None
    given: GivenTier | None = None


class LotView(Struct, frozen=True):
    """`expires_at` is None for what never expires; pending lots become available at `active_at`."""

    points: int
    earned_at: Instant
    active_at: Instant
    expires_at: Instant | None
    pending: bool


class Customer(Struct, frozen=True):
    """`known` is False for a visitor without a name. `version` is the program under which this was reckoned. `records` are
    the accounts that were merged into one, the customer's own first.
    """

    id: str
    known: bool
    identities: tuple[Identity, ...]
    points: Points
    tier: Tier
    lots: tuple[LotView, ...]
    traits: tuple[Trait, ...]
    consents: tuple[ConsentView, ...]
    records: tuple[str, ...]
    member_since: Instant | None
    first_seen_at: Instant
    last_seen_at: Instant
    facts: int
    version: str
    as_of: Instant


# --- reading ---------------------------------------------------------------------------------------------------------


def find(shop: Shop, kind: str, value: str) -> str | None:
    """The customer to whom an identity leads now; kind `id` is our own."""
    with shop.store.reading() as connection:
        if kind == "id":
            row = connection.execute(
                select(customers.c.id, customers.c.person).where(customers.c.id == value)
            ).one_or_none()
            return None if row is None else row.person or row.id
        rulebook = shop.rulebooks.latest()
        limit = rulebook.program.shared_device if rulebook else DeviceLimit()
        return leads_to(kind, links_among(connection, [(kind, value)]).get((kind, value), ()), limit)


def find_by_name(shop: Shop, kind: str, value: str) -> str | None:
    """The same for what changes or tells everything about a person: a device that somebody has claimed is no proof of who asks,
    since any browser can claim one. One that nobody claimed is its own visitor.
    """
    if kind == ANONYMOUS_ID:
        with shop.store.reading() as connection:
            links = links_among(connection, [(kind, value)]).get((kind, value), ())
        if claims_of(links):
            return None
    return find(shop, kind, value)


def customer(shop: Shop, id: str, now: Instant) -> Customer | None:
    """Everything about one customer as of `now`; None where there is no such customer. Whoever was merged into somebody else is
    shown as that.
    """
    with shop.store.reading() as connection:
        row = connection.execute(select(customers).where(customers.c.id == id)).one_or_none()
        if row is not None and row.person is not None:
            row = connection.execute(select(customers).where(customers.c.id == row.person)).one_or_none()
        if row is None:
            return None
        rulebook = shop.rulebooks.version(row.version, connection)
        records = records_of(connection, row.id)
        state = rulebook.new_state() if row.state is None else decode_state(row.state)
        state, due = advance(state, now, rulebook, now)
        changes = [effect.effective_at for effect in due if isinstance(effect, TierChanged)]
        return Customer(
            id=row.id,
            known=bool(row.known),
            identities=_identities(connection, row.id, rulebook.program.shared_device),
            points=_points(state.consequences),
            tier=_tier(state, rulebook, now, changes[-1] if changes else row.tier_since),
            lots=_lots(state.consequences, rulebook.endings.runs_out_at(state) if rulebook.endings else FOREVER),
            traits=traits_of(connection, records),
            consents=standings(connection, records, (shop.rulebooks.latest() or rulebook).program),
            records=tuple(records),
            member_since=state.consequences.member_since,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            facts=row.facts,
            version=row.version,
            as_of=now,
        )


def customer_as_of(shop: Shop, id: str, at: Instant) -> Customer | None:
    """The same as of a moment that is past: points, lots and level as they were then, from the ledger alone. Who it is, and what is
    known and allowed, is as of now; how far the next level was, nobody kept. None where there is no such customer.
    """
    with shop.store.reading() as connection:
        row = connection.execute(select(customers).where(customers.c.id == id)).one_or_none()
        if row is not None and row.person is not None:
            row = connection.execute(select(customers).where(customers.c.id == row.person)).one_or_none()
        if row is None:
            return None
        rulebook = shop.rulebooks.version(row.version, connection)
        records = records_of(connection, row.id)
        [(_, then)] = as_of(connection, shop.rulebooks, [row.id], at)
        columns = journal.c
        by_then = select(func.count(), func.max(columns.happened_at)).where(
            columns.customer == row.id, columns.fact_id.is_not(None), columns.happened_at <= at
        )
        facts, last_at = connection.execute(by_then).one()
        return Customer(
            id=row.id,
            known=bool(row.known),
            identities=_identities(connection, row.id, rulebook.program.shared_device),
            points=_points(then.held),
            tier=Tier(then.held.tier, then.tier_since, None, None, _given(then.held)),
            lots=_lots(then.held, FOREVER),
            traits=traits_of(connection, records),
            consents=standings(connection, records, (shop.rulebooks.latest() or rulebook).program),
            records=tuple(records),
            member_since=then.held.member_since,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.first_seen_at if last_at is None else last_at,
            facts=facts,
            version=then.version or row.version,
            as_of=at,
        )


# --- putting it into words -------------------------------------------------------------------------------------------


def _identities(connection: Connection, id: str, limit: DeviceLimit) -> tuple[Identity, ...]:
    """Those that lead to the customer, and the devices that were claimed for it."""
    asked = select(identities.c.kind, identities.c.value, identities.c.how).where(identities.c.customer == id)
    hows = {(kind, value): how for kind, value, how in connection.execute(asked.order_by(identities.c.first_at.desc()))}
    links = links_among(connection, list(hows))
    found = []
    for (kind, value), how in sorted(hows.items()):
        these = links[kind, value]
        mine = max([link for link in these if link.customer == id], key=lambda link: RANK[link.trust])
        shared = kind == ANONYMOUS_ID and is_shared(these, limit)
        leads = leads_to(kind, these, limit) == id
        if leads or kind == ANONYMOUS_ID:
            named = next((link.record for link in these if link.customer == id and link.trust == ITSELF), mine.record)
            found.append(Identity(kind, value, mine.trust, mine.first_at, how, leads, shared, named))
    return tuple(found)


def _points(held: Consequences) -> Points:
    available, pending = (sum([lot.points for lot in lots]) for lots in (held.available, held.pending))
    return Points(
        available,
        pending,
        held.lifetime(),
        held.issued,
        held.moved,
        held.reversed,
        held.spent,
        held.expired,
        held.held_back(),
        held.adjusted,
        held.transferred,
        held.debt,
    )


def _tier(state: State, rulebook: Rulebook, now: Instant, since: Instant | None) -> Tier:
    tier = state.consequences.tier
    if rulebook.tiers is None or not rulebook.is_member(state):
        return Tier(tier, since if tier else None, None)
    today, by = rulebook.calendar.today(now), rulebook.tiers.tiers.by
    next, keep = ahead(state, rulebook.tiers, today), keeping(state, rulebook.tiers)
    return Tier(
        tier,
        since if tier else None,
        NextTier(next.id, next.at, next.have, by) if next else None,
        KeptTier(keep.at, keep.have, keep.missing, keep.until, keep.in_grace, by) if keep else None,
        _given(state.consequences),
    )


def _given(held: Consequences) -> GivenTier | None:
    footing = held.footing
    if footing is None or footing.given is None:
        return None
    return GivenTier(footing.given, None if footing.given_until == FOREVER else footing.given_until)


def _lots(held: Consequences, runs_out_at: Instant) -> tuple[LotView, ...]:
    """Pending ones by when they become available, then those that expire first."""
    return tuple(
        [
            LotView(lot.points, lot.earned_at, lot.active_at, None if end == FOREVER else end, pending)
            for lots, pending in ((held.pending, True), (held.available, False))
            for lot in lots
            for end in [min(lot.expires_at, runs_out_at)]
        ]
    )
