"""Machines: mail that was opened, or a link in it clicked, by a program and not by whom it was sent to.

Such opens and clicks are labelled, so that reports may leave them out. Signs are what the program says of itself, the networks
that mail gateways are known to look from, and what no person does: to click within seconds, or every link.

Gateways also look from elsewhere and dressed as plain browsers; timing is then the only sign. Gmail's image proxy fetches when
a person reads, so its opens count.
"""

from enum import StrEnum
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from regulars.wire.enrichment.robots import MOST_CHARACTERS, is_person, robot_in

AT_ONCE_S: Final = 5
MOST_ADDRESS_CHARACTERS: Final = 64


class MachineReason(StrEnum):
    means: str

    def __new__(cls, value: str, means: str) -> "MachineReason":
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.means = means
        return reason

    APPLE_PRIVACY = (
        "apple_privacy",
        "Apple's Mail Privacy Protection fetched the pictures; nobody may have read the mail",
    )
    MICROSOFT = "microsoft", "Microsoft Defender or SafeLinks looked"
    MIMECAST = "mimecast", "Mimecast looked"
    PROOFPOINT = "proofpoint", "Proofpoint looked"
    BARRACUDA = "barracuda", "Barracuda looked"
    GATEWAY = "gateway", "another mail gateway looked"
    ROBOT = "robot", "the user agent is a robot's"
    EVERY_LINK = "every_link", "every link of the mail was clicked"
    AT_ONCE = "at_once", f"it came less than {AT_ONCE_S} seconds after the delivery"


def machine_open(
    user_agent: str, address: str = "", seconds_after_delivery: int | None = None, every_link_clicked: bool = False
) -> str | None:
    """Why an open or a click is taken for a machine's, a `MachineReason`; None for a person's.

    `every_link_clicked` is to be said only of a mail with two links or more. Seconds below 0 (a clock that is wrong) are at once.
    """
    lowered = user_agent[:MOST_CHARACTERS].lower().strip()
    if is_person(lowered):
        return None
    reason = _by_name(lowered) or _by_network(address) or _by_robot(lowered)
    if reason is None and every_link_clicked:
        reason = MachineReason.EVERY_LINK
    if reason is None and seconds_after_delivery is not None and seconds_after_delivery < AT_ONCE_S:
        reason = MachineReason.AT_ONCE
    return reason.value if reason else None


def _by_name(lowered: str) -> MachineReason | None:
    if lowered == _APPLE:
        return MachineReason.APPLE_PRIVACY
    return next((reason for reason, names in _NAMES if any(name in lowered for name in names)), None)


def _by_network(address: str) -> MachineReason | None:
    try:
        found = ip_address(address) if len(address) <= MOST_ADDRESS_CHARACTERS else None
    except ValueError:
        return None
    if found is not None and not isinstance(found, IPv4Address):
        found = found.ipv4_mapped
    if found is None:
        return None
    return next((reason for reason, networks in _NETWORKS if any(found in network for network in networks)), None)


def _by_robot(lowered: str) -> MachineReason | None:
    return MachineReason.ROBOT if robot_in(lowered) else None


_APPLE: Final = "mozilla/5.0"
"""The proxy's user agent is this and nothing more; no browser's is."""

_NAMES: Final = (
    (MachineReason.MICROSOFT, ("safelinks", "bingpreview", "office existence discovery", "office protocol discovery")),
    (MachineReason.MIMECAST, ("mimecast",)),
    (MachineReason.PROOFPOINT, ("proofpoint",)),
    (MachineReason.BARRACUDA, ("barracuda",)),
    (
        MachineReason.GATEWAY,
        ("ciscosecureemail", "ironport", "trendmicro", "fortimail", "forcepoint", "symantec", "messagelabs"),
    ),
)

_NETWORKS: Final = tuple(
    (reason, tuple(ip_network(network) for network in networks))
    for reason, networks in (
        (MachineReason.MICROSOFT, ("40.92.0.0/15", "40.94.0.0/16", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17")),
        (
            MachineReason.MIMECAST,
            (
                "91.220.42.0/24",
                "146.101.78.0/24",
                "170.10.128.0/22",
                "195.130.217.0/24",
                "205.139.110.0/23",
                "207.211.30.0/23",
            ),
        ),
        (MachineReason.PROOFPOINT, ("67.231.144.0/20", "148.163.128.0/19")),
        (MachineReason.BARRACUDA, ("64.235.144.0/20", "209.222.80.0/21")),
    )
)
"""From which their own mail goes out and, as a rule, their looking too; a shopper's browser never sits there."""
