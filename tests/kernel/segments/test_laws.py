"""The laws that hold for every condition, customer and moment."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import DAY, SECOND
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.segments.changing import changes_at
from regulars.kernel.segments.meaning import Known, both, either, holds, is_in, negated, times_of
from regulars.kernel.segments.tree import (
    All,
    AnyOf,
    BetweenAgo,
    Condition,
    InOrder,
    InSegment,
    NoneOf,
    Segment,
    Since,
    Trailing,
    Words,
    canonical,
)
from regulars.kernel.segments.windows import counts_during, day_at, first_day, last_day, left_at, lies_ahead, second_of
from regulars.kernel.terms import Currency, PointsName
from tests.kernel.segments.drawn import conditions, durations, in_orders, leaves, moments, people, whole_days

WORDS = Words(Currency("USD", 2), PointsName("star", "stars"))


def lies_in(happened_at: Instant, window: Trailing | BetweenAgo, known: Known, now: Instant) -> bool:
    start, end = counts_during(happened_at, window, known.calendar)
    return start <= now < end


# --- time alone --------------------------------------------------------------------------------------------------------


@given(conditions, people, moments, st.lists(moments, max_size=12), st.lists(durations, max_size=6))
def test_until_the_named_moment_nothing_changes_and_then_it_does(
    condition: Condition,
    ada: Known,
    now: Instant,
    others: list[Instant],
    later: list[durations],  # type: ignore[valid-type]
) -> None:
    due, answer = changes_at(condition, ada, now), holds(condition, ada, now)
    ends = [left_at(fact.happened_at, duration, ada.calendar) for fact in ada.facts for duration in later]
    midnights = [ada.calendar.start_of_day(day_at(now, ada.calendar) + number) for number in (1, 2, 30, 365, 366)]
    tried = [
        *others,
        *ends,
        *midnights,
        *[lot.expires_at for lot in ada.lots if lot.expires_at < FOREVER],
        now + 3000 * DAY,
    ]
    around = [moment + near for moment in tried for near in (-SECOND, -1, 0, 1) if now <= moment + near < due]

    assert {holds(condition, ada, moment) for moment in around} <= {answer}
    if due < FOREVER:
        assert due > now
        assert due % SECOND == 0
        assert holds(condition, ada, due) is not answer
        assert holds(condition, ada, due - 1) is answer


@given(people, moments, moments, whole_days)
def test_the_last_so_many_days_are_today_and_those_before_it(ada, happened_at, now, duration):
    today, day = day_at(now, ada.calendar), day_at(happened_at, ada.calendar)
    looking_back = first_day(today, duration) <= day and second_of(happened_at) <= now

    assert lies_in(happened_at, Trailing(duration), ada, now) is looking_back


@given(people, moments, moments, whole_days)
def test_the_next_so_many_days_are_today_and_those_after_it(ada, expires_at, now, duration):
    start, end = lies_ahead(expires_at, duration, ada.calendar)
    today, last = day_at(now, ada.calendar), day_at(expires_at - 1, ada.calendar)

    assert (start <= now < end) is (last <= last_day(today, duration) and now < -(-expires_at // SECOND) * SECOND)


@given(people, moments, moments, durations, durations)
def test_what_lies_between_is_in_the_longer_time_and_not_in_the_shorter(ada, happened_at, now, older, newer):
    between = lies_in(happened_at, BetweenAgo(older, newer), ada, now)
    long = lies_in(happened_at, Trailing(older), ada, now)
    short = lies_in(happened_at, Trailing(newer), ada, now)

    assert between is (long and not short)


@given(people, moments, durations, st.sampled_from(["first", "last"]))
def test_longer_ago_and_not_so_long_ago_are_opposites(ada, now, duration, which):
    longer = holds(Since("Product Viewed", which, more_than=duration), ada, now)
    shorter = holds(Since("Product Viewed", which, less_than=duration), ada, now)

    assert longer is negated(shorter)


# --- the logic ---------------------------------------------------------------------------------------------------------


@given(st.lists(leaves, min_size=1, max_size=3).map(tuple), people, moments)
def test_none_is_not_any_and_all_is_none_of_the_opposites(some, ada, now):
    opposites = tuple([NoneOf((one,)) for one in some])

    assert holds(NoneOf(some), ada, now) is negated(holds(AnyOf(some), ada, now))
    assert holds(All(some), ada, now) is holds(NoneOf(opposites), ada, now)


def test_unknown_is_neither_true_nor_false():
    assert (both([True, None]), both([False, None]), both([])) == (None, False, True)
    assert (either([True, None]), either([False, None]), either([])) == (True, None, False)
    assert (negated(None), negated(True), negated(False)) == (None, False, True)


@given(people, moments)
def test_whoever_is_not_in_a_segment_is_out_of_it(ada, now):
    inside = holds(InSegment("other"), ada, now)

    assert inside is is_in(ada.segments["other"], ada, now)
    assert holds(NoneOf((InSegment("other"),)), ada, now) is (not inside)


@given(conditions, people, moments)
def test_the_canonical_form_means_the_same_and_is_its_own(condition, ada, now):
    once = canonical(condition)

    assert canonical(once) == once
    assert holds(once, ada, now) is holds(condition, ada, now)


@given(conditions)
def test_every_condition_describes_itself_in_one_line(condition):
    sentence = Segment("drawn", condition).describe(WORDS)

    assert sentence.startswith("Segment “drawn”: those who ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "None" not in sentence


# --- one after the other -----------------------------------------------------------------------------------------------


@given(in_orders(), people, moments)
def test_steps_follow_one_another_as_they_do_when_all_choices_are_tried(
    in_order: InOrder, ada: Known, now: Instant
) -> None:
    wanted = [step for step in in_order.steps if not step.is_not]
    fits = [{time.fact.id for time in times_of(step.event, step.where, ada, now)} for step in wanted]
    there = [fact for fact in ada.facts if second_of(fact.happened_at) <= now]

    def is_it(chosen) -> bool:
        if not all(fact.id in ids for fact, ids in zip(chosen, fits, strict=True)):
            return False
        if in_order.within and any(now >= left_at(one.happened_at, in_order.within, ada.calendar) for one in chosen):
            return False
        pairs = zip(chosen, chosen[1:], wanted[1:], strict=False)
        if any(s.within and b.happened_at >= left_at(a.happened_at, s.within, ada.calendar) for a, b, s in pairs):
            return False
        last = in_order.steps[-1]
        if not last.is_not:
            return True
        end = left_at(chosen[-1].happened_at, last.within, ada.calendar) if last.within else FOREVER
        after = there[there.index(chosen[-1]) + 1 :]
        came = {time.fact.id for time in times_of(last.event, last.where, ada, now)}
        over = last.within is None or now >= end
        return over and not any(fact.id in came and fact.happened_at < end for fact in after)

    assert holds(in_order, ada, now) is any(is_it(chosen) for chosen in combinations(there, len(wanted)))
