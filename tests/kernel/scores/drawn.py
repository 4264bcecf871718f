"""Scores, interests, facts and moments drawn at random: half-lives short enough to watch every second of them."""

from hypothesis import strategies as st

from regulars.kernel.calendar import DAY, SECOND, Calendar, Duration
from regulars.kernel.facts import Behaved, Fact, Instant, OrderCompleted
from regulars.kernel.scores.tree import Action, InterestProfile, Score, ScoreLevel
from regulars.kernel.segments.values import IsNear, IsOneOf, Property
from regulars.wire.zones import zone_named
from tests.shop import at, line

CALENDAR = Calendar(zone_named("America/New_York"))
MIDNIGHT = at("2017-03-12 00:00")
EVENTS = ("Order Completed", "Product Viewed", "Order Returned")
TEXTS = ("tea", "cake", "2017-03-12")

minutes = st.builds(Duration, st.integers(1, 4), st.just("minutes"))
half_lives = st.none() | minutes | st.builds(Duration, st.integers(1, 60), st.sampled_from(["hours", "days", "weeks"]))

wheres = st.one_of(
    st.just(()),
    st.just((Property("products.category", IsOneOf(("tea",))),)),
    st.just((Property("category", IsOneOf(("tea",))),)),
    st.just((Property("category", IsNear("last", Duration(1, "days"))),)),
)
points = st.one_of(st.integers(1, 60_000), st.sampled_from([1_000, 2_000, 16_000, 64_000]))
actions = st.builds(
    lambda event, points, sign, where, most: Action(event, sign * points, where, most),
    st.sampled_from(EVENTS),
    points,
    st.sampled_from([1, 1, -1]),
    wheres,
    st.none() | st.integers(1, 80_000),
)
levels = st.lists(st.integers(-20_000, 90_000), max_size=3, unique=True).map(
    lambda ats: tuple([ScoreLevel(f"level-{number}", at) for number, at in enumerate(sorted(ats))])
)


def scores_of(fading: st.SearchStrategy[Duration | None]) -> st.SearchStrategy[Score]:
    some = st.lists(actions, min_size=1, max_size=3).map(tuple)
    return st.builds(Score, st.just("drawn"), some, fading, levels)


def profiles_of(fading: st.SearchStrategy[Duration | None]) -> st.SearchStrategy[InterestProfile]:
    shown = st.builds(Action, st.sampled_from(EVENTS), points, wheres)
    return st.builds(
        InterestProfile,
        st.just("drawn"),
        st.just("category"),
        st.lists(shown, min_size=1, max_size=3).map(tuple),
        fading,
    )


def facts_within(seconds: int) -> st.SearchStrategy[list[Fact]]:
    """Around a midnight, now and then at the very same second; in no order."""
    some = st.tuples(
        st.integers(-seconds, seconds) | st.sampled_from([0, 0, 60, 120, 240]),
        st.integers(0, SECOND - 1),
        st.sampled_from(EVENTS),
        st.lists(st.sampled_from(TEXTS), max_size=3),
        st.booleans(),
    )
    return st.lists(some, max_size=8).map(lambda drawn: [_fact(number, *one) for number, one in enumerate(drawn)])


def _fact(number: int, second: int, rest: int, event: str, categories: list[str], said: bool) -> Fact:
    name, moment = f"fact-{number}", MIDNIGHT + second * SECOND + rest
    if event == "Order Completed" and said:
        lines = tuple([line("2.00", {"category": category}) for category in categories])
        return OrderCompleted(name, "ada", moment, moment, "test", name, lines, 200 * len(lines))
    return Behaved(name, "ada", moment, moment, "test", event, {"category": categories[0]} if categories else {})


def moments_within(seconds: int) -> st.SearchStrategy[Instant]:
    return st.integers(-seconds * SECOND, seconds * SECOND).map(lambda near: MIDNIGHT + near)


LONG = 40 * DAY // SECOND
