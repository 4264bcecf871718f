"""Who is who, in its simplest honest form: an identity points at one customer, and a link says who vouches for it.

- A user id (the shop's own) makes a customer at its first appearance; known for one once the shop's server has named it.
- An anonymous id is a visitor of its own until an event names a user id beside it. From then on it points at that customer:
  firmly where the shop's server said so, weakly where only a browser did. A weak link never replaces a firm one.
- E-mail and phone are kept when the shop's server vouches for them; whoever had them first keeps them.

What came through a weak link, from a browser, or about a visitor without a name is behaviour of weak trust: it may
personalise, and nothing of value follows from it. What a visitor did before the link stays with the visitor's own record.
"""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct, field

from regulars.kernel.facts import Instant, Trust
from regulars.store.transaction import IdentityKey, IdentityRow, Linked
from regulars.wire.events import Arrival, Sender

USER_ID: Final = "user_id"
ANONYMOUS_ID: Final = "anonymous_id"
ITSELF, WEAK, FIRM = "visitor", "weak", "shop"
"""How an identity points: at a visitor who is nobody else; because a browser says so; because the shop says so."""

RANK: Final = {ITSELF: 0, WEAK: 1, FIRM: 2}


class Person(Struct, frozen=True):
    customer: str
    trust: Trust


def keys_of(arrivals: Iterable[Arrival]) -> set[IdentityKey]:
    """Every identity that has a say in whose these events are."""
    keys: set[IdentityKey] = set()
    for one in arrivals:
        if one.user_id is not None:
            keys.add((USER_ID, one.user_id))
            keys.update(one.told)
        if one.anonymous_id is not None:
            keys.add((ANONYMOUS_ID, one.anonymous_id))
        if one.previous_id is not None:
            keys.add((ANONYMOUS_ID, one.previous_id))
    return keys


class People(Struct):
    """Finds whose an event is, one after another, and collects what must be written down for it.

    `found` is how identities pointed before, `links` how they point after the events so far.
    """

    found: dict[IdentityKey, Linked]
    links: dict[IdentityKey, Linked]
    new_id: Callable[[], str]
    now: Instant
    added: dict[IdentityKey, IdentityRow] = field(default_factory=dict)
    changed: dict[IdentityKey, IdentityRow] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    vouched: set[str] = field(default_factory=set)
    """Customers whom the shop's server has named."""

    def person(self, one: Arrival) -> Person:
        if one.user_id is None:
            return self._visitor(one)
        key, by_shop = (USER_ID, one.user_id), one.source != Sender.SITE
        trust = FIRM if by_shop else WEAK
        link = self.links.get(key)
        customer = link.customer if link else self._newcomer(key, trust)
        if by_shop:
            self._link(key, customer, FIRM)
            self.vouched.add(customer)
        for anonymous_id in (one.anonymous_id, one.previous_id):
            if anonymous_id is not None:
                self._link((ANONYMOUS_ID, anonymous_id), customer, trust)
        for told in one.told:
            if told not in self.links:
                self._add(told, customer, FIRM)
        return Person(customer, Trust.SHOP if by_shop else Trust.WEAK)

    def _visitor(self, one: Arrival) -> Person:
        assert one.anonymous_id is not None, "an event without any identity is refused before"
        key = ANONYMOUS_ID, one.anonymous_id
        link = self.links.get(key)
        if link is None:
            return Person(self._newcomer(key, ITSELF), Trust.WEAK)
        firm = link.trust == FIRM and one.source != Sender.SITE
        return Person(link.customer, Trust.SHOP if firm else Trust.WEAK)

    def _newcomer(self, key: IdentityKey, trust: str) -> str:
        customer = self.new_id()
        self.new.append(customer)
        self._add(key, customer, trust)
        return customer

    def _link(self, key: IdentityKey, customer: str, trust: str) -> None:
        held = self.links.get(key)
        if held is None:
            self._add(key, customer, trust)
        elif RANK[trust] >= RANK[held.trust] and held != (customer, trust):
            row = (*key, customer, trust, self.now)
            self.links[key] = Linked(customer, trust)
            (self.added if key in self.added else self.changed)[key] = row

    def _add(self, key: IdentityKey, customer: str, trust: str) -> None:
        self.links[key] = Linked(customer, trust)
        self.added[key] = (*key, customer, trust, self.now)
