"""Whoever withdrew analytics is counted, and not watched.

Behaviour of weak trust is not stored with anybody once that person, or that device, has withdrawn: only how often it was done
is counted. What the shop's own server says (orders, joinings, reviews: the contract) goes on, and so does whatever is said about
consent itself: a refusal that is forgotten would be none.

    whose word counts   that of the record, of whoever it belongs to, of the device that it was done with, and of whoever uses that
    when                as it stands before the event, in the order of arrival: what was sent before somebody withdrew, and comes
                        after, is not stored either
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from regulars.kernel.facts import Behaved, Trust
from regulars.service.consents import denied
from regulars.service.folding import Step
from regulars.service.known import Request
from regulars.service.people import ANONYMOUS_ID, People, leads_to, own_of
from regulars.store.transaction import Transaction
from regulars.wire.events.consents import GRANTED, WITHDRAWN

ANALYTICS: Final = "analytics"


def without_the_silent(tx: Transaction, people: People, steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """Those that may be stored, and those that may only be counted; both in their order."""
    concerned = {id for step in steps if _is_behaviour(step) for id in _with_a_say(people, step)}
    silent = denied(tx.core, concerned - people.new, ANALYTICS) if concerned else set()
    stored: list[Step] = []
    counted: list[Step] = []
    for step in steps:
        is_silent = _is_behaviour(step) and not silent.isdisjoint(_with_a_say(people, step))
        (counted if is_silent else stored).append(step)
        for said in step.told.arrival.consents:
            if said.purpose == ANALYTICS and not said.imported:
                theirs = {step.whose.record, step.whose.customer}
                silent = silent - theirs if said.granted else silent | theirs
    return stored, counted


def counting(steps: Sequence[Step]) -> Request:
    """What is left of them: names and moments."""
    return Request((), (), "", 0, impersonal=[(step.fact.name, step.fact.happened_at) for step in steps])


def refusing(steps: Sequence[Step]) -> list[Step]:
    """Those that say something about consent, without whatever else they say of a person."""
    return [
        replace(step, told=replace(step.told, arrival=replace(step.told.arrival, traits={})))
        for step in steps
        if step.told.arrival.consents
    ]


def _is_behaviour(step: Step) -> bool:
    """One that brings a merge about is none: who is who was settled by it."""
    fact = step.fact
    weak = isinstance(fact, Behaved) and fact.trust is Trust.WEAK
    return weak and fact.name not in (GRANTED, WITHDRAWN) and not step.merges


def _with_a_say(people: People, step: Step) -> set[str]:
    records = {step.whose.record, step.whose.customer}
    device = step.told.arrival.anonymous_id
    if device is not None:
        links = people.links.get((ANONYMOUS_ID, device), ())
        own, user = own_of(ANONYMOUS_ID, links), leads_to(ANONYMOUS_ID, links, people.limit)
        records |= {own.record} if own else set()
        records |= {people.root(user)} if user else set()
    return records
