"""What the shop owes, as of any moment: what a replay holds that stops there."""

import random
from collections import Counter
from collections.abc import Iterable

import pytest
from sqlalchemy import select

from regulars.kernel.calendar import DAY, HOUR, date_of
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.recalled import Memory
from regulars.kernel.state import Consequences
from regulars.kernel.step import advance, step
from regulars.service import joining
from regulars.service.as_of import as_of
from regulars.service.liability import Cohort, Liability, Owed, liability
from regulars.store.facts import facts_of
from regulars.store.schema import customers
from regulars.wire.instants import rfc3339
from tests.service.deeds import Deeds
from tests.service.town import Town, did, order, wall
from tests.shop import at

RULES = """
points: {name: {one: star, other: stars}, worth: 0.01, redeemed: 75%, hold: 10 days, expire: {after: 2 months, until: end_of_month}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: review, on: Product Reviewed, points: 50}
tiers:
  by: spend
  over: rolling 2 months
  levels: [{id: silver, at: 60}, {id: gold, at: 150, earn: 2, points_expire: never}]
"""


def owed(town: Town, when: str | Instant) -> Liability:
    found = liability(town.shop, at(when) if isinstance(when, str) else when)
    assert found is not None
    return found


def test_what_is_held_stands_under_its_month_and_level(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 100, at="2017-03-01 12:00"), now="2017-03-01 12:00")
    town.hears(
        order("ada", "2", 40, at="2017-03-20 12:00"),
        order("ben", "3", 10, at="2017-03-20 12:00"),
        now="2017-03-20 12:00",
    )
    found = owed(town, "2017-03-20 13:00")

    assert found.owed == (Owed("2017-05", None, 0, 10), Owed("2017-05", "silver", 100, 40))
    assert (found.available, found.pending, found.most_minor, found.expected_minor) == (100, 50, 150, 112)


def test_a_moment_that_is_past_is_told_as_it_was(town: Town) -> None:
    """The level too, which is another one since."""
    town.applies(RULES)
    town.hears(order("ada", "1", 100), now="2017-03-01 12:00")
    town.hears(order("ada", "2", 100, at="2017-04-01 12:00"), now="2017-04-01 12:00")

    assert owed(town, "2017-02-28 12:00").owed == ()
    assert owed(town, "2017-03-31 12:00").owed == (Owed("2017-05", "silver", 100, 0),)
    assert owed(town, "2017-04-01 12:00").owed == (Owed("2017-05", "gold", 100, 0), Owed("2017-06", "gold", 0, 100))
    assert owed(town, "2017-06-01 00:00").owed == (Owed("2017-06", "gold", 100, 0),)


def test_what_expired_is_not_owed_though_nobody_was_woken(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 30), now="2017-03-01 12:00")
    assert owed(town, "2017-05-31 23:59").points == 30
    asleep = owed(town, "2017-06-01 00:00")
    town.wakes("2017-06-02 12:00")

    assert (asleep.points, asleep.cohorts[0].expired) == (0, 30)
    assert owed(town, "2017-06-01 00:00") == asleep


def test_of_each_month_what_was_given_is_told_for(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 30), order("ben", "2", 20), now="2017-03-31 12:00")
    town.hears(order("ada", "3", 7, at="2017-04-01 00:00"), now="2017-04-01 12:00")
    found = owed(town, "2017-06-01 00:00").cohorts

    assert [(one.month, one.issued, one.expired, one.held, one.used) for one in found] == [
        ("2017-03", 50, 50, 0, 0),
        ("2017-04", 7, 0, 7, 0),
    ]


def test_merged_accounts_owe_once(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 30), order("home", "2", 20), now="2017-03-01 12:00")
    into, other = town.customer("ada").id, town.customer("home").id
    joining.merge(town.shop, other, into, "staff", "one and the same", at("2017-03-05 12:00"))
    before, after = owed(town, "2017-03-04 12:00"), owed(town, "2017-03-05 12:00")

    assert before.points == after.points == 50
    assert before.cohorts == after.cohorts


def test_nothing_is_told_before_a_program_is_in_force(town: Town) -> None:
    assert liability(town.shop, at("2017-03-01 12:00")) is None


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_a_replay_holds_that_stops_there(town: Town, seed: int) -> None:
    """What is late takes effect at the customer's clock, which waking moves, so one of the two is tried at a time. At the end
    some are asleep.
    """
    draw, is_late = random.Random(seed), seed % 2 == 0
    town.applies(RULES.replace("worth: 0.01", f"worth: 0.01, debt: {draw.choice(DEBTS)}"))
    deeds = Deeds(town, draw)
    now = first = at("2017-01-01 12:00")
    for number in range(90):
        now += draw.choice([0, HOUR, DAY, 3 * DAY, 9 * DAY])
        who = draw.choice(PEOPLE)
        if draw.random() < 0.4:
            deeds.one(who, draw.choice(PEOPLE), now)
            continue
        late = draw.choice([0, 0, 0, 2 * DAY, 20 * DAY]) if is_late else 0
        event = order(who, f"{number}", draw.choice([5, 30, 80])) if draw.random() < 0.8 else did("Product Reviewed")
        event |= {"userId": who, "messageId": f"m-{number}", "timestamp": rfc3339(now - late)}
        town.hears(event, now=wall(now))
        deeds.ordered(f"{number}")
        if not is_late and draw.random() < 0.2:
            town.wakes(wall(now))
    assert deeds.done > 10
    if seed % 3:
        town.wakes(wall(now))

    for moment in sorted([draw.randrange(first, now + 1) for _ in range(25)]):
        states, found = replayed(town, moment), owed(town, moment)
        if seed % 3 or moment == now:
            assert counted(found) == counted_in(town, states), f"as of {rfc3339(moment)}"
        assert found.debt == sum([one.debt for one in states.values()])
        assert found.points == sum([one.outstanding() + one.debt for one in states.values()])
        assert told_for(found.cohorts) == told_for_in(states.values()), f"as of {rfc3339(moment)}"
        with town.shop.store.reading() as connection:
            then = {id: one.held for id, one in as_of(connection, town.shop.rulebooks, states.keys(), moment)}
        assert then == states, f"as of {rfc3339(moment)}"


DEBTS = ("only_pending", "within_balance", "unlimited")
PEOPLE = ("ada", "ben", "cleo")


def told_for(cohorts: Iterable[Cohort]) -> tuple[int, ...]:
    names = ("expired", "used", "held")
    return *[sum([getattr(one, name) for one in cohorts]) for name in names], sum(
        [one.issued - one.reversed for one in cohorts]
    )


def told_for_in(states: Iterable[Consequences]) -> tuple[int, ...]:
    every = list(states)
    expired, spent = sum([one.expired for one in every]), sum([one.spent for one in every])
    held = sum([one.outstanding() + one.debt for one in every])
    return expired, spent, held, sum([one.issued + one.adjusted - one.reversed + one.debt for one in every])


def counted(found: Liability) -> Counter[tuple[str | None, str | None, str]]:
    pairs = Counter({(one.month, one.tier, "available"): one.available for one in found.owed})
    pairs.update({(one.month, one.tier, "pending"): one.pending for one in found.owed})
    pairs.update({(one.month, one.tier, "reserved"): one.reserved for one in found.owed})
    return +pairs


def replayed(town: Town, until: Instant) -> dict[str, Consequences]:
    """Each customer folded again, until then; what comes late takes effect at the customer's clock."""
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    with town.shop.store.reading() as connection:
        ids = list(connection.execute(select(customers.c.id)).scalars())
        facts = facts_of(connection, ids)
    found: dict[str, Consequences] = {}
    for id, theirs in facts.items():
        state, memory = rulebook.new_state(), Memory(lambda _: rulebook)
        for fact in theirs:
            if max(fact.happened_at, state.clock) > until:
                break
            state, _ = step(state, fact, rulebook, memory)
        state, _ = advance(state, max(until, state.clock), rulebook, until)
        found[id] = state.consequences
    return found


def counted_in(town: Town, states: dict[str, Consequences]) -> Counter[tuple[str | None, str | None, str]]:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    found: Counter[tuple[str | None, str | None, str]] = Counter()
    for held in states.values():
        lots = [("available", lot.expires_at, lot.points) for lot in held.available]
        lots += [("pending", lot.expires_at, lot.points) for lot in held.pending]
        lots += [("reserved", max(lot.expires_at, one.until), lot.points) for one in held.reserved for lot in one.lots]
        for name, last, points in lots:
            month = None if last == FOREVER else date_of(rulebook.calendar.day_of(last - 1)).isoformat()[:7]
            found[month, held.tier, name] += points
    return found
