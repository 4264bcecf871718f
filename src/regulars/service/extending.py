"""Extending: what a customer holds lasts longer, by the shop's word; for a whole segment one customer after the other."""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from regulars.kernel.effects import REDATED, Effect, Posted
from regulars.kernel.facts import ExpiryExtended, Instant
from regulars.service.commands import Command, Done, Hands, NotPossible, carry_out
from regulars.service.segment_lists import members
from regulars.service.shop import Shop
from regulars.wire.answers import ExtensionAnswer
from regulars.wire.instants import rfc3339

PORTION = 500


class Extension(Struct, frozen=True):
    """`until` is exclusive. What would end later, or never, stays. The customer reads the `reason`."""

    record: str
    until: Instant
    reason: str


class Extended(Struct):
    """`customers` are those of whom something was extended now: not those of an earlier run."""

    customers: int = 0
    points: int = 0
    before: int = 0
    without: int = 0


def extend(shop: Shop, asked: Extension, command: Command, now: Instant) -> Done:
    """Answers an ExtensionAnswer. NotPossible for `unknown_customer`."""

    def act(hands: Hands) -> ExtensionAnswer:
        [customer] = hands.customers(asked.record)
        fact = ExpiryExtended(
            hands.id, asked.record, hands.now, hands.now, hands.source, asked.until, asked.reason, hands.who
        )
        effects = hands.take(customer, fact, None, asked.record)
        points = sum([_came_back(one) for one in effects])
        hands.write_down("extended", customer, f"{points} points until {rfc3339(asked.until)}: {asked.reason}")
        return ExtensionAnswer(hands.id, customer.row.id, points, rfc3339(asked.until), asked.reason)

    return carry_out(shop, command, now, act)


def extend_segment(
    shop: Shop,
    segment: str,
    until: Instant,
    reason: str,
    who: str,
    clock: Callable[[], Instant],
    progress: Callable[[int], None] = lambda _: None,
) -> Extended:
    """Everybody in the segment, each in a transaction of their own. Killed and started again it goes on, and extends nobody twice:
    the same segment, end and reason are one command for each customer.
    """
    done = Extended()
    for number, id in enumerate(_everybody(shop, segment), 1):
        body = msgspec.json.encode((segment, until, reason, id))
        command = Command("extend a segment", f"{segment} {until} {id} {reason}", body, who)
        try:
            answer = extend(shop, Extension(id, until, reason), command, clock())
        except NotPossible:
            continue  # erased meanwhile
        points = msgspec.json.decode(answer.answer, type=ExtensionAnswer).points
        done.before += answer.again
        done.without += not answer.again and not points
        if points and not answer.again:
            done.customers += 1
            done.points += points
        progress(number)
    return done


def _everybody(shop: Shop, segment: str) -> Iterable[str]:
    cursor: str | None = None
    while True:
        page = members(shop, segment, cursor, PORTION)
        yield from [one.id for one in page.members]
        cursor = page.next
        if cursor is None:
            return


def _came_back(effect: Effect) -> int:
    return effect.points if isinstance(effect, Posted) and effect.source is REDATED else 0
