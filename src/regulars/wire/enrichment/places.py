"""Places: country, region and city of a network address, out of a database of MaxMind's format that the shop supplies.

Without such a file nobody is located. The address goes in and never comes out: no result and no message holds it, and nothing
remembers it.
"""

from bisect import bisect_right
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import maxminddb
from maxminddb.reader import Metadata
from msgspec import Struct

from regulars.wire.events.texts import CONTROL

MOST_NAME_CHARACTERS: Final = 100
MOST_ADDRESS_CHARACTERS: Final = 64
KNOWN: Final = ("City", "Country", "Enterprise", "Location")
"""One of these words stands in the type of a database that knows places."""


class PlacesReason(StrEnum):
    means: str

    def __new__(cls, value: str, means: str) -> "PlacesReason":
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.means = means
        return reason

    NO_FILE = "no_file", "there is no file of that name"
    UNREADABLE = "unreadable", "the file is there and may not be read"
    NOT_A_DATABASE = "not_a_database", "the file is not of MaxMind's format, or is cut off"
    OF_OTHER_THINGS = "of_other_things", "the database knows something else than places"


class PlacesError(Exception):
    """The file is of no use. The message names it without its folder, and says how to mend it."""

    def __init__(self, reason: PlacesReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Place(Struct, frozen=True, gc=False):
    """`country` is ISO 3166-1, two letters; `region` and `city` are names in English. "" where the database does not say."""

    country: str
    region: str = ""
    city: str = ""


class Places:
    """An open database; `PlacesError` when it cannot be one. Any number of threads may ask.

    The file is read where it lies: to renew it, put the new one beside it and rename, and open again.
    """

    def __init__(self, path: Path) -> None:
        self._reader, about = _opened(path)
        if not any(word in about.database_type for word in KNOWN):
            self.close()
            message = f"{path.name} is a database of the type “{_text(about.database_type)}”. Take one of cities or countries."
            raise PlacesError(PlacesReason.OF_OTHER_THINGS, message)
        self._knows_6 = about.ip_version == 6

    def place_of(self, address: str) -> Place | None:
        """None for what is no address, is nobody's in public, or stands in no record, and for a record that is damaged."""
        found = _public(address)
        if found is None or (found.version == 6 and not self._knows_6):
            return None
        try:
            record = self._reader.get(found)
        except (maxminddb.InvalidDatabaseError, ValueError):
            return None
        return _place(record) if isinstance(record, dict) else None

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _opened(path: Path) -> tuple[maxminddb.Reader, Metadata]:
    try:
        reader = maxminddb.open_database(path)
        return reader, reader.metadata()
    except FileNotFoundError:
        message = f"There is no file {path.name}. Name a database of places in MaxMind's format (.mmdb)."
        raise PlacesError(PlacesReason.NO_FILE, message) from None
    except OSError:
        message = f"{path.name} cannot be read. Let the user that Regulars runs as read it."
        raise PlacesError(PlacesReason.UNREADABLE, message) from None
    except (maxminddb.InvalidDatabaseError, ValueError):
        message = f"{path.name} is no database in MaxMind's format. Unpack it if it is an archive, or fetch it again."
        raise PlacesError(PlacesReason.NOT_A_DATABASE, message) from None


def _public(address: str) -> IPv4Address | IPv6Address | None:
    if len(address) > MOST_ADDRESS_CHARACTERS:
        return None
    try:
        found = ip_address(address.strip())
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            return None
        found = found.ipv4_mapped or found
    starts, ends = _NOBODYS[found.version]
    number = int(found)
    return None if number <= ends[bisect_right(starts, number) - 1] else found


def _place(record: Mapping[str, object]) -> Place | None:
    """An address of a company that moves around has a country of registration only."""
    country = _text(_inside(record, "country", "iso_code") or _inside(record, "registered_country", "iso_code")).upper()
    if len(country) != 2 or not country.isalpha():
        return None
    divisions = record.get("subdivisions")
    region = divisions[0] if isinstance(divisions, list) and divisions else None
    return Place(country, _text(_inside(region, "names", "en")), _text(_inside(record, "city", "names", "en")))


def _inside(record: object, *keys: str) -> object:
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def _text(value: object) -> str:
    return CONTROL.sub(" ", value).strip()[:MOST_NAME_CHARACTERS] if isinstance(value, str) else ""


def _ranges(*written: str) -> tuple[list[int], list[int]]:
    """Ascending; where each begins, and where it ends."""
    networks = [ip_network(network) for network in written]
    return [int(each.network_address) for each in networks], [int(each.broadcast_address) for each in networks]


_NOBODYS: Final = {
    4: _ranges(
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ),
    6: _ranges("::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
}
"""Addresses within a house or a provider's network, and those that belong to no one machine; both lists begin at 0."""
