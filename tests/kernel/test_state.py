"""The state: bounded in size, and readable for ever."""

from pathlib import Path
from typing import Any

import msgspec

from regulars.kernel.facts import FOREVER
from regulars.kernel.state import QUALIFYING_DAYS, SCHEMA, State, copy_of, drop_before, sum_between
from regulars.wire.records import decode_state
from tests.shop import Shop

GOLDEN = Path(__file__).parent / "golden"

RULES = """
points: {hold: 2 days, expire: {after: 1 month}}
members: those_who_join
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: welcome, on: Member Joined, points: 5}
tiers: {by: spend, over: rolling 2 months, levels: [{id: silver, at: 45}]}
"""


def test_every_schema_number_decodes_for_ever() -> None:
    """A file per schema number, written when that schema was new and never again."""
    numbers = [int(file.stem.removeprefix("state-")) for file in sorted(GOLDEN.glob("state-*.json"))]
    assert numbers == list(range(1, SCHEMA + 1))
    newest = msgspec.json.decode((GOLDEN / f"state-{SCHEMA}.json").read_bytes(), type=State)
    for number in numbers:
        as_written = msgspec.json.decode((GOLDEN / f"state-{number}.json").read_bytes())
        assert as_written["schema"] == number
        as_stored = msgspec.msgpack.encode(_numbers_as_keys(as_written))
        assert decode_state(as_stored) == newest


def _numbers_as_keys(value: Any) -> Any:
    """JSON has no numbers as keys; what is stored has."""
    if not isinstance(value, dict):
        return value
    return {int(key) if key.isdigit() else key: _numbers_as_keys(part) for key, part in value.items()}


def test_the_newest_golden_file_is_what_a_state_looks_like() -> None:
    shop = Shop(RULES)
    shop.joins("2017-03-01 12:00")
    shop.buys("2017-03-04 12:00", "45.80", id="one")
    shop.buys("2017-03-08 12:00", "4.00", id="two")
    state = copy_of(shop.state)
    state.version = "v"
    state.observations = {"watch": next(iter(state.observations.values()))}
    golden = msgspec.json.decode((GOLDEN / f"state-{SCHEMA}.json").read_bytes(), type=State)
    assert golden == state


def test_a_state_stays_small_however_long_a_customer_stays() -> None:
    """Twenty years of an order every third day."""
    shop = Shop(RULES.replace("by: spend", "by: points").replace("members: those_who_join", "members: everyone"))
    spend = Shop(RULES.replace("members: those_who_join", "members: everyone"))
    day = shop.program.calendar.day_of(shop.at("2017-01-01"))
    sizes = []
    for step in range(0, 20 * 366, 3):
        when = shop.wall(shop.program.calendar.start_of_day(day + step))
        shop.buys(when, "3.00")
        spend.buys(when, "3.00")
        sizes.append(len(msgspec.msgpack.encode(spend.state)))
    assert len(shop.state.consequences.qualifying) == QUALIFYING_DAYS // 3 + 2
    assert sum(shop.state.consequences.qualifying.values()) == shop.state.consequences.issued
    assert len(next(iter(spend.state.observations.values()))) <= 22
    assert max(sizes[-100:]) <= max(sizes[600:700]) + 100


def test_a_copy_shares_nothing_that_can_change() -> None:
    shop = Shop(RULES)
    shop.joins("2017-03-01 12:00")
    shop.buys("2017-03-04 12:00", "45.80")
    twin = copy_of(shop.state)
    assert twin == shop.state
    twin.consequences.pending.clear()
    twin.consequences.available.append(shop.state.consequences.pending[0])
    twin.consequences.qualifying.clear()
    next(iter(twin.observations.values())).clear()
    assert [lot.id for lot in shop.state.consequences.pending] == [("order-1", 0)]
    assert [lot.id for lot in shop.state.consequences.available] == [("join-0", 0)]
    assert shop.state.consequences.qualifying
    assert next(iter(shop.state.observations.values()))


def test_a_new_customer_has_nothing_and_nothing_to_wait_for() -> None:
    state = Shop(RULES).state
    assert (state.due_at, state.tier_due_at, state.consequences.outstanding()) == (FOREVER, FOREVER, 0)


def test_sums_and_drops_include_their_first_and_last() -> None:
    buckets = {1: 10, 2: 20, 3: 40, 4: 80}
    assert sum_between(buckets, 2, 3) == 60
    drop_before(buckets, 3)
    assert buckets == {3: 40, 4: 80}
