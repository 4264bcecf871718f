"""What is wrong with the segments of a program document although every single place can be read."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, get_args

from regulars.kernel.calendar import DAY, EXACT_UNITS, Calendar, Duration
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.program import USUAL_KINDS
from regulars.kernel.segments.meaning import holds_of_a_stranger
from regulars.kernel.segments.values import OF_LINES
from regulars.kernel.terms import Currency, listed, plain
from regulars.wire.document import did_you_mean, nearest, quoted
from regulars.wire.enrichment.devices import Kind
from regulars.wire.enrichment.traffic_table import Channel
from regulars.wire.score_reading import read_interests, read_scores
from regulars.wire.segment_reading import (
    COUNTED,
    NO_LEVEL,
    WITH_MONEY,
    has_bounds,
    is_money,
    lifecycle_of,
    read_segments,
)
from regulars.wire.shapes import Given

MOST_SEGMENTS: Final = 200
MOST_CONDITIONS: Final = 100
MOST_EXACT: Final = 7 * DAY
"""What is added up over minutes and hours keeps every happening: not for longer than this."""
CUTS: Final = 4

JOINTS: Final = ("all", "any", "none")
LISTS: Final = ("include", "exclude")
"""Go with every condition, and with none."""
NUMBERS: Final = ("at_least", "at_most", "exactly")
WHEN: Final = ("within", "between", "from", "to")
TESTS: Final = (
    "is", "is_not", "contains", "starts_with", "ends_with", "truth", "before", "after", "within_last", "within_next",
    "anniversary_within", "set",
)  # fmt: skip
GO_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "did": ("same", "where", *NUMBERS, *WHEN),
    **dict.fromkeys(COUNTED, NUMBERS),
    "since_last": ("more_than", "less_than", "where"),
    "since_first": ("more_than", "less_than", "where"),
    "in_order": ("within",),
    "trait": (*TESTS, *NUMBERS),
    **dict.fromkeys(("share_of", "rhythm", "lifecycle", "rfm", "visit", "first_visit", "near", "list"), ()),
    "tier": (),
    "points": (),
    "expiring_points": (),
    "member": (),
    "in": (),
    "consent": (),
    "known_by": (),
    "share": ("salt",),
    "score": ("level", *NUMBERS),
    "interest": ("value", "top", *NUMBERS),
}
"""What a condition can say, and what may stand beside it."""
WORDS_OF_VISITS: Final[Mapping[str, tuple[str, ...]]] = {
    "device": get_args(Kind),
    "channel": tuple([channel.value for channel in Channel]),
}
"""Of these, visits say nothing else."""


def check_segments(program: Given) -> None:
    _check_lifecycle(program["lifecycle"])
    _check_rfm(program["rfm"], program["currency"])
    segments: tuple[tuple[str, Given], ...] = program["segments"] or ()
    if not segments:
        return
    if len(segments) > MOST_SEGMENTS:
        program.at("segments").wrong(f"a program has at most {MOST_SEGMENTS} segments; this has {len(segments)}")
        return
    ids = [id for id, _ in segments]
    for _, condition in segments:
        if _is_of_bearable_size(condition):
            for leaf in _leaves(condition):
                _check_leaf(leaf, program, ids)
    _refuse_cycles(dict(segments))
    if not program.place.problems:
        _refuse_everybody(program, segments)


def _is_of_bearable_size(condition: Given) -> bool:
    number = sum([1 for _ in _leaves(condition)])
    if number > MOST_CONDITIONS:
        condition.place.wrong(f"a segment has at most {MOST_CONDITIONS} conditions; this has {number}")
    return number <= MOST_CONDITIONS


def _inside(condition: Given) -> list[Given]:
    return [one for name in JOINTS for one in condition[name] or ()]


def _leaves(condition: Given) -> Iterator[Given]:
    """Every table that is not only a list of others."""
    for one in _inside(condition):
        yield from _leaves(one)
    if not any(map(condition.has, (*JOINTS, *LISTS))) or condition.places.keys() - {*JOINTS, *LISTS}:
        yield condition


def _check_lifecycle(given: Given | None) -> None:
    if given is None or any(given[name] is None for name in given.places):
        return
    said = lifecycle_of(given)
    for lower, higher in (("slipping", "at_risk"), ("at_risk", "lost")):
        if getattr(said, lower) < getattr(said, higher):
            continue
        place, usual = (higher, lower) if given.has(higher) else (lower, higher)
        unsaid = "" if given.has(usual) else " where nothing is said"
        given.at(place).wrong(
            f"{quoted(higher)} must be a greater number than {quoted(lower)}; "
            f"{quoted(usual)} is {plain(getattr(said, usual))}{unsaid}"
        )
        return


def _check_rfm(given: Given | None, currency: Currency | None) -> None:
    """Four of each, each more than the one before."""
    if given is None:
        return
    for name in ("recency", "frequency", "monetary"):
        cuts: tuple[Any, ...] | None = given[name]
        if cuts is None or len(cuts) < len(list(given.at(name).items())):
            continue
        if len(cuts) != CUTS:
            given.at(name).wrong(f"expected {CUTS} cut points, which part five scores; found {len(cuts)}")
        elif not all(_is_less(one, other) for one, other in pairwise(cuts)):
            given.at(name).wrong("cut points ascend; each must be more than the one before")
        elif name == "monetary" and currency is not None:
            fine = next((cut for cut in cuts if (cut * 10**currency.exponent).denominator != 1), None)
            if fine is not None:
                given.at(name).wrong(_too_fine(currency, quoted(plain(fine))))


def _is_less(one: Any, other: Any) -> bool:
    return is_shorter(one, other) if isinstance(one, Duration) else bool(one < other)


# --- one condition -----------------------------------------------------------------------------------------------------


def _check_leaf(leaf: Given, program: Given, ids: list[str]) -> None:
    kinds = [name for name in GO_WITH if leaf.has(name)]
    joints = [name for name in JOINTS if leaf.has(name)]
    if len(kinds) != 1 or joints:
        _refuse_mixture(leaf, kinds, joints)
        return
    kind = kinds[0]
    for name in leaf.places:
        if name != kind and name not in (*GO_WITH[kind], *LISTS):
            leaf.at(name).wrong(f"{quoted(name)} does not go with {quoted(kind)}{_what_goes_with(kind)}")
            return
    currency: Currency | None = program["currency"]
    if kind in COUNTED:
        _check_counting(leaf, kind, currency)
    elif kind == "did":
        _check_did(leaf, currency)
    elif kind in ("since_last", "since_first"):
        _check_since(leaf, kind, currency)
    elif kind == "in_order":
        _check_steps(leaf, currency)
    elif kind == "trait":
        _check_test(leaf, None, "trait")
    elif kind == "share_of":
        _check_share_of(leaf, currency)
    elif kind == "rhythm":
        _check_rhythm(leaf)
    elif kind in ("visit", "first_visit"):
        _check_visit(leaf[kind])
    else:
        _check_plain(leaf, kind, program, ids)


def _refuse_mixture(leaf: Given, kinds: list[str], joints: list[str]) -> None:
    if not kinds and not joints:
        if len(leaf.place.entries()) > len(leaf.places):
            return  # A key that was meant to be one has been refused.
        leaf.place.wrong(
            f"a condition says {listed([quoted(name) for name in (*GO_WITH, *JOINTS)], 'or')}; this does not"
        )
        return
    said = [name for name in leaf.places if name in (*kinds, *joints)]
    if not kinds:
        said = [joints[0], *[name for name in leaf.places if name not in (*JOINTS, *LISTS)]]
    first, other = said[:2]
    if first in joints and other not in kinds:
        leaf.at(other).wrong(f"{quoted(other)} does not go with {quoted(first)}")
        return
    leaf.at(other).wrong(
        f"{quoted(first)} and {quoted(other)} are two conditions; put each into a table of its own, in a list under “all”"
    )


def _what_goes_with(kind: str) -> str:
    names = [quoted(name) for name in GO_WITH[kind]]
    return f"; there is {listed(names)}" if names else ""


def _check_did(leaf: Given, currency: Currency | None) -> None:
    event = _event(leaf, "did")
    _check_times(leaf)
    check_where(leaf, event, currency)
    if leaf["same"]:
        _check_property(leaf, "same", event)
    _check_bounds(leaf, whole=True)


def _check_counting(leaf: Given, kind: str, currency: Currency | None) -> None:
    counting: Given | None = leaf[kind]
    if not has_bounds(leaf):
        leaf.place.wrong(f"{quoted(kind)} needs a number to be held against: “at_least”, “at_most” or “exactly”")
    event = _event(counting, "in") if counting else None
    money = (
        counting is not None and kind in WITH_MONEY and counting["of"] is not None and is_money(event, counting["of"])
    )
    _check_bounds(leaf, whole=kind == "distinct", money=currency if money else None)
    if counting:
        _check_times(counting)
        _check_exact_times(counting)
        check_where(counting, event, currency)
        _check_property(counting, "of", event)


def _check_since(leaf: Given, kind: str, currency: Currency | None) -> None:
    event = _event(leaf, kind)
    check_where(leaf, event, currency)
    more, less = leaf["more_than"], leaf["less_than"]
    if not leaf.has("more_than") and not leaf.has("less_than"):
        leaf.place.wrong(f"{quoted(kind)} needs “more_than” or “less_than”, such as more_than: 60 days")
    elif more and less and not is_shorter(more, less):
        leaf.at("less_than").wrong(
            f"nothing is more than {more.describe()} ago and less than {less.describe()}; “less_than” must be the longer time"
        )


def _check_share_of(leaf: Given, currency: Currency | None) -> None:
    share: Given | None = leaf["share_of"]
    if share is None:
        return
    if not has_bounds(share):
        share.place.wrong(
            "“share_of” needs a share to be held against: “at_least”, “at_most” or “exactly”, such as 30%"
        )
    _check_times(share)
    _check_exact_times(share)
    check_where(share, _event(share, "in"), currency)
    _check_bounds(share)


def _check_rhythm(leaf: Given) -> None:
    rhythm: Given | None = leaf["rhythm"]
    if rhythm is None:
        return
    more, most = rhythm["more_than"], rhythm["at_most"]
    if not rhythm.has("more_than") and not rhythm.has("at_most"):
        rhythm.place.wrong("“rhythm” needs “more_than” or “at_most”, such as more_than: 2")
    elif more is not None and most is not None and more >= most:
        rhythm.at("at_most").wrong(
            f"nothing is more than {rhythm.at('more_than').text} times and at most {rhythm.at('at_most').text} times; "
            "“at_most” must be the greater number"
        )


def _check_visit(visit: Given | None) -> None:
    for name in visit.places if visit else ():
        assert visit is not None
        wanted = visit[name]
        if isinstance(wanted, Given):
            _check_test(wanted, None, None)
            wanted = (*(wanted["is"] or ()), *(wanted["is_not"] or ()))
        known = WORDS_OF_VISITS.get(name)
        unknown = [word for word in wanted or () if known is not None and word not in known]
        if known is not None and unknown:
            meant = did_you_mean(nearest(unknown[0], known))
            visit.at(name).wrong(f"no visit has the {name} {quoted(unknown[0])}; there is {listed(known)}{meant}")


def _check_steps(leaf: Given, currency: Currency | None) -> None:
    steps: tuple[Given, ...] = leaf["in_order"] or ()
    for number, step in enumerate(steps):
        named = [name for name in ("did", "not") if step.has(name)]
        if len(named) != 1:
            step.place.wrong("a step says “did” or “not”, and only one of them")
            continue
        event = _event(step, named[0])
        check_where(step, event, currency)
        if named == ["not"] and (number == 0 or number < len(steps) - 1):
            step.at("not").wrong("what did not happen is the last step, after one that did")
        if number == 0 and step.has("within"):
            step.at("within").wrong("“within” counts from the step before, and this is the first")


def _check_plain(leaf: Given, kind: str, program: Given, ids: list[str]) -> None:
    said = leaf[kind]
    if said is None:
        return
    if kind == "in" and said not in ids:
        leaf.at("in").wrong(f"there is no segment {quoted(said)}{did_you_mean(nearest(said, ids))}")
    elif kind == "tier":
        _check_tier(leaf, said, program)
    elif kind == "points":
        for which in said.places:
            if said[which]:
                _check_bounds(said[which], whole=True)
    elif kind == "expiring_points":
        if not has_bounds(said):
            said.place.wrong("“expiring_points” needs a number to be held against: “at_least”, “at_most” or “exactly”")
        _check_bounds(said, whole=True)
    elif kind == "known_by":
        named = [name for name, _ in program["identities"] or ()]
        kinds = ["user_id", "anonymous_id", *named, *[one.kind for one in USUAL_KINDS if one.kind not in named]]
        if said not in kinds:
            leaf.at("known_by").wrong(
                f"{quoted(said)} is no kind of identity, nor declared under “identities”{did_you_mean(nearest(said, kinds))}"
            )
    elif kind == "score":
        _check_score(leaf, said, program)
    elif kind == "interest":
        _check_interest(leaf, said, program)
    elif kind == "share" and not leaf.has("salt"):
        leaf.place.wrong("“share” needs “salt”: any word; shares with the same salt draw the same customers")


def _check_tier(leaf: Given, said: Given | tuple[str, ...], program: Given) -> None:
    tiers: Given | None = program["tiers"]
    if not program.has("tiers"):
        leaf.at("tier").wrong("the program has no tiers")
        return
    if tiers is None or tiers["levels"] is None:
        return
    levels = [level["id"] for level in tiers["levels"] if level["id"]]
    named = [said[name] for name in said.places] if isinstance(said, Given) else list(said)
    known = levels if isinstance(said, Given) else [*levels, NO_LEVEL]
    for one in named:
        if one is not None and one not in known:
            leaf.at("tier").wrong(f"there is no level {quoted(one)}{did_you_mean(nearest(one, known))}")
            return
    if isinstance(said, Given) and None not in named and len(named) == 2:
        least, most = said["at_least"], said["at_most"]
        if levels.index(least) > levels.index(most):
            said.at("at_most").wrong(f"no level is at least {quoted(least)} and at most {quoted(most)}")


def _check_score(leaf: Given, said: str, program: Given) -> None:
    scores: dict[str, Given] = dict(program["scores"] or ())
    if said not in scores:
        _refuse_unknown(leaf, "score", said, program, "scores", scores)
        return
    if leaf.has("level") is has_bounds(leaf):
        both = leaf.has("level")
        leaf.place.wrong(
            "“level” and a number are two tests of a score; keep one of them"
            if both
            else "“score” needs a number to be held against, “at_least”, “at_most” or “exactly”, or a “level”"
        )
    _check_bounds(leaf, decimals=3)
    known = [*[level["id"] for level in scores[said]["levels"] or () if level["id"]], NO_LEVEL]
    unknown = [one for one in leaf["level"] or () if one not in known]
    if unknown:
        near = did_you_mean(nearest(unknown[0], known))
        leaf.at("level").wrong(f"score {quoted(said)} has no level {quoted(unknown[0])}{near}")


def _check_interest(leaf: Given, said: str, program: Given) -> None:
    interests: dict[str, Given] = dict(program["interests"] or ())
    if said not in interests:
        _refuse_unknown(leaf, "interest", said, program, "interests", interests)
        return
    if not leaf.has("value"):
        leaf.place.wrong("“interest” needs “value”: the value that they are interested in, such as a category")
    if leaf.has("top") is has_bounds(leaf):
        both = leaf.has("top")
        leaf.place.wrong(
            "“top” and a number are two tests of an interest; keep one of them"
            if both
            else "“interest” needs a number to be held against, “at_least”, “at_most” or “exactly”, or “top”: among so many"
        )
    _check_bounds(leaf, decimals=3)


def _refuse_unknown(
    leaf: Given, kind: str, said: str, program: Given, section: str, known: Mapping[str, Given]
) -> None:
    if program[section] is None and program.has(section):
        return  # What is wrong there has been said.
    where = did_you_mean(nearest(said, known)) if known else f"; the program has no {quoted(section)}"
    leaf.at(kind).wrong(f"there is no {kind} {quoted(said)}{where}")


# --- parts of conditions -----------------------------------------------------------------------------------------------


def _event(given: Given, key: str) -> str | None:
    """The event as it was meant."""
    written: str | None = given[key]
    if written in (None, ORDER_COMPLETED, MEMBER_JOINED):
        return written
    near = nearest(written, (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9)
    if near is None:
        return written
    given.at(key).wrong(
        f"{quoted(written)} is nearly an event that is known, but not letter by letter{did_you_mean(near)}"
    )
    return near


def _check_bounds(
    given: Given, *, whole: bool = False, money: Currency | None = None, decimals: int | None = None
) -> None:
    for name in NUMBERS:
        number = given[name]
        if number is None:
            continue
        if whole and (number.denominator != 1 or number < 0):
            given.at(name).wrong(f"expected a whole number, 0 or more; found {given.at(name).found}")
            return
        if decimals is not None and (number * 10**decimals).denominator != 1:
            given.at(name).wrong(f"expected at most {decimals} decimals; found {given.at(name).found}")
            return
        if money is not None and (number * 10**money.exponent).denominator != 1:
            given.at(name).wrong(_too_fine(money, given.at(name).found))
            return
    least, most = given["at_least"], given["at_most"]
    if given.has("exactly") and (given.has("at_least") or given.has("at_most")):
        given.at("exactly").wrong("“exactly” goes without “at_least” and “at_most”")
    elif least is not None and most is not None and least > most:
        given.at("at_most").wrong(
            f"nothing is at least {given.at('at_least').text} and at most {given.at('at_most').text}; swap them"
        )


def _too_fine(currency: Currency, found: str) -> str:
    decimals = f"at most {currency.exponent} decimals" if currency.exponent else "no decimals"
    return f"an amount in {currency.code} has {decimals}; found {found}"


def _check_times(given: Given) -> None:
    said = [name for name in ("within", "between") if given.has(name)]
    said += ["from"] if given.has("from") else ["to"] if given.has("to") else []
    if len(said) > 1:
        given.at(said[1]).wrong(f"{quoted(said[0])} and {quoted(said[1])} both say when; keep one of them")
        return
    first, end, between = given["from"], given["to"], given["between"]
    if first is not None and end is not None and end <= first:
        given.at("to").wrong("“to” is the first day that no longer counts, and must come after “from”")
    if between and between["older"] and between["newer"] and not is_shorter(between["newer"], between["older"]):
        between.at("newer").wrong(
            f"nothing lies within the last {between['older'].describe()} and not within the last "
            f"{between['newer'].describe()}; “newer” must be the shorter time"
        )


def _check_exact_times(given: Given) -> None:
    """Of days one sum each is kept; what is exact to the second keeps every one."""
    between = given["between"]
    within = between["older"] if between else given["within"]
    if within is not None and within.unit in EXACT_UNITS and within.count * EXACT_UNITS[within.unit] > MOST_EXACT:
        place = between.at("older") if between else given.at("within")
        days = -(-within.count * EXACT_UNITS[within.unit] // DAY)
        place.wrong(f"{within.describe()} are too long to add up to the second (7 days at most); say {days} days")


def check_where(given: Given, event: str | None, currency: Currency | None) -> None:
    for name, wanted in given["where"] or ():
        if event is not None and _refuse_property(given, "where", name, event):
            return
        if isinstance(wanted, Given):
            _check_test(wanted, currency if is_money(event, name) else None, None)


def _check_property(given: Given, key: str, event: str | None) -> None:
    if given[key] is not None and event is not None:
        _refuse_property(given, key, given[key], event)


def _refuse_property(given: Given, key: str, name: str, event: str) -> bool:
    if event == MEMBER_JOINED:
        given.at(key).wrong(f"{quoted(MEMBER_JOINED)} has no properties; leave {quoted(key)} out")
    elif event != ORDER_COMPLETED and name.startswith(OF_LINES):
        given.at(key).wrong(f"only {quoted(ORDER_COMPLETED)} has products; write {quoted(name.removeprefix(OF_LINES))}")
    else:
        return False
    return True


def _check_test(given: Given, money: Currency | None, beside: str | None) -> None:
    """A test says one thing; a number may have two ends, and so may days."""
    said = [name for name in given.places if name in TESTS and name not in ("before", "after")]
    said += ["after" if given.has("after") else "before"] if given.has("before") or given.has("after") else []
    said += [next(name for name in NUMBERS if given.has(name))] if has_bounds(given) else []
    if not said:
        given.place.wrong(
            f"{quoted(beside or 'a test')} needs a test: {listed([quoted(name) for name in TESTS], 'or')}"
        )
    elif len(said) > 1:
        given.at(said[1]).wrong(
            f"{quoted(said[0])} and {quoted(said[1])} are two tests; put each into a condition of its own, in a list under “all”"
        )
    _check_bounds(given, money=money)
    for name in ("within_last", "within_next", "anniversary_within"):
        if given[name] and given[name].unit in EXACT_UNITS:
            given.at(name).wrong(
                f"days have no hours: expected days, weeks, months or years; found {given.at(name).found}"
            )
    before, after = given["before"], given["after"]
    if before is not None and after is not None and before <= after + 1:
        given.at("before").wrong("no day is after the one and before the other; swap “after” and “before”")


def is_shorter(one: Duration, other: Duration) -> bool:
    """Whether it is in every year, however long the months are."""
    if one.unit in EXACT_UNITS and other.unit in EXACT_UNITS:
        return one.count * EXACT_UNITS[one.unit] < other.count * EXACT_UNITS[other.unit]
    return one.days_at_most() < other.days_at_least()


# --- all together ------------------------------------------------------------------------------------------------------


def _refuse_cycles(segments: Mapping[str, Given]) -> None:
    """Each circle once, where it is closed."""
    done: set[str] = set()
    for id in segments:
        _follow(id, (), segments, done)


def _follow(id: str, way: tuple[str, ...], segments: Mapping[str, Given], done: set[str]) -> None:
    if id in done or id not in segments:
        return
    for leaf in _leaves(segments[id]):
        named = leaf["in"]
        if named in (*way, id):
            circle = [*(*way, id)[(*way, id).index(named) :], named]
            leaf.at("in").wrong(f"segments go round in a circle: {' is in '.join([quoted(one) for one in circle])}")
        elif named is not None:
            _follow(named, (*way, id), segments, done)
    done.add(id)


def _refuse_everybody(program: Given, segments: tuple[tuple[str, Given], ...]) -> None:
    calendar = Calendar(program["time_zone"])
    read = {segment.id: segment.condition for segment in read_segments(program)}
    scores = {score.id: score for score in read_scores(program)}
    interests = {profile.id: profile for profile in read_interests(program)}
    for id, given in segments:
        if holds_of_a_stranger(read[id], calendar, read, scores, interests):
            given.place.wrong(
                f"{quoted(id)} says only what somebody did not do or has not: it would hold every visitor of whom nothing is "
                "known; add under “all” what they did or are, such as {known_by: email}"
            )
