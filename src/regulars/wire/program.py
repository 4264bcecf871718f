"""The program document: YAML 1.2 to a typed program, its JSON Schema, and its version.

What it may say stands in `vocabulary`, what it may not contradict in `program_checks`; here it gets its meaning.
Documents that differ in comments, layout, the order of keys or of chosen values mean the same and have the same version; only
under `identities` does the order of keys say something. What an older engine could not say yet is part of the version only where
a document says something else than what held all along, so that older documents keep theirs.
"""

from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import fields, replace

from regulars.kernel.calendar import WEEKDAYS
from regulars.kernel.perks import Perk
from regulars.kernel.program import (
    ALL_GOODS,
    ALWAYS,
    ENGINE,
    NEVER,
    USUAL_CONSENT,
    USUAL_KINDS,
    CalendarYear,
    Counts,
    DeviceLimit,
    EarningRule,
    EventMap,
    Fixed,
    Goods,
    IdentityKind,
    Level,
    LevelReward,
    MappedSource,
    Match,
    Multiplier,
    OneOf,
    OnReturn,
    Over,
    PerAmount,
    PointsPolicy,
    Program,
    ProgramYear,
    PurposeRule,
    Rate,
    Retention,
    Signature,
    SinceEntry,
    SinceJoining,
    Tiers,
    When,
)
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.terms import Currency, PointsName
from regulars.kernel.worth import USUAL_WORTH, Worth
from regulars.wire.bills import currency_named
from regulars.wire.document import DocumentError, Problem, open_document
from regulars.wire.events.identities import usable
from regulars.wire.game_reading import read_clubs, read_games
from regulars.wire.life_reading import read_pauses, with_expiry, with_lives
from regulars.wire.limit_reading import read_limits
from regulars.wire.occasion_reading import read_occasion
from regulars.wire.program_checks import check
from regulars.wire.score_reading import read_interests, read_scores
from regulars.wire.segment_reading import read_segments
from regulars.wire.shapes import Given, Schema
from regulars.wire.trial_reading import only_for, read_holdout, read_perks, read_trials
from regulars.wire.vocabulary.program import PROGRAM
from regulars.wire.vocabulary.properties import TESTED
from regulars.wire.vocabulary.segments import CONDITION

ADDED_LATER: Final[Mapping[type[Struct], tuple[str, ...]]] = {
    Program: (
        "identities",
        "shared_device",
        "consent",
        "sources",
        "retention",
        "segments",
        "scores",
        "interests",
        "holdout",
        "trials",
        "perks",
        "pauses",
        "games",
        "clubs",
    ),
    PointsPolicy: (
        "redeemed",
        "debt",
        "second_look_above",
        "limits",
        "back_first",
        "hold_until",
        "expire_on",
        "inactive",
        "notices",
        "spares",
    ),
    PerAmount: ("on_return", "only_for", "exempt", "limits", "stack", "worth", "rates", "occasion"),
    Fixed: (
        "on_return",
        "only_for",
        "exempt",
        "limits",
        "stack",
        "occasion",
        "counts",
        "leap_day",
        "traits",
        "retroactive",
    ),
    Multiplier: ("only_for", "exempt", "stack", "occasion"),
    Tiers: ("times", "up", "down", "grace_days", "warn_days", "after_return"),
    Level: ("perks", "gives", "points_expire_on"),
    Perk: ("asked_first",),
}
"""What a program can say since versions were first given out."""

S = TypeVar("S", bound=Struct)


def load_program(path: str | Path) -> Rulebook:
    """The program in this file, ready to run. DocumentError with every mistake in it; OSError where it cannot be read."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode().split("\n")
        problem = Problem(len(before), len(before[-1]) + 1, "", "this is not UTF-8 text; save the file as UTF-8")
        raise DocumentError(str(path), [problem]) from None
    return parse_program(text, str(path))


def parse_program(written: str, file: str = "program") -> Rulebook:
    """The program in this text. DocumentError names `file` and every mistake."""
    problems: list[Problem] = []
    document = PROGRAM.read(open_document(written, file, problems))
    if document is not None:
        check(document)
    if problems:
        raise DocumentError(file, problems)
    assert document is not None
    program = _program(document)
    return Rulebook(program, version_of(program))


def version_of(program: Program) -> str:
    """The program's content as 64 hexadecimal digits: the document's meaning, the zone's transitions, the engine's number."""
    said = _without_the_usual(program.canonical())
    content = msgspec.json.Encoder(enc_hook=_encode_fraction, order="sorted").encode((ENGINE, said))
    return sha256(content).hexdigest()


def program_schema() -> Schema:
    """The JSON Schema (2020-12) of a program document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Regulars program",
        **PROGRAM.schema(),
        "$defs": {"condition": CONDITION.schema(), TESTED.name: TESTED.shape.schema()},
    }


# --- a document without mistakes gets its meaning ----------------------------------------------------------------------


def _program(given: Given) -> Program:
    currency = given["currency"]
    return Program(
        name=given["program"],
        currency=currency,
        members=given["members"],
        zone=given["time_zone"],
        points=_points(given["points"], currency),
        earning=tuple([_rule(rule, currency) for rule in given["earning"]]),
        tiers=_tiers(given["tiers"], currency) if given["tiers"] else None,
        identities=tuple([_kind(kind, said) for kind, said in given["identities"] or ()]),
        shared_device=_device_limit(given["shared_device"]),
        consent=_consent(given["consent"]),
        sources=tuple([_source(source) for source in given["sources"] or ()]),
        retention=_retention(given["retention"]),
        segments=read_segments(given),
        scores=read_scores(given),
        interests=read_interests(given),
        holdout=read_holdout(given["holdout"]),
        trials=read_trials(given["trials"]),
        perks=read_perks(given["perks"]),
        pauses=read_pauses(given["pauses"]),
        games=read_games(given["games"], currency),
        clubs=read_clubs(given["clubs"], currency),
    )


def _points(given: Given | None, currency: Currency) -> PointsPolicy:
    if given is None:
        return PointsPolicy(PointsName("point", "points"), Fraction(0))
    name = given["name"]
    policy = PointsPolicy(
        name=PointsName(name["one"], name["other"]) if name else PointsName("point", "points"),
        worth_minor=(given["worth"] or Fraction(0)) * 10**currency.exponent,
        redeemed=Fraction(1) if given["redeemed"] is None else given["redeemed"],
        debt=given["debt"] or "within_balance",
        second_look_above=given["second_look_above"],
        limits=read_limits(given["limit"]),
        back_first=given["back_first"] or "money",
    )
    return with_lives(policy, given)


def _rule(given: Given, currency: Currency) -> EarningRule:
    when = _when(given["when"])
    whom: dict[str, Any] = {"only_for": only_for(given["for"], given["id"]), "exempt": given["holdout"] is not None}
    whom["occasion"] = read_occasion(given["when"], given["on"], currency)
    if given.has("multiply"):
        return Multiplier(
            given["id"], given["on"], given["multiply"], when, stack=given["stack"] or "multiplies", **whom
        )
    whom |= {"limits": read_limits(given["limit"]), "stack": given["stack"] or "adds"}
    goods = Goods(_chosen(given["only"]), _chosen(given["except"])) or ALL_GOODS
    on_return: OnReturn = given["on_return"] or "share"
    if isinstance(given["per"], Given):
        whom["counts"] = Counts(given["per"]["property"], given["per"]["each"])
    elif given.has("per"):
        per_minor, whom["rates"] = _rates(given["per"], currency)
        whom["worth"] = _worth(given["basis"])
        return PerAmount(given["id"], given["points"], per_minor, goods, when, on_return=on_return, **whom)
    whom |= {"leap_day": given["leap_day"] or "feb_28", "retroactive": given["retroactive"] == "yes"}
    whom["traits"] = tuple(sorted(set(given["traits"] or ())))
    return Fixed(given["id"], given["on"], given["points"], goods, when, on_return, **whom)


def _rates(per: Any, currency: Currency) -> tuple[int, tuple[Rate, ...]]:
    """In the program's own currency, and in each other one by its code."""
    if isinstance(per, Fraction):
        return _minor(per, currency), ()
    rates = {code: Rate(named, _minor(amount, named)) for code, amount in per if (named := currency_named(code))}
    own = rates.pop(currency.code)
    return own.per_minor, tuple([rates[code] for code in sorted(rates)])


def _worth(given: Given | None) -> Worth:
    if given is None:
        return USUAL_WORTH
    usual = USUAL_WORTH
    return Worth(
        given["of"] or usual.of,
        given["discounts"] or usual.discounts,
        given["tax"] == "yes",
        given["shipping"] == "yes",
        given["paid_with"] or usual.paid_with,
    )


def _when(given: Given | None) -> When:
    if given is None:
        return ALWAYS
    weekdays = {WEEKDAYS.index(day) for day in given["weekday"] or ()}
    return When(tuple(sorted(weekdays)), given["from"], given["to"])


def _chosen(pairs: tuple[tuple[str, tuple[str, ...]], ...] | None) -> tuple[OneOf, ...]:
    """In the order written, in which the program tells itself."""
    return tuple([OneOf(name, values) for name, values in pairs or ()])


def _tiers(given: Given, currency: Currency) -> Tiers:
    by, down = given["by"], given["down"]
    levels = [
        with_expiry(
            Level(
                id=level["id"],
                at=_minor(level["at"], currency) if by == "spend" else int(level["at"]),
                earn=level["earn"] or Fraction(1),
                perks=level["perks"] or (),
                gives=_reward(level["gives"]),
            ),
            level["points_expire"],
        )
        for level in given["levels"]
    ]
    return Tiers(
        by="times" if isinstance(by, Given) else by,
        over=_over(given["over"], keep=given["keep"] is not None),
        levels=tuple(levels),
        times=by["times"] if isinstance(by, Given) else None,
        up=given["up"] or "at_once",
        down=down["by"] if isinstance(down, Given) else down or "earned",
        grace_days=given["grace"] or 0,
        warn_days=given["warn"] or 0,
        after_return=given["after_return"] or "at_reset",
    )


def _over(given: Any, keep: bool) -> Over:
    if isinstance(given, Given):
        if given["since_entry"] is not None:
            return SinceEntry(given["since_entry"])
        month, day = given["year_from"]
        return ProgramYear(month, day, keep)
    over: Over = given
    return replace(over, keep_next_year=True) if keep and isinstance(over, CalendarYear | SinceJoining) else over


def _reward(given: Given | None) -> LevelReward | None:
    return None if given is None else LevelReward(int(given["points"]), given["again"] == "yes")


def _minor(amount: Fraction, currency: Currency) -> int:
    minor = amount * 10**currency.exponent
    assert minor.denominator == 1, "program_checks refuses finer amounts"
    return int(minor)


# --- who people are, and what may be known of them ---------------------------------------------------------------------


def _kind(name: str, given: Given) -> IdentityKind:
    usual = next((one for one in USUAL_KINDS if one.kind == name), IdentityKind(name))
    kind = replace(usual, normalize=given["normalize"] or usual.normalize, at_most=given["at_most"] or usual.at_most)
    return replace(kind, blocked=tuple([usable(kind, value) or value for value in given["block"] or ()]))


def _device_limit(given: Given | None) -> DeviceLimit:
    usual = DeviceLimit()
    if given is None:
        return usual
    return DeviceLimit(given["people"] or usual.people, given["within"] or usual.within_days)


def _consent(given: Given | None) -> tuple[PurposeRule, ...]:
    return tuple([_purpose(usual, given[usual.purpose] if given else None) for usual in USUAL_CONSENT])


def _purpose(usual: PurposeRule, given: Given | None) -> PurposeRule:
    if given is None:
        return usual
    return PurposeRule(usual.purpose, given["ground"] or usual.ground, given["double_opt_in"] == "yes")


def _retention(given: Given | None) -> Retention:
    if given is None:
        return Retention()
    return Retention(**{kind: None if given[kind] == NEVER else given[kind] for kind in given.places})


# --- sources -----------------------------------------------------------------------------------------------------------


def _source(given: Given) -> MappedSource:
    signature = given["signature"]
    return MappedSource(
        given["id"],
        Signature(signature["header"], signature["algorithm"], signature["encoding"], signature["prefix"] or ""),
        tuple([_map(one) for one in given["maps"]]),
    )


def _map(given: Given) -> EventMap:
    return EventMap(
        event=given["event"],
        when=tuple([Match(path, values) for path, values in given["when"] or ()]),
        identify=given["identify"],
        properties=given["properties"] or (),
        message_id=given["message_id"],
        at=given["at"],
    )


# --- the version -------------------------------------------------------------------------------------------------------


def _without_the_usual(program: Program) -> Program:
    """What was added later is as if it were not there, unless it says something."""
    return _silent(
        replace(
            program,
            points=_silent(program.points),
            earning=tuple([_silent(rule) for rule in program.earning]),
            perks=tuple([_silent(perk) for perk in program.perks]),
            tiers=_tiers_silent(program.tiers) if program.tiers else None,
        )
    )


def _tiers_silent(tiers: Tiers) -> Tiers:
    return _silent(replace(tiers, levels=tuple([_silent(level) for level in tiers.levels])))


def _silent(said: S) -> S:
    """Without what was added later to its kind and is as it would be unsaid."""
    added = ADDED_LATER.get(type(said), ())
    usual = {field.name: field.default for field in fields(type(said)) if field.name in added}
    silent = [name for name, value in usual.items() if getattr(said, name) == value]
    return replace(said, **dict.fromkeys(silent, msgspec.UNSET))


def _encode_fraction(value: Any) -> str:
    assert isinstance(value, Fraction)
    return f"{value.numerator}/{value.denominator}"
