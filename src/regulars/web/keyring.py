"""The keys that are good, remembered for a moment, so that a request in a second costs no look into the record."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from regulars.web.limits import Limiter
from regulars.wire.events import Sender

MOST_KEY_CHARACTERS: Final = 200
MOST_KEYS: Final = 1_000
LOOKED_AT_AGAIN_AFTER: Final = 1_000_000_000
"""In nanoseconds: how long a good key is taken to be good."""


class Keyring:
    """The keys that are good. One in use is looked up again every second, while those who come meanwhile are let pass; one that
    was never good is looked up whenever it is shown, as often as `limiter` allows its address to be a stranger."""

    def __init__(self, look_up: Callable[[str], Sender | None], limiter: Limiter, tick: Callable[[], int]) -> None:
        self._look_up = look_up
        self._limiter = limiter
        self._tick = tick
        self._good: dict[bytes, tuple[Sender, int]] = {}
        self._looking: dict[bytes, asyncio.Task[Sender | None]] = {}

    def remembered(self, hash: bytes) -> Sender | None:
        """None where it must be looked up."""
        sender, until = self._good.get(hash, (None, 0))
        return sender if self._tick() < until else None

    def look(self, key: str, address: str) -> Sender | None:
        """None for a key that is none; the address has paid for it. Takes as long as the record takes."""
        hash = hash_of(key)
        sender = self.remembered(hash)
        return sender if sender is not None else self._look(key, hash, self._pays(hash, address))

    async def sender_of(self, key: str, address: str) -> Sender | None:
        """The same, while the event loop goes on. Those who show the same key meanwhile wait for the one look."""
        hash = hash_of(key)
        sender = self.remembered(hash)
        if sender is not None:
            return sender
        under_way = self._looking.get(hash)
        if under_way is not None:
            sender = await asyncio.shield(under_way)
            if sender is None:
                self._limiter.stranger(address)
            return sender
        looking = asyncio.create_task(asyncio.to_thread(self._look, key, hash, self._pays(hash, address)))
        self._looking[hash] = looking
        looking.add_done_callback(lambda task: self._looked(hash, task))
        return await asyncio.shield(looking)

    def _pays(self, hash: bytes, address: str) -> str | None:
        """Which address has paid for the look. For a key that was good it is free, and whoever else shows it need not wait."""
        known = self._good.get(hash)
        if known is None:
            self._limiter.stranger(address)
            return address
        self._good[hash] = (known[0], self._tick() + LOOKED_AT_AGAIN_AFTER)
        return None

    def _look(self, key: str, hash: bytes, paid_by: str | None) -> Sender | None:
        sender = self._look_up(key) if is_plausible(key) else None
        if sender is None:
            self._good.pop(hash, None)
            return None
        if len(self._good) >= MOST_KEYS:
            self._good.clear()
        self._good[hash] = (sender, self._tick() + LOOKED_AT_AGAIN_AFTER)
        if paid_by is not None:
            self._limiter.not_a_stranger(paid_by)
        return sender

    def _looked(self, hash: bytes, task: "asyncio.Task[Sender | None]") -> None:
        """Whoever waited is told what went wrong; if nobody waited any more, nobody is."""
        self._looking.pop(hash, None)
        if not task.cancelled():
            task.exception()


def is_plausible(key: str) -> bool:
    return 0 < len(key) <= MOST_KEY_CHARACTERS and key.isascii() and key.isprintable()


def hash_of(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
