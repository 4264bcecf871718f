"""What is wrong with limits, and with how rules stand beside each other, although every single place can be read."""

from fractions import Fraction

from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.limits import ORDER, PERS
from regulars.wire.document import did_you_mean, nearest, quoted
from regulars.wire.shapes import Given


def check_limits(rule: Given, event: str | None) -> None:
    """Of a rule that gives points for `event`."""
    if rule["stack"] == "multiplies":
        rule.at("stack").wrong("points are no factor; “multiplies” goes with “multiply”")
    _check_each(rule["limit"] or ())
    for limit in rule["limit"] or ():
        per = limit["per"]
        if per == ORDER and event not in (None, ORDER_COMPLETED):
            limit.at("per").wrong(f"only {quoted(ORDER_COMPLETED)} is an order; name a period, or a property")
        elif per is not None and per not in PERS and event in (ORDER_COMPLETED, MEMBER_JOINED):
            limit.at("per").wrong(f"{quoted(event)} has no properties of its own to count by; name a period")
        _refuse_what_never_gives(limit, rule)


def check_limits_of_all(points: Given) -> None:
    """Of the program's points: what all rules together give."""
    _check_each(points["limit"] or ())
    for limit in points["limit"] or ():
        if limit.has("times"):
            limit.at("times").wrong("all rules together are limited in “points”; how often is said of each rule")
        if limit["per"] is not None and limit["per"] not in PERS:
            limit.at("per").wrong("all rules together are limited by order or period; values are counted by one rule")


def _check_each(limits: tuple[Given, ...]) -> None:
    seen: set[tuple[str, bool]] = set()
    for limit in limits:
        per, is_times = limit["per"], limit.has("times")
        if is_times == limit.has("points"):
            limit.place.wrong("a limit says “times” or “points”, one of them")
            continue
        if limit.has("over") and is_times:
            limit.at("over").wrong("“over” goes with “points”: what is one time too many gives nothing")
        if not limit.has("over") and not is_times:
            limit.place.wrong("“over” is missing: `clamp` gives what is left, `refuse` gives nothing")
        if per is None:
            continue
        near = nearest(per, PERS, cutoff=0.75)
        if per not in PERS and near is not None:
            limit.at("per").wrong(f"{quoted(per)} is nearly a period, but not letter by letter{did_you_mean(near)}")
        if per == ORDER and is_times:
            limit.at("times").wrong("a rule gives once an order anyway; name a period")
        if (per, is_times) in seen:
            limit.at("per").wrong(f"there is a limit per {quoted(per)} already")
        seen.add((per, is_times))


def _refuse_what_never_gives(limit: Given, rule: Given) -> None:
    points, most = rule["points"], limit["points"]
    if limit["over"] == "refuse" and isinstance(points, Fraction) and most is not None and points > most:
        limit.at("points").wrong(f"the rule gives {rule.at('points').text} at once, so this would refuse all of it")
