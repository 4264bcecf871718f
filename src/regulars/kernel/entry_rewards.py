"""What there is for entering a level: points, for every level that is passed on the way up, once or each time.

They come of the fact that reached it, count for no level themselves, and live as what is earned in the level that was entered.
A level that a new program, a merge or the shop's own word brings gives none.
"""

from regulars.kernel.calendar import Today
from regulars.kernel.effects import (
    AVAILABLE,
    EARN,
    EARN_REVERSAL,
    PENDING,
    PROGRAM,
    WELCOME,
    WELCOME_LOTS,
    Account,
    Because,
    Effect,
    LevelEarned,
    Lot,
    LotId,
    Posted,
    TierChanged,
)
from regulars.kernel.expiry import Lifetimes
from regulars.kernel.facts import Fact, Instant, OrderReturned
from regulars.kernel.recalled import Memory
from regulars.kernel.state import NO_FOOTING, Consequences, State
from regulars.kernel.tiers import TIERS, TierRules


def welcome(
    held: Consequences,
    raised: list[Effect],
    fact: Fact,
    at: Instant,
    rules: TierRules,
    lifetimes: Lifetimes,
    version: str,
) -> list[Effect]:
    """For the levels that `raised`, which a fact brought about, passes. `held` is as it was before."""
    change = raised[0]
    if not isinstance(change, LevelEarned | TierChanged):
        return []
    active_at, expires_at = lifetimes.of(fact.happened_at, change.after)
    welcomed = (held.footing or NO_FOOTING).welcomed
    effects: list[Effect] = []
    for rank in range(rules.rank_of[change.before] + 1, rules.rank_of[change.after] + 1):
        level = rules.ids[rank]
        reward = rules.rewards.get(level)
        if reward is None or (level in welcomed and not reward.again):
            continue
        effects.append(
            Posted(
                EARN,
                lot_of(fact.id, rank),
                reward.points,
                PROGRAM,
                PENDING if active_at > at else AVAILABLE,
                at,
                fact.recorded_at,
                Because(f"{WELCOME}{level}", version, fact.id),
                max(active_at, at),
                expires_at,
            )
        )
    return effects


def lot_of(fact_id: str, rank: int) -> LotId:
    return fact_id, WELCOME_LOTS + rank


def unused(held: Consequences, fact_id: str) -> list[tuple[Lot, Account]]:
    """What is left of the rewards for the levels that this fact reached."""
    lots = [*[(lot, PENDING) for lot in held.pending], *[(lot, AVAILABLE) for lot in held.available]]
    return [(lot, account) for lot, account in lots if lot.id[0] == fact_id and lot.id[1] >= WELCOME_LOTS]


def take_welcome_back(
    state: State, fact: OrderReturned, at: Instant, rules: TierRules, today: Today, version: str, memory: Memory
) -> list[Effect]:
    """What is left of the rewards for levels that the order reached, and that the sums no longer reach. Who had the whole of it
    left gets it again with the level; of what was used nothing is asked back.
    """
    known = memory.order(fact.order_id)
    if known is None:
        return []
    reached = rules.rank_on(state, today)
    effects: list[Effect] = []
    reaching = [known.order.id, *[one.id for one in known.returns if one.added]]
    for lot, account in [one for id in reaching for one in unused(state.consequences, id)]:
        rank = lot.id[1] - WELCOME_LOTS
        level = rules.ids[rank] if rank < len(rules.ids) else None
        if level is None or rank <= reached:
            continue
        reward = rules.rewards.get(level)
        rule = f"{WELCOME}{level}" if reward is not None and reward.points == lot.points else TIERS
        because = Because(rule, version, fact.id)
        effects.append(
            Posted(
                EARN_REVERSAL,
                lot.id,
                lot.points,
                account,
                PROGRAM,
                at,
                fact.recorded_at,
                because,
                lot.active_at,
                lot.expires_at,
            )
        )
    return effects
