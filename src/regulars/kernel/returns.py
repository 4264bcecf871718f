"""Returns: an order, or a part of it, goes back, and with it what it had earned; or something is added to it (`growing`).

    deserved = what a rule's points are worth of the order as it stands now
    returned = deserved before this return - deserved after it, or given where that is below 0

so that it makes no difference in which order, or in how many parts, goods go back, and whatever is left to the last adds up to
all. The rules, rates and multipliers are those of the program that judged the order. By default a rule's points go back in
proportion to the basis: floor(points x what went back / what there was), cumulatively.

Taken back is first what is left of the very lot. What of it has expired is nobody's loss: nothing else is debited for it. What has
been spent is charged by the program's policy on debt: to points that are pending (`only_pending`), to what can be spent as well,
never below 0 (`within_balance`), or with the rest owed (`unlimited`). What cannot be charged is written down as short.
"""

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.effects import (
    AVAILABLE,
    DEBT,
    EARN_REVERSAL,
    PENDING,
    PROGRAM,
    Account,
    Because,
    Effect,
    Lot,
    LotId,
    Posted,
    Reason,
    Refused,
    Returned,
)
from regulars.kernel.facts import Instant, Line, OrderCompleted, OrderReturned, ReturnedLine
from regulars.kernel.growing import Growing, in_full, lots_of, missed, reckoned, what_is_left
from regulars.kernel.program import Debt
from regulars.kernel.recalled import Memory, Ordered, is_gone, lines_of, without
from regulars.kernel.state import Consequences, State

RETURNS = "returns"


def take_back(
    state: State,
    fact: OrderReturned,
    at: Instant,
    version: str,
    debt: Debt,
    memory: Memory,
    drawn_by: str | None = None,
) -> list[Effect]:
    """What of the order's points goes back, after what is given for what was added; Refused where the order is not known."""
    known = memory.order(fact.order_id)
    if known is None:
        because = Because(RETURNS, version, fact.id)
        return [Refused(Reason.UNKNOWN_ORDER, None, at, fact.recorded_at, because)]
    before, after = known.now(), without(known.order, [*known.returns, fact])
    every, gone = lines_of(known.order, [*known.returns, fact]), is_gone([*known.returns, fact])
    has_grown = bool(fact.added) or any(one.added for one in known.returns)
    givens = [*known.earned, *(missed(known, state, fact, drawn_by) if has_grown else ())]
    changes = [(given, deserved(given, known, after, every, gone), what_is_left(given, known)) for given in givens]
    back = {
        given.because.rule: _given_back(given, left - points, not points, known, fact, at, version)
        for given, points, left in changes
        if points < left
    }
    effects: list[Effect] = []
    if fact.added:
        growing = Growing(state, known, fact, at, version, before, after)
        growing.follow([effect for one in back.values() for effect in one])
        for given, points, left in changes:
            if points > left:
                growing.give(given, points - left, left, sum([min(*one[1:]) for one in changes]))
        effects += growing.effects
        held = growing.held
    else:
        held = state.consequences
    taking = _Taking(held, fact, at, version, debt)
    for given, points, left in changes:
        if points < left:
            lots = lots_of(given, known)
            effects += taking.of(given, left - points, known, lots, sum([memory.lapsed(lot) for lot in lots]))
            effects += back[given.because.rule]
    return effects


def _given_back(
    given: Posted, points: int, is_all: bool, known: Ordered, fact: OrderReturned, at: Instant, version: str
) -> list[Effect]:
    """To the limits that held when the order was judged, in the period of the order."""
    limits = known.rules.earning.limits
    if not limits or given.qualifies_on is None:
        return []
    because = Because(given.because.rule, version, fact.id)
    day = given.qualifies_on
    return limits.given_back(given.because.rule, known.order, day, points, is_all, at, because, fact.recorded_at)


def deserved(given: Posted, known: Ordered, now: OrderCompleted, every: Sequence[Line], is_gone: bool) -> int:
    """What of the points that a rule gave the order deserves as it stands `now`, of `every` line that it ever had; `given` are 0
    points where the rule gave none.
    """
    assert given.reckoning is not None, "what an order earned was reckoned"
    earner = known.rules.earning.of(known.order).by_id[given.because.rule]
    if earner.on_return == "keep":
        kept = what_is_left(given, known)
        return kept if is_gone else max(kept, in_full(given, earner, now))
    if is_gone:
        return 0
    if earner.on_return == "reckon_again" and earner.least is not None and not earner.least.is_there(now):
        return 0
    if earner.basis is None:
        costs_nothing = not any([line.amount_minor > 0 for line in every])
        is_left = costs_nothing or any([line.amount_minor > 0 for line in now.lines])
        return given.points if is_left else 0
    left_minor = earner.basis(now) or 0
    had_minor = given.reckoning.basis_minor or 0
    if not given.points or (earner.per_minor and left_minor > had_minor):
        return in_full(given, earner, now)
    if not earner.per_minor:
        return given.points if left_minor > 0 else 0
    assert had_minor > 0, "points by an amount have one"
    if earner.on_return == "reckon_again":
        return min(given.points, reckoned(given, earner.rate, left_minor // earner.per_minor))
    gone_minor = min(max(had_minor - left_minor, 0), had_minor)
    return given.points - given.points * gone_minor // had_minor


class Asked(Struct, frozen=True):
    """What somebody says went back of a line: so much money, or so many of it; all that is left of it where neither is said."""

    line: int
    amount_minor: int | None = None
    quantity: int | None = None


class BadReturn(ValueError):
    """More than there is, or of a line that there is not. `line` is its place among those asked for; the text quotes nothing."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def all_of(order: OrderCompleted, returns: Sequence[OrderReturned]) -> tuple[ReturnedLine, ...]:
    """Whatever is left of it."""
    left = without(order, returns).lines
    counts = quantities_left(order, returns)
    whole = [ReturnedLine(place, max(line.amount_minor, 0), counts[place]) for place, line in enumerate(left)]
    return tuple([one for one in whole if one.amount_minor or one.quantity])


def by_lines(
    order: OrderCompleted, returns: Sequence[OrderReturned], asked: Sequence[Asked]
) -> tuple[ReturnedLine, ...]:
    """These lines. Where only a quantity is said, what was paid for so many goes back: in proportion, so that the last of a line
    takes what is left of it. BadReturn where there is not so much left.
    """
    found: list[ReturnedLine] = []
    so_far = list(returns)
    for place, one in enumerate(asked):
        every = len(lines_of(order, returns))
        if not 0 <= one.line < every:
            raise BadReturn(f"The order has {every} lines, counted from 1.", place)
        left = max(without(order, so_far).lines[one.line].amount_minor, 0)
        count = quantities_left(order, so_far)[one.line]
        is_whole = one.quantity is None and one.amount_minor is None
        quantity = count if is_whole else one.quantity or 0
        if quantity > count:
            raise BadReturn(f"Only {count} of this line are left to go back.", place)
        amount = left if is_whole else one.amount_minor
        if amount is None:
            amount = left - left * (count - quantity) // count if count else 0
        if amount > left:
            raise BadReturn(
                "More money than is left of this line. Send less, or none for all that is left of it.", place
            )
        line = ReturnedLine(one.line, amount, quantity)
        found.append(line)
        so_far.append(_like(order, (line,)))
    return tuple(found)


def by_amount(order: OrderCompleted, returns: Sequence[OrderReturned], amount_minor: int) -> tuple[ReturnedLine, ...]:
    """So much of the order as a whole: off its lines in proportion to what is left of each, by largest remainder. BadReturn where
    there is not so much left.
    """
    left = [max(line.amount_minor, 0) for line in without(order, returns).lines]
    total = sum(left)
    if amount_minor > total:
        raise BadReturn("More money than is left of the order. Send less, or none for all that is left of it.")
    shares = [amount_minor * minor // total for minor in left] if total else [0 for _ in left]
    rest = amount_minor - sum(shares)
    by_remainder = sorted(
        range(len(left)), key=lambda place: (-(amount_minor * left[place] % total if total else 0), place)
    )
    for place in by_remainder[:rest]:
        shares[place] += 1
    return tuple([ReturnedLine(place, minor, 0) for place, minor in enumerate(shares) if minor])


def completed(
    fact: OrderReturned,
    order: OrderCompleted,
    returns: Sequence[OrderReturned],
    lines: tuple[ReturnedLine, ...],
    is_whole: bool = False,
) -> OrderReturned:
    """The fact, with what went back of which line."""
    is_ours = order.bill is None or not order.bill.currency
    return replace(
        fact,
        ordered_at=order.happened_at,
        lines=lines,
        amount_minor=sum([line.amount_minor for line in lines]) if is_ours else 0,
        is_whole=is_whole or leaves_nothing(order, returns, lines),
    )


def as_told(fact: OrderReturned, order: OrderCompleted, returns: Sequence[OrderReturned]) -> OrderReturned:
    """The same, of a fact that says so far only how much went back, or that all did; never more than is left."""
    if is_gone(returns):
        return completed(fact, order, returns, ())
    if fact.is_whole:
        return completed(fact, order, returns, all_of(order, returns), is_whole=True)
    left = sum([max(line.amount_minor, 0) for line in without(order, returns).lines])
    return completed(fact, order, returns, by_amount(order, returns, min(fact.amount_minor, left)))


def leaves_nothing(order: OrderCompleted, returns: Sequence[OrderReturned], lines: tuple[ReturnedLine, ...]) -> bool:
    """Whether these are the last of it: nothing that was paid for is left, and something had been."""
    left = without(order, [*returns, _like(order, lines)]).lines
    had = any(line.amount_minor > 0 for line in lines_of(order, returns))
    return had and not any(line.amount_minor > 0 for line in left)


def _like(order: OrderCompleted, lines: tuple[ReturnedLine, ...]) -> OrderReturned:
    amount_minor = sum([line.amount_minor for line in lines])
    at = order.happened_at
    return OrderReturned("", order.customer, at, at, "", "", order.order_id, at, lines, amount_minor)


def quantities_left(order: OrderCompleted, returns: Sequence[OrderReturned]) -> list[int]:
    left = [line.quantity for line in lines_of(order, returns)]
    for one in returns:
        for line in one.lines:
            left[line.line] = max(left[line.line] - line.quantity, 0)
    return left


class _Taking:
    """Takes points back from a customer, rule by rule; sees what it has taken already."""

    def __init__(self, held: Consequences, fact: OrderReturned, at: Instant, version: str, debt: Debt) -> None:
        self._fact, self._at, self._version, self._debt = fact, at, version, debt
        self._pending, self._available = list(held.pending), list(held.available)
        self._forgiven: dict[LotId, int] = {}

    def of(self, given: Posted, points: int, known: Ordered, lots: Collection[LotId], lapsed: int) -> list[Effect]:
        because = Because(given.because.rule, self._version, self._fact.id)
        effects: list[Effect] = []
        taken = self._take_from(self._pending, PENDING, points, because, effects, lots)
        taken += self._take_from(self._available, AVAILABLE, points - taken, because, effects, lots)
        before = sum([one.lapsed for one in known.returned])
        forgiven = self._forgiven.setdefault(given.lot, before)
        lapsed_now = min(points - taken, max(lapsed - forgiven, 0))
        self._forgiven[given.lot] = forgiven + lapsed_now
        owed = points - taken - lapsed_now
        charged = self._charge(owed, because, effects, given) if owed else 0
        effects.append(
            Returned(
                self._fact.order_id,
                points,
                taken,
                lapsed_now,
                charged,
                owed - charged,
                given.qualifies_on,
                self._at,
                self._fact.recorded_at,
                because,
            )
        )
        return effects

    def _charge(self, owed: int, because: Because, effects: list[Effect], given: Posted) -> int:
        charged = 0
        if self._debt != "only_pending":
            charged += self._take_from(self._available, AVAILABLE, owed, because, effects)
        charged += self._take_from(self._pending, PENDING, owed - charged, because, effects)
        if self._debt == "unlimited" and charged < owed:
            rest = owed - charged
            effects.append(
                self._posted(Lot(given.lot, rest, 0, given.active_at, given.expires_at), rest, DEBT, because)
            )
            charged = owed
        return charged

    def _take_from(
        self,
        lots: list[Lot],
        account: Account,
        most: int,
        because: Because,
        effects: list[Effect],
        of: Collection[LotId] | None = None,
    ) -> int:
        """So many at most, from these lots, or from all, in their order; how many they were."""
        taken = 0
        for place, lot in enumerate(list(lots)):
            if taken == most:
                break
            if of is not None and lot.id not in of:
                continue
            points = min(lot.points, most - taken)
            effects.append(self._posted(lot, points, account, because))
            lots[place] = Lot(lot.id, lot.points - points, lot.earned_at, lot.active_at, lot.expires_at)
            taken += points
        lots[:] = [lot for lot in lots if lot.points]
        return taken

    def _posted(self, lot: Lot, points: int, source: Account, because: Because) -> Posted:
        return Posted(
            EARN_REVERSAL,
            lot.id,
            points,
            source,
            PROGRAM,
            self._at,
            self._fact.recorded_at,
            because,
            lot.active_at,
            lot.expires_at,
        )
