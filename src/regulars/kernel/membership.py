"""Membership: whoever joins is a member from then on. Where everyone is a member, joining is still an occasion, once."""

from regulars.kernel.effects import Because, MembershipStarted, Reason, Refused
from regulars.kernel.facts import Instant, MemberJoined
from regulars.kernel.state import State

MEMBERSHIP = "membership"


def enrol(state: State, fact: MemberJoined, at: Instant, version: str) -> MembershipStarted | Refused:
    because = Because(MEMBERSHIP, version, fact.id)
    if state.consequences.member_since is not None:
        return Refused(Reason.ALREADY_A_MEMBER, None, at, fact.recorded_at, because)
    return MembershipStarted(fact.happened_at, at, fact.recorded_at, because)


def was_member(member_since: Instant | None, at: Instant) -> bool:
    """Whether whoever is a member since then was one at that moment."""
    return member_since is not None and member_since <= at
