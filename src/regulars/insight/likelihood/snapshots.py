"""What was known of everybody at the beginning of a day, as numbers, and who ordered in the thirty days from then on.

Nothing that happened later is in what was known. Somebody is there from the shop's first word about them on: what was done on a
device before it had a name is theirs, but whoever looked around and never gave a name is not in the tables. Were they there before,
it would seem that nearly all who look around buy.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
from ibis.expr.types import BooleanValue, IntegerValue, Table, Value
from msgspec import Struct

from regulars.insight.engines import Engine
from regulars.insight.likelihood.columns import PERIOD_DAYS, Numbers, Truths
from regulars.insight.tables import table
from regulars.kernel.calendar import DAY, Calendar, Day
from regulars.kernel.facts import ORDER_COMPLETED, Instant
from regulars.kernel.segments.rhythm import ENOUGH_DAYS

VIEWED: Final = "Product Viewed"
ADDED: Final = "Product Added"
LOOKING: Final = (
    VIEWED,
    ADDED,
    "Page Viewed",
    "Product List Viewed",
    "Products Searched",
    "Cart Viewed",
    "Checkout Started",
)
"""What people do on the site; so what the shop or this model says of them is no sign of life."""
LONG_AGO_DAYS: Final = 3_650.0
MOST_GAPS: Final = 20.0


class Snapshot(Struct, frozen=True):
    """Of those whom the shop knew when the day began and who allow profiling, in the order of our ids. `features` has a row for
    each; `recency` is higher for whom the simple rule puts before others; `ordered` within thirty days is only true of days past.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    features: Numbers
    recency: Numbers
    is_waiting: Truths
    """Without an order in the thirty days before."""
    ordered: Truths


def snapshot(engine: Engine, calendar: Calendar, day: Day) -> Snapshot:
    rows = engine.rows(_asked(day))
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(COLUMNS, ())
    number = {name: np.array(columns[name], dtype=np.float64) for name in COLUMNS if name not in TEXTS}
    return Snapshot(
        columns["id"],
        columns["name"],
        _features(number, calendar.start_of_day(day), day),
        _recency(number, calendar.start_of_day(day)),
        number["orders_30"] == 0,
        number["ordered"] > 0,
    )


class Past(NamedTuple):
    """Of people at several moments what a model is learned from, or tested on."""

    features: Numbers
    recency: Numbers
    is_waiting: Truths
    ordered: Truths


def past(snapshots: Iterable[Snapshot]) -> Past:
    """Who they are is not kept."""
    parts = [Past(one.features, one.recency, one.is_waiting, one.ordered) for one in snapshots]
    return Past(*[np.concatenate(columns) for columns in zip(*parts, strict=True)])


def first_order_day(engine: Engine) -> Day | None:
    """Of those who allow profiling."""
    happenings, people = table("happenings"), table("people")
    allowing = people.filter(people.profiling)
    orders = happenings.filter(happenings.event == ORDER_COMPLETED, happenings.person.isin(allowing.person))
    day: Day | None = engine.rows(orders.aggregate(day=orders.day.min()))[0][0]
    return day


# --- asked of the tables -----------------------------------------------------------------------------------------------

TEXTS: Final = ("id", "name")
COLUMNS: Final = (
    *TEXTS,
    "known_day",
    "orders",
    "orders_30",
    "orders_180",
    "spent",
    "last_order_at",
    "order_days",
    "first_order_day",
    "last_order_day",
    "first_look_day",
    "last_look_at",
    "views_7",
    "views_30",
    "adds_7",
    "adds_30",
    "days_7",
    "days_30",
    "ordered",
)


def _asked(day: Day) -> Table:
    people, did = table("people"), _by_person(_by_day(), day)
    allowing = people.filter(people.profiling)
    known = allowing.inner_join(did, allowing.person == did.person_of)
    return known.filter(known.known_day < day).order_by("id").select(*COLUMNS)


def _by_day() -> Table:
    """What each did on each day: windows are whole days, and days on which something was done are counted."""
    rows = table("happenings")
    orders, looks = rows.event == ORDER_COMPLETED, rows.event.isin(LOOKING)
    return rows.group_by(rows.person, rows.day).aggregate(
        is_word=rows.by_shop.any(),
        orders=rows.count(where=orders),
        spent=rows.amount.sum(where=orders),
        ordered_at=rows.happened_at.max(where=orders),
        views=rows.count(where=rows.event == VIEWED),
        adds=rows.count(where=rows.event == ADDED),
        looked_at=rows.happened_at.max(where=looks),
    )


def _by_person(days: Table, day: Day) -> Table:
    days = days.filter(days.day < day + PERIOD_DAYS)
    before = days.day < day
    ordered, looked = before & (days.orders > 0), before & days.looked_at.notnull()

    def lately(number: int) -> BooleanValue:
        return before & (days.day >= day - number)

    return days.group_by(person_of=days.person).aggregate(
        known_day=days.day.min(where=days.is_word),
        orders=_sum(days.orders, before),
        orders_30=_sum(days.orders, lately(30)),
        orders_180=_sum(days.orders, lately(180)),
        spent=_sum(days.spent, before),
        last_order_at=days.ordered_at.max(where=before),
        order_days=days.count(where=ordered),
        first_order_day=days.day.min(where=ordered),
        last_order_day=days.day.max(where=ordered),
        first_look_day=days.day.min(where=looked),
        last_look_at=days.looked_at.max(where=before),
        views_7=_sum(days.views, lately(7)),
        views_30=_sum(days.views, lately(30)),
        adds_7=_sum(days.adds, lately(7)),
        adds_30=_sum(days.adds, lately(30)),
        days_7=days.count(where=looked & lately(7)),
        days_30=days.count(where=looked & lately(30)),
        ordered=_sum(days.orders, ~before),
    )


def _sum(numbers: IntegerValue, where: BooleanValue) -> Value:
    """Exact: no database makes a float of it."""
    return numbers.sum(where=where).cast("int64").fill_null(0)


# --- as numbers --------------------------------------------------------------------------------------------------------


def _features(number: Mapping[str, Numbers], at: Instant, day: Day) -> Numbers:
    """Whatever is not there is 0, and a column beside it says so."""
    has_ordered, has_rhythm = number["orders"] > 0, number["order_days"] >= ENOUGH_DAYS
    has_looked = ~np.isnan(number["last_look_at"])
    gap = np.where(has_rhythm, number["last_order_day"] - number["first_order_day"], 1.0)
    usual = gap / np.where(has_rhythm, number["order_days"] - 1, 1.0)
    gaps = np.where(has_rhythm, (day - number["last_order_day"]) / usual, 0.0)
    columns = (
        has_ordered,
        _log(_days(at, number["last_order_at"], has_ordered)),
        _log(number["orders"]),
        _log(number["orders_30"]),
        _log(number["orders_180"]),
        _log(np.maximum(number["spent"], 0.0)),
        has_rhythm,
        _log(np.minimum(gaps, MOST_GAPS)),
        has_looked,
        _log(_days(at, number["last_look_at"], has_looked)),
        *[_log(number[name]) for name in ("views_7", "views_30", "adds_7", "adds_30", "days_7", "days_30")],
        _log(day - np.fmin(number["known_day"], number["first_look_day"])),
    )
    return np.column_stack([column.astype(np.float64) for column in columns])


def _recency(number: Mapping[str, Numbers], at: Instant) -> Numbers:
    """Most recent buyers first; after all buyers, most recent visitors first; then everybody else."""
    bought, looked = ~np.isnan(number["last_order_at"]), ~np.isnan(number["last_look_at"])
    since_bought = -_days(at, number["last_order_at"], bought)
    since_looked = -_days(at, number["last_look_at"], looked) - LONG_AGO_DAYS
    return np.where(bought, since_bought, np.where(looked, since_looked, -2 * LONG_AGO_DAYS))


def _days(at: Instant, since: Numbers, there: Truths) -> Numbers:
    days = (at - np.where(there, since, at)) / DAY
    return np.clip(days, 0.0, LONG_AGO_DAYS)


def _log(number: Numbers) -> Numbers:
    return np.log1p(number)
