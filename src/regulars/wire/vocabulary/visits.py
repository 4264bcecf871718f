"""What a condition may say of a visit."""

from collections.abc import Mapping
from typing import Final

from regulars.wire.shapes import Key, Table
from regulars.wire.vocabulary.properties import TESTED

KNOWN_OF_A_VISIT: Final[Mapping[str, str]] = {
    "device": "`phone`, `tablet`, `desktop` or `other`",
    "system": "such as `Android` or `Windows`",
    "browser": "such as `Safari`",
    "language": "such as `en`",
    "channel": "by which way they came, such as `paid_search`",
    "source": "from whom they came, such as `google`",
    "medium": "by what, such as `cpc`",
    "campaign": "by which campaign",
    "country": "where they were, such as `SE`",
    "region": "a part of the country",
    "city": "the city",
}
VISIT = Table(
    {name: Key(TESTED, about) for name, about in KNOWN_OF_A_VISIT.items()},
    "a table such as {device: phone}",
    may_be_empty=False,
)
