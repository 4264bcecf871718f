"""Who is likely to order, learned from the made year's shoppers and tested on the months after: what holds of the figures, and what
may have no part in them."""

from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from regulars.insight.likelihood.findings import Likelihood, Reason, TooLittle
from regulars.insight.likelihood.model import likelihood
from regulars.insight.likelihood.snapshots import snapshot
from regulars.insight.moments import Moment
from regulars.kernel.facts import Fact, Trust
from regulars.kernel.segments.meaning import Known
from regulars.made_year.calendar import DAYS, midnight
from tests.insight.lives import CALENDAR, behaved, known, ordered, shoppers, strangers_to_habit
from tests.insight.loaded import in_duckdb, in_postgresql

FIRST_DAY = CALENDAR.day_of(midnight(0))
END = Moment(midnight(DAYS), CALENDAR)
PEOPLE = shoppers(2_400)
SOME = shoppers(1_200)


def reckoned(people: Sequence[Known], moment: Moment = END) -> Likelihood:
    with in_duckdb(people, CALENDAR) as engine:
        return likelihood(engine, moment)


@pytest.fixture(scope="module")
def year() -> Likelihood:
    return reckoned(PEOPLE)


def test_it_beats_chance_and_the_rule_on_months_that_it_has_not_seen(year: Likelihood) -> None:
    for figures in (year.everybody, year.waiting):
        assert figures.ordered > 100
        assert figures.model.auc > 0.75
        assert figures.beats_rule
        assert figures.model.brier < figures.rule.brier
        assert figures.model.in_top_tenth > figures.rule.in_top_tenth > 0.1


def test_what_it_predicts_comes_about(year: Likelihood) -> None:
    """Within six points in each tenth, and altogether within a quarter; the year's end is busier than what came before."""
    for figures in (year.everybody, year.waiting):
        assert sum([one.people for one in figures.tenths]) == figures.people
        assert sum([one.ordered for one in figures.tenths]) == figures.ordered
        for one in figures.tenths:
            assert abs(one.predicted - one.observed) < 0.06, one
        predicted = sum([one.predicted * one.people for one in figures.tenths])
        assert 0.75 < predicted / figures.ordered < 1.25
        assert [one.predicted for one in figures.tenths] == sorted([one.predicted for one in figures.tenths])


def test_the_top_tenth_are_the_most_probable_of_those_without_an_order_lately(year: Likelihood) -> None:
    waiting = [one for one in year.candidates if one.is_waiting]

    assert len(year.candidates) == len(PEOPLE)
    assert len(year.top_tenth) == -(-len(waiting) // 10)
    assert min([one.probability for one in year.top_tenth]) >= max(
        [one.probability for one in waiting[len(year.top_tenth) :]]
    )
    recent = {
        one.id
        for one in PEOPLE
        if any(_is_order(fact) and fact.happened_at >= midnight(DAYS - 30) for fact in one.facts)
    }
    assert recent.isdisjoint(one.id for one in year.top_tenth)
    assert {one.id for one in year.candidates if not one.is_waiting} == recent


@pytest.mark.parametrize("seed", [0, 1])
def test_where_nothing_hangs_on_the_past_it_claims_nothing(seed: int) -> None:
    found = reckoned(strangers_to_habit(seed), Moment(midnight(300), CALENDAR))

    for figures in (found.everybody, found.waiting):
        assert figures.ordered > 100
        assert not figures.beats_rule
        assert 0.4 < figures.model.auc < 0.6


@pytest.mark.slow
def test_what_happened_after_the_training_has_no_part_in_it() -> None:
    people = SOME
    once = reckoned(people)
    cut = CALENDAR.start_of_day(once.model.to_day)

    def another_end(one: Known) -> list[Fact]:
        before = [fact for fact in one.facts if fact.happened_at < cut]
        viewed = behaved(one.id, "Product Viewed", cut + 1, Trust.WEAK)
        return [*before, viewed, ordered(one.id, cut)] if one.id.endswith("1") else [*before, viewed]

    other = reckoned(_changed(people, another_end))
    assert other.model == once.model
    assert other.everybody != once.everybody

    def another_past(one: Known) -> list[Fact]:
        return [*one.facts, ordered(one.id, cut - 1)] if one.id.endswith("1") else list(one.facts)

    assert reckoned(_changed(people, another_past)).model.version != once.model.version


def test_nobody_is_there_before_the_shop_knew_them() -> None:
    """Ada looked around on a device of her own, and gave her name with her first order: before, she was not to be told from whoever
    looks around and goes."""
    looked, named = midnight(20), midnight(40)
    ada = known("ada", [behaved("ada", "Product Viewed", looked, Trust.WEAK), ordered("ada", named)])

    with in_duckdb([ada], CALENDAR) as engine:
        assert snapshot(engine, CALENDAR, FIRST_DAY + 30).ids == ()
        later = snapshot(engine, CALENDAR, FIRST_DAY + 41)
    assert later.ids == ("ada",)
    assert not later.ordered.any()
    assert not later.is_waiting.any()


def test_thirty_days_are_half_open() -> None:
    begin, end = midnight(40), midnight(70)

    def of(*moments: int) -> tuple[bool, bool]:
        ada = known(
            "ada", [behaved("ada", "Identified", midnight(0), Trust.SHOP), *[ordered("ada", at) for at in moments]]
        )
        with in_duckdb([ada], CALENDAR) as engine:
            found = snapshot(engine, CALENDAR, FIRST_DAY + 40)
        return bool(found.is_waiting[0]), bool(found.ordered[0])

    assert of(begin) == of(end - 1) == (True, True)
    assert of(end) == (True, False)
    assert of(begin - 1) == of(midnight(10)) == (False, False)
    assert of(midnight(10) - 1) == (True, False)


@pytest.mark.slow
def test_the_same_tables_say_the_same(postgresql: str) -> None:
    """By another database, in another order, at another hour of the day."""
    people = shoppers(900)
    late = Moment(midnight(DAYS + 1) - 1, CALENDAR)

    once = reckoned(people)
    assert reckoned(people[::-1], late) == once
    with in_postgresql(postgresql, people, CALENDAR) as engine:
        assert likelihood(engine, END) == once


@pytest.mark.slow
def test_nobody_without_profiling_is_reckoned() -> None:
    people = [replace(one, allows=frozenset()) if one.id.endswith("3") else one for one in shoppers(900)]
    without = [one for one in people if one.allows]

    found = reckoned(people)
    assert len(without) < len(people)
    assert {one.id for one in found.candidates} == {one.id for one in without}
    assert found == reckoned(without)


def test_what_the_shop_says_of_a_list_is_no_sign_of_life() -> None:
    def listed(one: Known) -> list[Fact]:
        return [*one.facts, behaved(one.id, "List Joined", midnight(DAYS - 100), Trust.SHOP)]

    people = [one for one in SOME if one.facts[0].happened_at < midnight(DAYS - 100)]
    known_by_then = [
        one for one in people if any(fact.happened_at < midnight(DAYS - 130) and _by_shop(fact) for fact in one.facts)
    ]
    assert reckoned(_changed(known_by_then, listed)) == reckoned(known_by_then)


# --- too little --------------------------------------------------------------------------------------------------------


def refused(people: Sequence[Known], day: int = DAYS) -> TooLittle:
    with pytest.raises(TooLittle) as raised:
        reckoned(people, Moment(midnight(day), CALENDAR))
    return raised.value


def test_without_a_past_it_says_how_much_is_wanted() -> None:
    short = refused(shoppers(900), 100)

    assert (short.reason, short.wanted) == (Reason.SHORT_HISTORY, 120)
    assert short.found in (99, 100)
    assert str(short) == f"the first order must be 120 days ago; it is {short.found}"


def test_where_nobody_who_allows_it_has_ordered_it_says_so() -> None:
    one = known("ada", [ordered("ada", midnight(0))], profiling=False)
    for people in ([], [one]):
        none = refused(people)
        assert none.reason is Reason.NO_ORDERS
        assert str(none) == "nobody who allows profiling has ordered yet; the first order must be 120 days ago"


def test_with_few_orders_it_says_how_many_are_wanted() -> None:
    few = refused(shoppers(200))
    assert few.reason is Reason.FEW_ORDERED
    assert few.found < few.wanted == 170


def test_where_everybody_orders_there_is_nothing_to_learn() -> None:
    people = [known(f"one-{n}", [ordered(f"one-{n}", midnight(day)) for day in range(0, DAYS, 20)]) for n in range(40)]
    assert refused(people).reason is Reason.FEW_DID_NOT


def test_where_orders_end_there_is_nothing_to_test_on() -> None:
    people = _changed(
        SOME,
        lambda one: [fact for fact in one.facts if fact.happened_at < midnight(290) or not _is_order(fact)],
    )
    assert refused(people).reason is Reason.FEW_ORDERED_LATER


def test_nobody_to_speak_of() -> None:
    """Everybody has ordered lately."""
    people = _changed(SOME, lambda one: [*one.facts, ordered(one.id, midnight(DAYS) - 1)])
    few = refused(people)
    assert (few.reason, few.wanted, few.found) == (Reason.FEW_WAITING, 10, 0)


def _changed(people: Sequence[Known], facts: Callable[[Known], list[Fact]]) -> list[Known]:
    return [replace(one, facts=tuple(facts(one))) for one in people]


def _is_order(fact: Fact) -> bool:
    return fact.name == "Order Completed"


def _by_shop(fact: Fact) -> bool:
    return _is_order(fact) or getattr(fact, "trust", None) is Trust.SHOP
