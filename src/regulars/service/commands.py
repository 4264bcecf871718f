"""Commands: what staff or the shop's server has done to what customers hold, in one transaction, once for each key.

The same key with the same body is answered with the first answer, whatever has changed since, for ever; with another body it is
refused. A command that cannot be carried out leaves nothing behind, not even its key.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select

from regulars.kernel.effects import Effect, Refused
from regulars.kernel.effects import Reason as EffectReason
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.recalled import Memory
from regulars.kernel.rulebook import Rulebook
from regulars.service.audit import write_down
from regulars.service.group import NoProgram
from regulars.service.recalling import recalled
from regulars.service.record import Customer, Journal, brought_to
from regulars.service.shop import Shop
from regulars.service.writer import Moved
from regulars.store.schema import commands, customers, source_keys
from regulars.store.transaction import Transaction
from regulars.wire.events import Sender
from regulars.wire.history import fact_id

A = TypeVar("A", bound=Struct)


class KeyReused(Exception):
    """The key was used before, for something else."""


class NotPossible(Exception):
    """`reason` is one of a closed set of the command's, `words` say what is so and what can be done."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(reason)
        self.reason, self.words = reason, words


class Command(Struct, frozen=True):
    """`name` is what is asked for, `key` the Idempotency-Key (None makes one that nobody repeats), `body` what is asked, as bytes
    that are the same whenever it is. `who` is the member of staff or the key that asks, `source` what the facts say that they
    come from.
    """

    name: str
    key: str | None
    body: bytes
    who: str
    source: str = Sender.SHOP.value


class Done(Struct, frozen=True):
    """`answer` is JSON. `again` where it is that of an earlier time."""

    answer: bytes
    again: bool


class Hands:
    """What a command may do within its transaction."""

    def __init__(
        self, tx: Transaction, shop: Shop, rulebook: Rulebook, id: str, command: Command, now: Instant
    ) -> None:
        self.tx, self.rulebook, self.id, self.now = tx, rulebook, id, now
        self.who, self.source = command.who, command.source
        self._shop = shop
        self._journal = Journal(shop.new_id)

    def customers(self, *records: str) -> list[Customer]:
        """Whoever these records belong to, locked; NotPossible where there is none. One that two of them belong to stands twice."""
        roots = [self._root(record) for record in records]
        rows = self.tx.lock_customers(sorted(set(roots)))
        if any(rows[root].person is not None for root in roots):
            raise Moved
        opened = {
            root: brought_to(self.tx, rows[root], self.rulebook, self._shop.rulebooks, self._journal, self.now)
            for root in sorted(rows)
        }
        for customer in opened.values():
            if customer.seq != customer.row.seq:
                # What adopting the program brought about is written down, whether anything else comes of the command or not.
                self._journal.keep(customer, self.rulebook, self.now)
        return [opened[root] for root in roots]

    def recall(self, customer: Customer, *facts: Fact) -> Memory:
        """What these facts need of the past."""
        self._journal.write(self.tx)
        return recalled(self.tx.core, self._shop.rulebooks, customer.row.id, facts)

    def take(
        self, customer: Customer, fact: Fact, memory: Memory | None = None, record: str | None = None
    ) -> Sequence[Effect]:
        """Folds it, as having come through `record`. NotPossible where the kernel refuses it."""
        via = {fact.id: record} if record is not None and record != customer.row.id else {}
        [effects] = self._journal.take(customer, [fact], self.rulebook, via, memory)
        refused = next((one for one in effects if isinstance(one, Refused)), None)
        if refused is not None:
            raise NotPossible(refused.reason.value, REFUSED.get(refused.reason, "It cannot be done."))
        return effects

    def write(self) -> None:
        self._journal.write(self.tx)

    def write_down(self, what: str, customer: Customer, details: str) -> None:
        """In the audit trail."""
        write_down(self.tx, self.now, self.who, what, customer.row.id, details)

    def _root(self, record: str) -> str:
        row = self.tx.core.execute(select(customers.c.person).where(customers.c.id == record)).first()
        if row is None:
            raise NotPossible("unknown_customer", "There is no such customer.")
        return row.person or record


REFUSED = {
    EffectReason.NOT_ENOUGH_POINTS: "There are not enough points that can be spent.",
    EffectReason.TOO_MANY_RESERVATIONS: "Too many points are being held already: spend or release some first.",
    EffectReason.UNKNOWN_RESERVATION: "There is no such reservation, or it is over.",
    EffectReason.UNKNOWN_SPENDING: "Nothing was spent under this id.",
    EffectReason.REVERSED_ALREADY: "All of it came back before, or less of it is left.",
    EffectReason.UNKNOWN_ORDER: "The customer has no such order.",
}


def earlier(shop: Shop, command: Command) -> Done | None:
    """What it was answered the first time: whoever it was about may be gone since. KeyReused for another body."""
    if command.key is None:
        return None
    id = _id_of(command.name, command.key)
    known = select(source_keys.c.content, commands.c.answer).join(commands, commands.c.id == source_keys.c.fact_id)
    with shop.store.reading() as connection:
        row = connection.execute(known.where(source_keys.c.key == id)).first()
    if row is None:
        return None
    if row.content != _content_of(command):
        raise KeyReused
    return Done(bytes(row.answer), True)


def carry_out(shop: Shop, command: Command, now: Instant, act: Callable[[Hands], A]) -> Done:
    """What `act` answers, or what it answered the first time. KeyReused, NotPossible, NoProgram, Busy: then nothing is done."""
    content = _content_of(command)

    def run(tx: Transaction) -> Done:
        id = shop.new_id() if command.key is None else _id_of(command.name, command.key)
        if command.key is not None:
            known = tx.claim([(id, id, content)])
            if id in known:
                if known[id].content != content:
                    raise KeyReused
                answer = tx.core.execute(select(commands.c.answer).where(commands.c.id == id)).scalar_one()
                return Done(bytes(answer), True)
        version = tx.active_version()
        if version is None:
            raise NoProgram
        rulebook = shop.rulebooks.now_in_force(version, tx.core)
        hands = Hands(tx, shop, rulebook, fact_id("fact of a command", id), command, now)
        answer = msgspec.json.encode(act(hands))
        hands.write()
        if command.key is not None:
            tx.core.execute(insert(commands).values(id=id, name=command.name, answer=answer, answered_at=now))
        return Done(answer, False)

    return shop.writer.run(run)


def _id_of(name: str, key: str) -> str:
    return fact_id(f"command {name}", key)


def _content_of(command: Command) -> bytes:
    return blake2b(command.body, digest_size=16).digest()
