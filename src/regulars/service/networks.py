"""Where messages may go: to the public internet, and to what else the operator allows.

An address that somebody types into a form makes this server speak to it, from inside the network that it stands in. So a name is
looked up once, each address that it has is held against these rules, and the connection goes to one that passed: a name
that leads elsewhere a moment later leads nobody astray.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import ClassVar, Final, TypeAlias

from msgspec import Struct

VARIABLE: Final = "REGULARS_WEBHOOK_NETWORKS"

Address: TypeAlias = IPv4Address | IPv6Address
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOCAL_NAMES: Final = ("localhost", ".localhost")


class NetworksRefused(Exception):
    """The setting cannot be read, in words for whoever made it."""


class Networks(Struct, frozen=True):
    """What is allowed beyond public addresses, which is nothing unless it is said."""

    allowed: tuple[IPv4Network | IPv6Network, ...] = ()

    MEND: ClassVar[str] = f"whoever runs the server allows networks in {VARIABLE}, such as 10.0.0.0/8"

    def __bool__(self) -> bool:
        return bool(self.allowed)

    def let(self, address: Address) -> bool:
        """Whether it may be connected to over TLS."""
        return self.let_plain(address) or is_public(address)

    def let_plain(self, address: Address) -> bool:
        """Whether it may be connected to without TLS."""
        return any(address in network for network in self.allowed)

    def may_lead_to(self, host: str) -> bool:
        """False where the host is an address, or this machine by name, that is not allowed. Where others lead is seen later."""
        if host.lower().rstrip(".").endswith(_LOCAL_NAMES):
            return self.let(IPv4Address("127.0.0.1")) or self.let(IPv6Address("::1"))
        address = address_of(host)
        return address is None or self.let(address)


def networks_of(written: str) -> Networks:
    """From a list with commas; empty allows none. NetworksRefused where one of them is none."""
    try:
        return Networks(tuple([ip_network(one.strip()) for one in written.split(",") if one.strip()]))
    except ValueError as error:
        raise NetworksRefused(
            f"{VARIABLE} cannot be read: {error}. Write networks with commas between: 127.0.0.0/8, 10.0.0.0/8"
        ) from None


def address_of(host: str) -> Address | None:
    """None where it is a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether it is everybody's: neither private, local, reserved nor for many, nor a way of writing such a one."""
    within = _within(address) if isinstance(address, IPv6Address) else ()
    if within:
        return all(is_public(one) for one in within)
    is_old_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or is_old_local)


def _within(address: IPv6Address) -> Sequence[IPv4Address]:
    """The addresses of the old internet that it stands for: mapped, translated or tunnelled."""
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return address.teredo
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    return []
