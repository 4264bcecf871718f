"""The laws of scores and interests: how they fade, when they change, and that what is kept says what the facts say."""

from fractions import Fraction
from math import floor

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import DAY, SECOND, Duration
from regulars.kernel.facts import FOREVER, Behaved, Fact, Instant
from regulars.kernel.scores import interests, live
from regulars.kernel.scores.meaning import crossed_at, explained, level_of, score_at
from regulars.kernel.scores.tree import Action, InterestProfile, Score
from regulars.kernel.terms import Currency
from tests.kernel.scores.drawn import (
    CALENDAR,
    LONG,
    MIDNIGHT,
    facts_within,
    half_lives,
    minutes,
    moments_within,
    profiles_of,
    scores_of,
)

WATCHED = 900
borders = st.lists(st.integers(-50_000, 100_000), min_size=1, max_size=3, unique=True).map(sorted)


def kept(score: Score, facts: list[Fact], now: Instant) -> live.Memory:
    """Taken in a minute apart, up to `now`; written and read each time."""
    memory = live.Memory()
    for number, fact in enumerate(facts):
        clock = now - (len(facts) - number) * 60 * SECOND
        live.take_score(memory, score, fact, CALENDAR, clock)
        memory = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=live.Memory)
    return memory


def remembered(profile: InterestProfile, facts: list[Fact], now: Instant) -> live.Memory:
    memory = live.Memory()
    for number, fact in enumerate(facts):
        live.take_interest(memory, profile, fact, CALENDAR, now - (len(facts) - number) * 60 * SECOND)
        memory = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=live.Memory)
    return memory


# --- how it fades ------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(-64_000, 64_000).filter(bool), st.integers(0, 12)), max_size=8))
def test_after_whole_half_lives_it_is_exactly_the_half_of_the_half(given):
    """In fractions, half up, in whatever order floats were added."""
    actions = tuple([Action(f"Event {number}", points) for number, (points, _) in enumerate(given)])
    facts = [happened(f"Event {number}", MIDNIGHT - ago * 7 * DAY) for number, (_, ago) in enumerate(given)]
    exact = sum([Fraction(points, 2**ago) for points, ago in given], Fraction(0))

    for order in (facts, facts[::-1]):
        score = Score("whole", actions if order is facts else actions[::-1], Duration(1, "weeks"))
        assert score_at(score, order, CALENDAR, MIDNIGHT) == floor(exact + Fraction(1, 2))


def test_on_the_border_last_bits_of_floats_do_not_matter():
    """Given twice, a third of a half-life apart, the second at once taken away again: after the half-life the half of the first."""
    third = 10 * DAY
    facts = [
        happened("Came", MIDNIGHT - 3 * third),
        happened("Came", MIDNIGHT - 2 * third),
        happened("Left", MIDNIGHT - 2 * third),
    ]
    for odd in range(1, 2_000, 2):
        score = Score("odd", (Action("Came", odd), Action("Left", -odd)), Duration(30, "days"))
        memory = kept(score, facts, MIDNIGHT)

        assert score_at(score, facts, CALENDAR, MIDNIGHT) == (odd + 1) // 2
        assert live.score_of(memory, score, MIDNIGHT) == (odd + 1) // 2


@given(scores_of(half_lives), facts_within(LONG), moments_within(LONG))
def test_the_parts_of_an_explanation_add_up_to_the_score(score, facts, now):
    why = explained(score, facts, CALENDAR, now)

    assert why.value == score_at(score, facts, CALENDAR, now)
    assert why.value == sum([part.given - part.over for part in why.parts]) - why.faded
    assert all(part.given == part.times * part.action.points for part in why.parts)
    assert abs(sum([part.left - part.over for part in why.parts]) - why.value) <= 2 * len(why.parts)
    assert why.sentence(Currency("USD", 2)).endswith(".")


# --- when it changes ---------------------------------------------------------------------------------------------------


@given(scores_of(st.none() | minutes), facts_within(300), moments_within(300), borders)
def test_every_crossing_is_found_at_its_very_second(score, facts, now, some):
    """Watched second by second, facts that lie ahead included."""

    def side(moment: Instant) -> int:
        value = score_at(score, facts, CALENDAR, moment)
        return sum([value >= border for border in some])

    first = now // SECOND * SECOND
    seconds = [first + number * SECOND for number in range(1, WATCHED)]
    crossed = next((second for second in seconds if side(second) != side(now)), FOREVER)
    due = crossed_at(score, facts, CALENDAR, now, some)

    assert due == crossed if crossed < FOREVER else due > seconds[-1]


def test_a_score_that_rises_while_a_cap_holds_and_falls_after_it_crosses_a_border_twice():
    """40 seen, 5 of it counted, 20 taken away: -15 rises to 2.5 as the 20 fade, for three half-lives, and falls to 0 then."""
    score = Score("bent", (Action("Seen", 40_000, at_most=5_000), Action("Lost", -20_000)), Duration(1, "minutes"))
    facts = [happened("Seen", MIDNIGHT), happened("Lost", MIDNIGHT)]
    seconds = [MIDNIGHT + number * SECOND for number in range(900)]
    above = [score_at(score, facts, CALENDAR, second) >= 1_000 for second in seconds]
    turns = [second for before, now, second in zip(above, above[1:], seconds[1:], strict=False) if before is not now]

    assert [crossed_at(score, facts, CALENDAR, moment, [1_000]) for moment in (MIDNIGHT, *turns)] == [*turns, FOREVER]
    assert len(turns) == 2


def test_what_comes_in_the_second_of_a_crossing_prevents_it():
    score = Score("saved", (Action("Came", 8_000),), Duration(1, "minutes"))
    first = [happened("Came", MIDNIGHT)]
    due = crossed_at(score, first, CALENDAR, MIDNIGHT, [4_000])
    later = crossed_at(score, [*first, happened("Came", due)], CALENDAR, MIDNIGHT, [4_000])

    assert due < later < FOREVER


@given(scores_of(half_lives), facts_within(LONG), moments_within(LONG), borders)
def test_before_the_crossing_nothing_has_crossed(score, facts, now, some):
    def side(moment: Instant) -> int:
        value = score_at(score, facts, CALENDAR, moment)
        return sum([value >= border for border in some])

    due = crossed_at(score, facts, CALENDAR, now, some)

    if due < FOREVER:
        assert due > now
        assert due % SECOND == 0
        assert side(due) != side(now)
    between = [now + (min(due, now + 4000 * DAY) - 1 - now) * tenth // 10 for tenth in range(11)]
    assert {side(moment) for moment in between} == {side(now)}


# --- kept --------------------------------------------------------------------------------------------------------------


@given(scores_of(half_lives), facts_within(LONG), moments_within(LONG), borders, st.integers(0, 400 * DAY))
def test_what_is_kept_of_a_score_says_what_the_facts_say(score, facts, now, some, later):
    """Late, out of order and ahead of the clock; at once and after any time."""
    memory = kept(score, facts, now)

    for moment in (now, now + later):
        value = live.score_of(memory, score, moment)
        assert value == score_at(score, facts, CALENDAR, moment)
        assert level_of(score, value) == explained(score, facts, CALENDAR, moment).level
        assert live.score_due(memory, score, moment, some) == crossed_at(score, facts, CALENDAR, moment, some)


@given(profiles_of(half_lives), facts_within(LONG), moments_within(LONG), borders, st.integers(0, 400 * DAY))
def test_what_is_kept_of_interests_says_what_the_facts_say(profile, facts, now, some, later):
    memory = remembered(profile, facts, now)

    for moment in (now, now + later):
        assert live.ranked_of(memory, profile, moment) == interests.ranked_at(profile, facts, CALENDAR, moment)
        for value in ("tea", "cake", "nothing"):
            strength = interests.interest_in(value, profile, facts, CALENDAR, moment)
            assert live.interest_of(memory, profile, value, moment) == strength
            due = live.interest_due(memory, profile, value, moment, some)
            assert due == interests.crossed_at(value, profile, facts, CALENDAR, moment, some)


@given(profiles_of(half_lives), facts_within(LONG), moments_within(LONG))
def test_ranks_stay_until_something_comes(profile, facts, now):
    memory = remembered(profile, facts, now)
    due = live.rank_due(memory, now)
    ranked = live.ranked_of(memory, profile, now)

    for moment in (now + SECOND, now + DAY, now + 3000 * DAY, due - 1):
        if now <= moment < due:
            assert interests.ranked_at(profile, facts, CALENDAR, moment) == ranked


def happened(name: str, moment: Instant) -> Fact:
    return Behaved(f"{name}-{moment}", "ada", moment, moment, "test", name, {})
