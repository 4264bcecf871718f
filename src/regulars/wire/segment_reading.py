"""Segments of a program document without mistakes get their meaning.

Amounts of orders go from major to minor units, levels become the list of those that count, and a property of an order's lines
gets its full name, so that what means the same is the same.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, Literal

from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments import tree, values
from regulars.kernel.segments.lifecycle import Lifecycle, stage
from regulars.kernel.segments.rfm import ALL as ALL_SCORES
from regulars.kernel.segments.rfm import Rfm, named, scored
from regulars.kernel.terms import Currency
from regulars.wire.shapes import Given

NO_LEVEL: Final = "none"
COUNTED: Final = {
    "sum": tree.Sum,
    "average": tree.Average,
    "least": tree.Least,
    "greatest": tree.Greatest,
    "distinct": tree.Distinct,
}
WITH_MONEY: Final = ("sum", "average", "least", "greatest")
TEXT_TESTS: Final[tuple[Literal["contains", "starts_with", "ends_with"], ...]] = (
    "contains",
    "starts_with",
    "ends_with",
)


def read_segments(program: Given) -> tuple[tree.Segment, ...]:
    """In the order written. The document has been checked."""
    levels = [level["id"] for level in program["tiers"]["levels"]] if program["tiers"] else []
    currency: Currency = program["currency"]
    reader = _Reader(currency, levels, lifecycle_of(program["lifecycle"]), rfm_of(program["rfm"], currency))
    return tuple([tree.Segment(id, reader.condition(given)) for id, given in program["segments"] or ()])


def lifecycle_of(given: Given | None) -> Lifecycle:
    """With what is usual where nothing is said."""
    usual = Lifecycle()
    if given is None:
        return usual
    return Lifecycle(
        given["new"] or usual.new,
        given["usual_gap"] or usual.usual_gap_days,
        given["slipping"] or usual.slipping,
        given["at_risk"] or usual.at_risk,
        given["lost"] or usual.lost,
    )


def rfm_of(given: Given | None, currency: Currency) -> Rfm:
    usual = Rfm()
    if given is None:
        return usual
    amounts = [int(amount * 10**currency.exponent) for amount in given["monetary"] or ()]
    return Rfm(
        given["recency"] or usual.recency,
        given["frequency"] or usual.frequency,
        tuple(amounts) or usual.monetary_minor,
        given["within"] or usual.within,
    )


def read_where(given: Given, event: str, currency: Currency) -> tuple[values.Property, ...]:
    return _Reader(currency, [], Lifecycle(), Rfm())._where(event, given)


def is_money(event: str | None, of: str) -> bool:
    return event == ORDER_COMPLETED and full_name(event, of) in values.AMOUNTS


def full_name(event: str | None, of: str) -> str:
    """Of an order's lines the properties have their prefix."""
    if event != ORDER_COMPLETED or of == values.AMOUNT or of.startswith(values.OF_LINES):
        return of
    return f"{values.OF_LINES}{of}"


class _Reader:
    def __init__(self, currency: Currency, levels: list[str], lifecycle: Lifecycle, rfm: Rfm) -> None:
        self._currency = currency
        self._levels = levels
        self._lifecycle = lifecycle
        self._rfm = rfm

    def condition(self, given: Given) -> tree.Condition:
        """With those on lists that are included, and without those on lists that are excluded."""
        said = [] if given.places.keys() <= {"include", "exclude"} else [self._said(given)]
        included, excluded = [tuple(map(tree.OnList, given[name] or ())) for name in ("include", "exclude")]
        inside = [_one_of((*said, *included))] if said or included else []
        return _all_of((*inside, tree.NoneOf(excluded))) if excluded else inside[0]

    def _said(self, given: Given) -> tree.Condition:
        joined = [self._joined(name, given) for name in ("all", "any", "none") if given.has(name)]
        if joined:
            return joined[0] if len(joined) == 1 else tree.All(tuple(joined))
        return self._leaf(given)

    def _joined(self, name: str, given: Given) -> tree.Condition:
        inside = tuple([self.condition(one) for one in given[name]])
        return tree.All(inside) if name == "all" else tree.AnyOf(inside) if name == "any" else tree.NoneOf(inside)

    def _leaf(self, given: Given) -> tree.Condition:
        for name, counted in COUNTED.items():
            if given.has(name):
                return self._counting(given, given[name], name, counted)
        if given.has("did"):
            return self._did(given)
        if given.has("since_last") or given.has("since_first"):
            return self._since(given)
        if given.has("in_order"):
            steps = tuple([self._step(step) for step in given["in_order"]])
            return tree.InOrder(steps, given["within"])
        if given.has("trait"):
            return tree.Trait(given["trait"], _test(given, 1))
        if given.has("share_of"):
            return self._ratio(given["share_of"])
        if given.has("rhythm"):
            rhythm = given["rhythm"]
            return tree.Rhythm(rhythm["of"], rhythm["more_than"], rhythm["at_most"], rhythm["presumed"])
        if given.has("lifecycle"):
            return _one_of([stage(name, self._lifecycle) for name in given["lifecycle"]])
        if given.has("rfm"):
            return self._scored(given["rfm"])
        if given.has("visit") or given.has("first_visit"):
            return self._visited("last" if given.has("visit") else "first", given)
        if given.has("points"):
            return self._points(given["points"])
        if given.has("expiring_points"):
            expiring = given["expiring_points"]
            return tree.ExpiringPoints(expiring["within"], _bounds(expiring, 1))
        return self._plain(given)

    def _plain(self, given: Given) -> tree.Condition:
        if given.has("tier"):
            return self._tier(given["tier"])
        if given.has("near"):
            return _near(given["near"])
        if given.has("list"):
            return _one_of([tree.OnList(name) for name in given["list"]])
        if given.has("member"):
            return tree.IsMember(given["member"] == "yes")
        if given.has("in"):
            return tree.InSegment(given["in"])
        if given.has("score"):
            return self._score(given)
        if given.has("interest"):
            return self._interest(given)
        if given.has("consent"):
            return tree.Consented(given["consent"])
        if given.has("known_by"):
            return tree.KnownBy(given["known_by"])
        assert given.has("share"), "segment_checks refuses a table without a condition"
        return tree.InShare(given["share"], given["salt"])

    def _did(self, given: Given) -> tree.Did:
        event, same = given["did"], given["same"]
        counted = tree.Same(full_name(event, same)) if same else tree.Times()
        bounds = _bounds(given, 1) if has_bounds(given) else tree.ONCE_AT_LEAST
        return tree.Did(event, counted, bounds, _window(given), self._where(event, given))

    def _counting(self, given: Given, counting: Given, name: str, counted: Any) -> tree.Did:
        event, of = counting["in"], counting["of"]
        scale = 10**self._currency.exponent if name in WITH_MONEY and is_money(event, of) else 1
        what = counted(full_name(event, of))
        return tree.Did(event, what, _bounds(given, scale), _window(counting), self._where(event, counting))

    def _since(self, given: Given) -> tree.Since:
        which = "last" if given.has("since_last") else "first"
        event = given[f"since_{which}"]
        return tree.Since(
            event,
            "last" if which == "last" else "first",
            given["more_than"],
            given["less_than"],
            self._where(event, given),
        )

    def _ratio(self, given: Given) -> tree.Ratio:
        event = given["in"]
        return tree.Ratio(event, self._where(event, given), _bounds(given, 1), _window(given))

    def _scored(self, said: Any) -> tree.Condition:
        if not isinstance(said, Given):
            return _one_of([named(name, self._rfm) for name in said])
        return scored(said["r"] or ALL_SCORES, said["f"] or ALL_SCORES, said["m"] or ALL_SCORES, self._rfm)

    def _visited(self, which: Literal["first", "last"], given: Given) -> tree.Condition:
        said: Given = given["visit"] if which == "last" else given["first_visit"]
        tests = [(name, said[name]) for name in said.places]
        return _all_of(
            [
                tree.Visited(which, name, _test(test, 1) if isinstance(test, Given) else values.IsOneOf(test))
                for name, test in tests
            ]
        )

    def _step(self, given: Given) -> tree.Step:
        event = given["not"] if given.has("not") else given["did"]
        return tree.Step(event, self._where(event, given), given["within"], given.has("not"))

    def _where(self, event: str, given: Given) -> tuple[values.Property, ...]:
        return tuple([self._property(event, name, wanted) for name, wanted in given["where"] or ()])

    def _property(self, event: str, name: str, wanted: Any) -> values.Property:
        if not isinstance(wanted, Given):
            return values.Property(full_name(event, name), values.IsOneOf(wanted))
        scale = 10**self._currency.exponent if is_money(event, name) else 1
        return values.Property(full_name(event, name), _test(wanted, scale))

    def _tier(self, said: Any) -> tree.InTier:
        if not isinstance(said, Given):
            return tree.InTier(tuple([one for one in said if one != NO_LEVEL]), NO_LEVEL in said)
        lowest = self._levels.index(said["at_least"]) if said["at_least"] else 0
        highest = self._levels.index(said["at_most"]) if said["at_most"] else len(self._levels)
        return tree.InTier(tuple(self._levels[lowest : highest + 1]), not said["at_least"])

    def _score(self, given: Given) -> tree.Condition:
        if given.has("level"):
            levels = tuple([one for one in given["level"] if one != NO_LEVEL])
            return tree.InScoreLevel(given["score"], levels, NO_LEVEL in given["level"])
        return tree.ScoreIs(given["score"], _bounds(given, 1000))

    def _interest(self, given: Given) -> tree.Condition:
        if given.has("top"):
            return tree.IsTopInterest(given["interest"], given["value"], given["top"])
        return tree.InterestIs(given["interest"], given["value"], _bounds(given, 1000))

    def _points(self, given: Given) -> tree.Condition:
        return _all_of([tree.Points(which, _bounds(given[which], 1)) for which in given.places])  # type: ignore[arg-type]


def _near(given: Given) -> tree.Near:
    traits: Given | None = given["traits"]
    by = (traits["latitude"], traits["longitude"]) if traits else ("latitude", "longitude")
    return tree.Near(given["latitude"], given["longitude"], given["within"], *by)


def _all_of(conditions: Sequence[tree.Condition]) -> tree.Condition:
    return conditions[0] if len(conditions) == 1 else tree.All(tuple(conditions))


def _one_of(conditions: Sequence[tree.Condition]) -> tree.Condition:
    return conditions[0] if len(conditions) == 1 else tree.AnyOf(tuple(conditions))


def has_bounds(given: Given) -> bool:
    return any(map(given.has, ("at_least", "at_most", "exactly")))


def _bounds(given: Given, scale: int) -> values.Bounds:
    if given["exactly"] is not None:
        return values.Bounds(given["exactly"] * scale, given["exactly"] * scale)
    return values.Bounds(_scaled(given["at_least"], scale), _scaled(given["at_most"], scale))


def _scaled(number: Fraction | None, scale: int) -> Fraction | None:
    return None if number is None else number * scale


def _window(given: Given) -> tree.Window:
    if given["within"]:
        return tree.Trailing(given["within"])
    if given["between"]:
        return tree.BetweenAgo(given["between"]["older"], given["between"]["newer"])
    if given["from"] is not None or given["to"] is not None:
        return tree.Dates(given["from"], given["to"])
    return tree.Always()


def _test(given: Given, scale: int) -> values.Test:
    """A table says one thing of a value: `segment_checks` sees to it."""
    if given["is"]:
        return values.IsOneOf(given["is"])
    if given["is_not"]:
        return values.IsNoneOf(given["is_not"])
    for name in TEXT_TESTS:
        if given[name]:
            return values.HasText(name, given[name])
    if given["truth"]:
        return values.IsTrue(given["truth"] == "yes")
    if given["set"]:
        return values.IsSet(given["set"] == "yes")
    if given["anniversary_within"]:
        return values.HasAnniversary(given["anniversary_within"])
    if given["within_last"] or given["within_next"]:
        side = "last" if given["within_last"] else "next"
        return values.IsNear("last" if side == "last" else "next", given[f"within_{side}"])
    if given["before"] is not None or given["after"] is not None:
        return values.IsDate(None if given["after"] is None else given["after"] + 1, given["before"])
    return values.IsNumber(_bounds(given, scale))
