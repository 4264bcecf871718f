"""What a program document may say of games: what is to be done, how often, and what there is for it."""

from typing import Final

from regulars.kernel.perks import DAYS_IN
from regulars.wire.shapes import (
    DATE_SHAPE,
    DURATION_SHAPE,
    Either,
    Key,
    ListOf,
    Scalar,
    Table,
    Unreadable,
    number,
    parse_duration,
    word,
)
from regulars.wire.vocabulary.earning import GOODS
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.numbers import whole
from regulars.wire.vocabulary.times import ZONE
from regulars.wire.vocabulary.trials import EXEMPT, FOR
from regulars.wire.vocabulary.words import EVENT, ID, NAME_OF_POINTS, YES_NO

MOST_TIMES: Final = 1_000_000
MOST_DAYS_OF_A_GAME: Final = 366
MOST_RUN: Final = 366

_TIMES = whole("a whole number", 1, MOST_TIMES)


def _days_of_a_game(written: str) -> int | None:
    duration = parse_duration(written)
    days = duration.count * DAYS_IN[duration.unit] if duration is not None and duration.unit in DAYS_IN else 0
    if duration is not None and not 1 <= days <= MOST_DAYS_OF_A_GAME:
        raise Unreadable(f"1 to {MOST_DAYS_OF_A_GAME} days")
    return days or None


DAYS_OF_A_GAME = Scalar(
    "a number of days or weeks, such as “30 days”",
    _days_of_a_game,
    {"type": "string", "pattern": r"^[0-9]{1,3} (day|days|week|weeks)$"},
    DURATION_SHAPE.meant,
)

GAME_GIVES = Table(
    {
        "points": Key(whole("a whole number", 1, 1_000_000), "so many points each time; they count for no level"),
        "badge": Key(NAME_OF_POINTS, "a badge, by what members read"),
        "perk": Key(ID, "a perk of the program that may be used once"),
        "within": Key(DAYS_OF_A_GAME, "with `perk`: how long it may be used; without end where nothing is said"),
    },
    "a table such as {points: 50, badge: Tea lover}",
    may_be_empty=False,
)

_DEED = {
    "on": Key(EVENT, "the event that counts; `Order Completed` where nothing is said"),
    "only": Key(GOODS, "only lines with all of these properties count, or of another event only such times"),
    "except": Key(GOODS, "lines with any of these properties do not count"),
    "counts": Key(
        word(("times", "items", "spend")),
        "what of an order counts: that there is one, which is so where nothing is said, its items, or its money",
    ),
}
WHOM = {
    "for": Key(FOR, "only for an arm of a trial, or for a share of a segment"),
    "holdout": EXEMPT,
    "interest_only": Key(YES_NO, "`yes`: it is only offered, to see who asks for it; nothing comes of it yet"),
}
_SPAN = {
    "from": Key(DATE_SHAPE, "the first day that counts; all that is on record where nothing is said"),
    "to": Key(DATE_SHAPE, "the first day that no longer counts"),
}
TITLE = {"title": Key(NAME_OF_POINTS, "what members read")}

DEED = Table(
    {**_DEED, "times": Key(_TIMES, "how many times, items or minor units; once where nothing is said")},
    "a table such as {on: Product Reviewed, times: 2}",
)

CHALLENGE = Table(
    {
        **TITLE,
        "do": Key(
            Either(ListOf(DEED, "a list of what is to be done"), DEED), "what is to be done, all of it", required=True
        ),
        "within": Key(DAYS_OF_A_GAME, "all within so many days; whenever where nothing is said"),
        **_SPAN,
        "again": Key(YES_NO, "`yes`: it may be met again and again; what counted once counts no more"),
        "gives": Key(GAME_GIVES, "what there is for it", required=True),
        **WHOM,
    },
    "a challenge: a table such as {do: {on: Product Reviewed, times: 3}, within: 30 days, gives: {points: 50}}",
)

STREAK = Table(
    {
        **TITLE,
        **_DEED,
        "times": Key(_TIMES, "how many times in each period; once where nothing is said"),
        "every": Key(word(("day", "week", "month")), "the period in which it is to be done each time", required=True),
        "run": Key(whole("a whole number", 2, MOST_RUN), "so many periods in a row", required=True),
        **_SPAN,
        "again": Key(YES_NO, "`yes`: so many more give it again"),
        "gives": Key(GAME_GIVES, "what there is for it", required=True),
        **WHOM,
    },
    "a streak: a table such as {on: Tea Logged, every: day, run: 7, gives: {points: 20}}",
)

STAMPS = Table(
    {
        **TITLE,
        **_DEED,
        "times": Key(_TIMES, "how many make a card full", required=True),
        **_SPAN,
        "gives": Key(GAME_GIVES, "what there is for each full card", required=True),
        **WHOM,
    },
    "stamps: a table such as {only: {category: coffee}, counts: items, times: 9, gives: {perk: free-coffee}}",
)

MILESTONE = Table(
    {
        **TITLE,
        "by": Key(word(("orders", "spend", "points")), "what is counted, over all time", required=True),
        "at": Key(number("a number above 0", above=0), "from how many on, or how much money", required=True),
        **_SPAN,
        "gives": Key(GAME_GIVES, "what there is for it, once", required=True),
        **WHOM,
    },
    "a milestone: a table such as {by: orders, at: 100, gives: {points: 500}}",
)

GAMES = Table(
    {
        "challenges": Key(MapBy(ID, CHALLENGE, "a table from challenges to what they ask"), "do these, so many times"),
        "streaks": Key(
            MapBy(ID, STREAK, "a table from streaks to what they ask"), "so many days, weeks or months in a row"
        ),
        "stamps": Key(MapBy(ID, STAMPS, "a table from cards of stamps to what they ask"), "every so many times"),
        "milestones": Key(MapBy(ID, MILESTONE, "a table from milestones to what they ask"), "so much ever"),
        "time_zones": Key(
            ListOf(ZONE, "a list of time zones"),
            "zones in which days are read for members who tell theirs, by `time_zone` of any event of the shop's",
        ),
    },
    "a table such as {stamps: {coffee: {times: 9, gives: {perk: free-coffee}}}}",
    may_be_empty=False,
)
