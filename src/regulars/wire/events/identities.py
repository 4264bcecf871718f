"""Who: the ids that an event bears, and what else the shop's server says about the same person."""

from collections.abc import Callable
from typing import Final

from regulars.wire.events.refusals import EventReason, EventRefused
from regulars.wire.events.texts import CONTROL
from regulars.wire.orders.cells import MOST_CHARACTERS, text_of

MOST_MESSAGE_ID_CHARACTERS: Final = 100

NOBODY: Final = frozenset({"null", "undefined", "None", "NaN", "[object Object]"})
"""What a program writes where it has no id. Taken for one, it would make one person of everybody."""

_MOST_EMAIL_CHARACTERS: Final = 254
_PHONE_DIGITS: Final = range(6, 16)
_SEPARATORS: Final = str.maketrans("", "", " \u00a0-.()/")


def identity(value: object, field: str) -> str | None:
    """The id of a person or a group; None when it is absent."""
    name = identifier(value, field, EventReason.BAD_IDENTITY)
    if name in NOBODY:
        message = f"`{field}` is the word for no id at all. Send it only when there is one."
        raise EventRefused(EventReason.BAD_IDENTITY, message)
    return name


def identifier(value: object, field: str, reason: EventReason) -> str | None:
    """Text or a whole number: 1 to 200 characters without the blanks around, none of them a control character.

    None when it is absent (null or ""); refused for `reason` when it is anything else.
    """
    if value is None or value == "":
        return None
    name = value.strip() if type(value) is str else _whole_number(value)
    if name is None:
        raise EventRefused(reason, f"`{field}` is not an id. Write it as text or as a whole number.")
    if not name:
        raise EventRefused(reason, f"`{field}` is blank. Fill it in, or leave it out.")
    if len(name) > MOST_CHARACTERS:
        raise EventRefused(reason, f"`{field}` has {len(name):,} characters; at most {MOST_CHARACTERS} are taken.")
    if not name.isprintable() and CONTROL.search(name):
        raise EventRefused(reason, f"`{field}` has control characters in it. Take them out.")
    return name


def message_id_of(value: object) -> str | None:
    """None when it is absent."""
    message_id = usable_message_id(value)
    if message_id is None and value is not None:
        message = f"`messageId` must be text of 1 to {MOST_MESSAGE_ID_CHARACTERS} characters, no control characters."
        raise EventRefused(EventReason.BAD_MESSAGE_ID, message)
    return message_id


def usable_message_id(value: object) -> str | None:
    if type(value) is not str or not 0 < len(value) <= MOST_MESSAGE_ID_CHARACTERS or value.isspace():
        return None
    return value if value.isprintable() or not CONTROL.search(value) else None


def told_in(*traits: object) -> tuple[tuple[str, str], ...]:
    """E-mail and phone, each from the first of `traits` that has it in a usable form.

    An e-mail address in small letters, with one @; a phone number with its country: + and 6 to 15 digits.
    """
    said = [trait for trait in traits if type(trait) is dict]
    if not said:
        return ()
    told = (("email", _first(said, "email", _email)), ("phone", _first(said, "phone", _phone)))
    return tuple((kind, value) for kind, value in told if value is not None)


def _whole_number(value: object) -> str | None:
    if isinstance(value, bool):
        return None
    number = text_of(value) if isinstance(value, int | float) else None
    return number if number is not None and number.removeprefix("-").isdecimal() else None


def _first(traits: list[dict[object, object]], kind: str, read: Callable[[str], str | None]) -> str | None:
    for said in traits:
        value = said.get(kind)
        found = read(value) if type(value) is str else None
        if found is not None:
            return found
    return None


def _email(text: str) -> str | None:
    address = text.strip().lower()
    name, at, host = address.partition("@")
    usable = name and at and host and "@" not in host and " " not in address and address.isprintable()
    return address if usable and len(address) <= _MOST_EMAIL_CHARACTERS else None


def _phone(text: str) -> str | None:
    number = text.strip().translate(_SEPARATORS)
    digits = number[1:]
    usable = number[:1] == "+" and digits.isascii() and digits.isdecimal() and len(digits) in _PHONE_DIGITS
    return number if usable else None
