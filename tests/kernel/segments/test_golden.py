"""What is remembered for segments is read for ever, as it was written down."""

from pathlib import Path

from msgspec.structs import replace

from regulars.kernel.facts import Behaved, Trust
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import SCHEMA
from regulars.kernel.step import advance
from regulars.wire.records import decode_state, encode_state
from tests.shop import Shop, line, program

GOLDEN = Path(__file__).parent.parent / "golden"

SEGMENTS = """
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
scores: {liveliness: {half_life: 10 days, adds: {Product Viewed: 3, Order Completed: 8}}}
interests: {tastes: {of: category, half_life: 20 days, adds: {Product Viewed: 1}}}
segments:
  recent: {did: Product Viewed, at_least: 2, within: 7 days}
  hourly: {did: Product Viewed, at_least: 2, within: 90 minutes}
  dated: {did: Product Viewed, from: 2017-01-01, to: 2017-06-01}
  between: {did: Product Viewed, between: {older: 30 days, newer: 3 days}}
  spent: {sum: {of: amount, in: Order Completed, within: 60 days}, at_least: 20.00}
  usual: {average: {of: amount, in: Order Completed}, at_least: 10.00}
  biggest: {greatest: {of: products.amount, in: Order Completed, within: 30 days}, at_least: 5.00}
  varied: {distinct: {of: category, in: Product Viewed, within: 30 days}, at_least: 2}
  devoted: {did: Product Viewed, same: category, at_least: 2, within: 30 days}
  long-ago: {since_first: Order Completed, more_than: 10 days}
  lately: {since_last: Order Completed, less_than: 10 days}
  hesitant: {in_order: [{did: Product Viewed}, {not: Order Completed, within: 1 days}], within: 9 days}
  half: {share_of: {in: Product Viewed, where: {category: tea}, at_least: 50%, within: 30 days}}
  steady: {rhythm: {at_most: 2}}
  vip: {list: vip}
  soon: {did: Product Viewed, where: {delivery: {within_next: 5 days}}}
  lively: {score: liveliness, at_least: 5}
  tea: {interest: tastes, value: tea, at_least: 1}
"""


def remembered() -> tuple[bytes, Rulebook]:
    rules = program(SEGMENTS, zone="America/New_York")
    shop = Shop(Rulebook(rules.program, "v"))
    for day in (1, 4, 9, 12):
        shop.buys(f"2017-03-{day:02} 12:00", line("12.50", {"category": "tea"}), id=f"order-{day}")
    for number, category in enumerate(["tea", "cake", "tea"]):
        properties = {"category": category, "delivery": "2017-03-16"}
        at = shop.at(f"2017-03-13 1{number}:00")
        shop.takes(Behaved(f"view-{number}", "ada", at, at, "test", "Product Viewed", properties, Trust.WEAK))
    at = shop.at("2017-03-13 15:00")
    shop.takes(Behaved("list", "ada", at, at, "test", "List Joined", {"list": "vip"}))
    state, _ = advance(shop.state, shop.at("2017-03-14 09:00"), shop.program, shop.at("2017-03-14 09:00"))
    return encode_state(replace(state, consequences=type(state.consequences)())), shop.program


def test_what_was_remembered_reads_as_it_did() -> None:
    """Written when the schema was new, and never again: a memory of another shape wants another schema number."""
    written, rules = remembered()
    golden = bytes.fromhex((GOLDEN / f"segments-{SCHEMA}.hex").read_text(encoding="ascii"))
    assert rules.segments is not None
    assert decode_state(written).segments == decode_state(golden).segments
    assert rules.segments.of(decode_state(golden).segments) == rules.segments.of(decode_state(written).segments)
    assert len(rules.segments.of(decode_state(golden).segments)) > 10
