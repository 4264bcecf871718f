"""One customer's history, entry by entry, each with what followed and why."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from regulars.backtesting.replay import replay_by_fact
from regulars.kernel.because import why
from regulars.kernel.effects import Effect, Posted
from regulars.kernel.facts import MEMBER_JOINED, Fact, Instant, OrderCompleted
from regulars.kernel.rulebook import Rulebook

NOTHING: Final = "Nothing in the program looks at this."


class Explained(Struct, frozen=True):
    """`at` is on the shop's wall. `points` is what was earned less what expired; the rest stands after the entry."""

    at: str
    what: str
    why: tuple[str, ...]
    points: int
    pending: int
    available: int
    tier: str | None


def explain(
    facts: Sequence[Fact], program: Rulebook, until: Instant, customer: str | None = None
) -> Iterator[Explained]:
    """The entries in order of time. `facts` are those of the customer of this name, all before `until`."""
    for happening in replay_by_fact(facts, program, until, customer):
        held = happening.state.consequences
        yield Explained(
            at=program.calendar.wall_clock(happening.at),
            what="time passed" if happening.fact is None else fact_in_words(happening.fact, program),
            why=tuple(why(happening.effects, program)) or (NOTHING,),
            points=sum([_change(effect) for effect in happening.effects]),
            pending=sum([lot.points for lot in held.pending]),
            available=sum([lot.points for lot in held.available]),
            tier=held.tier,
        )


def fact_in_words(fact: Fact, program: Rulebook) -> str:
    if isinstance(fact, OrderCompleted):
        return f"order {fact.order_id} of {program.program.currency.money(fact.amount_minor)}"
    return "joined" if fact.name == MEMBER_JOINED else fact.name


def _change(effect: Effect) -> int:
    return effect.gain() if isinstance(effect, Posted) else 0
