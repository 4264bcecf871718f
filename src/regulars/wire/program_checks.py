"""What is wrong with a program document although every single place can be read.

Only what could be read is compared, so that one mistake gives one message.
"""

from collections.abc import Iterable

from regulars.kernel.calendar import Duration
from regulars.kernel.earning import OPENING_BALANCE
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.program import (
    NEVER,
    USUAL_CONSENT,
    USUAL_KINDS,
    CalendarYear,
    IdentityKind,
    Lifetime,
    Rolling,
    SinceJoining,
)
from regulars.kernel.terms import Currency
from regulars.wire.celebration_checks import check_celebration
from regulars.wire.currency_checks import check_counts, check_rates, refuse_fine
from regulars.wire.document import Place, did_you_mean, nearest, quoted
from regulars.wire.events import texts
from regulars.wire.events.identities import is_nobody, usable
from regulars.wire.game_checks import check_games
from regulars.wire.life_checks import check_life, longest_hold, spendable
from regulars.wire.limit_checks import check_limits, check_limits_of_all
from regulars.wire.never_checks import check_never
from regulars.wire.occasion_checks import check_occasions
from regulars.wire.score_checks import check_scores
from regulars.wire.segment_checks import check_segments
from regulars.wire.shapes import Given
from regulars.wire.trial_checks import check_trials

NOT_A_LEVEL = "none"


def check(program: Given) -> None:
    """Writes down everything that the shapes alone cannot see."""
    currency: Currency | None = program["currency"]
    points: Given | None = program["points"]
    tiers: Given | None = program["tiers"]
    hold = longest_hold(points["hold"]) if points else None
    check_life(program)
    if points:
        check_limits_of_all(points)
    _check_rules(program["earning"] or (), program.at("earning"), currency)
    check_never(program)
    check_occasions(program)
    if tiers:
        _check_tiers(tiers, currency, hold, program["members"])
    for kind, identity in program["identities"] or ():
        _check_kind(kind, identity)
    if program["consent"]:
        _check_consent(program["consent"])
    _check_sources(program["sources"] or (), [kind for kind, _ in program["identities"] or ()])
    check_games(program)
    check_trials(program)
    check_scores(program)
    check_segments(program)


# --- earning -----------------------------------------------------------------------------------------------------------


def _check_rules(rules: tuple[Given, ...], place: Place, currency: Currency | None) -> None:
    for rule in rules:
        event = _event(rule)
        if rule.has("multiply"):
            _check_multiplier(rule)
        elif rule.has("per"):
            _check_per(rule, event, currency)
        else:
            _check_fixed(rule)
        if not rule.has("multiply"):
            _check_goods(rule, event)
            check_limits(rule, event)
            check_celebration(rule, event)
            if rule.has("on_return") and event not in (None, ORDER_COMPLETED):
                rule.at("on_return").wrong(f"only {quoted(ORDER_COMPLETED)} can go back; leave “on_return” out")
        if rule["when"]:
            _check_days(rule["when"])
        if rule["id"] == OPENING_BALANCE:
            rule.at("id").wrong(
                f"{quoted(OPENING_BALANCE)} is the name of what is brought over; call the rule something else"
            )
    _refuse_repeated(rules, "rule")
    if len(rules) == len(place.node.items or ()):
        _refuse_idle_multipliers(rules)


def _event(rule: Given) -> str | None:
    """The rule's event, as it was meant."""
    written: str | None = rule["on"]
    if written in (None, ORDER_COMPLETED, MEMBER_JOINED):
        return written
    near = nearest(written, (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9)
    if near is None:
        return written
    rule.at("on").wrong(
        f"{quoted(written)} is nearly an event that is known, but not letter by letter{did_you_mean(near)}"
    )
    return near


def _check_multiplier(rule: Given) -> None:
    for other in ("points", "per", "basis", "only", "except", "on_return", "limit"):
        if rule.has(other):
            rule.at(other).wrong(
                f"“multiply” goes without {quoted(other)}: it multiplies all that other rules give for the event"
            )


def _check_per(rule: Given, event: str | None, currency: Currency | None) -> None:
    if not rule.has("points"):
        rule.place.wrong("“points” is missing: how many, for each “per”")
    if isinstance(rule["per"], Given):
        check_counts(rule, event)
    elif event not in (None, ORDER_COMPLETED):
        rule.at("per").wrong(f"“per” counts money, and only {quoted(ORDER_COMPLETED)} brings some; leave it out")
    elif rule["per"] is not None and currency is not None:
        check_rates(rule, currency)


def _check_fixed(rule: Given) -> None:
    if not rule.has("points"):
        rule.place.wrong("a rule gives “points” or says “multiply”; this does neither")
    elif rule["points"] is not None and rule["points"].denominator != 1:
        rule.at("points").wrong(f"expected a whole number where there is no “per”; found {rule.at('points').found}")
    if rule.has("basis"):
        rule.at("basis").wrong("“basis” says which money “per” counts, and this rule has no “per”")


def _check_goods(rule: Given, event: str | None) -> None:
    if event not in (None, ORDER_COMPLETED):
        for goods in ("only", "except"):
            if rule.has(goods):
                rule.at(goods).wrong(
                    f"only {quoted(ORDER_COMPLETED)} has lines to choose from; leave {quoted(goods)} out"
                )
        return
    excluded = dict(rule["except"] or ())
    for name, values in rule["only"] or ():
        if values and set(values) <= set(excluded.get(name, ())):
            rule.at("except").wrong(
                f"“except” takes out every {quoted(name)} that “only” lets in: nothing is left to count"
            )


def _check_days(when: Given) -> None:
    first, end = when["from"], when["to"]
    if first is not None and end is not None and end <= first:
        when.at("to").wrong("“to” is the first day that no longer counts, and must come after “from”")


def _refuse_idle_multipliers(rules: tuple[Given, ...]) -> None:
    if any(rule["on"] is None for rule in rules):
        return
    giving = {_meant(rule["on"]) for rule in rules if not rule.has("multiply")}
    for rule in rules:
        if rule.has("multiply") and _meant(rule["on"]) not in giving:
            rule.at("multiply").wrong(f"this multiplies nothing: no rule gives points on {quoted(rule['on'])}")


def _meant(event: str) -> str:
    return nearest(event, (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9) or event


# --- tiers -------------------------------------------------------------------------------------------------------------


def _check_tiers(tiers: Given, currency: Currency | None, hold: Duration | None, members: str | None) -> None:
    _check_by(tiers)
    _check_over(tiers, members)
    _check_ways(tiers)
    levels: tuple[Given, ...] = tiers["levels"] or ()
    before: Given | None = None
    for level in levels:
        if level["id"] == NOT_A_LEVEL:
            level.at("id").wrong(f"{quoted(NOT_A_LEVEL)} is what having no level is called; choose another name")
        spendable(hold, level["points_expire"], level.at("points_expire"))
        _check_reward(level["gives"])
        if level["at"] is None:
            continue
        if before is not None and level["at"] <= before["at"]:
            level.at("at").wrong(
                f"levels stand in ascending order; this must be more than the {before.at('at').text} of the one before"
            )
        before = level
        if tiers["by"] == "spend":
            if currency is not None:
                _refuse_fine_amount(level, "at", currency)
        elif tiers["by"] is not None and level["at"].denominator != 1:
            what = "points" if tiers["by"] == "points" else "times"
            level.at("at").wrong(f"expected a whole number of {what}; found {level.at('at').found}")
    _refuse_repeated(levels, "level")


def _check_by(tiers: Given) -> None:
    by = tiers["by"]
    if not isinstance(by, Given) or by["times"] is None:
        return
    near = nearest(by["times"], (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9)
    if near == ORDER_COMPLETED:
        by.at("times").wrong("orders are counted by “by: orders”")
    elif near == MEMBER_JOINED:
        by.at("times").wrong("nobody joins more than once")


def _check_over(tiers: Given, members: str | None) -> None:
    over = tiers["over"]
    if isinstance(over, Given) and len(over.places) != 1:
        over.place.wrong("“year_from” and “since_entry” are two different times; there can be one")
    if isinstance(over, SinceJoining) and members == "everyone":
        tiers.at("over").wrong("“since_joining” needs “members: those_who_join”: nobody else has a day of joining")
    if tiers.has("keep") and over is not None and not _has_years(over):
        tiers.at("keep").wrong(
            "“keep” goes with years: “calendar_year”, “year_from” or “since_joining”; here no year ends to keep a level beyond"
        )


def _check_ways(tiers: Given) -> None:
    """How levels are given and lost, against the time over which they go."""
    over, by_one, never = (
        tiers["over"],
        isinstance(tiers["down"], Given) and tiers["down"]["by"] == "one",
        tiers["down"] == NEVER,
    )
    if over is None:
        return
    if tiers["up"] == "at_next_period":
        if not _has_years(over):
            tiers.at("up").wrong("“at_next_period” goes with years: “calendar_year”, “year_from” or “since_joining”")
        elif tiers.has("keep"):
            tiers.at("keep").wrong(
                "a level that is given when the next year begins is kept to its end anyway; leave “keep” out"
            )
    if by_one and isinstance(over, Rolling):
        tiers.at("down").wrong(
            "rolling months look at a level every day; one level after the other would be lost at once"
        )
    for name in ("grace", "warn"):
        if tiers.has(name) and (never or isinstance(over, Lifetime)):
            tiers.at(name).wrong(f"no level is ever lost by time here; leave {quoted(name)} out")
    if tiers.has("down") and isinstance(over, Lifetime):
        tiers.at("down").wrong("no level is ever lost by time here; leave “down” out")
    months = over["since_entry"] if isinstance(over, Given) else over.months if isinstance(over, Rolling) else None
    if months is not None and tiers["warn"] is not None and tiers["warn"] >= 28 * months:
        tiers.at("warn").wrong("a level would end sooner than that after it was reached; warn later")
    if tiers["after_return"] == "at_once" and (
        by_one or never or (isinstance(over, Given) and over.has("since_entry"))
    ):
        tiers.at("after_return").wrong(
            "“at_once” needs levels that are held by what was earned alone; it goes without “down” and “since_entry”"
        )


def _check_reward(gives: Given | None) -> None:
    if gives is None:
        return
    if gives["points"] is not None and gives["points"].denominator != 1:
        gives.at("points").wrong(f"expected a whole number of points; found {gives.at('points').found}")


def _has_years(over: object) -> bool:
    return isinstance(over, CalendarYear | SinceJoining) or (isinstance(over, Given) and over.has("year_from"))


# --- who people are ----------------------------------------------------------------------------------------------------


def _check_kind(kind: str, given: Given) -> None:
    usual = next((one for one in USUAL_KINDS if one.kind == kind), IdentityKind(kind))
    if kind in ("email", "phone") and given.has("normalize"):
        form = "small letters" if kind == "email" else "+ and digits"
        given.at("normalize").wrong(f"{quoted(kind)} is always kept as {form}; leave “normalize” out")
        return
    normalized = IdentityKind(kind, given["normalize"] or usual.normalize)
    for value in given["block"] or ():
        if usable(normalized, value) is None and not is_nobody(value):
            given.at("block").wrong(f"{quoted(value)} can be no {quoted(kind)}, so there is nothing to block")


def _check_consent(consent: Given) -> None:
    for usual in USUAL_CONSENT:
        said: Given | None = consent[usual.purpose]
        if said is None or said["double_opt_in"] != "yes":
            continue
        ground = said["ground"] or usual.ground
        if ground != "consent":
            said.at("double_opt_in").wrong(
                f"“double_opt_in” confirms a consent, and {quoted(usual.purpose)} is allowed by {quoted(ground)}"
            )


# --- sources -----------------------------------------------------------------------------------------------------------


def _check_sources(sources: tuple[Given, ...], declared: list[str]) -> None:
    kinds = ["user_id", "anonymous_id", *declared, *[one.kind for one in USUAL_KINDS if one.kind not in declared]]
    for source in sources:
        maps: tuple[Given, ...] = source["maps"] or ()
        for place, one in enumerate(maps):
            _check_map(one, kinds)
            _refuse_unreachable(one, maps[:place])
    _refuse_repeated(sources, "source")


def _check_map(given: Given, kinds: list[str]) -> None:
    near = nearest(given["event"] or "", (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9)
    if near is not None:
        given.at("event").wrong(f"{quoted(near)} needs the shop's own word; a mapped webhook can say any other event")
    for kind, _ in given["identify"] or ():
        if kind not in kinds:
            meant = did_you_mean(nearest(kind, kinds))
            given.at("identify").wrong(f"{quoted(kind)} is no kind of identity, nor declared under “identities”{meant}")
    for name, _ in given["properties"] or ():
        if not texts.of_event({name: "something"}):
            given.at("properties").wrong(
                f"{quoted(name)} would say who somebody is, and is never kept; leave it out, or put it under “identify”"
            )


def _refuse_unreachable(one: Given, before: tuple[Given, ...]) -> None:
    """A map that asks for all that an earlier one asks for gets nothing to see."""
    if one.has("when") and one["when"] is None:
        return
    wanted = dict(one["when"] or ())
    for earlier in before:
        asked = dict(earlier["when"] or ())
        readable = earlier["when"] is not None or not earlier.has("when")
        if readable and all(path in wanted and set(wanted[path]) <= set(asked[path]) for path in asked):
            one.place.wrong(f"nothing comes to this map: what fits it fits the one on line {earlier.place.line} first")
            return


# --- both --------------------------------------------------------------------------------------------------------------


def _refuse_fine_amount(given: Given, key: str, currency: Currency) -> None:
    refuse_fine(given[key], given.at(key), currency)


def _refuse_repeated(tables: Iterable[Given], what: str) -> None:
    first: dict[str, int] = {}
    for table in tables:
        name: str | None = table["id"]
        if name is None:
            continue
        if name in first:
            table.at("id").wrong(
                f"the {what} {quoted(name)} stands here a second time; the first is on line {first[name]}"
            )
        else:
            first[name] = table.at("id").line
