"""Levels by the shop's own word: staff or the shop's server hold a customer at least at a level, until an end or until they say
otherwise. It stands in the customer's history, with why, and in the audit trail.
"""

from typing import Final

from msgspec import Struct

from regulars.kernel.facts import FOREVER, Instant, LevelSet
from regulars.kernel.state import NO_FOOTING
from regulars.service.commands import Command, Done, Hands, NotPossible, carry_out
from regulars.service.record import Customer
from regulars.service.shop import Shop
from regulars.wire.answers import GivenTierAnswer, LevelAnswer
from regulars.wire.instants import rfc3339

MOST_REASON_CHARACTERS: Final = 200

WORDS: Final = {
    "no_tiers": "The program has no tiers.",
    "no_such_level": "The program has no level of that name.",
    "not_a_member": "The customer has not joined: there is no level for who is no member.",
    "over": "The end lies in the past.",
    "not_given": "No level was given by hand, so there is none to take back.",
}


class LevelWord(Struct, frozen=True):
    """`level` None takes back what was given. `until` is exclusive; without it the level holds until the shop says otherwise.
    `reason` may be shown to the customer.
    """

    record: str
    level: str | None
    until: Instant | None = None
    reason: str = ""


def set_level(shop: Shop, word: LevelWord, command: Command, now: Instant) -> Done:
    """Answers a LevelAnswer. NotPossible for `unknown_customer` and the reasons in WORDS."""

    def act(hands: Hands) -> LevelAnswer:
        [customer] = hands.customers(word.record)
        reason = _why_not(hands, customer, word)
        if reason is not None:
            raise NotPossible(reason, WORDS[reason])
        id = customer.row.id
        fact = LevelSet(hands.id, id, now, now, hands.source, word.level, word.until, word.reason, hands.who)
        hands.take(customer, fact)
        given = f"level {word.level}" if word.level else "no level by hand any more"
        hands.write_down("level_set", customer, f"{given}: {word.reason}" if word.reason else given)
        return _answer(customer)

    return carry_out(shop, command, now, act)


def _why_not(hands: Hands, customer: Customer, word: LevelWord) -> str | None:
    rules, footing = hands.rulebook.tiers, customer.state.consequences.footing or NO_FOOTING
    if word.level is None:
        return None if footing.given is not None else "not_given"
    if rules is None:
        return "no_tiers"
    if word.level not in rules.rank_of:
        return "no_such_level"
    if not hands.rulebook.is_member(customer.state):
        return "not_a_member"
    return "over" if word.until is not None and word.until <= hands.now else None


def _answer(customer: Customer) -> LevelAnswer:
    held = customer.state.consequences
    footing, given = held.footing or NO_FOOTING, None
    if footing.given is not None:
        until = None if footing.given_until == FOREVER else rfc3339(footing.given_until)
        given = GivenTierAnswer(footing.given, until)
    return LevelAnswer(customer.row.id, held.tier, given)
