"""The live form against the meaning: whatever happens, in whatever order, at every moment the same segments."""

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import DAY, HOUR, SECOND, Duration
from regulars.kernel.consents import PROFILING
from regulars.kernel.effects import SegmentEntered, SegmentLeft
from regulars.kernel.facts import Behaved, Fact, Instant
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.scores.tree import InterestProfile, Score
from regulars.kernel.segments.live.rules import Cause, bounded
from regulars.kernel.segments.live.watch import Left
from regulars.kernel.segments.meaning import Known, is_in
from regulars.kernel.segments.tree import (
    Always,
    Condition,
    Counted,
    Did,
    InOrder,
    InSegment,
    NoneOf,
    Ratio,
    Same,
    Segment,
    Since,
    Times,
    Trailing,
)
from regulars.kernel.segments.values import Bounds, Property
from regulars.kernel.segments.windows import left_at
from regulars.kernel.state import Profile, State
from regulars.kernel.step import advance, fold, overhear, step
from regulars.wire.records import decode_state, encode_state
from tests.kernel.segments.drawn import (
    CALENDARS,
    SPAN,
    START,
    ZONES,
    conditions,
    counted,
    durations,
    events,
    facts,
    few,
    in_orders,
    leaves,
    moments,
    money,
    people,
    scores,
)
from tests.kernel.segments.drawn import profiles as drawn_profiles
from tests.kernel.segments.drawn import where as wheres
from tests.shop import program

RULES = """
earning:
  - {id: spend, on: Order Completed, points: 1, per: 1.00}
  - {id: view, on: Product Viewed, points: 2}
tiers:
  by: points
  over: calendar_year
  levels: [{id: silver, at: 3}, {id: gold, at: 40}]
"""


CASES = max(settings().max_examples, 5_000) if settings().max_examples > 1_000 else settings().max_examples
"""Five thousand in the slow lane."""
PROGRAMS: dict[str, Program] = {zone: program(RULES, zone=zone).program for zone in ZONES}


class Merged(Struct, frozen=True):
    """Other facts are this customer's from now on: some came with somebody else, some went."""

    came: tuple[Fact, ...]
    gone: frozenset[str]
    at: Instant


class Told(Struct, frozen=True):
    """What else is known of somebody from a moment on."""

    profile: Profile
    at: Instant


profiles = st.builds(
    lambda known, profiling: Profile(
        dict(known.traits),
        dict(known.first_visit),
        dict(known.last_visit),
        tuple(sorted(known.kinds)),
        tuple(sorted({*known.allows, *([PROFILING] if profiling else [])})),
    ),
    people,
    st.sampled_from([True, True, True, False]),
)


@st.composite
def streams(draw: st.DrawFn) -> list[Fact | Told | Merged | Instant]:
    """Facts as they are told, late or early, out of order; what else becomes known; moments at which somebody looks."""
    told: list[tuple[Instant, int, Fact | Told | Merged | Instant]] = []
    for number, fact in enumerate(draw(facts())):
        delay = draw(st.sampled_from([0, 0, 0, -3_600_000_000, 1_000_000, 7_200_000_000, 40 * DAY, 500 * DAY]))
        recorded_at = max(fact.happened_at + delay, START)
        told.append((recorded_at, number, replace(fact, id=f"fact-{number}", recorded_at=recorded_at)))
    for profile in draw(st.lists(profiles, max_size=2)):
        at = draw(moments)
        told.append((at, len(told), Told(profile, at)))
    for number in range(draw(st.sampled_from([0, 0, 1, 2]))):
        came = tuple([replace(one, id=f"{one.id}-{number}") for one in draw(facts())])
        gone = frozenset(draw(st.lists(st.sampled_from([f"fact-{place}" for place in range(8)]), max_size=2)))
        at = draw(moments)
        told.append((at, len(told), Merged(came, gone, at)))
    told += [(at, 1_000, at) for at in draw(st.lists(moments, min_size=1, max_size=4))]
    return [what for _, _, what in sorted(told, key=lambda one: one[:2])]


def rulebook_of(
    zone: str, segments: Sequence[Segment], score: Score | None = None, profile: InterestProfile | None = None
) -> Rulebook:
    scores, interests = ((score,) if score else ()), ((profile,) if profile else ())
    return Rulebook(replace(PROGRAMS[zone], segments=tuple(segments), scores=scores, interests=interests), "drawn")


def reference(rules: Rulebook, state: State, facts: Sequence[Fact], profile: Profile, now: Instant) -> frozenset[str]:
    """By the meaning, over everything that was told."""
    held = state.consequences
    known = Known(
        "ada",
        rules.calendar,
        tuple(sorted(facts, key=lambda fact: fact.happened_at)),
        traits=profile.traits,
        first_visit=profile.first_visit,
        last_visit=profile.last_visit,
        kinds=profile.kinds,
        allows=profile.allows,
        tier=held.tier,
        is_member=rules.is_member(state),
        lots=(*held.pending, *held.available),
        lifetime=held.issued + held.moved,
        segments={segment.id: segment.condition for segment in rules.program.segments},
        scores={score.id: score for score in rules.program.scores},
        interests={profile.id: profile for profile in rules.program.interests},
    )
    allowed = PROFILING in profile.allows
    return frozenset([one.id for one in rules.program.segments if allowed and is_in(one.condition, known, now)])


@settings(max_examples=CASES)
@given(
    conditions,
    leaves.filter(lambda one: not isinstance(one, InSegment)),
    st.sampled_from(ZONES),
    streams(),
    scores,
    drawn_profiles,
)
def test_live_is_what_it_means_at_every_moment(
    condition: Condition,
    other: Condition,
    zone: str,
    stream: list[Fact | Told | Merged | Instant],
    score: Score,
    interest: InterestProfile,
) -> None:
    segments = [Segment("main", condition), Segment("other", other), Segment("inverse", NoneOf((InSegment("main"),)))]
    rules = rulebook_of(zone, segments, score, interest)
    _is_what_it_means(rules, stream)


@given(in_orders(), wheres, st.lists(durations, min_size=2, max_size=3), few, st.sampled_from(ZONES), streams())
def test_conditions_that_share_a_memory_are_what_they_mean(
    in_order: InOrder,
    where: tuple[Property, ...],
    spans: list[Duration],
    bounds: Bounds,
    zone: str,
    stream: list[Fact | Told | Merged | Instant],
) -> None:
    """The same event, counted and followed over different times."""
    some: list[Condition] = []
    for span in spans:
        some.append(Did("Product Viewed", Times(), bounds, Trailing(span), where))
        some.append(Since("Product Viewed", "last", span, None, where))
        some.append(replace(in_order, within=span))
    some += [Did("Product Viewed", Times(), bounds, Always(), where), replace(in_order, within=None)]
    rules = rulebook_of(zone, [Segment(f"segment-{number}", one) for number, one in enumerate(some)])
    _is_what_it_means(rules, stream)


@given(
    st.lists(st.tuples(counted, few | money), min_size=2, max_size=4),
    events,
    wheres,
    st.lists(durations, min_size=2, max_size=3),
    st.sampled_from(ZONES),
    streams(),
)
def test_what_is_counted_by_day_is_counted_for_windows_of_every_length(
    some: list[tuple[Counted, Bounds]],
    event: str,
    where: tuple[Property, ...],
    spans: list[Duration],
    zone: str,
    stream: list[Fact | Told | Merged | Instant],
) -> None:
    asked: list[Condition] = [
        Did(event, what, bounds, Trailing(span), where) for span in spans for what, bounds in some
    ]
    asked += [Ratio(event, where, Bounds(Fraction(1, 3), None), Trailing(span)) for span in spans]
    rules = rulebook_of(zone, [Segment(f"segment-{number}", one) for number, one in enumerate(asked)])
    _is_what_it_means(rules, stream)


@given(durations, st.sampled_from(ZONES), moments, st.integers(0, 40 * SECOND) | st.integers(0, 500 * DAY))
def test_what_lies_within_is_told_alike_from_either_side(
    duration: Duration, zone: str, now: Instant, ago: Instant
) -> None:
    """By when it is over, and by since when; and nothing lies within for longer than it says."""
    left, at = Left(duration, CALENDARS[zone]), now - ago

    assert left.of(at) == left_at(at, duration, CALENDARS[zone])
    assert (left.of(at) > now) is (at >= left.since(now))
    assert left.of(at) - at <= left.longest


def _is_what_it_means(rules: Rulebook, stream: list[Fact | Told | Merged | Instant]) -> None:
    assert rules.segments is not None
    told: list[Fact] = []
    state, profile = rules.new_state(), rules.segments.usual
    moved: set[str] = set()
    for what in [*stream, START + SPAN + 600 * DAY]:
        now = what if isinstance(what, int) else what.at if isinstance(what, Told | Merged) else what.recorded_at
        state, effects = advance(state, now, rules, now)
        _follow(moved, effects, now)
        if isinstance(what, Told):
            profile = what.profile
            assert state.segments is not None
            effects = rules.segments.regard(
                state.segments, state.consequences, "ada", profile, now, Cause("drawn", now)
            )
            state.due_at = min(state.due_at, state.segments.due_at)
        elif isinstance(what, Merged):
            told = [*[one for one in told if one.id not in what.gone], *what.came]
            assert state.segments is not None
            was, cause = rules.segments.of(state.segments), Cause("drawn", now)
            effects = rules.segments.refold(state.segments, state.consequences, "ada", told, profile, was, now, cause)
            state.due_at = min(state.due_at, state.segments.due_at)
        elif not isinstance(what, int):
            told.append(what)
            if what.id.endswith("7"):
                state, effects = overhear(state, [what], rules)
            else:
                state, effects = step(state, what, rules)
        else:
            effects = []
        _follow(moved, effects, now)
        state = decode_state(encode_state(state))
        found = rules.segments.of(state.segments)
        if told or isinstance(what, Told | Merged):
            assert found == reference(rules, state, told, profile, now), f"at {now}"
        assert moved == found, "effects tell of every move"


def _follow(moved: set[str], effects: object, now: Instant) -> None:
    for effect in effects:  # type: ignore[attr-defined]
        if isinstance(effect, SegmentEntered):
            assert effect.segment not in moved
            moved.add(effect.segment)
        elif isinstance(effect, SegmentLeft):
            moved.remove(effect.segment)


@given(
    st.lists(conditions, min_size=1, max_size=3),
    st.sampled_from(ZONES),
    facts(),
    profiles,
    moments,
    scores,
    drawn_profiles,
)
def test_from_all_facts_at_once_comes_what_came_one_by_one(
    some: list[Condition],
    zone: str,
    told: tuple[Fact, ...],
    profile: Profile,
    now: Instant,
    score: Score,
    interest: InterestProfile,
) -> None:
    some = [one for one in some if "InSegment" not in repr(one)]
    rules = rulebook_of(zone, [Segment(f"segment-{number}", one) for number, one in enumerate(some)], score, interest)
    if rules.segments is None:
        return
    one_by_one, at_once = rules.new_state(), rules.new_state()
    for fact in told:
        now = max(now, fact.recorded_at)
        one_by_one, _ = step(one_by_one, fact, rules)
    one_by_one, _ = advance(one_by_one, now, rules, now)
    at_once.consequences = one_by_one.consequences
    assert one_by_one.segments is not None
    assert at_once.segments is not None
    cause = Cause("drawn", now)
    rules.segments.regard(one_by_one.segments, one_by_one.consequences, "ada", profile, now, cause)
    effects = rules.segments.refold(
        at_once.segments, at_once.consequences, "ada", told, profile, frozenset(), now, cause
    )

    assert rules.segments.of(at_once.segments) == rules.segments.of(one_by_one.segments)
    assert {effect.segment for effect in effects} == rules.segments.of(at_once.segments)  # type: ignore[union-attr]


def test_what_is_too_much_to_write_down_is_read_again_from_the_facts() -> None:
    """Whoever looks at two thousand different things in a week."""
    begin = START + 12 * HOUR
    viewed = [
        Behaved(
            f"view-{number}", "ada", begin + number, begin + number, "site", "Product Viewed", {"category": f"{number}"}
        )
        for number in range(1_500)
    ]
    again = Behaved("again", "ada", begin + DAY, begin + DAY, "site", "Product Viewed", {"category": "7"})
    same = Did("Product Viewed", Same("category"), Bounds(Fraction(2)), Trailing(Duration(7, "days")))
    rules = rulebook_of("Europe/Stockholm", [Segment("again", same)])
    assert rules.segments is not None
    state, _ = fold(rules.new_state(), viewed, rules)
    assert state.segments is not None
    state = decode_state(encode_state(replace(state, segments=bounded(state.segments))))
    assert state.segments is not None
    assert state.segments.forgotten
    assert not state.segments.memories
    assert advance(state, begin + 30 * DAY, rules, begin + 30 * DAY)[1] == []
    rules.segments.recover(state.segments, viewed)
    state, effects = step(state, again, rules)

    assert [effect.segment for effect in effects if isinstance(effect, SegmentEntered)] == ["again"]
    _, effects = advance(state, begin + 30 * DAY, rules, begin + 30 * DAY)
    assert [effect.segment for effect in effects if isinstance(effect, SegmentLeft)] == ["again"]
