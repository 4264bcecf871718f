"""Why: an effect as the sentence that pages, answers and documents show."""

from collections.abc import Iterable

from regulars.kernel.calendar import DAY, date_of
from regulars.kernel.effects import (
    ADDED_LOT,
    GAME,
    WELCOME,
    Account,
    Assigned,
    ClubEnded,
    ClubTermSet,
    Counted,
    Effect,
    Entry,
    ExpiryNoticed,
    GameReached,
    GamesMoved,
    GameTakenBack,
    InterestNoted,
    LevelEarned,
    LevelEnding,
    LevelGiven,
    LevelKept,
    MembershipStarted,
    Merged,
    Opened,
    PerkUsed,
    Posted,
    Reason,
    Refused,
    ReservationEnded,
    ReservationMade,
    Returned,
    SegmentEntered,
    SegmentLeft,
    TierChanged,
    Withheld,
)
from regulars.kernel.endings import INACTIVITY
from regulars.kernel.experiments import HELD_OUT, HOLDOUT
from regulars.kernel.expiry import CLOSURE
from regulars.kernel.facts import FOREVER, MEMBER_JOINED, ORDER_COMPLETED, Instant
from regulars.kernel.games.saying import game_sentence
from regulars.kernel.given_levels import SET
from regulars.kernel.limits import told
from regulars.kernel.merging import BY_MERGE
from regulars.kernel.pauses import PAUSE, Clock, why_paused
from regulars.kernel.program import CalendarYear, Counts, Fixed, PerAmount, ProgramYear, SinceJoining
from regulars.kernel.redating import FULFILMENT
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.terms import listed, plain


def sentence(effect: Effect, program: Rulebook) -> str:
    """What happened and why, in the words of the program that brought it about."""
    match effect:
        case Posted(entry=Entry.EARN, earned_at=int(earned_at)):
            earned = date_of(program.calendar.day_of(earned_at)).isoformat()
            brought = f"{_points(effect, program)} brought over from the former program, earned on {earned}"
            return f"{brought}{_life(effect, program)}; they do not count for a level."
        case Posted(entry=Entry.EARN, reckoning=None) if effect.because.rule.startswith(GAME):
            game = effect.because.rule.removeprefix(GAME)
            return f"{_points(effect, program)} for “{game}”{_life(effect, program)}; they do not count for a level."
        case Posted(entry=Entry.EARN, reckoning=None):
            level = effect.because.rule.removeprefix(WELCOME)
            return f"{_points(effect, program)} for reaching {level}{_life(effect, program)}; they do not count for a level."
        case Posted(entry=Entry.EARN, lot=(_, number)) if number == ADDED_LOT:
            return f"{_points(effect, program)} by “{effect.because.rule}” {_added(effect, program)}{_life(effect, program)}."
        case Posted(entry=Entry.EARN):
            return f"{_points(effect, program)} by “{effect.because.rule}”: {_reckoned(effect, program)}{_life(effect, program)}."
        case Posted(entry=Entry.ACTIVATE):
            return f"{_points(effect, program)} can be spent from now on: the time for returns is over."
        case Posted(entry=Entry.MERGE, source=Account.MERGED):
            return f"{_points(effect, program)} came over from an account of the same person, with the expiry that they had."
        case Posted(entry=Entry.MERGE):
            return f"{_points(effect, program)} went over to another account of the same person."
        case Posted(entry=Entry.EXPIRE) if effect.because.rule == CLOSURE:
            return f"{_points(effect, program)} forfeited: the account was erased."
        case Posted(entry=Entry.EXPIRE) if effect.because.rule == INACTIVITY:
            inactive = program.program.points.inactive
            return f"{_points(effect, program)} expired: points end {inactive.describe() if inactive else 'so'}."
        case Posted(entry=Entry.REDATE):
            return _redated(effect, program)
        case Posted(entry=Entry.EXPIRE):
            last = last_day(effect.expires_at, program)
            return f"{_points(effect, program)} expired: they could be spent until the end of {last}."
        case Posted():
            return _moved(effect, program)
        case TierChanged():
            return _tier_sentence(effect, program)
        case LevelEarned(after=after):
            return f"By the rules it is {after or 'no level'} now; the level that was given by hand stands above it."
        case LevelGiven(level=None):
            return "The level that was given by hand holds no longer."
        case LevelGiven(level=level, until=until):
            end = "until it is taken back" if until == FOREVER else f"until the end of {last_day(until, program)}"
            came = (
                "The other account's level that was given by hand is kept"
                if effect.because.rule == BY_MERGE
                else "Given by hand"
            )
            return f"{came}: at least {level}, {end}."
        case LevelKept():
            return _kept_sentence(effect, program)
        case LevelEnding():
            return _ending_sentence(effect, program)
        case ExpiryNoticed():
            points = program.program.points.name.points(effect.points)
            return f"Told that {points} can be spent only until the end of {last_day(effect.expires_at, program)}."
        case MembershipStarted():
            return "Became a member."
        case Merged():
            return _merge_sentence(effect)
        case SegmentEntered(segment, why):
            return f"Entered segment “{segment}”. {why}"
        case SegmentLeft(segment, why):
            return f"Left segment “{segment}”. {why}"
        case Assigned():
            return _arm_sentence(effect)
        case Withheld():
            return _withheld(effect, program)
        case (
            GameReached()
            | GameTakenBack()
            | PerkUsed()
            | ClubTermSet()
            | ClubEnded()
            | InterestNoted()
            | Opened()
            | GamesMoved()
        ):
            return game_sentence(effect, program.program, program.calendar)
        case Refused():
            return _refusal(effect, program)
        case Counted():
            return _counted(effect, program)
        case Returned():
            return _return_sentence(effect, program)
        case ReservationMade():
            points = program.program.points.name.points(sum([lot.points for lot in effect.lots]))
            return f"{points} are held until {program.calendar.wall_clock(effect.until)}."
        case ReservationEnded():
            return "What was held is not held any more."


def why(effects: Iterable[Effect], program: Rulebook) -> list[str]:
    """Of each a sentence. What is only counted is told by whoever is refused for it."""
    return [sentence(effect, program) for effect in effects if not isinstance(effect, Counted)]


def last_day(end: Instant, program: Rulebook) -> str:
    """The last day before an exclusive end, on the shop's wall."""
    return date_of(program.calendar.day_of(end - 1)).isoformat()


def _redated(effect: Posted, program: Rulebook) -> str:
    points, rule, came = _points(effect, program), effect.because.rule, effect.source is Account.REDATED
    if rule == FULFILMENT:
        day = last_day(effect.active_at, program)
        return (
            f"{points} need not wait any longer: the order was fulfilled."
            if came
            else f"{points} were to be pending until the end of {day}."
        )
    if effect.expires_at == FOREVER:
        return f"{points} do not end: time alone ends none of those of who is where this customer is."
    day = last_day(effect.expires_at, program)
    if not came:
        return f"{points} were to last until the end of {day}."
    if rule != PAUSE:
        return f"{points} last until the end of {day} now: the shop has extended them."
    why = _why_paused(effect.earned_at or effect.effective_at, effect.expires_at, "expiry", program)
    return f"{points} last until the end of {day} now, by what days are paused.{why}"


def _why_paused(begin: Instant, end: Instant, clock: Clock, program: Rulebook) -> str:
    days = program.calendar.day_of(begin), program.calendar.day_of(end)
    why = why_paused(program.program.pauses, clock, *days)
    return f" {why}" if why else ""


def _points(effect: Posted, program: Rulebook) -> str:
    return program.program.points.name.points(effect.points)


def _moved(effect: Posted, program: Rulebook) -> str:
    points = _points(effect, program)
    match effect.entry:
        case Entry.EARN_REVERSAL if effect.source is Account.DEBT:
            gone = f"what had earned them by “{effect.because.rule}” went back, and they had been spent"
            return f"{points} are owed, since {gone}; the next ones fill it."
        case Entry.EARN_REVERSAL:
            return f"{points} taken back, since what had earned them by “{effect.because.rule}” went back."
        case Entry.SETTLE:
            return f"{points} went into what was owed."
        case Entry.RESERVE:
            return f"{points} are held for what is being bought."
        case Entry.RELEASE:
            return f"{points} are no longer held, and can be spent{_until(effect, program)}."
        case Entry.REDEEM:
            return f"{points} spent."
        case Entry.REDEEM_REVERSAL:
            return f"{points} came back from what they had been spent on{_until(effect, program)}."
        case Entry.ADJUST if effect.source is Account.PROGRAM:
            return f"{points} given by hand{_life(effect, program)}."
        case Entry.ADJUST:
            return f"{points} taken by hand."
        case Entry.TRANSFER_OUT:
            return f"{points} given to another customer."
        case _:
            return f"{points} came from another customer{_until(effect, program)}."


def _until(effect: Posted, program: Rulebook) -> str:
    if effect.expires_at == FOREVER:
        return "; they never expire"
    return f", until the end of {last_day(effect.expires_at, program)} as before"


def _return_sentence(effect: Returned, program: Rulebook) -> str:
    name = program.program.points.name
    parts = [f"{name.points(effect.points)} of “{effect.because.rule}” went back with order {effect.order_id}"]
    if effect.lapsed:
        parts.append(f"{name.points(effect.lapsed)} of them had expired before, and nothing is taken for those")
    if effect.charged:
        parts.append(f"{name.points(effect.charged)} had been spent, and are taken from others")
    if effect.short:
        parts.append(f"{name.points(effect.short)} had been spent and are not taken from anything")
    return f"{'; '.join(parts)}."


def _reckoned(effect: Posted, program: Rulebook) -> str:
    assert effect.reckoning is not None
    rule = next(rule for rule in program.program.earning if rule.id == effect.because.rule)
    name, money = program.program.points.name, program.program.currency.money
    if isinstance(rule, PerAmount):
        assert effect.reckoning.basis_minor is not None
        per_minor = rule.per_minor
        for rate in rule.rates:
            if rate.currency.code == effect.reckoning.currency:
                per_minor, money = rate.per_minor, rate.currency.money
        words = f"{effect.reckoning.units:,} × {money(per_minor)} in {money(effect.reckoning.basis_minor)}"
        words += f", {name.points(rule.points)} each"
    else:
        assert isinstance(rule, Fixed)
        occasion = {ORDER_COMPLETED: "the order", MEMBER_JOINED: "joining"}.get(rule.on, f"“{rule.on}”")
        words = f"{name.points(rule.points)} for {occasion}"
        if rule.counts is not None:
            each = f"{plain(rule.counts.each)} “{rule.counts.property}”"
            words = f"{effect.reckoning.units:,} × {each} in {occasion}, {name.points(rule.points)} each"
    times = [f"times {plain(one.factor)} (“{one.id}”)" for one in effect.reckoning.factors]
    return words + (f", {listed(times)}" if times else "")


def _added(effect: Posted, program: Rulebook) -> str:
    """The rule is that of the program that judged the order, which may be another one by now."""
    assert effect.reckoning is not None
    basis_minor = effect.reckoning.basis_minor
    money = program.program.currency.money
    what = f"{money(basis_minor)} that was added to the order" if basis_minor else "the order as it stands again"
    times = [f"times {plain(one.factor)} (“{one.id}”)" for one in effect.reckoning.factors]
    return f"for {what}, as the order was judged" + (f", {listed(times)}" if times else "")


def _life(effect: Posted, program: Rulebook) -> str:
    held = ""
    if effect.active_at > effect.effective_at:
        held = f"; pending until the end of {last_day(effect.active_at, program)}"
    if effect.expires_at == FOREVER:
        return f"{held}; they never expire"
    earned = effect.effective_at if effect.earned_at is None else effect.earned_at
    why = _why_paused(earned, effect.expires_at, "expiry", program) if program.stopped is not None else ""
    return (
        f"{held}; they last until the end of {last_day(effect.expires_at, program)}{f' ({why.strip()})' if why else ''}"
    )


def _tier_sentence(effect: TierChanged, program: Rulebook) -> str:
    tiers = program.program.tiers
    if effect.because.rule == BY_MERGE:
        return f"{effect.after} was the other account's level, and is kept."
    left = f"{effect.after} is left" if effect.after else "no level is left"
    if effect.because.rule == SET:
        return f"Is in {effect.after} now, by hand." if effect.after else f"No longer {effect.before}, by hand: {left}."
    if tiers is None or (_rank(effect.after, program) <= _rank(effect.before, program)):
        return f"No longer {effect.before}{_why_lost(effect, program)}: {left}."
    level = next(level for level in tiers.levels if level.id == effect.after)
    return f"Reached {effect.after}: {tiers.measure(level.at, program.program)} {tiers.over.describe()}."


def _why_lost(effect: TierChanged, program: Rulebook) -> str:
    tiers = program.program.tiers
    if effect.because.fact is not None:
        return ", for what was sent back no longer counts"
    if tiers is None or isinstance(tiers.over, CalendarYear):
        return " at the turn of the year"
    if isinstance(tiers.over, ProgramYear | SinceJoining):
        return " as a new year begins"
    return f", for what counts {tiers.over.describe()} is not enough"


def _kept_sentence(effect: LevelKept, program: Rulebook) -> str:
    until = f"until the end of {last_day(effect.until, program)}"
    if effect.in_grace:
        return f"{effect.level} is kept {until}, and for longer if it is reached again by then."
    if effect.because.rule == PAUSE:
        why = _why_paused(effect.effective_at - 366 * DAY, effect.until, "tier_reset", program)
        return f"{effect.level} holds {until}, by what days are paused.{why}"
    return f"{effect.level} holds {until}, whatever comes."


def _ending_sentence(effect: LevelEnding, program: Rulebook) -> str:
    tiers, ends = program.program.tiers, f"{effect.level} ends after {last_day(effect.at, program)}"
    if effect.missing is None or tiers is None:
        return f"{ends}; what comes after that counts for the next time."
    return f"{ends}, unless {tiers.measure(effect.missing, program.program)} more come before."


def _rank(level: str | None, program: Rulebook) -> int:
    return program.tiers.rank_of.get(level, 0) if program.tiers is not None else 0


def _merge_sentence(effect: Merged) -> str:
    if effect.came is None:
        return "This account was joined to another one of the same person."
    return (
        "Another account of the same person was joined to this one."
        if effect.came
        else "An account that had been joined to this one went its own way again."
    )


def _arm_sentence(effect: Assigned) -> str:
    if effect.trial == HOLDOUT:
        held_out = effect.arm == HELD_OUT
        who = "Counts among those who are held out" if held_out else "Counts among those who are not held out"
    else:
        who = f"Counts as “{effect.arm}” in the trial “{effect.trial}”"
    return f"{who} from now on{', though an account in another arm was joined to this one' if effect.crossed else ''}."


def _withheld(effect: Withheld, program: Rulebook) -> str:
    rule, points = effect.because.rule, program.program.points.name.points(effect.points)
    what = f"{points} by “{rule}” withheld" if effect.points else f"“{rule}” withheld"
    if effect.trial == HOLDOUT:
        return f"{what}: held out."
    return f"{what}: counts as “{effect.arm}” in the trial “{effect.trial}”."


def _bounded(effect: Refused, program: Rulebook) -> str:
    """What a limit, or another rule, keeps back."""
    rule, name = effect.because.rule, program.program.points.name
    own = next((one for one in program.program.earning if one.id == rule), None)
    most = told(getattr(own, "limits", ()), name).strip().removeprefix("At most ").removesuffix(".")
    every = told(program.program.points.limits, name).strip().removeprefix("At most ").removesuffix(".")
    points = name.points(effect.points)
    match effect.reason:
        case Reason.LIMIT_REACHED:
            return f"No {name.other} by “{rule}”: it gives at most {most}."
        case Reason.CUT_TO_LIMIT:
            return f"{points} less by “{rule}”: it gives at most {most}."
        case Reason.OVER_LIMIT:
            return f"No {name.other} by “{rule}”: {points} would be more than is left of its limit, {most}."
        case Reason.CAP_REACHED:
            return f"No {name.other} by “{rule}”: all rules together give at most {every}."
        case Reason.CUT_TO_CAP:
            return f"{points} less by “{rule}”: all rules together give at most {every}."
        case Reason.OVER_CAP:
            return f"No {name.other} by “{rule}”: with {points} all rules together would give more than {every}."
        case _:
            return f"No {name.other} by “{rule}”: another rule stands in its place."


def _counted(effect: Counted, program: Rulebook) -> str:
    points = program.program.points.name.points(abs(effect.points))
    if effect.because.rule == BY_MERGE:
        return f"{points} count for the limits of the two accounts together."
    if effect.points < 0:
        return f"{points} by “{effect.because.rule}” do not count for its limit any more."
    return f"{points} by “{effect.because.rule}” count for its limit."


def _property_of(rule: str, program: Rulebook) -> Counts | None:
    """The property that the rule counts, where it counts one."""
    return next((one.counts for one in program.program.earning if one.id == rule and isinstance(one, Fixed)), None)


def _refusal(effect: Refused, program: Rulebook) -> str:
    rule = effect.because.rule
    name = program.program.points.name.other
    match effect.reason:
        case Reason.NOT_TRUSTED:
            return f"No {name} by “{rule}”: the shop itself has not said so of a customer it knows."
        case Reason.NOT_A_MEMBER if rule == SET:
            return "Who is no member can be given no level."
        case Reason.NOT_A_MEMBER:
            return f"No {name} by “{rule}”: not a member at that time."
        case Reason.ALREADY_A_MEMBER:
            return "Joined again: a member already, so nothing more is given for joining."
        case Reason.NOTHING_ELIGIBLE | Reason.BELOW_ONE_UNIT if counted := _property_of(rule, program):
            enough = (
                "is no number" if effect.reason is Reason.NOTHING_ELIGIBLE else f"is less than {plain(counted.each)}"
            )
            return f"No {name} by “{rule}”: “{counted.property}” {enough}."
        case Reason.NOTHING_ELIGIBLE:
            return f"No {name} by “{rule}”: none of the lines counts for it."
        case Reason.BELOW_MINIMUM:
            money = program.program.currency.money
            least = next(one.occasion.at_least_minor for one in program.program.earning if one.id == rule)
            counts = "nothing in another currency" if effect.basis_minor is None else money(effect.basis_minor)
            return f"No {name} by “{rule}”: {counts} counts for it, and it begins at {money(least)}."
        case Reason.NO_RATE:
            return f"No {name} by “{rule}”: it has no rate for the order's currency."
        case Reason.NO_SUCH_LEVEL:
            return "The level that was to be given is none of this program."
        case Reason.BELOW_ONE_UNIT:
            basis = (
                ""
                if effect.basis_minor is None
                else f": {program.program.currency.money(effect.basis_minor)} is not enough for one"
            )
            return f"No {name} by “{rule}”{basis}."
        case Reason.LIMIT_REACHED | Reason.CUT_TO_LIMIT | Reason.OVER_LIMIT | Reason.OUTDONE:
            return _bounded(effect, program)
        case Reason.GIVEN_ALREADY:
            return f"No {name} by “{rule}”: they were given for such an occasion before, and not a year ago."
        case Reason.CAP_REACHED | Reason.CUT_TO_CAP | Reason.OVER_CAP:
            return _bounded(effect, program)
        case Reason.UNKNOWN_ORDER:
            return "An order went back that is not known here, so nothing is taken back."
        case Reason.NOT_ENOUGH_POINTS:
            return f"There were not enough {name} that can be spent."
        case Reason.TOO_MANY_RESERVATIONS:
            return f"No {name} are held: too many are already."
        case Reason.UNKNOWN_RESERVATION:
            return "There is no such reservation any more."
        case Reason.UNKNOWN_SPENDING:
            return f"Nothing was spent that these {name} could come back from."
        case Reason.REVERSED_ALREADY:
            return f"All these {name} came back before."
