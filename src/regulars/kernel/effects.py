"""Effects: what follows from a fact or from the passing of time, each with its because.

`effective_at` is the later of when the fact happened and the customer's clock; what falls due bears its due time, however
late it was woken. `recorded_at` is when the kernel was told. Effects alone rebuild the consequences.
"""

from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeAlias

from msgspec import Struct

from regulars.kernel.calendar import Day
from regulars.kernel.facts import Instant

LotId: TypeAlias = tuple[str, int]
"""The fact that earned the lot, and which of that fact's lots it is, from 0: points that live alike are one lot, whatever the
rules that gave them."""


class Entry(StrEnum):
    EARN = "earn"
    ACTIVATE = "activate"
    EXPIRE = "expire"
    MERGE = "merge"
    """A lot goes with its customer to the one it is merged into, or back."""


class Account(StrEnum):
    PROGRAM = "program"
    PENDING = "pending"
    AVAILABLE = "available"
    EXPIRED = "expired"
    MERGED = "merged"
    """Between two customers who are merged: what leaves one comes to the other."""


EARN: Final = Entry.EARN
ACTIVATE: Final = Entry.ACTIVATE
EXPIRE: Final = Entry.EXPIRE
MERGE: Final = Entry.MERGE
PROGRAM: Final = Account.PROGRAM
PENDING: Final = Account.PENDING
AVAILABLE: Final = Account.AVAILABLE
EXPIRED: Final = Account.EXPIRED
MERGED: Final = Account.MERGED
"""Members by a name of their own: looking one up on its class costs as much as making an effect (Python 3.11)."""


class Reason(StrEnum):
    """Why nothing was given. A closed set."""

    NOT_TRUSTED = "not_trusted"
    NOT_A_MEMBER = "not_a_member"
    ALREADY_A_MEMBER = "already_a_member"
    NOTHING_ELIGIBLE = "nothing_eligible"
    BELOW_ONE_UNIT = "below_one_unit"


class Because(Struct, frozen=True, gc=False):
    """The rule, the program version, and the fact; no fact where time alone brought it about."""

    rule: str
    version: str
    fact: str | None = None


class Factor(Struct, frozen=True, gc=False):
    """What multiplied: a rule or a tier, by its id."""

    id: str
    factor: Fraction


class Reckoning(Struct, frozen=True, gc=False):
    """How points came about: `units` of the rule, counted in `basis_minor` where money counts, times the factors."""

    units: int
    basis_minor: int | None
    factors: tuple[Factor, ...]


class Posted(Struct, frozen=True, gc=False, tag=True):
    """Points of one lot moved from one account to another.

    `active_at` is when they are no longer pending; `expires_at` is exclusive, and FOREVER if they never expire. Only an
    earning has a `reckoning`, and the day on the shop's wall on which its points qualify for tiers. `earned_at` is there for
    what was earned elsewhere: a lot keeps its age on its way from one customer to another, and from a former program.
    """

    entry: Entry
    lot: LotId
    points: int
    source: Account
    target: Account
    effective_at: Instant
    recorded_at: Instant
    because: Because
    active_at: Instant
    expires_at: Instant
    qualifies_on: Day | None = None
    reckoning: Reckoning | None = None
    earned_at: Instant | None = None

    def postings(self) -> tuple[tuple[Account, int], tuple[Account, int]]:
        """The two sides of the entry; they sum to zero."""
        return (self.source, -self.points), (self.target, self.points)


class TierChanged(Struct, frozen=True, gc=False, tag=True):
    before: str | None
    after: str | None
    effective_at: Instant
    recorded_at: Instant
    because: Because


class MembershipStarted(Struct, frozen=True, gc=False, tag=True):
    since: Instant
    effective_at: Instant
    recorded_at: Instant
    because: Because


class Refused(Struct, frozen=True, gc=False, tag=True):
    reason: Reason
    basis_minor: int | None
    effective_at: Instant
    recorded_at: Instant
    because: Because


class Merged(Struct, frozen=True, gc=False, tag=True):
    """What besides lots came with another customer, or went away with it: `qualifying` by day on the shop's wall, below 0
    where it went, and since when this customer is a member now. `came` is None for who was merged into somebody else.
    """

    came: bool | None
    qualifying: tuple[tuple[Day, int], ...]
    member_since: Instant | None
    effective_at: Instant
    recorded_at: Instant
    because: Because


class SegmentEntered(Struct, frozen=True, gc=False, tag=True):
    """`why` is the condition that became another one, in words."""

    segment: str
    why: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


class SegmentLeft(Struct, frozen=True, gc=False, tag=True):
    segment: str
    why: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


Effect: TypeAlias = Posted | TierChanged | MembershipStarted | Refused | Merged | SegmentEntered | SegmentLeft
