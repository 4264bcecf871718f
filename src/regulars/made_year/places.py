"""A small database of places in MaxMind's format, over addresses that are kept for documentation: nobody lives there.

The format: a binary tree over the bits of an address, whose leaves point into a section of values, and metadata at the end.
"""

from collections.abc import Mapping
from ipaddress import IPv6Network, ip_network
from typing import Final, TypeAlias

Value: TypeAlias = "str | int | list[Value] | Mapping[str, Value]"

BITS: Final = 28
"""Of one pointer: a record of the tree holds two of them."""
SEPARATOR: Final = bytes(16)
KINDS: Final = {"node_count": 6, "build_epoch": 9}
"""Of the metadata's numbers, which readers want in just this width; the others have two bytes."""
MARKER: Final = b"\xab\xcd\xefMaxMind.com"


def place(country: str, region: str = "", city: str = "") -> Value:
    """A record as databases of cities have it; parts that are "" are left out."""
    record: dict[str, Value] = {"country": {"iso_code": country, "names": {"en": country}}}
    if region:
        record["subdivisions"] = [{"names": {"en": region}}]
    if city:
        record["city"] = {"names": {"en": city}}
    return record


MADE: Final[Mapping[str, Value]] = {
    "2001:db8:1::/48": place("NL", "Noord-Holland", "Amsterdam"),
    "2001:db8:2::/48": place("NL", "Utrecht", "Utrecht"),
    "2001:db8:3::/48": place("NL", "Zuid-Holland", "Rotterdam"),
    "2001:db8:4::/48": place("NL", "Noord-Brabant", "Eindhoven"),
    "2001:db8:5::/48": place("BE", "Antwerpen", "Antwerpen"),
    "2001:db8:6::/48": place("BE", "Oost-Vlaanderen", "Gent"),
    "2001:db8:7::/48": place("DE", "Nordrhein-Westfalen", "Köln"),
    "2001:db8:8::/48": place("DE", "Berlin", "Berlin"),
    "2001:db8:9::/48": place("FR", "Île-de-France", "Paris"),
    "2001:db8:a::/48": place("GB", "England", "London"),
}
"""Where the people of the made year live, by the third group of their addresses."""


def database(ranges: Mapping[str, Value] = MADE, type: str = "Regulars-Made-Up-City") -> bytes:
    """The file; no range may lie within another."""
    values, offsets = bytearray(), list[int]()
    tree: list[list[int | None]] = [[None, None]]
    for number, (written, value) in enumerate(ranges.items()):
        offsets.append(len(values))
        values += _encoded(value)
        _plant(tree, written, -1 - number)
    told: dict[str, Value] = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000,
        "database_type": type,
        "description": {"en": "Made-up places of addresses that are nobody's"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": len(tree),
        "record_size": BITS,
    }
    nodes = b"".join(_node(*[_pointer(way, len(tree), offsets) for way in ways]) for ways in tree)
    return nodes + SEPARATOR + bytes(values) + MARKER + _encoded(told)


def _plant(tree: list[list[int | None]], written: str, leaf: int) -> None:
    network = ip_network(written)
    bits = int(network.network_address)
    length = network.prefixlen if isinstance(network, IPv6Network) else network.prefixlen + 96
    node = 0
    for depth in range(length):
        bit = bits >> (127 - depth) & 1
        if depth == length - 1:
            tree[node][bit] = leaf
            return
        way = tree[node][bit]
        if way is None:
            tree.append([None, None])
            way = tree[node][bit] = len(tree) - 1
        node = way


def _pointer(way: int | None, nodes: int, offsets: list[int]) -> int:
    """The number of nodes itself means that nothing is known."""
    if way is None:
        return nodes
    return way if way >= 0 else nodes + len(SEPARATOR) + offsets[-1 - way]


def _node(left: int, right: int) -> bytes:
    shared = (left >> 24) << 4 | right >> 24
    return (left & 0xFFFFFF).to_bytes(3) + shared.to_bytes(1) + (right & 0xFFFFFF).to_bytes(3)


def _encoded(value: Value, kind: int = 5) -> bytes:
    """`kind` is that of a number."""
    if isinstance(value, str):
        text = value.encode()
        return _control(2, len(text)) + text
    if isinstance(value, int):
        number = value.to_bytes(8).lstrip(b"\x00")
        return _control(kind, len(number)) + number
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_encoded, value))
    pairs = (_encoded(key) + _encoded(item, KINDS.get(key, 5)) for key, item in value.items())
    return _control(7, len(value)) + b"".join(pairs)


def _control(kind: int, size: int) -> bytes:
    """Kind and size of what follows; kinds beyond 7 stand in a byte of their own, sizes from 29 to 284 too."""
    first, more = (kind << 5, b"") if kind <= 7 else (0, bytes([kind - 7]))
    return bytes([first | min(size, 29)]) + more + (bytes([size - 29]) if size >= 29 else b"")
