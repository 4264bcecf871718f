"""Who is who: whose an event is, and what is learned from it about people.

An *identity* is a kind and a value. A *record* is where facts are kept: each user id has one, each device (anonymous id), and
each other identity (e-mail, phone, card, …) under whose name alone something came. A message that names several identities
*claims* the lesser ones for the record of the weightiest: user id first, then the kinds in the program's order.

    a device      may be claimed by many. What is done on it without a name stays in its own record, and belongs to whoever had
                  claimed it by then; what was done before the first claim, within thirty days, belongs to the first
    other kinds   belong to the record that the shop claimed them for first. A record that an identity had of its own goes up in
                  that one: the two are merged; so a card that was used at the till becomes a part of whoever registers it. A
                  guest's e-mail address or phone number waits for that until it is confirmed: anybody could have given it

Claims only add up: of each pair of identity and record the earliest moment and the greatest trust are kept, so the same messages
in any order, late or twice, end in the same links and the same merges. Two user ids are never merged by what they share; only
staff can do that (`service.merging`). A device that too many people claim within a few days is a shared one: it leads to nobody.

What came from a browser, or about a device without a name, is behaviour of weak trust: it may personalise, and nothing of
value follows from it. A claim by a browser alone is weak: it never outweighs one by the shop, and it merges nobody.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct, field

from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Instant, Trust
from regulars.kernel.program import DeviceLimit
from regulars.store.transaction import IdentityKey, IdentityRow, Linked, Links
from regulars.wire.events import Arrival, Sender
from regulars.wire.events.consents import GRANTED, WITHDRAWN

USER_ID: Final = "user_id"
ANONYMOUS_ID: Final = "anonymous_id"
ITSELF, WEAK, FIRM, CONFIRMED = "visitor", "weak", "shop", "confirmed"
"""How an identity is tied to a record: it is the record's own name; because a browser says so; because the shop says so; because
the person has shown that it is theirs.
"""

RANK: Final = {ITSELF: 0, WEAK: 1, FIRM: 2, CONFIRMED: 3}
TYPED_BY_ANYBODY: Final = frozenset({"email", "phone"})
"""Kinds that a guest may give who is somebody else: what came under such a name alone waits until it is confirmed."""
CONFIRMING: Final = {"Email Confirmed": "email", "Phone Confirmed": "phone"}
BACKFILL_DAYS: Final = 30
"""What was done on a device so long before its first claim belongs to whoever claimed it."""
MOST_CLAIMS: Final = 10
"""Times the limit of a shared device: more claims of one are not written down, it is shared for certain."""


class Whose(Struct, frozen=True):
    """`record` is where the fact came in, `customer` who that belongs to. `speaks_for` is the record for which the message's word
    about consent counts, if there is one: the shop speaks for whom it names, a browser for the device that it is. For somebody
    whom it names it speaks only from a device on which the shop has named the same, or anybody could take back somebody else's.
    """

    customer: str
    record: str
    trust: Trust
    speaks_for: str | None = None


class Merge(Struct, frozen=True):
    """`record`, with what is merged into it, goes up in `customer`, or parts again from it; because of an identity of a kind that
    `under` has claimed, a record of the customer. Where nobody `moves`, only the claim that counts is another one.
    """

    record: str
    customer: str
    parts: bool
    kind: str
    under: str
    moves: bool = True


def keys_of(arrivals: Iterable[Arrival]) -> set[IdentityKey]:
    """Every identity that has a say in whose these events are."""
    keys: set[IdentityKey] = set()
    for one in arrivals:
        if one.user_id is not None:
            keys.add((USER_ID, one.user_id))
        if one.anonymous_id is not None:
            keys.add((ANONYMOUS_ID, one.anonymous_id))
        if one.previous_id is not None:
            keys.add((ANONYMOUS_ID, one.previous_id))
        keys.update(one.told)
    return keys


def is_shared(links: Sequence[Linked], limit: DeviceLimit) -> bool:
    """Whether more people than the limit claimed the device within its days."""
    times = sorted([link.first_at for link in claims_of(links)])
    span = limit.within_days * DAY
    return any(later - first < span for first, later in zip(times, times[limit.people :], strict=False))


def owner_at(links: Sequence[Linked], at: Instant, limit: DeviceLimit) -> Linked | None:
    """Who had claimed the device by then; before the first claim, and not too long before, the first to claim it. None where
    nobody has, and on a shared device. Where the shop has spoken, what browsers say does not count.
    """
    claims = claims_of(links)
    if not claims or is_shared(links, limit):
        return None
    before = [link for link in claims if link.first_at <= at]
    if before:
        return before[-1]
    return claims[0] if claims[0].first_at - at <= BACKFILL_DAYS * DAY else None


def own_of(kind: str, links: Sequence[Linked]) -> Linked | None:
    """The record that bears the identity's name."""
    return next((link for link in links if kind == USER_ID or link.trust == ITSELF), None)


def is_settled(kind: str, links: Sequence[Linked]) -> bool:
    """Whether nothing that others add at the same time can change whose the record of this name is."""
    return kind in (USER_ID, ANONYMOUS_ID) and own_of(kind, links) is not None


def owner_of(kind: str, links: Sequence[Linked]) -> Linked | None:
    """Who an identity other than a device leads to: the record that the shop claimed it for first; else its own."""
    own = own_of(kind, links)
    if kind == USER_ID:
        return own
    claims = claims_of(links)
    return claims[0] if claims and RANK[claims[0].trust] >= RANK[FIRM] else own


def leads_to(kind: str, links: Sequence[Linked], limit: DeviceLimit) -> str | None:
    """The customer whom an identity leads to now; a device that nobody claims leads to its own record."""
    if kind == ANONYMOUS_ID:
        claims = claims_of(links)
        link = claims[-1] if claims and not is_shared(links, limit) else own_of(kind, links)
    else:
        link = owner_of(kind, links)
    return link.customer if link else None


def claims_of(links: Sequence[Linked]) -> list[Linked]:
    """Those that count, the earliest first: of the greatest trust that there is."""
    if len(links) > 1:
        most = max([RANK[link.trust] for link in links])
        links = [link for link in links if RANK[link.trust] == most]
        links = sorted(links, key=lambda link: (link.first_at, link.first_fact))
    return [link for link in links if link.trust != ITSELF]


class Lookups(Struct, frozen=True):
    """What is seldom needed, and then asked for. `under` are the records that went up in a record by its own claims, `over` is
    the one by whose claim a record went up; `count` is how many identities of a kind a record has; `is_by_staff` whether
    staff decided whom a record is in.
    """

    under: Callable[[str], Sequence[str]]
    over: Callable[[str], str | None]
    count: Callable[[str, str], int]
    is_by_staff: Callable[[str], bool]


class People(Struct):
    """Finds whose an event is, one after another, and collects what must be written down for it.

    `links` is how identities are tied, the events so far included.
    """

    links: Links
    limit: DeviceLimit
    at_most: dict[str, int]
    new_id: Callable[[], str]
    lookups: Lookups
    added: dict[tuple[str, str, str], IdentityRow] = field(default_factory=dict)
    led: dict[str, str] = field(default_factory=dict)
    """Records that came to belong to somebody else meanwhile."""
    hung: dict[str, str | None] = field(default_factory=dict)
    """Of those the one by whose claim; None for who parted."""
    claimed: set[IdentityKey] = field(default_factory=set)
    """Identities about which something was written down."""
    new: set[str] = field(default_factory=set)
    vouched: set[str] = field(default_factory=set)
    """Records whom the shop's server has named."""
    over: list[tuple[Arrival, str]] = field(default_factory=list)
    """Arrivals that brought an identity, by its kind, for which there was no more room."""
    _homes: dict[str, str] = field(default_factory=dict)
    """Record to customer, as it was read."""
    _adding: dict[tuple[str, str], int] = field(default_factory=dict)
    """By record and kind, how many identities come to it here."""

    _looked_at: dict[str, Sequence[str]] = field(default_factory=dict)
    """By record, those that hung under it."""

    def __post_init__(self) -> None:
        self._homes = {link.record: link.customer for links in self.links.values() for link in links}

    def whose(self, one: Arrival) -> tuple[Whose, list[Merge]]:
        """Whose the event is, and which merges come first."""
        by_shop = one.source != Sender.SITE
        names = [(USER_ID, one.user_id), *one.told] if one.user_id is not None else list(one.told)
        if not names:
            return self._nameless(one), []
        trust = FIRM if by_shop else WEAK
        record = self._named(names[0], one, trust)
        for anonymous_id in (one.anonymous_id, one.previous_id):
            if anonymous_id is not None:
                self._claim_device((ANONYMOUS_ID, anonymous_id), record, one, trust)
        merges: list[Merge] = []
        if by_shop:
            self.vouched.add(record)
            for told in names[1:]:
                self._claim(told, record, one)
        for key in names:
            merges += self._settled(key)
        if by_shop:
            return Whose(self.root(record), record, Trust.SHOP, record), merges
        speaks_for = self._spoken_for(one, record) if one.consents else None
        if one.anonymous_id is not None and (one.user_id is None or (_is_about_consent(one) and speaks_for != record)):
            return self._nameless(one), merges
        return Whose(self.root(record), record, Trust.WEAK, speaks_for), merges

    def _spoken_for(self, one: Arrival, record: str) -> str | None:
        """By a browser that names somebody."""
        if one.anonymous_id is None:
            granted = one.user_id is None and all(said.granted for said in one.consents)
            return record if granted else None
        if one.user_id is not None and self._is_tied(one.anonymous_id, record):
            return record
        return self._named((ANONYMOUS_ID, one.anonymous_id), one, ITSELF)

    def _is_tied(self, anonymous_id: str, record: str) -> bool:
        links = self.links.get((ANONYMOUS_ID, anonymous_id), ())
        return any(link.record == record and link.trust == FIRM for link in links) and not is_shared(links, self.limit)

    def root(self, record: str) -> str:
        """Who a record belongs to now."""
        led = self.led
        found = self._homes.get(record, record)
        if led:
            found = led.get(record, found)
            while led.get(found, found) != found:
                found = led[found]
        return found

    def _nameless(self, one: Arrival) -> Whose:
        """In the device's own record, whoever says so: whose it was may come to light later, and must not depend on that."""
        assert one.anonymous_id is not None, "an event without any identity is refused before"
        record = self._named((ANONYMOUS_ID, one.anonymous_id), one, ITSELF)
        return Whose(record, record, Trust.WEAK, record)

    def _named(self, key: IdentityKey, one: Arrival, trust: str) -> str:
        """The record that bears this name."""
        own = own_of(key[0], self.links.get(key, ()))
        trust = trust if key[0] == USER_ID else ITSELF
        if own is None:
            return self._newcomer(key, one, trust)
        if RANK[trust] > RANK[own.trust] or _moment(one) < (own.first_at, own.first_fact):
            self._add(key, own.record, one, trust)
        return own.record

    def _newcomer(self, key: IdentityKey, one: Arrival, trust: str) -> str:
        record = self.new_id()
        self.new.add(record)
        self._add(key, record, one, trust)
        return record

    def _claim_device(self, key: IdentityKey, record: str, one: Arrival, trust: str) -> None:
        links = self.links.get(key, ())
        held = next((link for link in links if link.record == record), None)
        if held is None and len(links) > MOST_CLAIMS * self.limit.people:
            return
        if held is None or RANK[trust] > RANK[held.trust] or _moment(one) < (held.first_at, held.first_fact):
            self._add(key, record, one, trust)

    def _claim(self, key: IdentityKey, record: str, one: Arrival) -> None:
        """By the shop, and for a record that bears another name."""
        held = next((link for link in self.links.get(key, ()) if link.record == record), None)
        trust = CONFIRMED if CONFIRMING.get(getattr(one.deed, "name", "")) == key[0] else FIRM
        if held is None and self._is_full(record, key[0]):
            self.over.append((one, key[0]))
        elif held is None or RANK[trust] > RANK[held.trust] or _moment(one) < (held.first_at, held.first_fact):
            self._add(key, record, one, trust)

    def _is_full(self, record: str, kind: str) -> bool:
        there = 0 if record in self.new else self.lookups.count(record, kind)
        return there + self._adding.get((record, kind), 0) >= self.at_most[kind]

    def _add(self, key: IdentityKey, record: str, one: Arrival, trust: str) -> None:
        links = self.links.get(key, ())
        first_at, first_fact = _moment(one)
        held = next((link for link in links if link.record == record), None)
        customer = self.root(record) if held is None else held.customer
        if held is None:
            self._adding[record, key[0]] = self._adding.get((record, key[0]), 0) + 1
        else:
            first_at, first_fact = min((first_at, first_fact), (held.first_at, held.first_fact))
            trust = max(trust, held.trust, key=lambda one: RANK[one])
        link = Linked(record, customer, trust, first_at, first_fact)
        self.links[key] = tuple(sorted([link, *[other for other in links if other.record != record]]))
        self.added[*key, record] = (*key, record, customer, trust, first_at, first_fact, how_of(one))
        self.claimed.add(key)

    def _settled(self, key: IdentityKey) -> list[Merge]:
        """A record of the identity's own belongs to whoever the identity belongs to."""
        kind, links = key[0], self.links.get(key, ())
        own, owner = own_of(kind, links), owner_of(kind, links)
        if kind == USER_ID or own is None or owner is None:
            return []
        if kind in TYPED_BY_ANYBODY and owner.trust == FIRM:
            owner = own
        now, wanted = self.root(own.record), self.root(owner.record)
        if now == wanted and (now == own.record or key not in self.claimed):
            return []
        if self.lookups.is_by_staff(own.record):
            return []
        merges = []
        if now == wanted:
            if self._over(own.record) != owner.record:
                merges.append(Merge(own.record, now, False, kind, owner.record, moves=False))
                self.hung[own.record] = owner.record
            return merges
        with_it = self._with(own.record)
        if now != own.record:
            merges.append(Merge(own.record, now, True, kind, owner.record))
            self.led.update(dict.fromkeys(with_it, own.record))
            self.hung[own.record] = None
        if wanted != own.record:
            merges.append(Merge(own.record, wanted, False, kind, owner.record))
            self.led.update(dict.fromkeys(with_it, wanted))
            self.hung[own.record] = owner.record
        return merges

    def owner(self, one: Arrival, whose: Whose) -> str | None:
        """Whose device it was done on, where it was done without a name."""
        if one.anonymous_id is None or whose.record != whose.customer or whose.trust is Trust.SHOP:
            return None
        links = self.links.get((ANONYMOUS_ID, one.anonymous_id), ())
        own = own_of(ANONYMOUS_ID, links)
        if own is None or own.record != whose.record:
            return None
        link = owner_at(links, one.happened_at, self.limit)
        return self.root(link.record) if link is not None else None

    def home(self, record: str) -> str:
        """Who a record belonged to when it was read."""
        return self._homes.get(record, record)

    def has_moved(self) -> bool:
        """Whether other records hang under those that were looked at by now."""
        return any(self.lookups.under(record) != there for record, there in self._looked_at.items())

    def _over(self, record: str) -> str | None:
        return self.hung[record] if record in self.hung else self.lookups.over(record)

    def _with(self, record: str) -> list[str]:
        """The record, and those that go where it goes, as of now."""
        found = [record]
        for one in found:
            self._looked_at.setdefault(one, self.lookups.under(one))
            there = [other for other in self._looked_at[one] if other not in self.hung]
            came = [other for other, over in self.hung.items() if over == one]
            found += [other for other in sorted({*there, *came}) if other not in found]
        return found


def _is_about_consent(one: Arrival) -> bool:
    """Whether that is all it is about."""
    return getattr(one.deed, "name", "") in (GRANTED, WITHDRAWN)


def how_of(one: Arrival) -> str:
    """By what a claim was made: who said it, and in which words."""
    name = getattr(one.deed, "name", None) or type(one.deed).__name__
    return f"{one.source}: {name}"[:100]


def _moment(one: Arrival) -> tuple[Instant, str]:
    """Of events that say no time of their own and came together, the later in the batch is the later."""
    return (one.happened_at if one.is_timed else one.happened_at + one.position), one.id
