"""From what the service knows to what the interface answers: the same facts, times written out."""

from regulars.kernel.facts import Instant
from regulars.service.consents import ConsentView
from regulars.service.customers import (
    Customer,
    Identity,
    LotView,
    Tier,
)
from regulars.service.timeline import Explained, ExplainedPage, FactBrief, LedgerEntry, LedgerPage
from regulars.wire.answers import (
    ConsentAnswer,
    CustomerAnswer,
    EntryAnswer,
    ExplainAnswer,
    FactAnswer,
    GivenTierAnswer,
    IdentityAnswer,
    KeptTierAnswer,
    LedgerAnswer,
    LotAnswer,
    Moment,
    NextTierAnswer,
    PointsAnswer,
    StepAnswer,
    TierAnswer,
    TraitAnswer,
)
from regulars.wire.instants import rfc3339


def customer(known: Customer) -> CustomerAnswer:
    points = known.points
    return CustomerAnswer(
        id=known.id,
        known=known.known,
        identities=tuple([_identity(one) for one in known.identities]),
        traits=tuple([TraitAnswer(one.name, one.value, one.origin) for one in known.traits]),
        consents=tuple([_consent(one) for one in known.consents]),
        points=PointsAnswer(
            available=points.available,
            pending=points.pending,
            lifetime=points.lifetime,
            issued=points.issued,
            brought=points.brought,
            reversed=points.reversed,
            spent=points.spent,
            expired=points.expired,
            reserved=points.reserved,
            adjusted=points.adjusted,
            transferred=points.transferred,
            owed=points.owed,
        ),
        tier=_tier(known.tier),
        lots=tuple([_lot(one) for one in known.lots]),
        member_since=_moment(known.member_since),
        first_seen_at=rfc3339(known.first_seen_at),
        last_seen_at=rfc3339(known.last_seen_at),
        facts=known.facts,
        version=known.version,
        as_of=rfc3339(known.as_of),
    )


def ledger(page: LedgerPage) -> LedgerAnswer:
    return LedgerAnswer(tuple([_entry(one) for one in page.entries]), page.next)


def explained(page: ExplainedPage) -> ExplainAnswer:
    return ExplainAnswer(tuple([_step(one) for one in page.steps]), page.next)


def _tier(held: Tier) -> TierAnswer:
    next, keep, given = held.next, held.keep, held.given
    above = NextTierAnswer(next.id, next.at, next.have, next.by) if next else None
    kept = (
        KeptTierAnswer(keep.at, keep.have, keep.missing, rfc3339(keep.until), keep.in_grace, keep.by) if keep else None
    )
    by_hand = GivenTierAnswer(given.id, _moment(given.until)) if given else None
    return TierAnswer(held.id, _moment(held.since), above, kept, by_hand)


def _lot(lot: LotView) -> LotAnswer:
    return LotAnswer(lot.points, rfc3339(lot.earned_at), rfc3339(lot.active_at), _moment(lot.expires_at), lot.pending)


def _entry(entry: LedgerEntry) -> EntryAnswer:
    return EntryAnswer(
        number=entry.number,
        entry=entry.entry,
        points=entry.points,
        source=entry.source,
        target=entry.target,
        lot=entry.lot,
        effective_at=rfc3339(entry.effective_at),
        recorded_at=rfc3339(entry.recorded_at),
        rule=entry.rule,
        version=entry.version,
        fact=_fact(entry.fact),
        sentence=entry.sentence,
    )


def _step(step: Explained) -> StepAnswer:
    return StepAnswer(
        seq=step.seq,
        what=step.what,
        fact=_fact(step.fact),
        at=rfc3339(step.at),
        recorded_at=rfc3339(step.recorded_at),
        version=step.version,
        why=step.why,
        points=step.points,
    )


def _fact(fact: FactBrief | None) -> FactAnswer | None:
    if fact is None:
        return None
    return FactAnswer(
        id=fact.id,
        name=fact.name,
        happened_at=rfc3339(fact.happened_at),
        recorded_at=rfc3339(fact.recorded_at),
        source=fact.source,
        trust=fact.trust,
        order_id=fact.order_id,
        amount_minor=fact.amount_minor,
    )


def _moment(instant: Instant | None) -> Moment | None:
    return None if instant is None else rfc3339(instant)


def _identity(one: Identity) -> IdentityAnswer:
    return IdentityAnswer(one.kind, one.value, one.trust, one.leads, one.shared, rfc3339(one.first_at), one.how)


def _consent(one: ConsentView) -> ConsentAnswer:
    since = None if one.since is None else rfc3339(one.since)
    return ConsentAnswer(one.purpose, one.standing, one.allows, one.ground, since, one.wording, one.place, one.source)
