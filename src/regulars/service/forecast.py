"""What an order would bring if it were placed: reckoned by the very step that would judge it, on a copy. Nothing is written down,
and what else happens until then nobody knows.
"""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select

from regulars.kernel.adopt import adopt
from regulars.kernel.because import sentence
from regulars.kernel.effects import EARN, Effect, Posted, Refused, TierChanged, Withheld
from regulars.kernel.facts import FOREVER, Bill, Instant, Line, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.step import advance, step
from regulars.service.group import NoProgram
from regulars.service.records import drawing_name, records_of
from regulars.service.shop import Shop
from regulars.store.facts import came_through, facts_where
from regulars.store.schema import customers
from regulars.wire.records import decode_state

ORDER: Final = "forecast"
WITHHELD: Final = "withheld"


class Said(Struct, frozen=True):
    """What one rule gives, or why it gives nothing (`reason`); for a level that is reached, `rule` is `tiers` and `points` 0."""

    rule: str
    points: int
    reason: str | None
    sentence: str


class Forecast(Struct, frozen=True):
    """`points` in all. They can be spent from `active_at` on and end at `expires_at`, which is exclusive: both None where nothing
    is earned, the latter also for what never expires. `tier` is the level that decides the rate, `tier_after` the one afterwards.
    """

    at: Instant
    amount_minor: int
    points: int
    active_at: Instant | None
    expires_at: Instant | None
    tier: str | None
    tier_after: str | None
    said: tuple[Said, ...]
    version: str


def forecast(
    shop: Shop, customer: str | None, lines: tuple[Line, ...], at: Instant, now: Instant, bill: Bill | None = None
) -> Forecast | None:
    """Of an order of these lines and this bill at `at`, not before `now`, by the program in force. `customer` is our id of who
    orders; None is somebody of whom nothing is known, a member only where everyone is. None where there is no such customer;
    NoProgram before a program is in force.
    """
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        raise NoProgram
    state, drawn_by = rulebook.new_state(), None
    if customer is not None:
        with shop.store.one_moment(), shop.store.reading() as connection:
            held = state_of(shop, connection, customer, rulebook, now)
            drawn_by = drawing_name(connection, customer)
        if held is None:
            return None
        state = held
    state, _ = advance(state, max(at, state.clock), rulebook, at)
    amount_minor = sum([line.amount_minor for line in lines])
    order = OrderCompleted(ORDER, customer or ORDER, at, at, ORDER, ORDER, lines, amount_minor, bill)
    after, effects = step(state, order, rulebook, drawn_by=drawn_by)
    earned = [effect for effect in effects if isinstance(effect, Posted) and effect.entry is EARN]
    ends = earned[0].expires_at if earned else FOREVER
    if earned and rulebook.endings is not None:
        ends = min(ends, rulebook.endings.runs_out_at(after))
    return Forecast(
        at,
        amount_minor,
        sum([one.points for one in earned]),
        earned[0].active_at if earned else None,
        ends if ends != FOREVER else None,
        state.consequences.tier,
        after.consequences.tier,
        tuple([said for effect in effects if (said := _said(effect, rulebook)) is not None]),
        rulebook.version,
    )


def state_of(shop: Shop, connection: Connection, id: str, rulebook: Rulebook, now: Instant) -> State | None:
    """As the program in force finds it."""
    columns = customers.c
    asked = select(columns.id, columns.person, columns.state, columns.version)
    row = connection.execute(asked.where(columns.id == id)).one_or_none()
    if row is not None and row.person is not None:
        row = connection.execute(asked.where(columns.id == row.person)).one_or_none()
    if row is None:
        return None
    if row.state is None:
        return rulebook.new_state()
    state = decode_state(row.state)
    if state.version != rulebook.version:
        facts = facts_where(connection, came_through(records_of(connection, row.id)))
        state, _ = adopt(state, shop.rulebooks.version(state.version, connection), rulebook, facts, now)
    return state


def _said(effect: Effect, rulebook: Rulebook) -> Said | None:
    """Nothing of segments, which would have to be asked of more than an order."""
    if isinstance(effect, Posted) and effect.entry is EARN:
        return Said(effect.because.rule, effect.points, None, sentence(effect, rulebook))
    if isinstance(effect, Refused):
        return Said(effect.because.rule, 0, effect.reason.value, sentence(effect, rulebook))
    if isinstance(effect, Withheld):
        return Said(effect.because.rule, 0, WITHHELD, sentence(effect, rulebook))
    if isinstance(effect, TierChanged):
        return Said(effect.because.rule, 0, None, sentence(effect, rulebook))
    return None
