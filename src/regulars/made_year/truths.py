"""Truths: what is true of a made year, one JSON object a line. The year itself stands first and the counts last.

Who reads a year must be able to tell what it reads: the first line bears the number of the format, and another one is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import msgspec
from msgspec import Struct, field

from regulars.made_year.calendar import YEAR, ZONE, date_of
from regulars.made_year.expected import There, there
from regulars.made_year.faults import FACT, KNOWN_ALREADY, UNSTORED
from regulars.made_year.model import Model
from regulars.made_year.saying import Door, Said

FORMAT: Final = 2
CURRENCY: Final = "EUR"
_PLACES: Final = 8
"""To which rates are written down: what lies behind may differ from machine to machine."""
_CONFIRMING: Final = {"Email Confirmed": "email", "Phone Confirmed": "phone"}
_LAST_BYTES: Final = 1 << 16
_KINDS: Final = ("email", "phone", "card")


class TruthsError(ValueError):
    """The file cannot be read as truths; the text says why."""


class Rate(Struct, frozen=True):
    """Of whoever agrees and is there in some days, the share whose name is known before these end: exact, by the model."""

    first_day: int
    last_day: int
    rate: float


class Identification(Struct, frozen=True):
    whole: Rate
    months: tuple[Rate, ...]
    days: tuple[float, ...]
    """By day, from the first."""


class Year(Struct, frozen=True, tag_field="is", tag="year"):
    """`model` are the parameters; `effects` the truths about all of it, by what they are about (campaigns, surveys, …)."""

    format: int
    year: int
    seed: int
    customers: int
    days: int
    first_date: str
    zone: str
    currency: str
    model: Mapping[str, Any]
    identification: Identification
    effects: Mapping[str, Any]


class Account(Struct, frozen=True):
    """By which the shop knows somebody: an id of its own, or an e-mail address alone. `devices` are the anonymous ids that are
    theirs at the end, by the shop's word; `visits` were made under it, that in which it was made included."""

    user_id: str | None
    email: str
    devices: tuple[str, ...]
    visits: int


class SignedIn(Struct, frozen=True):
    """`at` is in microseconds since 1970 UTC."""

    at: int
    user_id: str


class Household(Struct, frozen=True, rename={"with_": "with"}):
    """A tablet in the home of two: with whom, and when this one of them signed in on it. Who never did used it never."""

    with_: int
    device: str
    signed_in: tuple[SignedIn, ...]


class Ordered(Struct, frozen=True):
    """`caused_by` is the campaign, trial or code without which there would be no such order."""

    order_id: str
    at: int
    total_minor: int
    code: str | None
    caused_by: str | None
    at_the_till: bool


class Met(Struct, frozen=True):
    """What came of the first visit in a campaign's days."""

    campaign: str
    arm: str
    day: int
    ordered: bool
    caused: bool


class Letters(Struct, frozen=True):
    """`read` counts what was opened, told or not; `opened` what is told of people, and by machines beside."""

    agreed_on: int
    left_on: int | None
    sent: int
    delivered: int
    bounced: int
    read: int
    opened: int
    opened_by_machine: int
    clicked: int
    clicked_by_machine: int


class Answers(Struct, frozen=True):
    asked: int
    answered: int
    with_words: int


class Person(Struct, frozen=True, tag_field="is", tag="person"):
    """A shopper, or somebody who passed by and left an address. All accounts are one person's. Days count from 0; None where
    something never was."""

    number: int
    kind: str
    agreed: bool
    arrived_on: int
    named_on: int | None
    named_by: str | None
    orders_a_day: float
    leaves_a_day: float
    left_on: int | None
    withdrew_on: int | None
    visits: int
    email: str | None
    card: str | None
    bargains: bool
    one_category: str | None
    accounts: tuple[Account, ...]
    household: Household | None
    orders: tuple[Ordered, ...]
    campaigns: tuple[Met, ...]
    mails: Letters | None
    surveys: dict[str, Answers] | None


class Bot(Struct, frozen=True, tag_field="is", tag="bot"):
    """One crawl."""

    name: str
    kind: str
    anonymous_id: str
    day: int
    pages: int


class Referral(Struct, frozen=True, tag_field="is", tag="referral"):
    """`friend` is the account of whoever was referred, or the e-mail address, where there is none. `why` says by what a false one
    can be known: the friend signed up on the advocate's own device, or reads their mail in the advocate's mailbox. `device` is that
    on which the friend signed up, "" where none may be told. `order_id` is that of the friend's first order, or, where it is
    false, of an order that the advocate placed; `rewarded_at` is None where none came, or was cancelled, or is too late. Moments
    are microseconds since 1970 UTC."""

    referral: str
    code: str
    advocate: str
    friend: str
    is_true: bool
    why: str
    joined_at: int
    device: str
    order_id: str
    rewarded_at: int | None


class Counts(Struct, frozen=True, tag_field="is", tag="counts"):
    """What the record must say of it. `messages` are lines, each of which becomes one of: a fact, a duplicate (nothing follows), an
    unstored one (counted, with nobody), or one that is refused for a reason.

    `merges` are records that go up in another by what somebody confirms or by a card; `accounts` ids of the shop's own, `orders`
    those of the shop's word; `shoppers`, `passing_by` and `crawls` who there was. `digest` is that of the events, in hexadecimal:
    BLAKE2b of 16 bytes; it tells one year from another.
    """

    messages: int
    requests: int
    facts: int
    duplicates: int
    unstored: int
    refused: Mapping[str, int]
    late: int
    out_of_order: int
    repeated: int
    merges: int
    accounts: int
    orders: int
    shoppers: int
    passing_by: int
    crawls: int
    digest: str


Truth: TypeAlias = Year | Person | Bot | Referral | Counts


class Tally:
    """Counts while a year is made. It holds nobody's life but the present one."""

    def __init__(self) -> None:
        self.requests = self.late = self.out_of_order = self.repeated = 0
        self.shoppers = self.passing_by = self.crawls = self.accounts = 0
        self._fates: dict[str, int] = {}
        self._merges = self._orders = 0

    def count(self, fate: str) -> None:
        self._fates[fate] = self._fates.get(fate, 0) + 1

    def meet(self, life: Iterable[Said]) -> None:
        """All that somebody, and the shop's server about them, says."""
        told = [one for one in life if one.door is Door.SERVER]
        self._orders += len({one.properties["order_id"] for one in told if one.name == "Order Completed"})
        self._merges += _merges(told)

    def counts(self, digest: str = "") -> Counts:
        fates = dict(self._fates)
        facts, duplicates, unstored = [fates.pop(fate, 0) for fate in (FACT, KNOWN_ALREADY, UNSTORED)]
        return Counts(
            sum(self._fates.values()),
            self.requests,
            facts,
            duplicates,
            unstored,
            {reason: fates[reason] for reason in sorted(fates)},
            self.late,
            self.out_of_order,
            self.repeated,
            self._merges,
            self.accounts,
            self._orders,
            self.shoppers,
            self.passing_by,
            self.crawls,
            digest,
        )


def year_truth(model: Model, seed: int, customers: int, days: int, effects: Mapping[str, Any]) -> Year:
    """What the model alone says."""
    by_day = tuple([_rate(there(model, day, day, days)) for day in range(days)])
    return Year(
        FORMAT,
        YEAR,
        seed,
        customers,
        days,
        date_of(0).isoformat(),
        ZONE,
        CURRENCY,
        msgspec.to_builtins(model),
        Identification(
            Rate(0, days - 1, _rate(there(model, 0, days - 1, days))),
            tuple([Rate(first, last, _rate(there(model, first, last, days))) for first, last in _months(days)]),
            by_day,
        ),
        msgspec.to_builtins(effects),
    )


def write(file: BinaryIO, truth: Year | Counts) -> None:
    file.write(_ENCODER.encode(truth) + b"\n")


def write_of(file: BinaryIO, what: str, truth: Mapping[str, Any]) -> None:
    """A person, a bot or a referral, as those say it who made them."""
    file.write(_ENCODER.encode({"is": what, **truth}) + b"\n")


def read(path: Path) -> Iterator[Truth]:
    """One after another, the year first. TruthsError for a file that holds none, or those of another format."""
    with path.open("rb") as file:
        _check_format(path, file.readline())
        file.seek(0)
        for number, line in enumerate(file, 1):
            try:
                yield _DECODER.decode(line)
            except msgspec.DecodeError as error:
                raise TruthsError(f"{path}:{number}: this is no truth of a made year: {error}.") from None


def ends(path: Path) -> tuple[Year, Counts]:
    """What stands first and last. TruthsError as for `read`, and where the counts are missing; OSError where there is no file."""
    with path.open("rb") as file:
        line = file.readline()
        _check_format(path, line)
        file.seek(max(0, path.stat().st_size - _LAST_BYTES))
        last = file.read().splitlines()[-1]
    first, counts = _decoded(line), _decoded(last)
    if not (isinstance(first, Year) and isinstance(counts, Counts)):
        raise TruthsError(
            f"{path} breaks off: it does not end with the counts. Make the year again: regulars make-year."
        )
    return first, counts


def _decoded(line: bytes) -> Truth | None:
    try:
        truth: Truth = _DECODER.decode(line)
    except msgspec.DecodeError:
        return None
    return truth


class _First(Struct):
    """What every format's first line says."""

    is_: str = field(default="", name="is")
    format: int = 0


def _check_format(path: Path, line: bytes) -> None:
    try:
        first = _FIRST.decode(line)
    except msgspec.DecodeError:
        first = _First()
    if first.is_ != "year":
        raise TruthsError(f"{path}: these are no truths of a made year: the first line does not say “is: year”.")
    if first.format != FORMAT:
        message = f"{path}: the truths are of format {first.format}, and this version reads format {FORMAT}."
        raise TruthsError(f"{message} Make the year again: regulars make-year.")


def _merges(told: Iterable[Said]) -> int:
    """Records that bear the name of an address or a card, and go up in that of an account: a card's when the shop claims it for
    somebody, an address's when it is confirmed."""
    own: set[tuple[str, str]] = set()
    claimed: set[tuple[str, str]] = set()
    for one in told:
        names = _names(one)
        if names and not one.user_id:
            own.add(names.pop(0))
        if one.user_id:
            claimed |= {name for name in names if name[0] == "card" or _CONFIRMING.get(one.name) == name[0]}
    return len(own & claimed)


def _names(one: Said) -> list[tuple[str, str]]:
    """The weightiest first."""
    traits = one.properties if one.name in _CONFIRMING else one.traits
    said = {
        **{id["type"]: id["id"] for id in one.context.get("externalIds", ())},
        **one.context.get("traits", {}),
        **traits,
    }
    return [(kind, str(said[kind]).lower()) for kind in _KINDS if said.get(kind)]


def _rate(expected: There) -> float:
    return round(expected.rate, _PLACES)


def _months(days: int) -> Iterator[tuple[int, int]]:
    """First and last day of each, as far as the days go."""
    first = 0
    for day in range(1, days + 1):
        if day == days or date_of(day).day == 1:
            yield first, day - 1
            first = day


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Truth)
_FIRST: Final = msgspec.json.Decoder(_First)
