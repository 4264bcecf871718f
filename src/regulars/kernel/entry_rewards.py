"""What there is for entering a level: points, for every level that is passed on the way up, once or each time.

They come of the fact that reached it, or of the year that begins where levels are given then; they count for no level themselves,
and live as what is earned in the level that was entered. A level that a new program, a merge or the shop's own word brings gives
none. What a year gave is a lot of the last fact before it, which nobody else has: it goes where that fact goes.
"""

from regulars.kernel.calendar import Today, add_months, date_of
from regulars.kernel.effects import (
    AVAILABLE,
    EARN,
    EARN_REVERSAL,
    LATE_LOT,
    PENDING,
    PROGRAM,
    WELCOME,
    WELCOME_LOTS,
    WELCOMES_OF_A_YEAR,
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
    return _rewards(
        held, raised, (fact.id, 0), fact.id, fact.happened_at, at, fact.recorded_at, rules, lifetimes, version
    )


def welcome_to_the_year(
    state: State,
    raised: list[Effect],
    at: Instant,
    recorded_at: Instant,
    rules: TierRules,
    lifetimes: Lifetimes,
    version: str,
) -> list[Effect]:
    """For the levels that `raised`, which the beginning of a year brought about, passes."""
    if not rules.welcomes_by_year or not raised:
        return []
    today = rules.calendar.today(at)
    lot = state.last_fact or f"{WELCOME}{date_of(today.day).isoformat()}", today.year * WELCOMES_OF_A_YEAR
    return _rewards(state.consequences, raised, lot, None, at, at, recorded_at, rules, lifetimes, version)


def _rewards(
    held: Consequences,
    raised: list[Effect],
    lot: LotId,
    fact: str | None,
    entered_at: Instant,
    at: Instant,
    recorded_at: Instant,
    rules: TierRules,
    lifetimes: Lifetimes,
    version: str,
) -> list[Effect]:
    change = raised[0]
    if not isinstance(change, LevelEarned | TierChanged):
        return []
    active_at, expires_at = lifetimes.of(entered_at, change.after)
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
                (lot[0], lot[1] + WELCOME_LOTS + rank),
                reward.points,
                PROGRAM,
                PENDING if active_at > at else AVAILABLE,
                at,
                recorded_at,
                Because(f"{WELCOME}{level}", version, fact),
                max(active_at, at),
                expires_at,
            )
        )
    return effects


def _of_this_year(state: State, rules: TierRules, today: Today, highest: int) -> list[tuple[Lot, Account]]:
    """What is left of the rewards that the year which counts began with, up to a level."""
    if rules.years is None:
        return []
    end = rules.years.next_reset(today, rules.joined(state))
    begun = rules.calendar.start_of_day(add_months(end.day, -12))
    held = _held(state.consequences)
    lots = [one for one in held if one[0].id[1] >= WELCOMES_OF_A_YEAR and one[0].earned_at >= begun]
    return [one for one in lots if _rank(one[0]) <= highest]


def _unused(held: Consequences, fact_id: str) -> list[tuple[Lot, Account]]:
    """What is left of the rewards for the levels that this fact reached."""
    return [one for one in _held(held) if one[0].id[0] == fact_id and WELCOME_LOTS <= one[0].id[1] < LATE_LOT]


def _held(held: Consequences) -> list[tuple[Lot, Account]]:
    return [*[(lot, PENDING) for lot in held.pending], *[(lot, AVAILABLE) for lot in held.available]]


def _rank(lot: Lot) -> int:
    return lot.id[1] % WELCOMES_OF_A_YEAR - WELCOME_LOTS


def take_welcome_back(
    state: State,
    fact: OrderReturned,
    at: Instant,
    rules: TierRules,
    today: Today,
    version: str,
    memory: Memory,
    before: int = 0,
) -> list[Effect]:
    """What is left of the rewards for levels that the order reached, and that the sums no longer reach; they were `before`. Who had
    the whole of it left gets it again with the level; of what was used nothing is asked back.
    """
    known = memory.order(fact.order_id)
    if known is None:
        return []
    reached = rules.rank_on(state, today)
    effects: list[Effect] = []
    reaching = [known.order.id, *[one.id for one in known.returns if one.added]]
    rewards = [one for id in reaching for one in _unused(state.consequences, id)]
    for lot, account in [*rewards, *_of_this_year(state, rules, today, rules.rank(before))]:
        rank = _rank(lot)
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
