"""How much one address and one key may ask of this process, and the refusal of what is more.

A limit is a bucket for everybody whom it counts: what is asked is taken out, and it fills again at a steady rate. All that is
kept of a bucket is the moment at which it will be full: one that is full is as good as none, so whoever has long been quiet may
be forgotten. What is refused takes nothing out; whoever waits as long as it was told is served.

Nothing is shared between processes: behind several, each grants as much. Moments are nanoseconds of a clock that never goes
back, and are handed in.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Lock
from typing import Final, NoReturn

from msgspec import Struct, structs

from regulars.web.problems import Code, Problem

MOST_BUCKETS: Final = 100_000
"""Of each limit; the one that was longest quiet is forgotten for a new one."""

_ADDRESSES_KEPT_READ: Final = 10_000
HIGHEST: Final = 1_000_000_000
VARIABLE: Final = "REGULARS_LIMITS"
_SECOND: Final = 1_000_000_000
_RATE: Final = re.compile(r"([0-9]{1,10})/([0-9]{1,10})")
_FORWARDED: Final = b"x-forwarded-for"


class Rate(Struct, frozen=True):
    """So many a second, and so many at once after a rest."""

    a_second: int
    at_once: int


class Limits(Struct, frozen=True):
    """Those that hold where a shop says nothing else; None is no limit.

    An address is an IPv4 address, or the first 64 bits of the newer kind. A stranger shows no key that is good.
    """

    stranger_requests: Rate | None = Rate(10, 50)
    page_requests: Rate | None = Rate(100, 1_000)
    address_requests: Rate | None = Rate(50, 200)
    address_events: Rate | None = Rate(500, 5_000)
    public_key_requests: Rate | None = Rate(2_000, 10_000)
    public_key_events: Rate | None = Rate(20_000, 100_000)
    secret_key_requests: Rate | None = Rate(20_000, 40_000)
    secret_key_events: Rate | None = Rate(200_000, 1_000_000)


NAMES: Final = Limits.__struct_fields__
NO_LIMITS: Final = Limits(**dict.fromkeys(NAMES))


class LimitsRefused(Exception):
    """Limits that cannot be read; the text says which and how to mend it."""


def limits_of(text: str) -> Limits:
    """Those of `address_requests=50/200, page_requests=off`; what is not named stays as it is. Raises LimitsRefused."""
    said: dict[str, Rate | None] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, rate = map(str.strip, part.partition("="))
        if name not in NAMES:
            raise LimitsRefused(f"{VARIABLE} names a limit that there is not. There are {', '.join(NAMES)}.")
        if name in said:
            raise LimitsRefused(f"{VARIABLE} names {name} twice: name it once.")
        said[name] = None if rate == "off" else _rate(name, rate)
    return structs.replace(Limits(), **said)


def _rate(name: str, text: str) -> Rate:
    found = _RATE.fullmatch(text)
    rate = Rate(int(found[1]), int(found[2])) if found else Rate(0, 0)
    if not (1 <= rate.a_second <= HIGHEST and 1 <= rate.at_once <= HIGHEST):
        raise LimitsRefused(
            f"{VARIABLE} must say of {name} how many a second and how many at once, as in 50/200, from 1 to {HIGHEST:,}; or off."
        )
    return rate


class Limiter:
    """All limits of a process; any thread may ask. What is too much is a `Problem` (429) that says when to come again.

    `refused` is told the name of the limit.
    """

    def __init__(
        self, limits: Limits, tick: Callable[[], int], refused: Callable[[str], None] = lambda _: None
    ) -> None:
        self._tick = tick
        self._refused = refused
        self._lock = Lock()
        named = [Buckets(name, getattr(limits, name)) for name in NAMES]
        self._strangers, self._pages = named[0:2]
        self._address, self._address_events = named[2:4]
        self._public_key, self._public_key_events = named[4:6]
        self._secret_key, self._secret_key_events = named[6:8]
        self._all = named

    def page(self, address: str) -> None:
        """For what needs no key: pages, their files, the documents."""
        self._take(self._pages, address, 1)

    def stranger(self, address: str) -> None:
        """For what is asked without a key that is known to be good."""
        self._take(self._strangers, address, 1)

    def not_a_stranger(self, address: str) -> None:
        """Gives back what was taken before the key was known."""
        with self._lock:
            self._strangers.give_back(address, 1)

    def site_asks(self, address: str, key: bytes) -> None:
        self._take_both(self._address, address, self._public_key, key, 1)

    def site_sends(self, address: str, key: bytes, events: int) -> None:
        self._take_both(self._address_events, address, self._public_key_events, key, events)

    def shop_asks(self, key: bytes) -> None:
        self._take(self._secret_key, key, 1)

    def shop_sends(self, key: bytes, events: int) -> None:
        self._take(self._secret_key_events, key, events)

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return sum(map(len, self._all))

    def _take(self, buckets: "Buckets", whom: str | bytes, amount: int) -> None:
        with self._lock:
            wait = buckets.take(whom, amount, self._tick())
        if wait:
            self._refuse(buckets, wait)

    def _take_both(
        self, buckets: "Buckets", whom: str | bytes, others: "Buckets", other: str | bytes, amount: int
    ) -> None:
        """Out of each, or out of none."""
        with self._lock:
            now = self._tick()
            wait = buckets.take(whom, amount, now)
            if not wait:
                wait = others.take(other, amount, now)
                if not wait:
                    return
                buckets.give_back(whom, amount)
                buckets = others
        self._refuse(buckets, wait)

    def _refuse(self, buckets: "Buckets", wait: int) -> NoReturn:
        self._refused(buckets.name)
        raise _too_many(buckets, wait)


class Buckets:
    """One limit, with a bucket for each whom it counts. What is larger than a full bucket takes all of it."""

    def __init__(self, name: str, rate: Rate | None, most: int = MOST_BUCKETS) -> None:
        self.name = name
        self.rate = rate
        self._at_once = rate.at_once if rate else 0
        self._one = -(-_SECOND // rate.a_second) if rate else 0
        self._whole = self._one * self._at_once
        self._most = most
        self._full_at: OrderedDict[str | bytes, int] = OrderedDict()

    def take(self, whom: str | bytes, amount: int, now: int) -> int:
        """0 where it was taken out; otherwise nothing was, and in so many nanoseconds there will be enough."""
        if not self._one:
            return 0
        if amount > self._at_once:
            amount = self._at_once
        buckets = self._full_at
        full_at = buckets.get(whom, 0)
        full_at = (full_at if full_at > now else now) + self._one * amount
        wait = full_at - now - self._whole
        if wait > 0:
            return wait
        buckets[whom] = full_at
        buckets.move_to_end(whom)
        if len(buckets) > self._most:
            buckets.popitem(last=False)
        return 0

    def give_back(self, whom: str | bytes, amount: int) -> None:
        if whom in self._full_at:
            self._full_at[whom] -= self._one * min(amount, self._at_once)

    def __len__(self) -> int:
        return len(self._full_at)


def _too_many(buckets: Buckets, wait: int) -> Problem:
    assert buckets.rate is not None
    allowed = f"{buckets.rate.a_second:,} a second, and {buckets.rate.at_once:,} at once after a rest"
    detail = f"The limit `{buckets.name}` is {allowed}. Wait as many seconds as Retry-After says, and send it again."
    return Problem(Code.TOO_MANY_REQUESTS, detail, {"Retry-After": str(-(-wait // _SECOND))})


# --- addresses -----------------------------------------------------------------------------------------------------------


def address_of(peer: str, headers: Iterable[tuple[bytes, bytes]], proxies: int) -> str:
    """Where a request came from: the peer; with proxies before us that are trusted, what the outermost of them saw.

    Each proxy writes its own peer behind what it was told, so that is the one so many from the right; what stands before it
    anybody may have written. The peer, too, where nothing that can be read stands there.
    """
    if not proxies:
        return peer
    told = b",".join([value for name, value in headers if name == _FORWARDED]).rsplit(b",", proxies)
    seen = told[-proxies] if len(told) >= proxies else b""
    return _parsed(seen.strip()) or peer


@lru_cache(maxsize=_ADDRESSES_KEPT_READ)
def network_of(address: str) -> str:
    """By what an address is counted: a household has one IPv4 address, and 2⁶⁴ of the newer kind."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else f"{IPv6Address(int(parsed) >> 64 << 64)}/64"


@lru_cache(maxsize=_ADDRESSES_KEPT_READ)
def _parsed(written: bytes) -> str | None:
    try:
        return str(ip_address(written.decode("ascii")))
    except ValueError:
        return None
