"""How states, facts, effects and programs are written down by a store: MessagePack, as small as it can be without riddles.

What stands beside them in columns of its own (ids, instants, the program version) is not written twice. A step's effects bear
its version and the moment at which it was recorded; `by_fact` says whether an effect came from the step's fact or from time.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final, get_type_hints

import msgspec
from msgspec import Struct

from regulars.kernel.effects import (
    Account,
    Assigned,
    Because,
    Counted,
    Effect,
    Entry,
    ExpiryNoticed,
    Factor,
    LevelEarned,
    LevelEnding,
    LevelGiven,
    LevelKept,
    Lot,
    MembershipStarted,
    Merged,
    Posted,
    Reason,
    Reckoning,
    Refused,
    ReservationEnded,
    ReservationMade,
    Returned,
    TierChanged,
    Withheld,
)
from regulars.kernel.facts import (
    OF_POINTS,
    WENT_BACK,
    BalanceBroughtOver,
    Behaved,
    Bill,
    Fact,
    Instant,
    LevelSet,
    Line,
    MemberJoined,
    OfPoints,
    OrderCompleted,
    OrderReturned,
    Trust,
)
from regulars.kernel.games.standing import Playing
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import SCHEMA, State
from regulars.wire.game_records import PLAYING, playing_read, playing_written


class RecordError(Exception):
    """What stands in the store cannot be read by this release."""


class Step(Struct, frozen=True):
    """What all effects of one step share."""

    fact_id: str | None
    recorded_at: Instant
    version: str


# --- states ------------------------------------------------------------------------------------------------------------

encode_state: Final = msgspec.msgpack.Encoder().encode
_decode_state: Final = msgspec.msgpack.Decoder(State).decode


def decode_state(record: bytes) -> State:
    """A state of any schema number, brought to today's."""
    try:
        state = _decode_state(record)
    except msgspec.ValidationError:
        state = modern_state(msgspec.msgpack.decode(record, strict=False))
    if state.schema > SCHEMA:
        raise RecordError(
            f"A state of schema {state.schema} was written by a newer release of Regulars; this one reads up to {SCHEMA}."
        )
    state.schema = SCHEMA
    return state


def modern_state(old: Any) -> State:
    """A state of an older schema, as it was decoded without types. Schema 1 named the parts of each lot; 2 knew no `moved`."""
    if old["schema"] == 1:
        held = old["consequences"]
        for lots in ("pending", "available"):
            held[lots] = [
                [lot[name] for name in ("id", "points", "earned_at", "active_at", "expires_at")] for lot in held[lots]
            ]
    return msgspec.convert(old, State, strict=False)


# --- facts -------------------------------------------------------------------------------------------------------------

_encode: Final = msgspec.msgpack.Encoder().encode


class _Order(Struct, array_like=True):
    order_id: str
    lines: tuple[Line, ...]
    bill: Bill | None = None


_decode_order: Final = msgspec.msgpack.Decoder(_Order).decode
_decode_balance: Final = msgspec.msgpack.Decoder(tuple[int, Instant | None]).decode
_decode_level: Final = msgspec.msgpack.Decoder(tuple[str | None, Instant | None, str, str]).decode
_decode_behaviour: Final = msgspec.msgpack.Decoder(tuple[Trust, dict[str, str]]).decode


_SAID: Final = {kind: tuple([name for name in kind.__struct_fields__[5:] if name != "name"]) for kind in OF_POINTS}
"""What each says beyond what stands in columns, in its order."""


def _decoder_of(kind: type[OfPoints]) -> Callable[[bytes], tuple[Any, ...]]:
    hints = get_type_hints(kind)
    return msgspec.msgpack.Decoder(tuple[tuple([hints[name] for name in _SAID[kind]])]).decode  # type: ignore[misc]


_OF_POINTS: Final[dict[str, tuple[Any, Callable[[bytes], tuple[Any, ...]]]]] = {
    name: (kind, _decoder_of(kind))
    for kind in OF_POINTS
    for name in (WENT_BACK if kind is OrderReturned else (kind.name,))
}


def encode_fact(fact: Fact) -> bytes | None:
    """What a fact says beyond its id, name, customer, source and moments; None where that is nothing."""
    if isinstance(fact, OrderCompleted):
        return _encode((fact.order_id, fact.lines) if fact.bill is None else (fact.order_id, fact.lines, fact.bill))
    if isinstance(fact, Behaved):
        return _encode((fact.trust, fact.properties))
    if isinstance(fact, BalanceBroughtOver):
        return _encode((fact.points, fact.expires_at))
    if isinstance(fact, OF_POINTS):
        return _encode([getattr(fact, name) for name in _SAID[type(fact)]])
    if isinstance(fact, LevelSet):
        return _encode((fact.level, fact.until, fact.reason, fact.actor))
    return None


def decode_fact(
    id: str, customer: str, name: str, source: str, happened_at: Instant, recorded_at: Instant, record: bytes | None
) -> Fact:
    if record is None:
        assert name == MemberJoined.name, f"a fact of kind {name} says nothing"
        return MemberJoined(id, customer, happened_at, recorded_at, source)
    # A behaviour may bear any name: a browser's word for an order. Its record has its trust and a map, which no other has.
    if name == OrderCompleted.name:
        try:
            order = _decode_order(record)
        except msgspec.ValidationError:
            pass
        else:
            lines = order.lines
            amount_minor = sum([line.amount_minor for line in lines])
            return OrderCompleted(
                id, customer, happened_at, recorded_at, source, order.order_id, lines, amount_minor, order.bill
            )
    if name == BalanceBroughtOver.name:
        try:
            points, expires_at = _decode_balance(record)
        except msgspec.ValidationError:
            pass
        else:
            return BalanceBroughtOver(id, customer, happened_at, recorded_at, source, points, expires_at)
    if name in _OF_POINTS:
        kind, decode = _OF_POINTS[name]
        try:
            said = decode(record)
        except msgspec.ValidationError:
            pass
        else:
            named = (name,) if "name" in kind.__struct_fields__ else ()
            fact: Fact = kind(id, customer, happened_at, recorded_at, source, *named, *said)
            return fact
    if name == LevelSet.name:
        try:
            level, until, reason, actor = _decode_level(record)
        except msgspec.ValidationError:
            pass
        else:
            return LevelSet(id, customer, happened_at, recorded_at, source, level, until, reason, actor)
    trust, properties = _decode_behaviour(record)
    return Behaved(id, customer, happened_at, recorded_at, source, name, properties, trust)


# --- effects that are no postings ----------------------------------------------------------------------------------------

_decode_effects: Final = msgspec.msgpack.Decoder(list[tuple[int, str, bool, Instant, Any, Any]]).decode

REFUSED, TIER_CHANGED, MEMBERSHIP_STARTED, MERGED_CUSTOMERS = range(4)
RETURNED, RESERVATION_MADE, RESERVATION_ENDED = range(10, 13)
COUNTED: Final = 30
ASSIGNED: Final = 60
WITHHELD: Final = 61
EXPIRY_NOTICED: Final = 50
LEVEL_EARNED, LEVEL_GIVEN, LEVEL_KEPT, LEVEL_ENDING = range(40, 44)
NO_EFFECTS: Final = _encode([])

_TEXT: Final = {id(member): member.value for kind in (Entry, Account, Reason) for member in kind}
"""By identity, since hashing a member calls Python; and as plain text, since drivers take other text for something to adapt."""


def encode_effects(effects: Iterable[Effect]) -> bytes:
    """Effects that are no postings, in order."""
    written: list[tuple[object, ...]] = []
    for effect in effects:
        because = effect.because
        rule, by_fact, at = because.rule, because.fact is not None, effect.effective_at
        if isinstance(effect, Refused):
            reason = _TEXT[id(effect.reason)]
            basis = (effect.basis_minor, effect.points) if effect.points else effect.basis_minor
            written.append((REFUSED, rule, by_fact, at, reason, basis))
        elif isinstance(effect, TierChanged):
            written.append((TIER_CHANGED, rule, by_fact, at, effect.before, effect.after))
        elif isinstance(effect, Merged):
            said = effect.came, effect.qualifying, *([effect.welcomed] if effect.welcomed else [])
            written.append((MERGED_CUSTOMERS, rule, by_fact, at, said, effect.member_since))
        elif isinstance(effect, Returned):
            parts = effect.points, effect.taken, effect.lapsed, effect.charged, effect.short
            written.append((RETURNED, rule, by_fact, at, (effect.order_id, *parts), effect.qualifies_on))
        elif isinstance(effect, ReservationMade):
            written.append((RESERVATION_MADE, rule, by_fact, at, (effect.id, effect.until), effect.lots))
        elif isinstance(effect, ReservationEnded):
            written.append((RESERVATION_ENDED, rule, by_fact, at, effect.id, None))
        elif isinstance(effect, Counted):
            counted = effect.place, effect.times, effect.points
            written.append((COUNTED, rule, by_fact, at, effect.key, counted))
        elif isinstance(effect, Assigned):
            written.append((ASSIGNED, rule, by_fact, at, (effect.trial, effect.arm), (effect.since, effect.crossed)))
        elif isinstance(effect, Withheld):
            written.append((WITHHELD, rule, by_fact, at, (effect.trial, effect.arm), effect.points))
        elif isinstance(effect, LevelEarned):
            written.append((LEVEL_EARNED, rule, by_fact, at, effect.before, effect.after))
        elif isinstance(effect, LevelGiven):
            written.append((LEVEL_GIVEN, rule, by_fact, at, effect.level, effect.until))
        elif isinstance(effect, LevelKept):
            written.append((LEVEL_KEPT, rule, by_fact, at, effect.level, (effect.until, effect.in_grace)))
        elif isinstance(effect, LevelEnding):
            written.append((LEVEL_ENDING, rule, by_fact, at, effect.level, (effect.at, effect.missing)))
        elif isinstance(effect, ExpiryNoticed):
            written.append((EXPIRY_NOTICED, rule, by_fact, at, effect.points, (effect.expires_at, effect.days)))
        elif isinstance(effect, Playing):
            number, one, other = playing_written(effect)
            written.append((number, rule, by_fact, at, one, other))
        else:
            assert isinstance(effect, MembershipStarted), "postings are the ledger's"
            written.append((MEMBERSHIP_STARTED, rule, by_fact, at, effect.since, None))
    return _encode(written) if written else NO_EFFECTS


def decode_effects(record: bytes, step: Step) -> list[Effect]:
    return [
        _effect(kind, one, other, at, _because(rule, by_fact, step), step)
        for kind, rule, by_fact, at, one, other in _decode_effects(record)
    ]


def _effect(kind: int, one: Any, other: Any, at: Instant, because: Because, step: Step) -> Effect:
    if kind == REFUSED:
        basis_minor, points = other if isinstance(other, list) else (other, 0)
        return Refused(Reason(one), basis_minor, at, step.recorded_at, because, points)
    if kind == TIER_CHANGED:
        return TierChanged(one, other, at, step.recorded_at, because)
    if kind == MERGED_CUSTOMERS:
        came, qualifying, *more = one
        days, welcomed = tuple([(day, points) for day, points in qualifying]), tuple(more[0]) if more else ()
        return Merged(came, days, other, at, step.recorded_at, because, welcomed)
    if kind == RETURNED:
        order_id, points, taken, lapsed, charged, short = one
        return Returned(order_id, points, taken, lapsed, charged, short, other, at, step.recorded_at, because)
    if kind == RESERVATION_MADE:
        lots = msgspec.convert(other, tuple[Lot, ...])
        return ReservationMade(one[0], one[1], lots, at, step.recorded_at, because)
    if kind == RESERVATION_ENDED:
        return ReservationEnded(one, at, step.recorded_at, because)
    if kind == COUNTED:
        place, times, points = other
        return Counted(one, place, times, points, at, step.recorded_at, because)
    if kind == ASSIGNED:
        (trial, arm), (since, crossed) = one, other
        return Assigned(trial, arm, since, at, step.recorded_at, because, crossed)
    if kind == WITHHELD:
        trial, arm = one
        return Withheld(trial, arm, other, at, step.recorded_at, because)
    if kind == LEVEL_EARNED:
        return LevelEarned(one, other, at, step.recorded_at, because)
    if kind == LEVEL_GIVEN:
        return LevelGiven(one, other, at, step.recorded_at, because)
    if kind == LEVEL_KEPT:
        until, in_grace = other
        return LevelKept(one, until, in_grace, at, step.recorded_at, because)
    if kind == LEVEL_ENDING:
        ends_at, missing = other
        return LevelEnding(one, ends_at, missing, at, step.recorded_at, because)
    if kind == EXPIRY_NOTICED:
        expires_at, days = other
        return ExpiryNoticed(one, expires_at, days, at, step.recorded_at, because)
    if kind in PLAYING:
        return playing_read(kind, one, other, at, step.recorded_at, because)
    assert kind == MEMBERSHIP_STARTED, f"an effect of kind {kind}"
    return MembershipStarted(one, at, step.recorded_at, because)


def _because(rule: str, by_fact: bool, step: Step) -> Because:
    return Because(rule, step.version, step.fact_id if by_fact else None)


# --- postings ------------------------------------------------------------------------------------------------------------

EntryWritten = tuple[
    str, int, int, str, int, str, str, str, int, str, bool, Instant, Instant, Instant, int | None, bytes | None
]
"""customer, seq, ordinal, entry, points, source, target, lot_fact, lot_ordinal, rule, by_fact, effective_at, active_at,
expires_at, qualifies_on, reckoning; the last holds `earned_at` where that is there instead"""

FactorsWritten = tuple[tuple[str, int, int], ...]
MOST_FACTORS_KEPT: Final = 1_000
_written_factors: dict[int, tuple[tuple[Factor, ...], FactorsWritten]] = {}


class _Reckoned(Struct, array_like=True):
    units: int
    basis_minor: int | None
    factors: FactorsWritten
    currency: str = ""


_decode_reckoning: Final = msgspec.msgpack.Decoder(_Reckoned | Instant).decode


def encode_posted(customer: str, seq: int, ordinal: int, posted: Posted) -> EntryWritten:
    (lot_fact, lot_ordinal), because, reckoning = posted.lot, posted.because, posted.reckoning
    return (
        customer,
        seq,
        ordinal,
        _TEXT[id(posted.entry)],
        posted.points,
        _TEXT[id(posted.source)],
        _TEXT[id(posted.target)],
        lot_fact,
        lot_ordinal,
        because.rule,
        because.fact is not None,
        posted.effective_at,
        posted.active_at,
        posted.expires_at,
        posted.qualifies_on,
        _encode(_reckoned(reckoning))
        if reckoning is not None
        else None
        if posted.earned_at is None
        else _encode(posted.earned_at),
    )


def decode_posted(written: EntryWritten, step: Step) -> Posted:
    _, _, _, entry, points, source, target, lot_fact, lot_ordinal, rule, by_fact, at, *dates, day, reckoning = written
    active_at, expires_at = dates
    reckoned, earned_at = _reckoning(reckoning) if reckoning is not None else (None, None)
    return Posted(
        Entry(entry),
        (lot_fact, lot_ordinal),
        points,
        Account(source),
        Account(target),
        at,
        step.recorded_at,
        _because(rule, bool(by_fact), step),
        active_at,
        expires_at,
        day,
        reckoned,
        earned_at,
    )


def _reckoned(reckoning: Reckoning) -> tuple[object, ...]:
    said = reckoning.units, reckoning.basis_minor, _factors(reckoning.factors)
    return (*said, reckoning.currency) if reckoning.currency else said


def _factors(factors: tuple[Factor, ...]) -> FactorsWritten:
    """All rules that hold on one day share one tuple of factors, so it is written out once."""
    if not factors:
        return ()
    known = _written_factors.get(id(factors))
    if known is not None and known[0] is factors:
        return known[1]
    written = tuple([(one.id, one.factor.numerator, one.factor.denominator) for one in factors])
    if len(_written_factors) >= MOST_FACTORS_KEPT:
        _written_factors.clear()
    _written_factors[id(factors)] = factors, written
    return written


def _reckoning(record: bytes) -> tuple[Reckoning | None, Instant | None]:
    """How points came about, or when they were earned elsewhere."""
    written = _decode_reckoning(record)
    if isinstance(written, int):
        return None, written
    named = tuple([Factor(id, Fraction(top, bottom)) for id, top, bottom in written.factors])
    return Reckoning(written.units, written.basis_minor, named, written.currency), None


# --- programs ------------------------------------------------------------------------------------------------------------


def encode_program(rulebook: Rulebook) -> bytes:
    """The compiled program, its zone's clock changes included: what it meant when it was published, for ever."""
    return msgspec.msgpack.encode(rulebook.program, enc_hook=_fraction_written)


def decode_program(record: bytes, version: str) -> Rulebook:
    return Rulebook(msgspec.msgpack.decode(record, type=Program, dec_hook=_fraction_read), version)


def _fraction_written(value: Any) -> Any:
    assert isinstance(value, Fraction)
    return value.numerator, value.denominator


def _fraction_read(type: Any, value: Any) -> Any:
    assert type is Fraction
    return Fraction(*value)
