"""Which events of a visitor are one visit."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import MINUTE, SECOND, Calendar
from regulars.kernel.facts import Instant
from regulars.wire.enrichment import Channel, Traffic, Visit, end_of, next_visit
from regulars.wire.zones import clock_named, zone_named

DIRECT = Traffic(Channel.DIRECT)
INSIDE = Traffic(Channel.INTERNAL, medium="internal")
LETTER = Traffic(Channel.EMAIL, "letter", "email", "spring")
SUMMER_LETTER = Traffic(Channel.EMAIL, "letter", "email", "summer")
GOOGLE = Traffic(Channel.ORGANIC_SEARCH, "google", "organic")


class Shop:
    """A wall with a clock, and one visitor."""

    def __init__(self, zone: str = "America/New_York") -> None:
        self.clock = clock_named(zone)
        self.calendar = Calendar(zone_named(zone))
        self.visit: Visit | None = None

    def sees(self, at: str | Instant, traffic: Traffic = DIRECT) -> str:
        judged = next_visit(self.visit, self.at(at), traffic, self.calendar)
        self.visit = judged.visit
        return judged.verdict

    def at(self, wall: str | Instant) -> Instant:
        """`2024-03-09 23:50` on the wall; with `+` behind it, the second time that the wall shows it."""
        if isinstance(wall, int):
            return wall
        moment = datetime.fromisoformat(wall.rstrip("+")).replace(tzinfo=self.clock, fold=int(wall.endswith("+")))
        return (moment - datetime(1970, 1, 1, tzinfo=clock_named("UTC"))) // timedelta(microseconds=1)

    @property
    def stands(self) -> Visit:
        assert self.visit is not None
        return self.visit


def test_the_first_event_begins_a_visit():
    assert Shop().sees("2024-05-17 12:00") == "new"


def test_a_visit_lasts_until_thirty_minutes_have_passed_without_an_event():
    shop = Shop()
    seen = [shop.sees(f"2024-05-17 {time}") for time in ("12:00", "12:29", "12:58:59.999999", "13:28:59", "13:58:59")]

    assert seen == ["new", "same", "same", "same", "new"]


def test_exactly_thirty_minutes_later_is_a_new_visit():
    shop = Shop()
    shop.sees(0)

    assert end_of(shop.stands, shop.calendar) == 30 * MINUTE
    assert next_visit(shop.visit, 30 * MINUTE - 1, DIRECT, shop.calendar).verdict == "same"
    assert next_visit(shop.visit, 30 * MINUTE, DIRECT, shop.calendar).verdict == "new"


def test_a_visit_ends_at_midnight_on_the_shops_wall():
    shop = Shop()
    shop.sees("2024-05-17 23:50")

    assert end_of(shop.stands, shop.calendar) == shop.at("2024-05-18 00:00")
    assert shop.sees("2024-05-17 23:59:59.999999") == "same"
    assert shop.sees("2024-05-18 00:00") == "new"
    assert shop.sees("2024-05-18 00:10") == "same"


def test_midnight_elsewhere_ends_nothing():
    """20:00 in New York is midnight in UTC."""
    shop = Shop()

    assert [shop.sees("2024-05-17 19:55"), shop.sees("2024-05-17 20:05")] == ["new", "same"]


def test_a_day_without_its_midnight_begins_at_its_first_instant():
    """Havana puts its clocks forward at midnight: 9 March 2024 is followed by 10 March, 01:00."""
    shop = Shop("America/Havana")
    shop.sees("2024-03-09 23:50")

    assert end_of(shop.stands, shop.calendar) == shop.at("2024-03-09 23:50") + 10 * MINUTE
    assert shop.sees("2024-03-09 23:59:59") == "same"
    assert shop.sees("2024-03-10 01:00") == "new"


def test_of_a_midnight_that_comes_twice_the_earlier_ends_the_visit():
    """Havana puts its clocks back at 01:00, and it is 00:00 once more: the day has begun already."""
    shop = Shop("America/Havana")

    assert shop.sees("2024-11-02 23:50") == "new"
    assert shop.sees("2024-11-03 00:00") == "new"
    assert shop.sees("2024-11-03 00:25") == "same"
    assert shop.sees("2024-11-03 00:50") == "same"
    assert shop.sees("2024-11-03 00:00+") == "same"


def test_where_the_wall_shows_yesterday_again_the_day_that_began_goes_on():
    """St. John's put its clocks back at 00:01, and it was 23:01 of the day before."""
    shop = Shop("America/St_Johns")

    assert shop.sees("2010-11-06 23:45") == "new"
    assert shop.sees("2010-11-07 00:00:30") == "new"
    assert shop.sees("2010-11-06 23:20+") == "same"
    assert shop.sees("2010-11-06 23:45+") == "same"
    assert shop.sees("2010-11-07 00:00:30+") == "same"


def test_the_hour_that_clocks_skip_is_no_hour():
    """01:50 and 03:10 lie twenty minutes apart in the night of 10 March 2024."""
    shop = Shop()

    assert [shop.sees("2024-03-10 01:50"), shop.sees("2024-03-10 03:10")] == ["new", "same"]


def test_a_new_campaign_begins_a_visit():
    shop = Shop()
    seen = [
        shop.sees("2024-05-17 12:00", LETTER),
        shop.sees("2024-05-17 12:05", LETTER),
        shop.sees("2024-05-17 12:06", GOOGLE),
    ]

    assert seen == ["new", "same", "new"]
    assert shop.sees("2024-05-17 12:07", SUMMER_LETTER) == "new"


def test_a_campaign_begins_a_visit_for_whom_came_by_themselves():
    shop = Shop()

    assert [shop.sees("2024-05-17 12:00"), shop.sees("2024-05-17 12:01", LETTER)] == ["new", "new"]


@pytest.mark.parametrize("traffic", [DIRECT, INSIDE])
def test_who_clicks_on_within_the_shop_stays_in_the_campaigns_visit(traffic):
    shop = Shop()
    shop.sees("2024-05-17 12:00", LETTER)

    assert shop.sees("2024-05-17 12:05", traffic) == "same"
    assert shop.stands.traffic == LETTER
    assert shop.sees("2024-05-17 12:10", LETTER) == "same"


def test_a_late_event_within_the_visit_changes_nothing():
    shop = Shop()
    shop.sees("2024-05-17 12:00")
    shop.sees("2024-05-17 12:20")
    before = shop.stands

    assert shop.sees("2024-05-17 12:10") == "same"
    assert shop.stands == before


def test_a_late_event_that_would_have_been_the_beginning_is_the_beginning():
    shop = Shop()
    shop.sees("2024-05-17 12:10")
    shop.sees("2024-05-17 12:20", INSIDE)

    assert shop.sees("2024-05-17 12:00", LETTER) == "same"
    assert shop.stands == Visit(shop.at("2024-05-17 12:00"), shop.at("2024-05-17 12:20"), LETTER)


@pytest.mark.parametrize(
    ("stands", "late"),
    [
        (("2024-05-17 12:30", DIRECT), ("2024-05-17 12:00", DIRECT)),
        (("2024-05-17 12:30", LETTER), ("2024-05-17 12:00", LETTER)),
        (("2024-05-18 00:00", DIRECT), ("2024-05-17 23:59", DIRECT)),
        (("2024-05-17 12:10", LETTER), ("2024-05-17 12:00", DIRECT)),
        (("2024-05-17 12:10", LETTER), ("2024-05-17 12:00", GOOGLE)),
        (("2024-05-17 12:30", DIRECT), ("2024-05-01 12:00", GOOGLE)),
    ],
)
def test_a_late_event_of_an_earlier_visit_begins_none_and_leaves_the_newest_as_it_is(stands, late):
    shop = Shop()
    shop.sees(*stands)
    before = shop.stands

    assert shop.sees(*late) == "earlier"
    assert shop.stands == before


def test_a_campaign_that_began_in_the_midst_and_is_told_late_has_what_followed():
    shop = Shop()
    shop.sees("2024-05-17 12:00")
    shop.sees("2024-05-17 12:20")

    assert shop.sees("2024-05-17 12:10", LETTER) == "new"
    assert shop.stands == Visit(shop.at("2024-05-17 12:10"), shop.at("2024-05-17 12:20"), LETTER)
    assert shop.sees("2024-05-17 12:45") == "same"


NEW_YORK = Calendar(zone_named("America/New_York"))
instants = st.integers(1_710_000_000, 1_710_200_000).map(lambda second: second * SECOND)
traffics = st.sampled_from([DIRECT, INSIDE, LETTER, SUMMER_LETTER, GOOGLE])
visits = st.builds(
    lambda start, minutes, traffic: Visit(start, start + minutes * MINUTE, traffic),
    instants,
    st.integers(0, 90),
    traffics,
)


@given(visits, instants, traffics)
def test_what_is_older_than_a_visit_never_begins_a_newer_one(visit, at, traffic):
    judged = next_visit(visit, at, traffic, NEW_YORK)

    if at < visit.started_at:
        assert judged.verdict in ("same", "earlier")
        assert judged.visit.started_at == (at if judged.verdict == "same" else visit.started_at)
    else:
        assert judged.verdict in ("same", "new")
        assert judged.visit.started_at == (visit.started_at if judged.verdict == "same" else at)
    assert judged.visit.last_at >= visit.last_at


@given(visits, instants, traffics)
def test_to_be_told_twice_changes_nothing(visit, at, traffic):
    once = next_visit(visit, at, traffic, NEW_YORK)
    twice = next_visit(once.visit, at, traffic, NEW_YORK)

    assert twice.visit == once.visit
    assert twice.verdict == ("earlier" if once.verdict == "earlier" else "same")


@given(instants, st.lists(st.integers(0, 30 * 60 - 1), max_size=12))
def test_one_visit_told_backwards_is_the_same_visit(start, gaps_s):
    """As long as nothing but midnight divides it."""
    moments = [start + sum(gaps_s[:count]) * SECOND for count in range(len(gaps_s) + 1)]
    moments = [moment for moment in moments if NEW_YORK.day_of(moment) == NEW_YORK.day_of(moments[-1])]

    assert _told(moments) == _told(moments[::-1]) == Visit(moments[0], moments[-1], DIRECT)


@given(st.lists(instants, min_size=1, max_size=40).map(sorted))
def test_in_order_there_are_as_many_visits_as_breaks_and_one(moments):
    """Counted without the rule's own arithmetic: by the length of every gap, and by dates on the wall."""
    clock = clock_named("America/New_York")
    dates = [datetime.fromtimestamp(moment // SECOND, clock).date() for moment in moments]
    breaks = sum(
        later - earlier >= 1_800 * SECOND or other != date
        for earlier, later, date, other in zip(moments, moments[1:], dates, dates[1:], strict=False)
    )
    shop = Shop()

    assert [shop.sees(moment) for moment in moments].count("new") == breaks + 1


def _told(moments: list[Instant]) -> Visit:
    shop = Shop()
    for moment in moments:
        shop.sees(moment)
    return shop.stands
