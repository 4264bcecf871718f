"""Traits: what is declared about a person, as text by name.

Names are Segment's reserved traits in snake case (`first_name`, `birthday`, …), an address taken apart (`city`, `country`,
`postal_code`, `state`, `street`), and whatever else the shop sends. Identities are none, and passwords are never kept.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from regulars.wire.events import texts

MOST_TRAITS: Final = 60
MOST_CHARACTERS: Final = 200
_NEVER: Final = frozenset({"password", "token", "secret", "id", "ip", "email", "phone", "avatar"})
_NOTHING: Final[Mapping[str, str]] = {}


def traits_in(said: object, identities: Collection[str]) -> Mapping[str, str]:
    """The first 60 that say something; `identities` are the kinds that are no traits."""
    if type(said) is not dict or not said:
        return _NOTHING
    flat = {**{name: value for name, value in said.items() if name != "address"}, **_address(said.get("address"))}
    traits: dict[str, str] = {}
    for name, value in flat.items():
        trait = _name(name) if type(name) is str and len(name) <= texts.MOST_NAME_CHARACTERS else ""
        if trait and trait not in _NEVER and trait not in identities and len(traits) < MOST_TRAITS:
            text = texts.text(value)
            if text:
                traits[trait] = text
    return traits


def _address(address: object) -> dict[object, object]:
    return address if type(address) is dict else {}


@lru_cache(maxsize=4_096)
def _name(name: str) -> str:
    """Snake case: `firstName`, `First Name` and `first_name` are one."""
    if texts.CONTROL.search(name):
        return ""
    words = []
    for place, letter in enumerate(name.strip()):
        if letter.isupper() and place and name.strip()[place - 1].islower():
            words.append("_")
        words.append("_" if letter in " -." else letter.lower())
    return "".join(words)
