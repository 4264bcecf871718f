"""What the shop owes, as of any moment: what a replay holds that stops there."""

import random
from collections import Counter

import pytest
from sqlalchemy import select

from regulars.kernel.calendar import DAY, HOUR, date_of
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.step import advance, step
from regulars.service import joining
from regulars.service.liability import Liability, Owed, liability
from regulars.store.facts import facts_of
from regulars.store.schema import customers
from regulars.wire.instants import rfc3339
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


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_a_replay_holds_that_stops_there(town: Town, seed: int) -> None:
    """What is late takes effect at the customer's clock, which waking moves, so one of the two is tried at a time."""
    draw, is_late = random.Random(seed), seed % 2 == 0
    town.applies(RULES)
    now = first = at("2017-01-01 12:00")
    for number in range(60):
        now += draw.choice([0, HOUR, DAY, 3 * DAY, 9 * DAY])
        who = draw.choice(["ada", "ben", "cleo"])
        late = draw.choice([0, 0, 0, 2 * DAY, 20 * DAY]) if is_late else 0
        event = order(who, f"{number}", draw.choice([5, 30, 80])) if draw.random() < 0.8 else did("Product Reviewed")
        event |= {"userId": who, "messageId": f"m-{number}", "timestamp": rfc3339(now - late)}
        town.hears(event, now=wall(now))
        if not is_late and draw.random() < 0.2:
            town.wakes(wall(now))
    town.wakes(wall(now))

    for moment in sorted([draw.randrange(first, now + 1) for _ in range(25)]):
        assert counted(owed(town, moment)) == replayed(town, moment), f"as of {rfc3339(moment)}"


def counted(found: Liability) -> Counter[tuple[str | None, str | None, str]]:
    pairs = Counter({(one.month, one.tier, "available"): one.available for one in found.owed})
    pairs.update({(one.month, one.tier, "pending"): one.pending for one in found.owed})
    return +pairs


def replayed(town: Town, until: Instant) -> Counter[tuple[str | None, str | None, str]]:
    """Each customer folded again, until then; what comes late takes effect at the customer's clock."""
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    with town.shop.store.reading() as connection:
        ids = list(connection.execute(select(customers.c.id)).scalars())
        facts = facts_of(connection, ids)
    found: Counter[tuple[str | None, str | None, str]] = Counter()
    for theirs in facts.values():
        state = rulebook.new_state()
        for fact in theirs:
            if max(fact.happened_at, state.clock) > until:
                break
            state, _ = step(state, fact, rulebook)
        state, _ = advance(state, max(until, state.clock), rulebook, until)
        _count(found, state, rulebook)
    return +found


def _count(found: Counter[tuple[str | None, str | None, str]], state: State, rulebook: Rulebook) -> None:
    held = state.consequences
    for name, lots in (("available", held.available), ("pending", held.pending)):
        for lot in lots:
            last = lot.expires_at
            month = None if last == FOREVER else date_of(rulebook.calendar.day_of(last - 1)).isoformat()[:7]
            found[month, held.tier, name] += lot.points
