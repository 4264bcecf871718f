"""The post: how what is said comes to the shop, and what must become of it there.

A sender writes down the moment by a clock of its own, and once more when it sends; the receiver puts right what both have in
common: happened = received - (sent - original). So the moment that the shop keeps is the true one and the time on the way.

    late           the line was gone. It goes hours or days later, at the latest before the same person's next visit
    out of order   the first attempt failed, and a later request overtook it
    repeated       the answer was lost, so the same comes again, with its message ids
    wrong clock    all that a device writes down is off by the same time
    broken         beside what is said, a page or a program at fault sends what the contract refuses: nothing true is lost by it

What came in one request bears its name (`request`): two may come at the same millisecond. The name says nothing of who sent it.

Every line is counted under what must become of it. Two rules of the shop's law are needed for that: whoever does not agree is
counted and never told apart, each time anew; and of somebody who withdrew, nothing that a browser says is kept after that.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from hashlib import blake2b
from itertools import groupby
from typing import Any, Final, NamedTuple

from msgspec.json import Encoder

from regulars.made_year.catalogue import SITE
from regulars.made_year.draws import Draws
from regulars.made_year.faults import FACT, KNOWN_ALREADY, UNSTORED, Fault, fault_of
from regulars.made_year.model import Model
from regulars.made_year.numbers import exp
from regulars.made_year.saying import Device, Door, Said
from regulars.made_year.truths import Tally

Message = dict[str, Any]

MILLISECOND: Final = 1_000
_SECOND: Final = 1_000
_MINUTE: Final = 60_000
_DAY: Final = 86_400_000
_QUIET: Final = 30 * _MINUTE
"""After so much quiet another visit begins."""
_LONGEST_PARCEL: Final = 2 * 60 * _MINUTE
_REQUEST_DIGITS: Final = 12
BOTS: Final = 999_999_999
"""The sender of whatever bots say; people have their own numbers, which are smaller."""
_BROWSER: Final = {"name": "analytics.js", "version": "2.11.1"}
_BROWSER_LATER: Final = {"name": "analytics.js", "version": "2.11.2"}
_SERVER: Final = {"name": "analytics-python", "version": "2.3.4"}
_SERVER_LATER: Final = {"name": "analytics-python", "version": "2.3.5"}
_DISAGREED: Final = {"categoryPreferences": {"analytics": False}}
_ABOUT_CONSENT: Final = ("Consent Granted", "Consent Withdrawn")
_EPOCH: Final = date(1970, 1, 1)
_encode: Final = Encoder().encode


class Line(NamedTuple):
    """`received_at` is in milliseconds since 1970 UTC. Lines in order of their fields are in order of arrival, and those of one
    request stand together."""

    received_at: int
    sender: int
    ordinal: int
    text: bytes


class Parcel(NamedTuple):
    """What travels in one request, with each message's place in what its sender says. Milliseconds since 1970 UTC."""

    door: Door
    device: Device | None
    first_at: int
    last_at: int
    said: Sequence[tuple[int, Said]]


def post(model: Model, seed: int, sender: int, said: Iterable[Said], tally: Tally, shared: str = "") -> Iterator[Line]:
    """What somebody says in a life, in any order of arrival. `shared` is the anonymous id of a device that others use as well."""
    said = list(said)
    parcels = _parcels(said)
    life = _Sender(model, seed, sender, tally, said, parcels, shared)
    tally.meet(said)
    for parcel in parcels:
        yield from life.sends(parcel)


def post_bots(model: Model, seed: int, said: Iterable[Said], tally: Tally) -> Iterator[Line]:
    """Parcel after parcel, so that any number of bots needs no memory. They are never late."""
    life = _Sender(model, seed, BOTS, tally, (), (), "")
    numbered = enumerate(said)
    for _, group in groupby(numbered, key=lambda one: (one[1].parcel, one[1].door, one[1].device)):
        yield from life.sends(_parcel(list(group)), in_time=True)


class _Sender:
    """Somebody's lines: the draws of their travels, and how many lines there were so far."""

    def __init__(
        self,
        model: Model,
        seed: int,
        number: int,
        tally: Tally,
        said: Sequence[Said],
        parcels: Sequence[Parcel],
        shared: str,
    ) -> None:
        self._travel, self._seed, self._number, self._tally, self._shared = model.travel, seed, number, tally, shared
        self._draws = Draws(seed, "post", number)
        self._lines = 0
        self._begins = sorted([parcel.first_at for parcel in parcels if parcel.door is Door.BROWSER])
        self._withdrawn_at = min([one.at // MILLISECOND for one in said if _withdraws(one)], default=None)

    def sends(self, parcel: Parcel, *, in_time: bool = False) -> Iterator[Line]:
        """All lines of one request, and of those in which it comes again."""
        draws, travel = self._draws, self._travel
        sent_at, way = self._sent(parcel, in_time)
        fault = fault_of(draws, parcel.said[-1][1]) if draws.chance(travel.broken * len(parcel.said)) else None
        known: set[str] = set()
        yield from self._request(parcel, sent_at, sent_at + way, fault, known)
        if draws.chance(travel.repeated):
            again_at = sent_at + way + draws.between(2 * _SECOND, travel.repeated_most_minutes * _MINUTE)
            otherwise = draws.chance(travel.repeated_otherwise)
            self._tally.repeated += 1
            yield from self._request(parcel, again_at, again_at + way, fault, known, otherwise=otherwise)

    def _sent(self, parcel: Parcel, in_time: bool) -> tuple[int, int]:
        """When, by a true clock, and how long it is on its way."""
        draws, travel = self._draws, self._travel
        if parcel.door is Door.SERVER:
            return parcel.last_at + draws.between(5, 40), draws.between(5, 40)
        way = 30 + int(travel.latency_ms * exp(travel.latency_spread * draws.normal()))
        sent_at = parcel.last_at + draws.between(_SECOND, 5 * _SECOND)
        luck = draws.share()
        if in_time or (parcel.device is not None and parcel.device.anonymous_id == self._shared):
            return sent_at, way
        if luck < travel.late:
            later = draws.between(travel.late_least_minutes, travel.late_most_minutes) * _MINUTE
            sent_at, is_late = self._delayed(parcel, sent_at, later, way)
            self._tally.late += is_late
        elif luck < travel.late + travel.out_of_order:
            later = draws.between(10 * _SECOND, travel.retry_most_minutes * _MINUTE)
            sent_at, is_late = self._delayed(parcel, sent_at, later, way)
            self._tally.out_of_order += is_late
        return sent_at, way

    def _delayed(self, parcel: Parcel, sent_at: int, later: int, way: int) -> tuple[int, bool]:
        """Before the next visit begins, and before they take back their consent: what comes after either is no visit any more."""
        latest = sent_at + later
        following = bisect_right(self._begins, parcel.last_at + _QUIET)
        if following < len(self._begins):
            latest = min(latest, self._begins[following] - way - 2 * _SECOND)
        if self._withdrawn_at is not None and parcel.last_at < self._withdrawn_at:
            latest = min(latest, self._withdrawn_at - way - 2 * _SECOND)
        return max(sent_at, latest), latest > sent_at

    def _request(
        self,
        parcel: Parcel,
        sent_at: int,
        received_at: int,
        fault: Fault | None,
        known: set[str],
        *,
        otherwise: bool = False,
    ) -> Iterator[Line]:
        wrong_by = parcel.device.wrong_by // MILLISECOND if parcel.device and parcel.door is Door.BROWSER else 0
        post = written(sent_at + wrong_by), written(received_at), self._name(self._lines, "request")[:_REQUEST_DIGITS]
        self._tally.requests += 1
        for place, said in parcel.said:
            message = _message(said, self._id(place), wrong_by, otherwise)
            yield self._line(message, post, received_at, self._fate(said, message, received_at, known))
        if fault is not None:
            message = _message(
                fault.said, self._id(place, "message" if fault.under_the_same_id else "broken"), wrong_by, otherwise
            )
            fault.breaks(message)
            yield self._line(message, post, received_at, fault.becomes(message, known))

    def _fate(self, said: Said, message: Message, received_at: int, known: set[str]) -> str:
        if said.door is Door.BROWSER and not said.agreed:
            return UNSTORED
        if message["messageId"] in known:
            return KNOWN_ALREADY
        known.add(message["messageId"])
        if said.door is Door.SERVER or said.name in _ABOUT_CONSENT or self._withdrawn_at is None:
            return FACT
        return UNSTORED if received_at > self._withdrawn_at else FACT

    def _line(self, message: Message, post: tuple[str, str, str], received_at: int, fate: str) -> Line:
        message["sentAt"], message["receivedAt"], message["request"] = post
        self._tally.count(fate)
        self._lines += 1
        return Line(received_at, self._number, self._lines, _encode(message))

    def _id(self, place: int, what: str = "message") -> str:
        name = self._name(place, what)
        return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"

    def _name(self, place: int, what: str) -> str:
        return blake2b(f"{self._seed}\x1f{what}\x1f{self._number}\x1f{place}".encode(), digest_size=16).hexdigest()


def written(milliseconds: int) -> str:
    """RFC 3339, as browsers write it."""
    day, rest = divmod(milliseconds, _DAY)
    minutes, rest = divmod(rest, _MINUTE)
    return f"{_date(day)}T{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}Z"


def _parcels(said: Sequence[Said]) -> list[Parcel]:
    """In order of the time of their last message. What the server says under parcel 0 travels alone."""
    groups: dict[tuple[Any, ...], list[tuple[int, Said]]] = {}
    for place, one in enumerate(said):
        alone = place if one.door is Door.SERVER and not one.parcel else -1
        device = one.device if one.door is Door.BROWSER else None
        groups.setdefault((one.door, one.parcel, alone, device), []).append((place, one))
    return sorted([_parcel(group) for group in groups.values()], key=lambda parcel: (parcel.last_at, parcel.said[0][0]))


def _parcel(said: list[tuple[int, Said]]) -> Parcel:
    said.sort(key=lambda one: (one[1].at, one[0]))
    first, last = said[0][1], said[-1][1]
    assert last.at - first.at < _LONGEST_PARCEL * MILLISECOND, (
        f"parcel {first.parcel} is used twice: {first} and {last}"
    )
    return Parcel(first.door, first.device, first.at // MILLISECOND, last.at // MILLISECOND, said)


def _message(said: Said, id: str, wrong_by: int, otherwise: bool) -> Message:
    """In Segment's order of fields. The browser's library writes `originalTimestamp`, the server's `timestamp`."""
    message: Message = {"type": said.type, "messageId": id}
    if said.device is not None:
        message["anonymousId"] = said.device.anonymous_id
    if said.user_id:
        message["userId"] = said.user_id
    if said.name:
        message["event" if said.type == "track" else "name"] = said.name
    page = _page(said) if said.door is Door.BROWSER else None
    properties = {**page, **said.properties} if page and said.type == "page" else said.properties
    if properties:
        message["properties"] = properties
    if said.traits and said.type == "identify":
        message["traits"] = said.traits
    message["context"] = _context(said, page, otherwise)
    by_browser = said.door is Door.BROWSER
    message["originalTimestamp" if by_browser else "timestamp"] = written(said.at // MILLISECOND + wrong_by)
    return message


def _context(said: Said, page: Mapping[str, str] | None, otherwise: bool) -> Message:
    context: Message = {"channel": said.door.value}
    if said.door is Door.SERVER:
        context["library"] = _SERVER_LATER if otherwise else _SERVER
    else:
        context["library"] = _BROWSER_LATER if otherwise else _BROWSER
        if said.device is not None:
            context["userAgent"], context["ip"] = said.device.user_agent, said.device.address
            context["locale"] = said.device.locale
        if page:
            context["page"] = page
        if said.page is not None and said.page.campaign:
            context["campaign"] = said.page.campaign
        if not said.agreed:
            context["consent"] = _DISAGREED
    if said.traits and said.type != "identify":
        context["traits"] = said.traits
    context.update(said.context)
    return context


def _page(said: Said) -> dict[str, str] | None:
    page = said.page
    if page is None:
        return None
    url = f"{SITE}{page.path}{page.search}"
    return {"path": page.path, "referrer": page.referrer, "search": page.search, "title": page.title, "url": url}


def _withdraws(said: Said) -> bool:
    return said.name == "Consent Withdrawn" and said.properties.get("purpose") == "analytics"


@cache
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
