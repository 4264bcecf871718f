"""How many of those who visit are known by name: the rate with its interval, by day, source and device, and what named people."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from litestar import Response, get
from markupsafe import Markup
from msgspec import Struct

from regulars.backtesting.report import charts, words
from regulars.backtesting.report.parts import Column, Definition, Definitions, Figure, Row, Section, Table
from regulars.kernel.calendar import Calendar, Day, date_of, day_of_date, last_day_of
from regulars.kernel.facts import Instant
from regulars.kernel.shares import Share
from regulars.service.identification import (
    MOST_DAYS,
    Band,
    DayShare,
    Identification,
    PeriodRefused,
    band_of,
    identification,
)
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of

CHOICES: Final = (("7", "7 days"), ("28", "28 days"), ("90", "90 days"), ("month", "This month"))
USUAL: Final = "28"


class Period(Struct, frozen=True):
    """Both days included. `choice` is the one of `CHOICES`, or "" for days of one's own; `trouble` says why it is the usual one."""

    first: Day
    last: Day
    choice: str
    trouble: str = ""


@get("/identification", sync_to_thread=True)
def identification_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    if desk.program is None:
        return answer(request, "no_program.html.j2", "identification", as_of=telling.as_of(desk.now, desk.calendar))
    period = period_of(request.query_params, desk.calendar, desk.now)
    try:
        seen = identification(desk.shop, period.first, period.last, desk.now)
    except PeriodRefused as refused:
        period = _usual(desk.calendar, desk.now, str(refused))
        seen = identification(desk.shop, period.first, period.last, desk.now)
    assert seen is not None, "a program is in force"
    return _shown(request, desk, period, seen)


def period_of(asked: Mapping[str, str], calendar: Calendar, now: Instant) -> Period:
    """Days that cannot be read give the usual period, and say so."""
    today = calendar.day_of(now)
    written = asked.get("from", ""), asked.get("to", "")
    if any(written):
        try:
            first, last = (day_of_date(date.fromisoformat(one)) for one in written)
        except ValueError:
            return _usual(calendar, now, "Write both days, as 2024-05-17. Until then these are the last 28.")
        return Period(first, last, "")
    choice = asked.get("days", USUAL)
    if choice == "month":
        before = [day for day in range(today - 31, today) if last_day_of("month", day) == day]
        return Period(before[-1] + 1, today, choice)
    return Period(today - int(choice) + 1, today, choice) if choice in ("7", "28", "90") else _usual(calendar, now, "")


def _usual(calendar: Calendar, now: Instant, trouble: str) -> Period:
    today = calendar.day_of(now)
    return Period(today - int(USUAL) + 1, today, USUAL, trouble)


def _shown(request: Asked, desk: Desk, period: Period, seen: Identification) -> Response[str]:
    visited = seen.visitors.whole > 0
    return answer(
        request,
        "identification.html.j2",
        "identification",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        choices=CHOICES,
        period=period,
        first=date_of(period.first).isoformat(),
        last=date_of(period.last).isoformat(),
        span=_span(period),
        headline=_headline(seen),
        lead=_lead(seen),
        visited=visited,
        base=str(request.base_url).rstrip("/"),
        others=_others(seen),
        sections=_sections(seen) if visited else [],
    )


def _sections(seen: Identification) -> list[Section]:
    return [_days(seen.days), _sources(seen), _devices(seen), _brought(seen), _reading()]


# --- the head ------------------------------------------------------------------------------------------------------------


def _headline(seen: Identification) -> Markup:
    if not seen.visitors.whole:
        return Markup("<strong>Nobody</strong> was seen in these days.")
    low, high = seen.visitors.interval()
    rate = words.share(seen.visitors.part, seen.visitors.whole)
    return Markup("<strong>{}</strong> of visitors were identified; with 95 % certainty it is {} to {}.").format(
        rate, _percent(low), _percent(high)
    )


def _lead(seen: Identification) -> str:
    if seen.band is None:
        return ""
    known, all = words.count(seen.visitors.part), words.count(seen.visitors.whole)
    return f"{known} of {all} visitors are people whom the shop knows by name. {_JUDGED[seen.band]}"


_JUDGED: Final = {
    Band.BAD: "The trade calls less than 20 % bad.",
    Band.BETWEEN: "The trade calls less than 20 % bad and more than 25 % good; this is between.",
    Band.GOOD: "The trade calls more than 25 % good.",
    Band.AMAZING: "The trade calls 35 % and more amazing.",
}


def _others(seen: Identification) -> Table:
    """Other rates, each under its own name."""
    rates = (
        ("Visitors", "visitors", seen.visitors),
        ("Returning visitors", "returning", seen.returning),
        ("Sessions", "sessions", seen.sessions),
        ("Orders with a known customer", "orders", seen.orders),
    )
    return Table("The rate, and others beside it", _columns("Of"), [_row(name, one, key) for name, key, one in rates])


def _columns(first: str) -> list[Column]:
    return [
        Column(first),
        Column("Identified"),
        Column("All"),
        Column("Rate", "%"),
        Column("95 % interval", "%", extra=True),
    ]


def _row(name: str, share: Share, defined: str = "") -> Row:
    low, high = share.interval()
    interval = f"{_figure(low)} to {_figure(high)}" if share.whole else "–"
    rate = words.share_figure(share.part, share.whole)
    return Row([name, words.count(share.part), words.count(share.whole), rate, interval], defined=defined)


def _figure(hundredths: int) -> str:
    """In per cent, to a tenth, rounded half up."""
    tenths = (hundredths + 5) // 10
    return f"{tenths // 10}.{tenths % 10}"


def _percent(hundredths: int) -> str:
    return f"{_figure(hundredths)} %"


def _span(period: Period) -> str:
    if period.first == period.last:
        return _spoken(period.first)
    return f"{_spoken(period.first)} to {_spoken(period.last)}"


def _spoken(day: Day) -> str:
    """`4 March 2017`."""
    written = date_of(day).isoformat()
    return f"{int(written[8:])} {words.month(written)}"


# --- what is shown -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _days(days: tuple[DayShare, ...]) -> Section:
    """Kept until the figures are others: drawing takes far longer than writing."""
    came = [one for one in days if one.visitors.whole]
    best = max(came, key=lambda one: (one.visitors.exact or 0, one.visitors.whole))
    rate = words.share(best.visitors.part, best.visitors.whole)
    says = [
        f"The highest rate was on {_spoken(best.day)}: {rate} of {words.count(best.visitors.whole)}.",
        "The shaded band is the 95 % interval of each day: wide where few came. Somebody who came on two days counts on both.",
    ]
    table = Table("Day by day", _columns("Day"), [_row(_spoken(one.day), one.visitors) for one in days])
    if len(came) < 2:
        return Section("days", "By day", says, [table])
    described = (
        f"A line by day: the share of visitors identified, {rate} at most, on {_spoken(best.day)}; "
        f"{words.share(came[-1].visitors.part, came[-1].visitors.whole)} on {_spoken(came[-1].day)}."
    )
    drawing = charts.Drawing(_drawn(days, charts.WIDE, described), _drawn(days, charts.NARROW, described))
    return Section("days", "By day", says, [Figure("Visitors identified, by day", drawing, table)])


def _sources(seen: Identification) -> Section:
    rows = [_row(_source(one.channel, one.source), one.visitors) for one in seen.sources]
    says = ["Where they came from. Somebody who came by two ways counts under both."]
    return Section("sources", "By source", says, [Table("Visitors by source", _columns("Source"), rows)])


def _source(channel: str, source: str) -> str:
    channel = words.capitalized(channel.replace("_", " "))
    return f"{channel}: {source}" if source else channel


def _devices(seen: Identification) -> Section:
    rows = [_row(words.capitalized(one.device), one.visitors) for one in seen.devices]
    says = ["On what they looked at the shop. All devices of one person are one visitor."]
    return Section("devices", "By device", says, [Table("Visitors by device", _columns("Device"), rows)])


def _brought(seen: Identification) -> Section:
    people = sum([one.people for one in seen.brought])
    says = [
        f"{words.count(people)} {'person was' if people == 1 else 'people were'} named for the first time in these days."
    ]
    if not people:
        return Section("brought", "What identified people", ["Nobody was named for the first time in these days."])
    rows = [
        Row([_how(one.how), words.count(one.people), words.share_figure(one.people, people)]) for one in seen.brought
    ]
    columns = [Column("By what"), Column("People"), Column("Of them", "%")]
    return Section("brought", "What identified people", says, [Table("First identified by", columns, rows)])


def _how(how: str) -> str:
    who, _, what = how.partition(": ")
    return f"{_SPEAKERS.get(who, who)}: {what}"


_SPEAKERS: Final = {
    "site": "A browser",
    "shop": "The shop’s server",
    "shopify": "Shopify",
    "woocommerce": "WooCommerce",
}


def _reading() -> Section:
    terms = [
        Definition(
            "visitors",
            "Visitor",
            "A person, or a device that nobody owns. All devices of one person count once; a shared device counts as one "
            "visitor without a name. Robots and whoever did not agree to analytics are not among them.",
        ),
        Definition(
            "identified",
            "Identified",
            "A visitor with a name: a user id, an e-mail, a phone number or a card, given before the end of these days. What a "
            "device did in the thirty days before its first name counts as that person’s.",
        ),
        Definition("returning", "Returning visitors", "Visitors who had been here before the first of these days."),
        Definition(
            "sessions",
            "Sessions",
            "Visits: they end after thirty minutes of quiet, at the shop’s midnight, and when a new campaign begins.",
        ),
        Definition("orders", "Orders with a known customer", "Orders of these days whose customer has a name."),
        Definition(
            "band",
            "Bad, good, amazing",
            "By the trade less than 20 % is bad, more than 25 % good, 35 % and more amazing. From 20 % to 25 % it says "
            "nothing; here that is between.",
        ),
        Definition(
            "interval",
            "95 % interval",
            "Wilson’s: were the same shop visited by other people like these, the rate would lie within it 95 times in 100.",
        ),
    ]
    return Section("reading", "How to read this", ["What the words mean."], [Definitions(terms)])


# --- the chart -----------------------------------------------------------------------------------------------------------


def _drawn(days: Sequence[DayShare], size: charts.Size, described: str) -> Markup:
    """The band of intervals, the line, and the trade's marks at 20, 25 and 35 %; days on which nobody came are left out."""
    altair = charts._altair()
    points = [_point(number, one) for number, one in enumerate(days) if one.visitors.whole]
    highest = min(10_000, max([4_000, *[point["high"] for point in points]]))
    reach = charts.Reach(0, highest, [one for one in (_MARKS if highest <= 6_000 else _FEWER_MARKS) if one <= highest])
    x = _days_axis(days, size)
    y = charts._measure_axis("rate", reach, lambda hundredths: f"{hundredths // 100}{words.THIN}%")
    source = altair.Data(values=points)
    band = (
        altair.Chart(source)
        .mark_area(color=charts.ACCENT, opacity=0.16)
        .encode(x=x, y=altair.Y("low:Q", scale=altair.Scale(domain=[0, reach.highest], nice=False)), y2="high:Q")
    )
    line = altair.Chart(source).mark_line(color=charts.ACCENT).encode(x=x, y=y)
    dots = altair.Chart(altair.Data(values=[points[-1]])).mark_point(color=charts.ACCENT).encode(x=x, y=y)
    marks = altair.Data(values=[{"rate": rate} for rate in reach.ticks if rate])
    rules = altair.Chart(marks).mark_rule(color=charts.SOFT, strokeDash=[2, 3]).encode(y=y)
    last = days[points[-1]["day"]].visitors
    end = charts.Series("identified", charts.ACCENT, [last.hundredths()], words.share(last.part, last.whole))
    names = charts._names_at_the_end([(end, float(points[-1]["rate"]))], reach, size)
    return charts._drawn([band, rules, charts._zero_line(), line, dots, *names], size, described)


_MARKS: Final = (0, 2_000, 2_500, 3_500)
_FEWER_MARKS: Final = (0, 2_000, 3_500, 10_000)


def _point(number: int, one: DayShare) -> dict[str, Any]:
    low, high = one.visitors.interval()
    return {"day": number, "rate": one.visitors.hundredths(), "low": low, "high": high}


def _days_axis(days: Sequence[DayShare], size: charts.Size) -> Any:
    """As many days named as there is room for; a month's name stands where it changes."""
    altair = charts._altair()
    most = 10 if size is charts.WIDE else 4
    step = -(-len(days) // most)
    named = list(range(0, len(days), step))
    dates = {number: date_of(days[number].day).isoformat() for number in named}
    labels = {str(number): [str(int(written[8:]))] for number, written in dates.items()}
    changes = [named[0], *[later for before, later in pairwise(named) if dates[before][:7] != dates[later][:7]]]
    for number in changes:
        labels[str(number)].append(words.short_month(dates[number])[:3])
    return altair.X(
        "day:Q",
        scale=altair.Scale(domain=[0, max(1, len(days) - 1)], nice=False),
        axis=altair.Axis(values=named, labelExpr=f"{json.dumps(labels)}[datum.value]"),
    )


handlers: Final = [identification_page]

__all__ = ["MOST_DAYS", "band_of", "handlers", "period_of"]
