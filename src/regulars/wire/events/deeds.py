"""What was done: the deed of an event, by its type.

Orders and joinings exist only on the shop's own word, and only for a customer it names; from anyone else the same words are
behaviour. What someone *is* (traits) is no fact.
"""

from collections.abc import Callable, Mapping
from typing import Final

from regulars.kernel.celebrations import BORN_ON, IDENTIFIED, TOLD, month_and_day
from regulars.kernel.facts import MEMBER_JOINED, ORDER_CANCELLED, ORDER_COMPLETED, ORDER_REFUNDED
from regulars.kernel.terms import Currency
from regulars.wire.events import texts
from regulars.wire.events.arrivals import Deed, Did, Joined
from regulars.wire.events.data_layer import from_data_layer
from regulars.wire.events.envelope import Context, Event
from regulars.wire.events.identities import identifier, identity
from regulars.wire.events.orders import ordered, went_back
from regulars.wire.events.refusals import EventReason, EventRefused
from regulars.wire.events.traits import traits_in

TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")

_IDENTIFIED: Final = Did(IDENTIFIED, {})
_ALIASED: Final = Did("Aliased", {})


def deed_of(type: str, event: Event, context: Context, shop: Currency | None) -> Deed:
    """`shop`, the currency of its orders, is there only where the sender may speak of orders."""
    match type:
        case "track":
            return _tracked(event, shop)
        case "page":
            return _viewed("Page Viewed", event, context.page)
        case "screen":
            return _viewed("Screen Viewed", event, context.page)
        case "group":
            return _grouped(event)
        case "alias":
            return _ALIASED
        case _:
            return identified(traits_in(event.traits, ()))


def identified(traits: Mapping[str, str]) -> Did:
    """Of what is told of a person a fact says only that it was told, and the day of the year on which they were born."""
    if not traits:
        return _IDENTIFIED
    properties = {TOLD: " ".join(sorted(traits))}
    born = month_and_day(traits.get("birthday", "")[:10])
    if born is not None:
        properties[BORN_ON] = f"{born[0]:02}-{born[1]:02}"
    return Did(_IDENTIFIED.name, properties)


def _tracked(event: Event, shop: Currency | None) -> Deed:
    name = _event_name(event.event)
    name, properties = from_data_layer(name, event.properties) or (name, event.properties)
    if shop is not None and name == ORDER_COMPLETED:
        return ordered(properties, shop)
    if shop is not None and name in (ORDER_REFUNDED, ORDER_CANCELLED):
        return went_back(name, properties, shop)
    if shop is not None and name == MEMBER_JOINED:
        return Joined()
    return Did(name, texts.of_event(properties))


def _viewed(name: str, event: Event, page: object) -> Did:
    """What the context says of the page stands in for what the properties do not say.

    Addresses are kept without query and fragment, and of the referrer only the host: people are in the rest.
    """
    said: Mapping[str, object] = event.properties if type(event.properties) is dict else {}
    beneath: Mapping[str, object] = page if type(page) is dict else {}
    properties = {"name": texts.text(event.name), "category": texts.text(event.category)}
    for field, read in _OF_A_PAGE:
        properties[field] = properties.get(field) or read(said.get(field)) or read(beneath.get(field))
    return Did(name, {field: text for field, text in properties.items() if text})


def _grouped(event: Event) -> Did:
    group_id = identity(event.group_id, "groupId")
    if group_id is None:
        raise EventRefused(EventReason.MISSING_GROUP, "`groupId` is missing. A group event needs the id of its group.")
    return Did("Grouped", {"group": group_id})


def _event_name(value: object) -> str:
    if type(value) is not str and value is not None:
        raise EventRefused(EventReason.BAD_EVENT, "`event` is not text. Write the event's name: “Product Viewed”.")
    name = identifier(value, "event", EventReason.BAD_EVENT) if value and value.strip() else None
    if name is None:
        raise EventRefused(EventReason.MISSING_EVENT, "`event` is missing. A track event needs its name.")
    return name


def _address(value: object) -> str:
    """Without query, fragment, user and password."""
    scheme, slashes, rest = _bare(value).partition("//")
    if not slashes:
        return scheme
    host, slash, path = rest.partition("/")
    return texts.text(f"{scheme}//{host.rpartition('@')[2]}{slash}{path}")


def _host(value: object) -> str:
    host = _bare(value).partition("//")[2].partition("/")[0].rpartition("@")[2].lower()
    name, colon, port = host.rpartition(":")
    return texts.text(name if colon and port.isdecimal() else host)


def _bare(value: object) -> str:
    if type(value) is not str:
        return ""
    return value.partition("?")[0].partition("#")[0]


_OF_A_PAGE: Final[tuple[tuple[str, Callable[[object], str]], ...]] = (
    ("name", texts.text),
    ("category", texts.text),
    ("path", _address),
    ("title", texts.text),
    ("referrer", _host),
    ("url", _address),
)
