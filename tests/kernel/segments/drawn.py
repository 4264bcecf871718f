"""Conditions, customers and moments drawn at random: around clock changes, midnights, 29 February and the turn of the year."""

from fractions import Fraction

from hypothesis import strategies as st

from regulars.kernel.calendar import DAY, HOUR, SECOND, Calendar, Duration
from regulars.kernel.effects import Lot
from regulars.kernel.facts import FOREVER, Behaved, Fact, Instant, MemberJoined, OrderCompleted, Trust
from regulars.kernel.scores.tree import Action, InterestProfile, Score, ScoreLevel
from regulars.kernel.segments import tree, values
from regulars.kernel.segments.meaning import Known
from regulars.wire.zones import zone_named
from tests.shop import at, line

ZONES = ("America/New_York", "Europe/Stockholm", "Pacific/Apia", "America/Sao_Paulo", "Australia/Lord_Howe")
CALENDARS = {name: Calendar(zone_named(name)) for name in ZONES}
START = at("2015-11-20 00:00")
SPAN = 500 * DAY

moments: st.SearchStrategy[Instant] = st.one_of(
    st.integers(START, START + SPAN),
    st.builds(
        lambda moment, near: at(moment) + near,
        st.sampled_from(
            ["2016-01-01 00:00", "2016-02-28 00:00", "2016-02-29 00:00", "2016-03-01 00:00", "2016-03-13 03:00",
             "2016-11-06 01:00", "2016-03-27 02:00", "2016-10-16 00:00"]
        ),
        st.sampled_from([-1, 0, 1, SECOND, -SECOND, SECOND // 2, -HOUR, HOUR, 6 * HOUR, -5 * HOUR]),
    ),
)  # fmt: skip

durations = st.builds(
    Duration, st.integers(1, 40), st.sampled_from(["minutes", "hours", "days", "days", "weeks"])
) | st.builds(Duration, st.integers(1, 13), st.sampled_from(["months", "years"]))
whole_days = durations.filter(lambda one: one.unit not in ("minutes", "hours"))
days = moments.map(lambda moment: moment // DAY)

LISTINGS = ("List Joined", "List Left")
EVENTS = ("Order Completed", "Product Viewed", "Product Added", "Member Joined")
TEXTS = ("tea", "cake", "3", "2.5", "true", "2016-02-29", "2016-03-01T05:00:00Z", "no")
NAMES = ("category", "size", "amount")


def bounds_of(numbers: st.SearchStrategy[Fraction]) -> st.SearchStrategy[values.Bounds]:
    between = st.tuples(numbers, numbers).map(sorted).map(lambda pair: values.Bounds(*pair))
    return between | st.builds(values.Bounds, numbers) | st.builds(values.Bounds, st.none(), numbers)


few = bounds_of(st.integers(0, 4).map(Fraction))
money = bounds_of(st.integers(0, 8_000).map(Fraction))
tests: st.SearchStrategy[values.Test] = st.one_of(
    st.builds(values.IsOneOf, st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3).map(tuple)),
    st.builds(values.IsNoneOf, st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3).map(tuple)),
    st.builds(
        values.HasText, st.sampled_from(["contains", "starts_with", "ends_with"]), st.sampled_from(["t", "a", "2"])
    ),
    st.builds(values.IsNumber, few),
    st.builds(values.IsTrue, st.booleans()),
    st.builds(values.IsDate, days | st.none(), days | st.none()),
    st.builds(values.IsNear, st.sampled_from(["last", "next"]), whole_days),
    st.builds(values.HasAnniversary, st.builds(Duration, st.integers(1, 40), st.just("days"))),
    st.builds(values.IsSet, st.booleans()),
)
where = st.lists(st.builds(values.Property, st.sampled_from(NAMES), tests), max_size=2).map(tuple)
windows: st.SearchStrategy[tree.Window] = st.one_of(
    st.just(tree.Always()),
    st.builds(tree.Trailing, durations),
    st.builds(tree.Dates, days | st.none(), days | st.none()),
    st.builds(tree.BetweenAgo, durations, durations),
)
of = st.sampled_from(["amount", "products.category", "products.amount", "products.quantity", "category"])
counted: st.SearchStrategy[tree.Counted] = st.one_of(
    st.just(tree.Times()),
    *[st.builds(kind, of) for kind in (tree.Sum, tree.Average, tree.Least, tree.Greatest, tree.Distinct, tree.Same)],
)
events = st.sampled_from(EVENTS)
steps = st.builds(tree.Step, events, where, durations | st.none())


@st.composite
def in_orders(draw: st.DrawFn) -> tree.InOrder:
    first = draw(st.lists(steps, min_size=1, max_size=3))
    last = [tree.Step(draw(events), (), draw(durations | st.none()), True)] if draw(st.booleans()) else []
    return tree.InOrder((*first, *last), draw(durations | st.none()))


multiples = st.none() | st.builds(Fraction, st.integers(1, 12), st.integers(1, 4))
leaves: st.SearchStrategy[tree.Condition] = st.one_of(
    st.builds(tree.Did, events, counted, few | money, windows, where),
    st.builds(tree.Since, events, st.sampled_from(["first", "last"]), durations, st.none() | durations, where),
    st.builds(tree.Ratio, events, where, bounds_of(st.fractions(0, 1, max_denominator=4)), windows),
    st.builds(
        tree.Rhythm, st.sampled_from(["open_gap", "last_gap"]), multiples, multiples, st.none() | st.integers(1, 40)
    ),
    in_orders(),
    st.builds(tree.Trait, st.sampled_from(["born", "city", "size", "nothing"]), tests),
    st.builds(tree.Visited, st.sampled_from(["first", "last"]), st.sampled_from(["device", "campaign"]), tests),
    st.builds(
        tree.Near,
        st.sampled_from([Fraction(0), Fraction("55.7")]),
        st.sampled_from([Fraction(0), Fraction(3), Fraction(180)]),
        st.sampled_from([1_000, 250_000, 20_000_000]),
        st.sampled_from(["latitude", "size"]),
    ),
    st.builds(tree.OnList, st.sampled_from(["vip", "staff"])),
    st.builds(tree.KnownBy, st.sampled_from(["email", "phone"])),
    st.builds(tree.Consented, st.sampled_from(["email", "sms"])),
    st.builds(tree.InTier, st.sampled_from([("gold",), ("silver", "gold"), ()]), st.booleans()),
    st.builds(tree.IsMember, st.booleans()),
    st.builds(tree.Points, st.sampled_from(["available", "pending", "lifetime"]), few),
    st.builds(tree.ExpiringPoints, durations, few),
    st.builds(tree.ScoreIs, st.just("liveliness"), bounds_of(st.integers(-2_000, 9_000).map(Fraction))),
    st.builds(
        tree.InScoreLevel, st.just("liveliness"), st.sampled_from([("lively",), ("calm", "lively"), ()]), st.booleans()
    ),
    st.builds(
        tree.InterestIs,
        st.just("tastes"),
        st.sampled_from(["tea", "cake"]),
        bounds_of(st.integers(0, 9_000).map(Fraction)),
    ),
    st.builds(tree.IsTopInterest, st.just("tastes"), st.sampled_from(["tea", "cake"]), st.integers(1, 2)),
    st.just(tree.InSegment("other")),
    st.builds(tree.InShare, st.sampled_from([Fraction(1, 2), Fraction(1, 10)]), st.sampled_from(["a", "b"])),
)


def branches(inside: st.SearchStrategy[tree.Condition]) -> st.SearchStrategy[tree.Condition]:
    many = st.lists(inside, min_size=1, max_size=3).map(tuple)
    return st.builds(tree.All, many) | st.builds(tree.AnyOf, many) | st.builds(tree.NoneOf, many)


conditions = st.recursive(leaves, branches, max_leaves=6)

half_lives = st.none() | st.builds(Duration, st.integers(1, 40), st.sampled_from(["minutes", "hours", "days", "weeks"]))
scores = st.builds(
    Score,
    st.just("liveliness"),
    st.just(
        (
            Action("Order Completed", 5_000),
            Action("Product Viewed", 1_500, at_most=4_000),
            Action("Product Added", -700),
        )
    ),
    half_lives,
    st.just((ScoreLevel("calm", 800), ScoreLevel("lively", 4_500))),
)
profiles = st.builds(
    InterestProfile,
    st.just("tastes"),
    st.just("category"),
    st.just((Action("Order Completed", 5_000), Action("Product Viewed", 1_000))),
    half_lives,
)


@st.composite
def facts(draw: st.DrawFn) -> tuple[Fact, ...]:
    found: list[Fact] = []
    for number, moment in enumerate(draw(st.lists(moments, max_size=8))):
        name, event = f"fact-{number}", draw(events | st.sampled_from(LISTINGS))
        properties = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(TEXTS), max_size=2))
        if event == "Order Completed" and draw(st.integers(0, 5)):
            amounts = draw(st.lists(st.integers(-500, 5_000), max_size=3))
            lines = tuple([line(f"{amount / 100:.2f}", properties) for amount in amounts])
            total = sum([one.amount_minor for one in lines])
            found.append(OrderCompleted(name, "ada", moment, moment, "test", name, lines, total))
        elif event == "Member Joined":
            found.append(MemberJoined(name, "ada", moment, moment, "test"))
        elif event in LISTINGS:
            properties = {"list": draw(st.sampled_from(["vip", "staff"]))}
            trust = draw(st.sampled_from([Trust.SHOP, Trust.SHOP, Trust.WEAK]))
            found.append(Behaved(name, "ada", moment, moment, "test", event, properties, trust))
        else:
            found.append(Behaved(name, "ada", moment, moment, "test", event, properties))
    return tuple(sorted(found, key=lambda fact: fact.happened_at))


lots = st.builds(
    lambda active, lasts, points: Lot(("lot", 0), points, active, active, FOREVER if lasts is None else active + lasts),
    moments,
    st.none() | st.integers(1, 90 * DAY),
    st.integers(1, 4),
)
visits = st.dictionaries(st.sampled_from(["device", "campaign"]), st.sampled_from(TEXTS))
people = st.builds(
    Known,
    st.sampled_from(["ada", "ben", "cleo"]),
    st.sampled_from(ZONES).map(lambda name: CALENDARS[name]),
    facts(),
    traits=st.dictionaries(st.sampled_from(["born", "city", "size", "latitude", "longitude"]), st.sampled_from(TEXTS)),
    first_visit=visits,
    last_visit=visits,
    kinds=st.sets(st.sampled_from(["email", "phone"])),
    allows=st.sets(st.sampled_from(["email", "sms"])),
    tier=st.sampled_from([None, "silver", "gold"]),
    is_member=st.booleans(),
    lots=st.lists(lots, max_size=3).map(tuple),
    lifetime=st.integers(0, 4),
    scores=scores.map(lambda one: {one.id: one}),
    interests=profiles.map(lambda one: {one.id: one}),
    segments=leaves.filter(lambda one: not isinstance(one, tree.InSegment)).map(lambda one: {"other": one}),
)
