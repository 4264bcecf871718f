"""Why: an effect as the sentence that pages, answers and documents show."""

from regulars.kernel.calendar import date_of
from regulars.kernel.effects import (
    Account,
    Effect,
    Entry,
    MembershipStarted,
    Merged,
    Posted,
    Reason,
    Refused,
    SegmentEntered,
    SegmentLeft,
    TierChanged,
)
from regulars.kernel.facts import FOREVER, MEMBER_JOINED, ORDER_COMPLETED, Instant
from regulars.kernel.merging import BY_MERGE
from regulars.kernel.program import CalendarYear, Fixed, PerAmount
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.terms import listed, plain


def sentence(effect: Effect, program: Rulebook) -> str:
    """What happened and why, in the words of the program that brought it about."""
    match effect:
        case Posted(entry=Entry.EARN, earned_at=int(earned_at)):
            earned = date_of(program.calendar.day_of(earned_at)).isoformat()
            brought = f"{_points(effect, program)} brought over from the former program, earned on {earned}"
            return f"{brought}{_life(effect, program)}; they do not count for a level."
        case Posted(entry=Entry.EARN):
            return f"{_points(effect, program)} by “{effect.because.rule}”: {_reckoned(effect, program)}{_life(effect, program)}."
        case Posted(entry=Entry.ACTIVATE):
            return f"{_points(effect, program)} can be spent from now on: the time for returns is over."
        case Posted(entry=Entry.MERGE, source=Account.MERGED):
            return f"{_points(effect, program)} came over from an account of the same person, with the expiry that they had."
        case Posted(entry=Entry.MERGE):
            return f"{_points(effect, program)} went over to another account of the same person."
        case Posted():
            last = last_day(effect.expires_at, program)
            return f"{_points(effect, program)} expired: they could be spent until the end of {last}."
        case TierChanged():
            return _tier_sentence(effect, program)
        case MembershipStarted():
            return "Became a member."
        case Merged():
            return _merge_sentence(effect)
        case SegmentEntered(segment, why):
            return f"Entered segment “{segment}”. {why}"
        case SegmentLeft(segment, why):
            return f"Left segment “{segment}”. {why}"
        case Refused():
            return _refusal(effect, program)


def last_day(end: Instant, program: Rulebook) -> str:
    """The last day before an exclusive end, on the shop's wall."""
    return date_of(program.calendar.day_of(end - 1)).isoformat()


def _points(effect: Posted, program: Rulebook) -> str:
    return program.program.points.name.points(effect.points)


def _reckoned(effect: Posted, program: Rulebook) -> str:
    assert effect.reckoning is not None
    rule = next(rule for rule in program.program.earning if rule.id == effect.because.rule)
    name, money = program.program.points.name, program.program.currency.money
    if isinstance(rule, PerAmount):
        assert effect.reckoning.basis_minor is not None
        words = f"{effect.reckoning.units:,} × {money(rule.per_minor)} in {money(effect.reckoning.basis_minor)}"
        words += f", {name.points(rule.points)} each"
    else:
        assert isinstance(rule, Fixed)
        occasion = {ORDER_COMPLETED: "the order", MEMBER_JOINED: "joining"}.get(rule.on, f"“{rule.on}”")
        words = f"{name.points(rule.points)} for {occasion}"
    times = [f"times {plain(one.factor)} (“{one.id}”)" for one in effect.reckoning.factors]
    return words + (f", {listed(times)}" if times else "")


def _life(effect: Posted, program: Rulebook) -> str:
    held = ""
    if effect.active_at > effect.effective_at:
        held = f"; pending until the end of {last_day(effect.active_at, program)}"
    if effect.expires_at == FOREVER:
        return f"{held}; they never expire"
    return f"{held}; they last until the end of {last_day(effect.expires_at, program)}"


def _tier_sentence(effect: TierChanged, program: Rulebook) -> str:
    tiers = program.program.tiers
    if effect.because.rule == BY_MERGE:
        return f"{effect.after} was the other account's level, and is kept."
    if effect.because.fact is None or tiers is None or effect.after is None:
        left = f"{effect.after} is left" if effect.after else "no level is left"
        if tiers is None or isinstance(tiers.over, CalendarYear):
            return f"No longer {effect.before} at the turn of the year: {left}."
        return f"No longer {effect.before}, for what counts {tiers.over.describe()} is not enough: {left}."
    level = next(level for level in tiers.levels if level.id == effect.after)
    measure = (
        program.program.currency.money(level.at)
        if tiers.by == "spend"
        else program.program.points.name.points(level.at)
    )
    return f"Reached {effect.after}: {measure} {tiers.over.describe()}."


def _merge_sentence(effect: Merged) -> str:
    if effect.came is None:
        return "This account was joined to another one of the same person."
    return (
        "Another account of the same person was joined to this one."
        if effect.came
        else "An account that had been joined to this one went its own way again."
    )


def _refusal(effect: Refused, program: Rulebook) -> str:
    rule = effect.because.rule
    name = program.program.points.name.other
    match effect.reason:
        case Reason.NOT_TRUSTED:
            return f"No {name} by “{rule}”: the shop itself has not said so of a customer it knows."
        case Reason.NOT_A_MEMBER:
            return f"No {name} by “{rule}”: not a member at that time."
        case Reason.ALREADY_A_MEMBER:
            return "Joined again: a member already, so nothing more is given for joining."
        case Reason.NOTHING_ELIGIBLE:
            return f"No {name} by “{rule}”: none of the lines counts for it."
        case Reason.BELOW_ONE_UNIT:
            basis = (
                ""
                if effect.basis_minor is None
                else f": {program.program.currency.money(effect.basis_minor)} is not enough for one"
            )
            return f"No {name} by “{rule}”{basis}."
