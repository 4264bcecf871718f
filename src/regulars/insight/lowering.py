"""Conditions of segments as expressions: what `kernel.segments.meaning` says of one customer, said of all at once.

Of a condition come two things: columns of a sheet that has a row for everybody, and from these a truth value, NULL being unknown.
SQL's own logic of three values is Kleene's, so `all`, `any` and `none` are AND, OR and NOT.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from math import ceil
from operator import and_, or_
from typing import Any, Final, TypeAlias

import ibis
from ibis.expr.types import BooleanValue, Table

from regulars.insight.engines import Engine
from regulars.insight.moments import Moment, Stretch
from regulars.insight.near import near_places
from regulars.insight.numbers import Exact, admitted, literal, wide
from regulars.insight.passing import OF_TEXT, text_passes, told_passes
from regulars.insight.sequences import sequences
from regulars.insight.sheet import Sheet
from regulars.insight.tables import table
from regulars.insight.times import Where, are_whole, numbers_of, times_of, values_of
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.meaning import PLACES
from regulars.kernel.segments.rhythm import ENOUGH_DAYS
from regulars.kernel.segments.tree import (
    LIST,
    LIST_JOINED,
    LIST_LEFT,
    All,
    AnyOf,
    Average,
    Condition,
    Consented,
    Did,
    Distinct,
    ExpiringPoints,
    Greatest,
    InOrder,
    InScoreLevel,
    InSegment,
    InShare,
    InterestIs,
    InTier,
    IsMember,
    IsTopInterest,
    KnownBy,
    Least,
    Near,
    NoneOf,
    OnList,
    Points,
    Ratio,
    Rhythm,
    Same,
    ScoreIs,
    Since,
    Sum,
    Times,
    Trait,
    Visited,
)
from regulars.kernel.segments.values import Bounds, IsSet, Test

Truth: TypeAlias = Callable[[Table], BooleanValue]
"""Of a row of the sheet."""

Numbers = Sum | Average | Least | Greatest
SHARE_DIGITS: Final = 15


class Unsupported(ValueError):
    """A condition that has no form for many customers at once yet."""


class Lowering:
    """At one moment, for one database. Truths hold of the rows of `sheet.table()`, once all conditions are lowered."""

    def __init__(self, moment: Moment, engine: Engine, among: Table | None = None) -> None:
        self.sheet = Sheet(among)
        self._moment = moment
        self._engine = engine

    def truth(self, condition: Condition) -> Truth:
        match condition:
            case All(inside):
                return self._joined(inside, and_, True)
            case AnyOf(inside):
                return self._joined(inside, or_, False)
            case NoneOf(inside):
                anybody = self._joined(inside, or_, False)
                return lambda row: ~anybody(row)
            case Did():
                return self._did(condition)
            case Since():
                return self._since(condition)
            case Ratio():
                return self._ratio(condition)
            case Rhythm():
                return self._rhythm(condition)
            case InOrder():
                return self._in_order(condition)
            case Trait(name, test):
                traits = table("traits")
                return self._passing((Trait, name), lambda: traits.filter(traits.name == name), test)
            case Visited(which, name, test):
                visits = table("visits")
                return self._passing(
                    (Visited, which, name),
                    lambda: visits.filter(visits.which == which, visits.name == name),
                    test,
                )
            case Near():
                return self._near(condition)
            case OnList(name):
                return self._on_list(name)
            case KnownBy(kind):
                return self._is_listed("kinds", "kind", kind)
            case Consented(purpose):
                return self._is_listed("allows", "purpose", purpose)
            case InTier(levels, or_none):
                return lambda row: row.tier.isnull().ifelse(or_none, row.tier.isin(levels))
            case IsMember(wanted):
                return lambda row: row.is_member == wanted
            case Points():
                return self._points(condition)
            case ExpiringPoints():
                return self._expiring(condition)
            case ScoreIs() | InScoreLevel():
                return self._score(condition)
            case InterestIs() | IsTopInterest():
                return self._interest(condition)
            case InSegment(id):
                is_in = self.truth(self._moment.segments[id])
                return lambda row: is_in(row).fill_null(False)
            case InShare(share, salt):
                return self._share(share, salt)
            case _:
                raise Unsupported(f"{type(condition).__name__} is not asked of many customers at once yet")

    def _joined(self, inside: tuple[Condition, ...], joint: Callable[[Any, Any], Any], nothing: bool) -> Truth:
        truths = [self.truth(one) for one in inside]
        if not truths:
            return lambda _row: ibis.literal(nothing)
        return lambda row: reduce(joint, [truth(row) for truth in truths])

    # --- what they did -------------------------------------------------------------------------------------------------

    def _did(self, did: Did) -> Truth:
        within = self._moment.stretch(did.window)
        match did.counted:
            case Times():
                count = self._count(did.event, did.where, within)
                return lambda row: admitted(Exact(row[count].fill_null(0)), did.bounds)
            case Distinct(of):
                distinct = self._of_values(
                    did, of, ("distinct", within), lambda rows: rows.value.nunique(where=lies(rows, within)), within
                )
                return lambda row: admitted(Exact(row[distinct].fill_null(0)), did.bounds)
            case Same(of):
                same = self._most_frequent(did, of, within)
                return lambda row: admitted(Exact(row[same].fill_null(0)), did.bounds)
            case Sum() | Average() | Least() | Greatest() as counted:
                return self._of_numbers(did, counted, within)

    def _count(self, event: str, where: Where, within: Stretch) -> str:
        return self._of_times(
            event, where, ("count", within), lambda rows: rows.count(where=lies(rows, within)), within
        )

    def _of_times(self, event: str, where: Where, key: Any, measure: Callable[[Table], Any], within: Stretch) -> str:
        rows = lambda: times_of(event, where, self._moment)  # noqa: E731
        return self.sheet.column((times_of, event, where), rows, key, measure, within)

    def _of_values(self, did: Did, of: str, key: Any, measure: Callable[[Table], Any], within: Stretch) -> str:
        rows = lambda: values_of(did.event, did.where, of, self._moment)  # noqa: E731
        return self.sheet.column((values_of, did.event, did.where, of), rows, key, measure, within)

    def _most_frequent(self, did: Did, of: str, within: Stretch) -> str:
        def rows() -> Table:
            values = values_of(did.event, did.where, of, self._moment)
            times = values.filter(lies(values, within)).select("person", "value", "happening").distinct()
            return times.group_by("person", "value").aggregate(times=times.count())

        source = (Same, did.event, did.where, of, within)
        return self.sheet.column(source, rows, "most", lambda rows: rows.times.max())

    def _of_numbers(self, did: Did, counted: Numbers, within: Stretch) -> Truth:
        """Unknown where there is no number; but nothing comes to a sum of 0."""
        whole = are_whole(did.event, counted.of)

        def column(key: Any, measure: Callable[[Table], Any]) -> str:
            rows = lambda: numbers_of(did.event, did.where, counted.of, self._moment)  # noqa: E731
            source = (numbers_of, did.event, did.where, counted.of)
            return self.sheet.column(source, rows, (key, within), measure, within)

        if isinstance(counted, Least | Greatest):
            return self._of_extremes(did.bounds, isinstance(counted, Least), whole, within, column)
        wholes = column("wholes", lambda rows: rows.whole.sum(where=lies(rows, within)))
        parts = None if whole else column("parts", lambda rows: rows.part.sum(where=lies(rows, within)))
        if isinstance(counted, Sum):
            return lambda row: admitted(
                Exact(row[wholes].fill_null(0), row[parts].fill_null(0) if parts else None), did.bounds
            )
        count = column("count", lambda rows: rows.count(where=lies(rows, within)))
        return lambda row: admitted(Exact(row[wholes], row[parts] if parts else None, row[count]), did.bounds)

    def _of_extremes(
        self, bounds: Bounds, least: bool, whole: bool, within: Stretch, column: Callable[[Any, Any], str]
    ) -> Truth:
        """The least is at least so much where all are, and at most so much where one is; of the greatest the other way round."""
        of_all = Bounds(bounds.least, None) if least else Bounds(None, bounds.most)
        of_one = Bounds(None, bounds.most) if least else Bounds(bounds.least, None)

        def passes(rows: Table, held: Bounds) -> Any:
            return admitted(Exact(rows.whole, None if whole else rows.part), held)

        every = column(("all", of_all), lambda rows: passes(rows, of_all).all(where=lies(rows, within)))
        one = column(("one", of_one), lambda rows: passes(rows, of_one).any(where=lies(rows, within)))
        return lambda row: row[every] & row[one]

    def _since(self, since: Since) -> Truth:
        within = self._moment.so_far

        def ends(rows: Table) -> Any:
            at = rows.happened_at
            return at.min(where=lies(rows, within)) if since.which == "first" else at.max(where=lies(rows, within))

        at = self._of_times(since.event, since.where, since.which, ends, within)
        longer = None if since.more_than is None else self._moment.since(since.more_than)
        shorter = None if since.less_than is None else self._moment.since(since.less_than)

        def truth(row: Table) -> BooleanValue:
            held = [row[at] < longer] if longer is not None else []
            held += [row[at] >= shorter] if shorter is not None else []
            return reduce(and_, held, row[at] == row[at])

        return truth

    def _ratio(self, ratio: Ratio) -> Truth:
        """Unknown where it never happened."""
        within = self._moment.stretch(ratio.window)
        such = self._count(ratio.event, ratio.where, within)
        times = self._count(ratio.event, (), within)
        return lambda row: admitted(Exact(row[such].fill_null(0), None, row[times].nullif(0)), ratio.bounds)

    def _in_order(self, in_order: InOrder) -> Truth:
        taken = self.sheet.column(
            in_order, lambda: sequences(in_order, self._moment), "taken", lambda rows: rows.count()
        )
        return lambda row: row[taken].notnull()

    def _near(self, near: Near) -> Truth:
        is_near = self.sheet.column(
            near, lambda: near_places(near, self._engine), "near", lambda rows: rows.is_near.any()
        )
        return lambda row: row[is_near]

    def _on_list(self, name: str) -> Truth:
        """By the last word about it; one that came later is the one recorded later."""

        def rows() -> Table:
            happenings, properties = table("happenings"), table("properties")
            naming = properties.filter(properties.name == LIST, properties.text == name)
            words = happenings.filter(
                happenings.event.isin([LIST_JOINED, LIST_LEFT]),
                happenings.by_shop,
                happenings.happening.isin(naming.item),
                lies(happenings, self._moment.so_far),
            )
            later = ibis.window(group_by=words.person, order_by=[words.happened_at.desc(), words.happening.desc()])
            return words.mutate(place=ibis.row_number().over(later))

        joined = self.sheet.column(
            (OnList, name),
            rows,
            "joined",
            lambda rows: ((rows.place == 0) & (rows.event == LIST_JOINED)).any(),
        )
        return lambda row: row[joined].fill_null(False)

    # --- their rhythm --------------------------------------------------------------------------------------------------

    def _rhythm(self, rhythm: Rhythm) -> Truth:
        number, first, last, previous = self._order_days()
        today = self._moment.today

        def truth(row: Table) -> BooleanValue:
            if rhythm.of == "open_gap":
                days, since, until = row[number], row[last], ibis.literal(today)
            else:
                days, since, until = row[number] - 1, ibis.coalesce(row[previous], row[last]), row[last]
            usual = days >= ENOUGH_DAYS
            return usual.ifelse(
                self._gap_is(rhythm, wide(until - since) * (days - 1), since - row[first]),
                ibis.null("boolean")
                if rhythm.presumed_days is None
                else self._gap_is(rhythm, wide(until - since), ibis.literal(rhythm.presumed_days)),
            )

        return truth

    def _order_days(self) -> tuple[str, str, str, str]:
        """How many days had an order, the first, the last, and the one before it."""

        def rows() -> Table:
            orders = times_of(ORDER_COMPLETED, (), self._moment)
            orders = orders.filter(lies(orders, self._moment.so_far))
            days = orders.select("person", "day").distinct()
            return days.mutate(before=days.day.lag().over(ibis.window(group_by=days.person, order_by=days.day)))

        def column(key: str, measure: Callable[[Table], Any]) -> str:
            return self.sheet.column("order days", rows, key, measure)

        return (
            column("number", lambda rows: rows.count()),
            column("first", lambda rows: rows.day.min()),
            column("last", lambda rows: rows.day.max()),
            column("previous", lambda rows: rows.before.max()),
        )

    def _gap_is(self, rhythm: Rhythm, gap: Any, usual: Any) -> Any:
        """Both times the same number."""
        held = []
        for times, is_longer in ((rhythm.more_than, True), (rhythm.at_most, False)):
            if times is not None:
                longer = gap * literal(times.denominator) > wide(usual) * literal(times.numerator)
                held.append(longer if is_longer else ~longer)
        return reduce(and_, held, gap == gap)

    # --- who they are, and what they hold ------------------------------------------------------------------------------

    def _passing(self, source: Any, texts: Callable[[], Table], test: Test) -> Truth:
        """Of rows with a text, one for each customer at most."""
        if isinstance(test, IsSet):
            there = self.sheet.column(source, texts, "there", lambda _row: ibis.literal(True), single=True)
            return lambda row: row[there].notnull() == test.wanted
        if isinstance(test, OF_TEXT):
            text = self.sheet.column(source, texts, "text", lambda row: row.text, single=True)
            return lambda row: text_passes(test, row[text])
        passing = self.sheet.column(
            (source, "told"),
            lambda: texts().left_join(table("texts"), "text"),
            test,
            lambda row: told_passes(test, row, self._moment),
            single=True,
        )
        return lambda row: row[passing]

    def _is_listed(self, name: str, column: str, value: str) -> Truth:
        listed = table(name)
        rows = listed.filter(listed[column] == value)
        found = self.sheet.column((name, value), lambda: rows, "there", lambda _row: ibis.literal(True), single=True)
        return lambda row: row[found].notnull()

    def _points(self, points: Points) -> Truth:
        if points.which == "lifetime":
            return lambda row: admitted(Exact(row.lifetime), points.bounds)
        second = self._moment.second

        def held(lots: Table) -> Any:
            active = lots.active_at <= second
            return active & (lots.expires_at > second) if points.which == "available" else ~active

        sum_ = self._of_lots(points.which, held)
        return lambda row: admitted(Exact(row[sum_].fill_null(0)), points.bounds)

    def _expiring(self, expiring: ExpiringPoints) -> Truth:
        second, until = self._moment.second, self._moment.until(expiring.within)

        def soon(lots: Table) -> Any:
            return (lots.active_at <= second) & lots.expires_at.between(second + 1, until)

        sum_ = self._of_lots(("expiring", until), soon)
        return lambda row: admitted(Exact(row[sum_].fill_null(0)), expiring.bounds)

    def _of_lots(self, key: Any, held: Callable[[Table], Any]) -> str:
        return self.sheet.column("lots", lambda: table("lots"), key, lambda lots: lots.points.sum(where=held(lots)))

    def _score(self, condition: ScoreIs | InScoreLevel) -> Truth:
        """As of when the tables were written."""
        scores = table("scores")

        def column(name: str) -> str:
            rows = lambda: scores.filter(scores.score == condition.score)  # noqa: E731
            return self.sheet.column((ScoreIs, condition.score), rows, name, lambda row: row[name], single=True)

        if isinstance(condition, ScoreIs):
            value = column("thousandths")
            return lambda row: admitted(Exact(row[value].fill_null(0)), condition.bounds)
        level = column("level")
        return lambda row: row[level].isnull().ifelse(condition.or_none, row[level].isin(condition.levels))

    def _interest(self, condition: InterestIs | IsTopInterest) -> Truth:
        """As of when the tables were written."""
        interests = table("interests")

        def column(name: str) -> str:
            rows = lambda: interests.filter(  # noqa: E731
                interests.profile == condition.profile, interests.value == condition.value
            )
            source = (InterestIs, condition.profile, condition.value)
            return self.sheet.column(source, rows, name, lambda row: row[name], single=True)

        if isinstance(condition, InterestIs):
            value = column("thousandths")
            return lambda row: admitted(Exact(row[value].fill_null(0)), condition.bounds)
        place = column("place")
        return lambda row: (row[place] <= condition.places).fill_null(False)

    def _share(self, share: Fraction, salt: str) -> Truth:
        """The digits are as many as the places have, so that they compare as texts as the places do as numbers."""
        end = ceil(share * PLACES)
        if end >= PLACES:
            return lambda _row: ibis.literal(True)
        return lambda row: self._engine.digest(salt + ":" + row.id).substr(0, SHARE_DIGITS) < f"{end:0{SHARE_DIGITS}x}"


def lies(rows: Table, within: Stretch) -> BooleanValue:
    at = rows.happened_at
    ends = [at >= within.start] if within.start is not None else []
    ends += [at < within.end] if within.end is not None else []
    return reduce(and_, ends)
