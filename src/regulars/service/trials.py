"""What came of a trial: of each arm the customers who count in it, what they did since, and how far chance may have moved that.

Who counts is read from the states, in which the first exposure stands; what they did from the journal and the ledger, whatever arm
they were in and whatever they were given. Merged accounts are one customer, in the arm of the account that stays. Orders count as
they were placed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from sqlalchemy import Connection, and_, func, select

from regulars.kernel.clubs import Club
from regulars.kernel.comparing import ArmSums, Difference, Since, difference
from regulars.kernel.effects import EARN
from regulars.kernel.experiments import HOLDOUT, ForArm, ForShare, Trial
from regulars.kernel.facts import Behaved, Instant
from regulars.kernel.games.interest import INTEREST_SHOWN
from regulars.kernel.games.rules import Game
from regulars.kernel.perks import Perk
from regulars.kernel.program import EarningRule, Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.shares import Share
from regulars.kernel.state import Exposure
from regulars.service.shop import Shop
from regulars.store.schema import IS_SALE, customers, entries, journal
from regulars.wire.answers import ArmAnswer, DifferenceAnswer, InterestAnswer, ShareAnswer, TrialAnswer
from regulars.wire.instants import rfc3339
from regulars.wire.records import decode_fact

AT_ONCE: Final = 10_000


class Compared(Struct, frozen=True):
    """An arm held against the first one: of the mean of a customer, None where nothing can be said of chance."""

    orders: Difference | None
    revenue_minor: Difference | None
    points: Difference | None


class ArmResult(Struct, frozen=True):
    """`against` is None of the first arm."""

    id: str
    sums: ArmSums
    against: Compared | None


class Interest(Struct, frozen=True):
    """Of a perk that is only offered: by arm, how many of those who count in it showed interest, whenever they did."""

    perk: str
    by_arm: dict[str, Share]


class TrialResult(Struct, frozen=True):
    trial: Trial
    at: Instant
    version: str
    arms: tuple[ArmResult, ...]
    interest: tuple[Interest, ...] = ()

    @property
    def customers(self) -> int:
        return sum([arm.sums.customers for arm in self.arms])


def trials_in_force(shop: Shop) -> list[Trial]:
    """The holdout, the trials and whatever is for a share, as the program in force has them."""
    rulebook = shop.rulebooks.in_force()
    return list(rulebook.trials.by_name.values()) if rulebook is not None and rulebook.trials is not None else []


def result(shop: Shop, name: str, now: Instant) -> TrialResult | None:
    """As of `now`; None where the program in force has no such trial."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        rulebook = shop.rulebooks.in_force()
        if rulebook is None or rulebook.trials is None or name not in rulebook.trials.by_name:
            return None
        counting, homes = _people(connection, name)
        if counting:
            _orders(connection, counting, homes)
            _points(connection, counting, homes)
        program = rulebook.program
        every: list[Perk | Game | Club] = [*program.perks, *program.games.every, *program.clubs]
        offered = [one.id for one in every if one.interest_only and is_on(name, one)]
        interest = _interest(connection, counting, homes, offered) if offered else ()
    return _result(rulebook, name, _sums(counting), tuple(interest), now)


def is_on(name: str, one: EarningRule | Perk | Game | Club) -> bool:
    """Whether this is what the trial is about."""
    match one.only_for:
        case ForArm(trial):
            return trial == name
        case ForShare():
            return one.id == name
    return name == HOLDOUT and not one.exempt


def _result(
    rulebook: Rulebook, name: str, sums: Mapping[str, ArmSums], interest: tuple[Interest, ...], now: Instant
) -> TrialResult:
    assert rulebook.trials is not None
    trial = rulebook.trials.by_name[name]
    each = [(arm.id, sums.get(arm.id, ArmSums())) for arm in trial.arms]
    first = each[0][1]
    arms = [ArmResult(id, one, None if place == 0 else _against(first, one)) for place, (id, one) in enumerate(each)]
    return TrialResult(trial, now, rulebook.version, tuple(arms), interest)


def _against(first: ArmSums, other: ArmSums) -> Compared:
    return Compared(
        difference(first.orders, other.orders),
        difference(first.revenue_minor, other.revenue_minor),
        difference(first.points, other.points),
    )


# --- reading ---------------------------------------------------------------------------------------------------------


class _Counting(Struct):
    """A customer who counts, and what they did so far."""

    exposure: Exposure
    did: Since = field(default_factory=Since)
    withheld: int = 0


class _Held(Struct):
    arms: dict[str, Exposure] = field(default_factory=dict)


class _Seen(Struct):
    """Of a state only what is asked for here; its other parts are passed over."""

    consequences: _Held = field(default_factory=_Held)


_decode: Final = msgspec.msgpack.Decoder(_Seen).decode


def _sums(counting: Mapping[str, _Counting]) -> dict[str, ArmSums]:
    sums: dict[str, ArmSums] = {}
    for id in sorted(counting):
        one = counting[id]
        sums.setdefault(one.exposure.arm, ArmSums()).take(one.did, one.withheld, one.exposure.crossed)
    return sums


def _people(connection: Connection, trial: str) -> tuple[dict[str, _Counting], dict[str, str]]:
    """Those who count, by their ids; and of accounts that were merged, whose they are. What was withheld under either name was."""
    columns = customers.c
    asked = select(columns.id, columns.person, columns.state).where(columns.state.is_not(None))
    counting: dict[str, _Counting] = {}
    homes: dict[str, str] = {}
    withheld: list[tuple[str, Exposure]] = []
    for id, person, state in _rows(connection, asked):
        exposure = _decode(state).consequences.arms.get(trial)
        if person is not None:
            homes[id] = person
        elif exposure is not None:
            counting[id] = _Counting(exposure)
        if exposure is not None:
            withheld.append((person or id, exposure))
    for id, exposure in withheld:
        if id in counting and counting[id].exposure.arm == exposure.arm:
            counting[id].withheld += exposure.withheld
    return counting, homes


def _orders(connection: Connection, counting: dict[str, _Counting], homes: Mapping[str, str]) -> None:
    record = func.coalesce(journal.c.via, journal.c.customer)
    asked = select(record, journal.c.happened_at, journal.c.amount_minor).where(IS_SALE)
    for id, at, amount_minor in _rows(connection, asked):
        one = counting.get(homes.get(id, id))
        if one is not None:
            one.did.order(at, amount_minor, one.exposure.since)


def _points(connection: Connection, counting: dict[str, _Counting], homes: Mapping[str, str]) -> None:
    record = func.coalesce(journal.c.via, journal.c.customer)
    step = and_(journal.c.customer == entries.c.customer, journal.c.seq == entries.c.seq)
    asked = select(record, journal.c.happened_at, entries.c.points).select_from(entries.join(journal, step))
    for id, at, points in _rows(connection, asked.where(entries.c.entry == EARN.value)):
        one = counting.get(homes.get(id, id))
        if one is not None and at >= one.exposure.since:
            one.did.points += points


def _interest(
    connection: Connection, counting: Mapping[str, _Counting], homes: Mapping[str, str], perks: Sequence[str]
) -> list[Interest]:
    """Whoever says so: nothing of value follows from it."""
    record = func.coalesce(journal.c.via, journal.c.customer)
    columns = journal.c
    said_by = columns.fact_id, columns.customer, columns.name, columns.source, columns.happened_at, columns.recorded_at
    asked = select(record, *said_by, columns.fact).where(columns.name == INTEREST_SHOWN)
    shown: set[tuple[str, str]] = set()
    for id, *fact in _rows(connection, asked):
        said, home = decode_fact(*fact), homes.get(id, id)
        if isinstance(said, Behaved) and home in counting:
            shown.add((said.properties.get("perk", ""), home))
    found = []
    for perk in perks:
        by_arm: dict[str, Share] = {}
        for arm in sorted({one.exposure.arm for one in counting.values()}):
            ids = [id for id, one in counting.items() if one.exposure.arm == arm]
            by_arm[arm] = Share(sum([(perk, id) in shown for id in ids]), len(ids))
        found.append(Interest(perk, by_arm))
    return found


def _rows(connection: Connection, asked: Any) -> Iterator[Any]:
    yield from connection.execute(asked, execution_options={"yield_per": AT_ONCE})


# --- putting it into words -------------------------------------------------------------------------------------------


def said(found: TrialResult, program: Program) -> list[str]:
    """What the figures mean, in sentences; the first arm is what the others are held against."""
    first = found.arms[0]
    name, currency = program.points.name, program.currency
    sentences = []
    for arm in found.arms[1:]:
        against = arm.against
        assert against is not None, "every arm but the first is held against it"
        head = f"“{arm.id}” against “{first.id}”, a customer on the mean"
        sentences += [
            f"{head}: {_said(what, one, written)}"
            for what, one, written in (
                (
                    f"sales, {currency.code}",
                    against.revenue_minor,
                    lambda mean: hundredth(mean / 10**currency.exponent),
                ),
                ("orders", against.orders, hundredth),
                (name.other, against.points, hundredth),
            )
        ]
    for shown in found.interest:
        for id, share in shown.by_arm.items():
            low, high = [hundredth(Fraction(end, 100)) for end in share.interval()]
            asked = f"{share.part:,} of {share.whole:,} asked for “{shown.perk}”"
            sentences.append(f"“{id}”: {asked}, 95 % interval {low} to {high} %.")
    crossed = sum([arm.sums.crossed for arm in found.arms])
    if crossed:
        who = "1 customer was" if crossed == 1 else f"{crossed:,} customers were"
        sentences.append(f"{who} merged out of two arms, and count in that of the account that stayed.")
    return sentences


def _said(what: str, one: Difference | None, written: Callable[[Fraction], str]) -> str:
    if one is None:
        return f"{what}: too few customers to tell a difference from chance."
    verdict = "more than chance" if one.is_certain else "chance alone may do that"
    sign = "+" if one.mean > 0 else ""
    return f"{what} {sign}{written(one.mean)}, 95 % interval {written(one.low)} to {written(one.high)}: {verdict}."


def hundredth(number: Fraction) -> str:
    """To two decimals, half up."""
    hundredths = (2 * abs(number) * 100 + 1) // 2
    return f"{'-' if number < 0 and hundredths else ''}{hundredths // 100:,}.{hundredths % 100:02}"


def answer_of(found: TrialResult) -> TrialAnswer:
    """For scripts: means as decimals, money in minor units."""
    return TrialAnswer(
        trial=found.trial.id,
        says=f"{found.trial.what()}.",
        at=rfc3339(found.at),
        version=found.version,
        arms=tuple([_arm_answer(arm) for arm in found.arms]),
        interest=tuple([_interest_answer(shown) for shown in found.interest]),
    )


def _interest_answer(shown: Interest) -> InterestAnswer:
    shares = {arm: ShareAnswer(one.part, one.whole, *one.interval()) for arm, one in shown.by_arm.items()}
    return InterestAnswer(shown.perk, shares)


def _arm_answer(arm: ArmResult) -> ArmAnswer:
    sums = arm.sums
    low, high = sums.came_back.interval()
    against = arm.against
    return ArmAnswer(
        arm=arm.id,
        customers=sums.customers,
        orders=sums.orders.total,
        revenue_minor=sums.revenue_minor.total,
        points=sums.points.total,
        withheld=sums.withheld,
        crossed=sums.crossed,
        ordered_again=ShareAnswer(sums.again, sums.customers, low, high),
        mean_orders=hundredth(sums.orders.mean),
        mean_revenue_minor=hundredth(sums.revenue_minor.mean),
        mean_points=hundredth(sums.points.mean),
        orders_difference=_difference(against.orders if against else None),
        revenue_minor_difference=_difference(against.revenue_minor if against else None),
        points_difference=_difference(against.points if against else None),
    )


def _difference(one: Difference | None) -> DifferenceAnswer | None:
    if one is None:
        return None
    return DifferenceAnswer(hundredth(one.mean), hundredth(one.low), hundredth(one.high), one.is_certain)
