"""Whom a life belongs to: a name, a place, devices; and who shares one.

Nobody is real. Addresses are of the range that is kept for documentation (RFC 3849), e-mail is of hosts that are (RFC 2606), the
telephone numbers are of a range that nobody is given.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from regulars.made_year.calendar import MINUTE
from regulars.made_year.catalogue import CATEGORIES, SHARES
from regulars.made_year.draws import Draws, running
from regulars.made_year.life import Kind, Life, Named, lead
from regulars.made_year.model import Model
from regulars.made_year.numbers import power
from regulars.made_year.plan import Person
from regulars.made_year.saying import Device


class Region(Struct, frozen=True):
    """`group` is the third of its addresses, all of which begin with 2001:db8."""

    share: int
    group: str
    country: str
    city: str
    language: str
    locale: str


REGIONS: Final = (
    Region(17, "1", "NL", "Amsterdam", "nl", "nl-NL"),
    Region(12, "2", "NL", "Utrecht", "nl", "nl-NL"),
    Region(15, "3", "NL", "Rotterdam", "nl", "nl-NL"),
    Region(12, "4", "NL", "Eindhoven", "nl", "nl-NL"),
    Region(9, "5", "BE", "Antwerpen", "nl", "nl-BE"),
    Region(8, "6", "BE", "Gent", "nl", "nl-BE"),
    Region(9, "7", "DE", "Köln", "de", "de-DE"),
    Region(5, "8", "DE", "Berlin", "de", "de-DE"),
    Region(7, "9", "FR", "Paris", "fr", "fr-FR"),
    Region(6, "a", "GB", "London", "en", "en-GB"),
)
_REGIONS: Final = running([region.share for region in REGIONS])

ROW: Final = 64
"""People stand in rows, and share a device within theirs."""

FIRST_NAMES: Final = {
    "nl": "Anna Bram Daan Eline Femke Gijs Hanna Iris Jasper Jeroen Julia Koen Lars Lieke Lotte Maarten Mila Noor Pieter Roos "
    "Ruben Sanne Sem Sofie Thijs Tim Vera Wouter Yara Zoë",
    "de": "Anja Bernd Clara Emma Felix Greta Hannes Ida Jonas Jürgen Katrin Lena Lukas Marie Moritz Nele Paul Sabine Til Ulla",
    "fr": "Adèle Benoît Camille Chloé Émile Fanny Gaspard Hugo Inès Jeanne Léa Louis Manon Noé Odile Paul Rémi Sarah Théo Zélie",
    "en": "Alice Ben Charlotte Daniel Edith Freya George Harriet Isla Jack Kate Liam Maya Nora Oliver Poppy Rose Sam Tara Will",
}
LAST_NAMES: Final = {
    "nl": "Bakker Bos Claes Dekker Dijkstra Hendriks Jacobs Jansen Kok Kuipers Maes Meijer Mulder Peeters Prins Smit Visser "
    "Vos Willems Wouters",
    "de": "Becker Braun Fischer Hofmann Jung Keller König Krämer Lang Müller Peters Richter Schmidt Vogel Weber Wolf",
    "fr": "André Bernard Blanc Chevalier Durand Faure Girard Lambert Leroy Martin Moreau Petit Renard Rousseau Simon Vidal",
    "en": "Baker Bennett Clarke Cooper Ellis Foster Gray Harris Hughes Kelly Mason Palmer Reed Turner Ward Wright",
}
_FIRST: Final = {language: tuple(names.split()) for language, names in FIRST_NAMES.items()}
_LAST: Final = {language: tuple(names.split()) for language, names in LAST_NAMES.items()}
_PLAIN: Final = str.maketrans("éèëêïîöôüäàâç", "eeeeiioouaaac")
_SECOND_ACCOUNTS: Final = 5_000_000
_HOSTS: Final = ("example.com", "example.org", "example.net")

_WEBKIT: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
_SAMSUNG: Final = "AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0"
PHONES: Final = (
    (
        26,
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1_1 like Mac OS X) {_WEBKIT} Version/18.1.1 Mobile/15E148 Safari/604.1",
    ),
    (14, f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) {_WEBKIT} Version/17.6 Mobile/15E148 Safari/604.1"),
    (
        5,
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {_WEBKIT} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
    ),
    (30, f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36"),
    (
        16,
        f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {_SAMSUNG} Mobile Safari/537.36",
    ),
    (5, "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0"),
    (2, f"Mozilla/5.0 (Linux; Android 13; CUBOT P80) {_CHROME} Mobile Safari/537.36"),
    (2, f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36 EdgA/131.0.2903.48"),
)
DESKTOPS: Final = (
    (38, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36"),
    (20, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/131.0.0.0"),
    (10, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"),
    (16, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Version/18.1.1 Safari/605.1.15"),
    (9, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME} Safari/537.36"),
    (4, "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"),
    (3, f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROME} Safari/537.36"),
)
TABLETS: Final = (
    (60, f"Mozilla/5.0 (iPad; CPU OS 17_6_1 like Mac OS X) {_WEBKIT} Version/17.6 Mobile/15E148 Safari/604.1"),
    (
        28,
        f"Mozilla/5.0 (Linux; Android 14; SM-X210) {_SAMSUNG} Safari/537.36",
    ),
    (12, f"Mozilla/5.0 (Linux; Android 13; Lenovo TB-X606F) {_CHROME} Safari/537.36"),
)
_SORTS: Final = (PHONES, DESKTOPS, TABLETS)
_FIRST_DEVICE: Final = running((62, 30, 8))
_AGENTS: Final = tuple(
    [(running([share for share, _ in sort]), tuple([agent for _, agent in sort])) for sort in _SORTS]
)


def person(model: Model, seed: int, life: Life) -> Person:
    number = life.number
    other = household_of(model, seed, number) if life.kind else None
    home = number if other is None else min(number, other)
    draws = Draws(seed, "person", number)
    region = REGIONS[draws.place(_REGIONS)]
    if home != number:
        region = REGIONS[Draws(seed, "person", home).place(_REGIONS)]
    devices = _devices(model, seed, draws, life, home, region)
    first, last = draws.one_of(_FIRST[region.language]), draws.one_of(_LAST[region.language])
    email = f"{_plain(first)}.{_plain(last)}.{number}@{_HOSTS[draws.below(3)]}"
    if life.kind is Kind.PASSER_BY:
        return _passer_by(number, region, devices, "" if life.named_at is None else email)
    people = model.people
    has_second = draws.chance(people.second_account) and life.withdrew is None
    has_phone, has_card = draws.chance(people.phone), draws.chance(people.card) and life.kind is Kind.KNOWN
    is_loyal, loyal_to = draws.chance(people.one_category), CATEGORIES[draws.place(SHARES)].name
    return Person(
        number,
        _user_id(number),
        first,
        last,
        email,
        f"{_plain(last)}{number}@{_HOSTS[number % 3]}" if has_second else "",
        f"+3160{number:07d}" if has_phone else "",
        f"2600{number:08d}" if has_card else "",
        region.language,
        region.country,
        region.city,
        _birthday(draws) if draws.chance(people.birthday) else "",
        draws.chance(people.bargains),
        loyal_to if is_loyal else "",
        devices,
        None if other is None else _tablet(model, seed, home, region),
        other,
    )


def second_user_id(person: Person) -> str:
    return _user_id(_SECOND_ACCOUNTS + person.number)


def account_at(model: Model, seed: int, life: Life) -> int | None:
    """The place of the visit in which they make their account; -1 for whoever had one before the year, None where none is made."""
    named_at = life.named_at
    if named_at is None or named_at < 0 or life.visits[named_at].naming in (Named.ACCOUNT, Named.ORDER):
        return named_at
    if named_at + 1 == len(life.visits) or not life.kind:
        return None
    draws = Draws(seed, "account", life.number)
    places = range(named_at + 1, len(life.visits))
    return next((place for place in places if draws.chance(model.people.registers)), None)


def household_of(model: Model, seed: int, number: int) -> int | None:
    """With whom somebody shares a tablet, by number alone: the one before or after, of those in the row who may."""
    first = number - number % ROW
    may = _may_share(model, seed, first)
    if number not in may:
        return None
    place = may.index(number)
    pair = may[place - place % 2 : place - place % 2 + 2]
    if len(pair) < 2 or not Draws(seed, "household", pair[0]).chance(model.people.household):
        return None
    return pair[1 - place % 2]


@lru_cache(maxsize=8)
def _may_share(model: Model, seed: int, first: int) -> tuple[int, ...]:
    """Of a row. Of the whole year, however much of it is made: who lives with whom does not hang on that."""
    lives = [lead(model, seed, number) for number in range(first, first + ROW)]
    return tuple([life.number for life in lives if _is_often_there(model, seed, life)])


def _is_often_there(model: Model, seed: int, life: Life) -> bool:
    """Under an account, and as somebody who may be told apart."""
    if not life.kind or not life.agreed or life.withdrew is not None:
        return False
    account = account_at(model, seed, life)
    return account is not None and len(life.visits) - 1 - account >= model.people.household_visits


def _devices(model: Model, seed: int, draws: Draws, life: Life, home: int, region: Region) -> tuple[Device, ...]:
    """The second, if any, is of another sort."""
    sort = draws.place(_FIRST_DEVICE)
    first = _device(model, seed, draws, f"{life.number}/1", sort, home, region)
    if not life.kind or not draws.chance(model.people.second_device):
        return (first,)
    other = (sort + 1 + draws.below(2)) % len(_SORTS)
    return first, _device(model, seed, draws, f"{life.number}/2", other, home, region)


def _tablet(model: Model, seed: int, home: int, region: Region) -> Device:
    return _device(model, seed, Draws(seed, "tablet", home), f"{home}/household", _SORTS.index(TABLETS), home, region)


def _device(model: Model, seed: int, draws: Draws, name: str, sort: int, home: int, region: Region) -> Device:
    """All devices of a home are in one network of it."""
    digest = blake2b(f"{seed}\x1fdevice\x1f{name}".encode(), digest_size=16).hexdigest()
    shares, agents = _AGENTS[sort]
    address = f"2001:db8:{region.group}:{home % 0xFFFF + 1:x}::{home // 0xFFFF + 1:x}:{int(digest[:3], 16) + 1:x}"
    agent = agents[draws.place(shares)]
    wrong_by = _wrong_by(model, draws) if draws.chance(model.travel.wrong_clocks) else 0
    return Device(as_uuid(digest), agent, address, region.locale, wrong_by)


def as_uuid(digest: str) -> str:
    """32 hexadecimal digits in the form of a random UUID."""
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def _wrong_by(model: Model, draws: Draws) -> int:
    """Mostly by minutes, sometimes by as much as it can be: even in the logarithm, from two minutes on."""
    most = model.travel.most_wrong_days * 24 * 60
    minutes = power(most / 2, draws.share()) * 2
    return int(minutes * MINUTE) * (1 if draws.chance(0.5) else -1)


def _passer_by(number: int, region: Region, devices: tuple[Device, ...], email: str) -> Person:
    """Known by an address, at the most."""
    place = region.language, region.country, region.city
    return Person(number, "", "", "", email, "", "", "", *place, "", False, "", devices)


def _birthday(draws: Draws) -> str:
    return f"{1950 + draws.below(56)}-{1 + draws.below(12):02d}-{1 + draws.below(28):02d}"


def _user_id(number: int) -> str:
    return f"M{number:07d}"


def _plain(name: str) -> str:
    return name.lower().translate(_PLAIN)
