"""Single orders worth showing: a handful of customers, folded again fact by fact, and the orders that tell most.

Which ones is settled by the outcome alone, never by chance: the same backtest shows the same orders.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from regulars.backtesting.outcome import CustomerOutcome, Outcome
from regulars.backtesting.replay import replay_by_fact
from regulars.backtesting.run import before
from regulars.kernel.because import why
from regulars.kernel.effects import Effect, Entry, Posted, Refused, TierChanged
from regulars.kernel.facts import Instant, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.wire.history import History

Kind = Literal["everyday", "multiplied", "most", "tier", "nothing", "expired"]

KINDS: Final[tuple[Kind, ...]] = ("everyday", "multiplied", "most", "tier", "nothing", "expired")
"""In the order in which they are shown."""


class Example(Struct, frozen=True):
    """One order and what followed from it, each effect with its sentence.

    `points` is what the order gave; for an expired lot what expired, and the effects are the earning and the expiry.
    `tier` is the level that the order reached.
    """

    kind: Kind
    customer: str
    order_id: str
    happened_at: Instant
    amount_minor: int
    lines: int
    points: int
    effects: tuple[Effect, ...]
    sentences: tuple[str, ...]
    tier: str | None = None


class Story(Struct, frozen=True):
    """One order of a customer who was folded again: what followed from it at once, and which of its lots expired."""

    order: OrderCompleted
    effects: tuple[Effect, ...]
    expired: tuple[Posted, ...]

    @property
    def earned(self) -> int:
        return sum([one.points for one in self.effects if isinstance(one, Posted)])

    def is_multiplied(self) -> bool:
        return any(isinstance(one, Posted) and one.reckoning and one.reckoning.factors for one in self.effects)

    def is_for_nothing(self) -> bool:
        return bool(self.effects) and all(isinstance(one, Refused) for one in self.effects)

    def reached(self) -> str | None:
        return next((one.after for one in self.effects if isinstance(one, TierChanged)), None)


Choice: TypeAlias = Callable[[Sequence[Story]], Story | None]
"""Among one customer's orders, which stand in their order."""


def choose_examples(history: History, program: Rulebook, outcome: Outcome) -> list[Example]:
    """At most one order of each kind, no order twice; fewer where there are none."""
    typical, top, highest, expired, empty = [_stories(one, history, program, outcome) for one in _cast(outcome)]
    wanted: dict[Kind, tuple[Choice, Sequence[list[Story]]]] = {
        "most": (_most_points, (top,)),
        "tier": (lambda stories: _reaching(_highest_held(outcome), stories), (highest, top, typical)),
        "everyday": (_middling, (typical, highest, top)),
        "multiplied": (_multiplied, (typical, highest, top)),
        "expired": (_expired, (typical, expired)),
        "nothing": (_for_nothing, (typical, empty, highest, top)),
    }
    chosen: dict[Kind, Story] = {}
    for kind, (choose, customers) in wanted.items():
        told = {story.order.id for story in chosen.values()}
        found = [choose([one for one in stories if one.order.id not in told]) for stories in customers]
        story = next((one for one in found if one is not None), None)
        if story is not None:
            chosen[kind] = story
    return [_example(kind, chosen[kind], program) for kind in KINDS if kind in chosen]


def _cast(outcome: Outcome) -> list[CustomerOutcome | None]:
    """Who gets the middle number of points; who gets most; who is in the middle of the highest level that anybody holds; who
    lost most to expiry; and who spent most and got nothing."""
    everyone = outcome.customers
    earners = sorted([one for one in everyone if one.issued > 0], key=lambda one: (one.issued, one.customer))
    tier = _highest_held(outcome)
    ranked = [one for one in earners if tier is not None and one.tier == tier]
    losers = sorted([one for one in earners if one.expired > 0], key=lambda one: (-one.expired, one.customer))
    empty = sorted([one for one in everyone if one.issued == 0], key=lambda one: (-one.spend_minor, one.customer))
    return [
        _middle(earners),
        min(earners, key=lambda one: (-one.issued, one.customer), default=None),
        _middle(ranked),
        losers[0] if losers else None,
        empty[0] if empty else None,
    ]


def _highest_held(outcome: Outcome) -> str | None:
    """`outcome.tiers` goes from none upwards."""
    held = [tier for tier, customers in outcome.tiers.items() if customers and tier != "none"]
    return held[-1] if held else None


def _middle(customers: Sequence[CustomerOutcome]) -> CustomerOutcome | None:
    return customers[(len(customers) - 1) // 2] if customers else None


def _stories(customer: CustomerOutcome | None, history: History, program: Rulebook, outcome: Outcome) -> list[Story]:
    """The customer's orders, in their order, each with what followed."""
    if customer is None:
        return []
    orders: list[tuple[OrderCompleted, list[Effect]]] = []
    expired: dict[str, list[Posted]] = {}
    for _, facts in history.customers(only=customer.customer):
        before_then = before(facts, outcome.until)
        for happening in replay_by_fact(before_then, program, outcome.until, customer.customer):
            fact, effects = happening.fact, happening.effects
            if isinstance(fact, OrderCompleted):
                orders.append((fact, [one for one in effects if one.because.fact == fact.id]))
            for effect in effects:
                if isinstance(effect, Posted) and effect.entry is Entry.EXPIRE:
                    expired.setdefault(effect.lot[0], []).append(effect)
    return [Story(order, tuple(effects), tuple(expired.get(order.id, ()))) for order, effects in orders]


def _most_points(stories: Sequence[Story]) -> Story | None:
    return max([one for one in stories if one.earned], key=lambda story: story.earned, default=None)


def _reaching(tier: str | None, stories: Sequence[Story]) -> Story | None:
    return next((one for one in stories if tier is not None and one.reached() == tier), None)


def _middling(stories: Sequence[Story]) -> Story | None:
    plain = [story for story in stories if story.earned and not story.is_multiplied() and not story.reached()]
    by_points = sorted(plain, key=lambda story: (story.earned, story.order.happened_at, story.order.order_id))
    return by_points[(len(by_points) - 1) // 2] if by_points else None


def _multiplied(stories: Sequence[Story]) -> Story | None:
    return next((one for one in stories if one.is_multiplied()), None)


def _expired(stories: Sequence[Story]) -> Story | None:
    return next((one for one in stories if one.expired), None)


def _for_nothing(stories: Sequence[Story]) -> Story | None:
    return max([one for one in stories if one.is_for_nothing()], key=lambda one: one.order.amount_minor, default=None)


def _example(kind: Kind, story: Story, program: Rulebook) -> Example:
    order = story.order
    effects: tuple[Effect, ...] = story.effects
    if kind == "expired":
        lots = {one.lot for one in story.expired}
        effects = (*[one for one in effects if isinstance(one, Posted) and one.lot in lots], *story.expired)
    return Example(
        kind=kind,
        customer=order.customer,
        order_id=order.order_id,
        happened_at=order.happened_at,
        amount_minor=order.amount_minor,
        lines=len(order.lines),
        points=sum([one.points for one in story.expired]) if kind == "expired" else story.earned,
        effects=effects,
        sentences=tuple(why(effects, program)),
        tier=story.reached() if kind == "tier" else None,
    )
