"""What a program document may say of who people are: by what they are known, and when a device tells nothing."""

import re
from typing import Final

from regulars.wire.shapes import Key, ListOf, Scalar, Table, Unreadable, text, word
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.numbers import whole
from regulars.wire.vocabulary.times import DAYS

ALWAYS_THERE: Final = ("user_id", "anonymous_id", "id")
"""Kinds of identities that no program declares."""
MOST_VALUES_OF_A_KIND: Final = 1_000
MOST_PEOPLE_ON_A_DEVICE: Final = 1_000


def _kind(written: str) -> str | None:
    if written in ALWAYS_THERE:
        raise Unreadable(f"a kind other than {', '.join(ALWAYS_THERE)}, which are there anyway")
    return kind_named(written)


def kind_named(written: str) -> str | None:
    return written if re.fullmatch(KIND_PATTERN, written) else None


def _kind_meant(written: str) -> str | None:
    plain = re.sub("[^a-z0-9]+", "_", written.casefold()).strip("_")
    return kind_named(plain) if plain not in ALWAYS_THERE else None


KIND_PATTERN: Final = "[a-z][a-z0-9_]{0,39}"
KIND = Scalar(
    "a kind of identity: small letters, digits and “_”, at most 40",
    _kind,
    {"type": "string", "pattern": f"^{KIND_PATTERN}$", "not": {"enum": list(ALWAYS_THERE)}},
    _kind_meant,
)

IDENTITY = Table(
    {
        "normalize": Key(
            word(("digits", "lower", "upper", "none")),
            "what of a value counts: its digits, or its letters as small ones or capitals; as it stands where nothing is said",
        ),
        "at_most": Key(
            whole("a whole number", 1, MOST_VALUES_OF_A_KIND),
            "how many values of the kind one customer may have; 5 where nothing is said, 10 of `card`",
        ),
        "block": Key(
            ListOf(text("a text of at most 200 characters", longest=200), "a value, or a list of values", or_one=True),
            "values that never identify anybody",
        ),
    },
    "a table such as {normalize: digits, at_most: 3}",
)

IDENTITIES = MapBy(
    KIND, IDENTITY, "a table from kinds of identities to what holds for them, such as {card: {at_most: 3}}"
)

SHARED_DEVICE = Table(
    {
        "people": Key(whole("a whole number", 1, MOST_PEOPLE_ON_A_DEVICE), "how many people one device may have; 5"),
        "within": Key(DAYS, "within which time; 7 days"),
    },
    "a table such as {people: 5, within: 7 days}",
    may_be_empty=False,
)
IDENTIFIED_BY = Scalar(
    "a kind of identity, such as “user_id” or “email”", kind_named, {"type": "string", "pattern": f"^{KIND_PATTERN}$"}
)
