"""What is said: one message, as whoever made it would say it, before it travels (`post`).

At most two speak: the shop's pages in somebody's browser, and the shop's own server.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct


class Door(StrEnum):
    """By which the message comes; the value is Segment's `context.channel`."""

    BROWSER = "browser"
    SERVER = "server"


class Device(Struct, frozen=True, gc=False):
    """A browser. `wrong_by` is what its clock is ahead, in microseconds; behind, where it is negative."""

    anonymous_id: str
    user_agent: str
    address: str
    """The network address; a made place of the demo's (`tools`' made ranges), never anybody's."""
    locale: str
    wrong_by: int = 0


class Page(Struct, frozen=True, gc=False):
    """`campaign` holds what Segment's `context.campaign` does: name, source, medium."""

    path: str
    title: str
    referrer: str = ""
    search: str = ""
    campaign: Mapping[str, str] | None = None


NOTHING: Final[Mapping[str, Any]] = {}


class Said(Struct, frozen=True, gc=False):
    """`at` is the true moment, in microseconds since 1970 UTC. `type` is one of Segment's, `name` the event's of a `track`.

    Messages of one `parcel` and door travel together, in one request; parcels are numbers that are unique within who says them.
    `agreed` False is stamped by the shop's consent banner: nobody may be told apart by this message. `context` is what stands
    in Segment's `context` besides.
    """

    at: int
    door: Door
    type: str
    name: str = ""
    parcel: int = 0
    user_id: str = ""
    device: Device | None = None
    page: Page | None = None
    properties: Mapping[str, Any] = NOTHING
    traits: Mapping[str, Any] = NOTHING
    context: Mapping[str, Any] = NOTHING
    agreed: bool = True
