"""Who: the ids that an event bears, and what else the shop's server says about the same person."""

from collections.abc import Callable, Sequence
from typing import Final

from regulars.kernel.program import IdentityKind
from regulars.wire.events.refusals import EventReason, EventRefused
from regulars.wire.events.texts import CONTROL
from regulars.wire.orders.cells import MOST_CHARACTERS, text_of

MOST_MESSAGE_ID_CHARACTERS: Final = 100

NOBODY: Final = frozenset(
    {
        "-1",
        "0",
        "00000000-0000-0000-0000-000000000000",
        "[object object]",
        "anonymous",
        "anonymous_id",
        "distinct_id",
        "distinctid",
        "email",
        "example@example.com",
        "false",
        "guest",
        "id",
        "n/a",
        "nan",
        "nil",
        "none",
        "not_authenticated",
        "null",
        "test@example.com",
        "test@test.com",
        "true",
        "undefined",
        "unknown",
        "user_id",
        "userid",
    }
)
"""What a program writes where it has no id, in small letters. Taken for one, it would make one person of everybody."""

_LONGEST_NOBODY: Final = max(len(word) for word in NOBODY)
_MOST_EMAIL_CHARACTERS: Final = 254
_PHONE_DIGITS: Final = range(6, 16)
_SEPARATORS: Final = str.maketrans("", "", " \u00a0-.()/")


def identity(value: object, field: str) -> str | None:
    """The id of a person or a group; None when it is absent."""
    return identifier(value, field, EventReason.BAD_IDENTITY)


def is_nobody(id: str | None) -> bool:
    """Whether that is the word for no id at all."""
    return id is not None and len(id) <= _LONGEST_NOBODY and id.lower() in NOBODY


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


def told_in(kinds: Sequence[IdentityKind], *traits: object) -> tuple[tuple[str, str], ...]:
    """Identities by kind, in the order of the kinds, each from the first of `traits` that has it in a usable form.

    An e-mail address in small letters, with one @; a phone number with its country: + and 6 to 15 digits; of any other kind
    text or a whole number, normalised as the kind says. What the kind blocks, and the words for nobody, are left out.
    """
    said = [trait for trait in traits if type(trait) is dict]
    if not said:
        return ()
    told = [(kind.kind, _first(said, kind.kind, _reader(kind))) for kind in kinds]
    return tuple([(kind, value) for kind, value in told if value is not None])


def external_ids(said: object) -> dict[str, object]:
    """Segment's `context.externalIds`, a list of {"type", "id"}, as one value per type; the first stands."""
    found: dict[str, object] = {}
    for one in said if type(said) is list else ():
        if type(one) is dict and type(one.get("type")) is str:
            found.setdefault(one["type"], one.get("id"))
    return found


def usable(kind: IdentityKind, value: object) -> str | None:
    """The value in its normal form; None where it identifies nobody."""
    text = value if type(value) is str else _whole_number(value)
    return None if text is None else _reader(kind)(text)


def _whole_number(value: object) -> str | None:
    if isinstance(value, bool):
        return None
    number = text_of(value) if isinstance(value, int | float) else None
    return number if number is not None and number.removeprefix("-").isdecimal() else None


def _first(traits: list[dict[object, object]], kind: str, read: Callable[[str], str | None]) -> str | None:
    for said in traits:
        value = said.get(kind)
        text = value if type(value) is str else _whole_number(value)
        found = read(text) if text is not None else None
        if found is not None:
            return found
    return None


def _reader(kind: IdentityKind) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        value = _READERS.get(kind.kind, _name)(text)
        if value is None or is_nobody(value):
            return None
        normal = kind.normal(value)
        return normal if normal and normal not in kind.blocked and not is_nobody(normal) else None

    return read


def _name(text: str) -> str | None:
    name = text.strip()
    return name if 0 < len(name) <= MOST_CHARACTERS and not CONTROL.search(name) else None


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


_READERS: Final[dict[str, Callable[[str], str | None]]] = {"email": _email, "phone": _phone}
