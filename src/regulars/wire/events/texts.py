"""Properties as text: single values only, bounded, and nothing in them that says who someone is.

A number is its shortest decimal text, a truth is `true` or `false`; lists, objects, nulls and blanks are left out.
"""

import re
from collections.abc import Mapping
from typing import Final

from regulars.wire.orders.cells import text_of

MOST_NAME_CHARACTERS: Final = 60
MOST_VALUE_CHARACTERS: Final = 200
MOST_OF_AN_EVENT: Final = 50
MOST_OF_A_LINE: Final = 30
_MOST_REMEMBERED: Final = 4_096

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_ABOVE_0: Final = re.compile(r"(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)

PERSONAL: Final = frozenset(
    {
        "address",
        "birthdate",
        "birthday",
        "email",
        "firstname",
        "fullname",
        "ip",
        "lastname",
        "password",
        "phone",
        "token",
        "username",
    }
)
"""Names of properties that are never kept, in small letters and without the dashes, blanks or underscores in them."""

_ELSEWHERE: Final = frozenset({"price", "quantity", "position", "url", "image_url"})
"""What a product says that is no property of the line, or of no use to a rule."""

_FOREMOST: Final = frozenset({"product_id", "product", "sku", "category", "name", "brand", "variant", "coupon"})


def of_event(properties: object) -> dict[str, str]:
    return _texts(properties, MOST_OF_AN_EVENT, _OF_EVENT) if type(properties) is dict else {}


def of_product(product: dict[str, object], of_order: Mapping[str, str]) -> dict[str, str]:
    """The line's: what the product says of itself, its id once more as `product`, and what every line of the order bears."""
    texts = _texts(product, MOST_OF_A_LINE - 1 - len(of_order), _OF_PRODUCT)
    if "product_id" in texts:
        texts["product"] = texts["product_id"]
    texts.update(of_order)
    return texts


def text(value: object) -> str:
    """ "" when nothing stands there, or no single value."""
    found = value if type(value) is str else text_of(value) or ""
    return (found if found.isprintable() else CONTROL.sub(" ", found)).strip()[:MOST_VALUE_CHARACTERS]


def taken_off(value: object) -> str:
    """What an order or a line was made cheaper by, as a plain number; "" where that is nothing, or no number."""
    found = text(value)
    return found if _ABOVE_0.fullmatch(found) else ""


class _Kept(dict[str, bool]):
    """Whether properties of a name are kept. It remembers the names that it was asked for, as long as they are few."""

    def __init__(self, without: frozenset[str]) -> None:
        super().__init__()
        self._without = without

    def __missing__(self, name: str) -> bool:
        if len(name) > MOST_NAME_CHARACTERS:
            return False
        kept = self._judged(name)
        if len(self) < _MOST_REMEMBERED:
            self[name] = kept
        return kept

    def _judged(self, name: str) -> bool:
        plain = name.casefold().replace("_", "").replace("-", "").replace(" ", "")
        return plain != "" and plain not in PERSONAL and name not in self._without and not CONTROL.search(name)


_OF_EVENT: Final = _Kept(frozenset())
_OF_PRODUCT: Final = _Kept(_ELSEWHERE)


def _texts(source: dict[str, object], most: int, kept: _Kept) -> dict[str, str]:
    """The first `most` that say something; where there are more, those with names of the contract before all others."""
    texts = {}
    for name, value in source.items():
        if kept[name]:
            if type(value) is not str or len(value) > MOST_VALUE_CHARACTERS or not value.isprintable():
                value = text(value)
            said = value.strip()
            if said:
                texts[name] = said
    return texts if len(texts) <= most else dict(sorted(texts.items(), key=_is_other)[:most])


def _is_other(item: tuple[str, str]) -> bool:
    return item[0] not in _FOREMOST
