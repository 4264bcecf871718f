"""The fold under thirty rules, against the same rules written by hand.

`python -m bench.fold_per_event` does all repetitions in one process, over facts made before, and prints what they took as JSON.
"""

import gc
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bench.measure import ROOT, figure, in_turn, rounded, run_module, spread
from bench.results import Entry, Figure
from regulars.kernel.facts import Fact
from regulars.kernel.rulebook import Rulebook

LIMIT: Final = 50.0
TURNS: Final = 7
EVERY: Final = 5
"""One in so many customers."""

MEANING: Final = [
    (
        "What one event costs the fold under `bench/thirty-rules.yaml`: 24 rules that give points (per amount and fixed, on some "
        "categories or on all but some, on weekdays, between dates) and 6 multipliers, with lots that are held and expire, levels "
        "that multiply, and an effect with its reason for every judgement. The limit is the design's: what one ingested event may "
        "cost a single writer."
    ),
    (
        "The peer is `bench/by_hand.py`: the same thirty rules as a plain loop that only adds up points, without lots, levels, "
        "effects or reasons. It is checked in the same run that both give every customer the same points, the levels' multipliers "
        "left out."
    ),
    (
        "One fresh process makes the facts of every fifth customer of the grocer's year, then the two fold them in turn; reading "
        "is not counted."
    ),
]


class Took(Struct, frozen=True):
    """Microseconds per event, repetition by repetition."""

    events: int
    rules: int
    fold_us: list[float]
    by_hand_us: list[float]
    effects: int


def measured() -> Entry:
    took = msgspec.json.decode(run_module("bench.fold_per_event").output, type=Took)
    assert took.rules == 30
    fold = figure("fold", took.fold_us, "µs")
    ratios = [fold / by_hand for fold, by_hand in zip(took.fold_us, took.by_hand_us, strict=True)]
    return Entry(
        name="fold_us_per_event",
        what="One event through the fold, thirty rules",
        value=fold.value,
        unit="µs",
        spread=spread(took.fold_us),
        limit=LIMIT,
        peer=figure("the same rules by hand, points alone", took.by_hand_us, "µs"),
        held=fold.value <= LIMIT,
        meaning=MEANING,
        more=[
            figure("Fold over the loop by hand", ratios, "times"),
            Figure("Events", took.events, "events"),
            Figure("Effects per event", rounded(took.effects / took.events), "effects"),
            Figure("Fold per effect", rounded(fold.value * took.events / took.effects), "µs"),
        ],
    )


def _take() -> Took:
    from bench.by_hand import points_by_hand
    from regulars.kernel.step import fold
    from regulars.wire.complete_journey import CompleteJourney
    from regulars.wire.program import load_program

    program = load_program(ROOT / "bench/thirty-rules.yaml")
    currency = program.program.currency
    history = CompleteJourney().open(
        currency_exponent=currency.exponent, currency=currency.code, properties=program.program.line_properties()
    )
    customers = [facts for number, (_, facts) in enumerate(history.customers()) if number % EVERY == 0]
    _check_the_peer(customers, _without_multiplying_levels(program))
    events = sum([len(facts) for facts in customers])

    def fold_all() -> None:
        for facts in customers:
            fold(program.new_state(), facts, program)

    def add_up_all() -> None:
        for facts in customers:
            points_by_hand(facts)

    fold_s, by_hand_s = in_turn(lambda: _seconds(fold_all), lambda: _seconds(add_up_all), TURNS)
    return Took(
        events=events,
        rules=len(program.program.earning),
        fold_us=[seconds / events * 1e6 for seconds in fold_s],
        by_hand_us=[seconds / events * 1e6 for seconds in by_hand_s],
        effects=sum([len(fold(program.new_state(), facts, program)[1]) for facts in customers]),
    )


def _check_the_peer(customers: list[tuple[Fact, ...]], program: Rulebook) -> None:
    from bench.by_hand import points_by_hand
    from regulars.kernel.step import fold

    for facts in customers:
        state, _ = fold(program.new_state(), facts, program)
        by_hand = points_by_hand(facts)
        assert state.consequences.issued == by_hand, (
            f"customer {facts[0].customer}: the fold issued {state.consequences.issued} points, by hand it is {by_hand}"
        )


def _without_multiplying_levels(program: Rulebook) -> Rulebook:
    tiers = program.program.tiers
    assert tiers is not None
    levels = tuple([replace(level, earn=1) for level in tiers.levels])
    return Rulebook(replace(program.program, tiers=replace(tiers, levels=levels)), "without multiplying levels")


def _seconds(work: Callable[[], None]) -> float:
    gc.collect()
    started = perf_counter()
    work()
    return perf_counter() - started


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_take()))
