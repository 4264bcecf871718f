"""Fields: from the bytes of a body to an object, and from an object to the values that stand in it, or a refusal.

Null and absent are one. An empty list counts for an empty object: PHP cannot tell the two apart.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import DecodeError
from msgspec.json import Decoder

from regulars.kernel.facts import Instant
from regulars.wire.events.clock import instant_of
from regulars.wire.events.refusals import cut
from regulars.wire.orders.cells import MOST_QUANTITY
from regulars.wire.webhooks.refusals import MOST_DELIVERY_BYTES, MOST_LINES, WebhookReason, WebhookRefused

Said: TypeAlias = Mapping[str, object]

_ANY: Final = Decoder()
_MOST_DIGITS: Final = 20
_EARLIEST: Final = 631_152_000_000_000
"""1990-01-01, and the first moment of 2101, as for every other time on the wire."""
_LATEST: Final = 4_133_980_800_000_000


def object_of(body: bytes, most_bytes: int = MOST_DELIVERY_BYTES) -> Said:
    """The body as an object: refused for `too_large`, `not_json` or `not_an_object`."""
    check_size(body, most_bytes)
    try:
        said = _ANY.decode(body)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    if type(said) is not dict:
        raise WebhookRefused(WebhookReason.NOT_AN_OBJECT, "The body is not a JSON object. Send the whole resource.")
    return said


def check_size(body: bytes, most_bytes: int) -> None:
    if len(body) > most_bytes:
        message = f"The body has {len(body):,} bytes; at most {most_bytes:,} are taken."
        raise WebhookRefused(WebhookReason.TOO_LARGE, message)


def not_json(error: Exception) -> WebhookRefused:
    why = "nested too deep to be read" if isinstance(error, RecursionError) else f"not JSON: {error}"
    return WebhookRefused(WebhookReason.NOT_JSON, f"The body is {why}.")


def object_in(said: Said, name: str, reason: WebhookReason, within: str = "") -> Said:
    value = said.get(name)
    if type(value) is dict:
        return value
    if value is None or value == []:
        return {}
    raise WebhookRefused(reason, f"`{within}{name}` is not an object.")


def objects_in(said: Said, name: str, reason: WebhookReason, within: str = "") -> list[Said]:
    values = said.get(name)
    if values is None:
        return []
    if type(values) is not list or len(values) > MOST_LINES:
        raise WebhookRefused(reason, f"`{within}{name}` is not a list of at most {MOST_LINES:,} objects.")
    for place, value in enumerate(values):
        if type(value) is not dict:
            raise WebhookRefused(reason, f"`{within}{name}[{place}]` is not an object.")
    return values


def id_in(said: Said, name: str, reason: WebhookReason = WebhookReason.BAD_ID, within: str = "") -> str | None:
    """A platform's id: a whole number above 0, as text. None where nothing stands, or 0, which is the word for nothing."""
    value = said.get(name)
    if value is None or value == "":
        return None
    digits = value if type(value) is str else str(value) if type(value) is int else ""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise WebhookRefused(reason, f"`{within}{name}` is not an id: a whole number above 0.")
    return digits.lstrip("0") or None


def needed_id_in(said: Said, name: str = "id") -> str:
    found = id_in(said, name)
    if found is None:
        raise WebhookRefused(WebhookReason.BAD_ID, f"`{name}` is missing: the id under which the platform knows it.")
    return found


def instant_in(said: Said, name: str, within: str = "") -> Instant | None:
    """A time without a zone is UTC. None where nothing stands."""
    value = said.get(name)
    if value is None or value == "":
        return None
    moment = instant_of(value)
    if moment is None or not _EARLIEST <= moment < _LATEST:
        message = f"`{within}{name}` is not a time in the years 1990 to 2100, as 2024-05-17T09:30:00Z."
        raise WebhookRefused(WebhookReason.BAD_TIME, message)
    return moment


def needed_instant_in(said: Said, *names: str) -> Instant:
    """The first of `names` that is there."""
    for name in names:
        moment = instant_in(said, name)
        if moment is not None:
            return moment
    raise WebhookRefused(WebhookReason.BAD_TIME, f"`{names[0]}` is missing. The order of what is told hangs on it.")


def quantity_in(said: Said, reason: WebhookReason, within: str) -> int:
    quantity = said.get("quantity")
    if type(quantity) is int and 0 <= quantity <= MOST_QUANTITY:
        return quantity
    raise WebhookRefused(reason, f"`{within}quantity` is not a whole number from 0 to {MOST_QUANTITY:,}.")


def check_currency(currency: object, code: str, name: str) -> None:
    if currency != code:
        found = f" “{cut(currency)}”" if isinstance(currency, str) else ""
        message = f"`{name}`{found} is not the shop's currency, {code}. Set the program's currency, or leave these orders out."
        raise WebhookRefused(WebhookReason.WRONG_CURRENCY, message)
