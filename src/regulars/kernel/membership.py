"""Membership: whoever joins is a member from then on. Where everyone is a member, joining is still an occasion, once."""

from collections.abc import Sequence

from regulars.kernel.effects import Because, Effect, MembershipStarted, Reason, Refused
from regulars.kernel.facts import Fact, Instant, MemberJoined
from regulars.kernel.state import State

MEMBERSHIP = "membership"


def enrol(state: State, fact: Fact, at: Instant, version: str) -> Sequence[Effect]:
    if not isinstance(fact, MemberJoined):
        return ()
    because = Because(MEMBERSHIP, version, fact.id)
    if state.consequences.member_since is not None:
        return (Refused(Reason.ALREADY_A_MEMBER, None, at, fact.recorded_at, because),)
    return (MembershipStarted(fact.happened_at, at, fact.recorded_at, because),)
