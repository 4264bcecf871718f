"""Perks: whether a customer may make use of one. Asking is no fact and moves nobody's clock.

Only where a perk is on trial something is written down, once for each customer and trial: in which arm they count from the first
time that somebody asked, so that those who were refused are counted as those who were not.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from regulars.kernel.entitlements import Entitlement, asked, entitlement, entitlements
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, copy_of
from regulars.kernel.step import advance
from regulars.service.forecast import state_of
from regulars.service.group import NoProgram
from regulars.service.record import PERK_ASKED_FOR, Journal, brought_to
from regulars.service.records import drawing_name
from regulars.service.shop import Shop
from regulars.store.transaction import Transaction

T = TypeVar("T")


def perks_of(shop: Shop, customer: str, now: Instant) -> tuple[Entitlement, ...]:
    """Every perk of the program in force, for the customer of this id, as of now. NoProgram before there is one."""
    return _read(shop, customer, now, lambda state, rulebook, name: tuple(entitlements(state, rulebook, now, name)))


def check(
    shop: Shop, customer: str | None, perk: str, product: str | None, at: Instant | None, now: Instant
) -> Entitlement:
    """Whether the customer of this id may make use of the perk at that moment, or now; None is somebody whom nobody knows.
    NoProgram before there is a program.
    """
    moment = now if at is None else at
    found = _read(
        shop, customer, moment, lambda state, rulebook, name: entitlement(perk, state, rulebook, moment, name, product)
    )
    if at is None and customer is not None and found.counts is not None:
        shop.writer.run(lambda tx: _count(tx, shop, customer, perk, product, now))
    return found


def _read(shop: Shop, customer: str | None, at: Instant, answer: Callable[[State | None, Rulebook, str], T]) -> T:
    with shop.store.one_moment(), shop.store.reading() as connection:
        rulebook = shop.rulebooks.in_force()
        if rulebook is None:
            raise NoProgram
        state, name = _seen(shop, connection, customer, rulebook, at)
    return answer(state, rulebook, name)


def _seen(
    shop: Shop, connection: Connection, customer: str | None, rulebook: Rulebook, at: Instant
) -> tuple[State | None, str]:
    if customer is None:
        return None, ""
    state = state_of(shop, connection, customer, rulebook, at)
    if state is None:
        return None, ""
    state, _ = advance(state, at, rulebook, at)
    return state, drawing_name(connection, customer)


def _count(tx: Transaction, shop: Shop, id: str, perk: str, product: str | None, now: Instant) -> None:
    """Once: whoever counts already is left as they are, and so is whoever was merged into somebody else meanwhile."""
    version = tx.active_version()
    if version is None:
        return
    rulebook, steps = shop.rulebooks.now_in_force(version, tx.core), Journal(shop.new_id)
    row = tx.lock_customers([id]).get(id)
    if row is None or row.person is not None:
        return
    customer = brought_to(tx, row, rulebook, shop.rulebooks, steps, now)
    seen, _ = advance(customer.state, now, rulebook, now)
    found = entitlement(perk, seen, rulebook, now, drawing_name(tx.core, id), product)
    state = copy_of(customer.state)
    effects = asked(state, found, rulebook, max(now, state.clock), now)
    if not effects:
        return
    customer.state = state
    steps.time(customer, PERK_ASKED_FOR, effects, rulebook.version, now)
    steps.keep(customer, rulebook, now)
    steps.save(tx)
