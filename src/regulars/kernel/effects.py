"""Effects: what follows from a fact or from the passing of time, each with its because.

`effective_at` is the later of when the fact happened and the customer's clock; what falls due bears its due time, however
late it was woken. `recorded_at` is when the kernel was told. Effects alone rebuild the consequences.
"""

from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, TypeAlias

from msgspec import Struct

from regulars.kernel.calendar import Day
from regulars.kernel.facts import Instant

LotId: TypeAlias = tuple[str, int]
"""The fact that earned the lot, and which of that fact's lots it is, from 0: points that live alike are one lot, whatever the
rules that gave them."""

WELCOME_LOTS: Final = 100
"""The reward for entering a level is a lot of its own, from this number on by the level's place."""
WELCOMES_OF_A_YEAR: Final = 10_000
"""One that the beginning of a year gave is a lot of the last fact before it: from this number, times the year, on."""
LATE_LOT: Final = 900
"""The number of the lot that is given for having joined before."""
WELCOME: Final = "level:"
"""Before the level's name, stands where a rule's id does. No rule's id has a colon."""
GAME_LOTS: Final = 1_000
"""What a game gives is a lot of its own, from this number on by the game's place in the program."""
GAME: Final = "game:"
CLUB: Final = "club:"
"""Before the names of games and of clubs, where a rule's id stands."""


ADDED_LOT: Final = 99
"""What an order earns for what was added to it is a lot of this number, of the fact that told so."""


class Lot(Struct, frozen=True, gc=False, array_like=True):
    """What is left of points that one fact earned and that live alike. Expires at an exclusive instant; FOREVER is never."""

    id: LotId
    points: int
    earned_at: Instant
    active_at: Instant
    expires_at: Instant


class Entry(StrEnum):
    EARN = "earn"
    ACTIVATE = "activate"
    EXPIRE = "expire"
    MERGE = "merge"
    """A lot goes with its customer to the one it is merged into, or back."""
    EARN_REVERSAL = "earn_reversal"
    """What an order had brought is taken back, since goods or money went back."""
    SETTLE = "settle"
    """What is new fills what is owed first."""
    RESERVE = "reserve"
    RELEASE = "release"
    REDEEM = "redeem"
    REDEEM_REVERSAL = "redeem_reversal"
    ADJUST = "adjust"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    REDATE = "redate"
    """A lot gets other dates: a posting with the old ones, and one with the new."""


class Account(StrEnum):
    PROGRAM = "program"
    PENDING = "pending"
    AVAILABLE = "available"
    EXPIRED = "expired"
    MERGED = "merged"
    """Between two customers who are merged: what leaves one comes to the other."""
    RESERVED = "reserved"
    SPENT = "spent"
    DEBT = "debt"
    """Below 0 by what a customer owes; what comes next fills it."""
    TRANSFERRED = "transferred"
    """Between two customers of whom one gave points to the other."""
    REDATED = "redated"
    """Between a lot and the same lot with other dates."""


EARN: Final = Entry.EARN
ACTIVATE: Final = Entry.ACTIVATE
EXPIRE: Final = Entry.EXPIRE
MERGE: Final = Entry.MERGE
EARN_REVERSAL: Final = Entry.EARN_REVERSAL
SETTLE: Final = Entry.SETTLE
RESERVE: Final = Entry.RESERVE
RELEASE: Final = Entry.RELEASE
REDEEM: Final = Entry.REDEEM
REDEEM_REVERSAL: Final = Entry.REDEEM_REVERSAL
ADJUST: Final = Entry.ADJUST
TRANSFER_OUT: Final = Entry.TRANSFER_OUT
TRANSFER_IN: Final = Entry.TRANSFER_IN
REDATE: Final = Entry.REDATE
PROGRAM: Final = Account.PROGRAM
PENDING: Final = Account.PENDING
AVAILABLE: Final = Account.AVAILABLE
EXPIRED: Final = Account.EXPIRED
MERGED: Final = Account.MERGED
RESERVED: Final = Account.RESERVED
SPENT: Final = Account.SPENT
DEBT: Final = Account.DEBT
TRANSFERRED: Final = Account.TRANSFERRED
REDATED: Final = Account.REDATED
IN_HAND: Final = (PENDING, AVAILABLE, RESERVED, DEBT)
"""Members by a name of their own: looking one up on its class costs as much as making an effect (Python 3.11)."""


class Reason(StrEnum):
    """Why nothing was given. A closed set."""

    NOT_TRUSTED = "not_trusted"
    NOT_A_MEMBER = "not_a_member"
    ALREADY_A_MEMBER = "already_a_member"
    NOTHING_ELIGIBLE = "nothing_eligible"
    BELOW_ONE_UNIT = "below_one_unit"
    UNKNOWN_ORDER = "unknown_order"
    NOT_ENOUGH_POINTS = "not_enough_points"
    TOO_MANY_RESERVATIONS = "too_many_reservations"
    UNKNOWN_RESERVATION = "unknown_reservation"
    UNKNOWN_SPENDING = "unknown_spending"
    REVERSED_ALREADY = "reversed_already"
    NO_SUCH_LEVEL = "no_such_level"
    LIMIT_REACHED = "limit_reached"
    CUT_TO_LIMIT = "cut_to_limit"
    OVER_LIMIT = "over_limit"
    CAP_REACHED = "cap_reached"
    CUT_TO_CAP = "cut_to_cap"
    OVER_CAP = "over_cap"
    """A limit is a rule's own, a cap that of all rules together."""
    OUTDONE = "outdone"
    GIVEN_ALREADY = "given_already"
    NO_RATE = "no_rate"
    BELOW_MINIMUM = "below_minimum"


class Because(Struct, frozen=True, gc=False):
    """The rule, the program version, and the fact; no fact where time alone brought it about."""

    rule: str
    version: str
    fact: str | None = None


JOINT: Final = " + "
"""Between the ids of several that multiplied as one."""


class Factor(Struct, frozen=True, gc=False):
    """What multiplied: a rule or a tier, by its id."""

    id: str
    factor: Fraction


class Reckoning(Struct, frozen=True, gc=False):
    """How points came about: `units` of the rule, counted in `basis_minor` where money counts, times the factors."""

    units: int
    basis_minor: int | None
    factors: tuple[Factor, ...]
    currency: str = ""
    """In which the money was, where that is another than the program's."""


class Posted(Struct, frozen=True, gc=False, tag=True):
    """Points of one lot moved from one account to another.

    `active_at` is when they are no longer pending; `expires_at` is exclusive, and FOREVER if they never expire. Only an
    earning has a `reckoning`, and the day on the shop's wall on which its points qualify for tiers. `earned_at` is there for
    what was earned elsewhere: a lot keeps its age on its way from one customer to another, from a former program, and back from
    whatever it was spent on.
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

    def gain(self) -> int:
        """What a customer holds more by it, below 0 where it is less; going from one account of a person to another is neither."""
        if self.entry is MERGE:
            return 0
        return self.points * ((self.target in IN_HAND) - (self.source in IN_HAND))


class TierChanged(Struct, frozen=True, gc=False, tag=True):
    before: str | None
    after: str | None
    effective_at: Instant
    recorded_at: Instant
    because: Because


class LevelEarned(Struct, frozen=True, gc=False, tag=True):
    """What the rules give, while the shop holds the customer at a level by its own word: nobody sees it before that ends."""

    before: str | None
    after: str | None
    effective_at: Instant
    recorded_at: Instant
    because: Because


class LevelGiven(Struct, frozen=True, gc=False, tag=True):
    """The shop holds the customer at least at `level`, until then (FOREVER: until it says otherwise); None where that is over."""

    level: str | None
    until: Instant
    effective_at: Instant
    recorded_at: Instant
    because: Because


class LevelKept(Struct, frozen=True, gc=False, tag=True):
    """The level that the rules gave is not looked at before `until`, whatever the sums are. `in_grace` where it would have been
    lost by now.
    """

    level: str
    until: Instant
    in_grace: bool
    effective_at: Instant
    recorded_at: Instant
    because: Because


class LevelEnding(Struct, frozen=True, gc=False, tag=True):
    """The level ends at `at`, if nothing happens; `missing` of what levels go by would keep it, None where nothing before then
    can.
    """

    level: str
    at: Instant
    missing: int | None
    effective_at: Instant
    recorded_at: Instant
    because: Because


class MembershipStarted(Struct, frozen=True, gc=False, tag=True):
    since: Instant
    effective_at: Instant
    recorded_at: Instant
    because: Because


class Refused(Struct, frozen=True, gc=False, tag=True):
    """`points` are those that a limit, or another rule, keeps back."""

    reason: Reason
    basis_minor: int | None
    effective_at: Instant
    recorded_at: Instant
    because: Because
    points: int = 0


class Counted(Struct, frozen=True, gc=False, tag=True):
    """What a limit counts: so often, and so many points, at one place of a counter; below 0 where it is taken off again."""

    key: str
    place: int
    times: int
    points: int
    effective_at: Instant
    recorded_at: Instant
    because: Because


class Merged(Struct, frozen=True, gc=False, tag=True):
    """What besides lots came with another customer, or went away with it: `qualifying` by day on the shop's wall, below 0
    where it went, and since when this customer is a member now. `came` is None for who was merged into somebody else. `welcomed`
    are the levels of which the other had the reward for entering.
    """

    came: bool | None
    qualifying: tuple[tuple[Day, int], ...]
    member_since: Instant | None
    effective_at: Instant
    recorded_at: Instant
    because: Because
    welcomed: tuple[str, ...] = ()


class Returned(Struct, frozen=True, gc=False, tag=True):
    """What of a rule's points an order that went back, or a part of it, does not deserve any more: `points`.

    Of these `taken` were left of what the rule had given, `lapsed` had expired already and are nobody's loss, and what had been
    spent is `charged` to other points by the program's policy on debt; `short` is what that leaves. They count for no level from
    `qualifies_on` on any more.
    """

    order_id: str
    points: int
    taken: int
    lapsed: int
    charged: int
    short: int
    qualifies_on: Day | None
    effective_at: Instant
    recorded_at: Instant
    because: Because


class ReservationMade(Struct, frozen=True, gc=False, tag=True):
    """`id` is the fact that asked for it. What is held does not expire until it is spent or released."""

    id: str
    until: Instant
    lots: tuple[Lot, ...]
    effective_at: Instant
    recorded_at: Instant
    because: Because


class ReservationEnded(Struct, frozen=True, gc=False, tag=True):
    """Its postings came before: what it held is spent or released."""

    id: str
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


class Assigned(Struct, frozen=True, gc=False, tag=True):
    """From now on the customer counts in this arm of a trial, with all that happened from `since` on. `crossed` is whoever was
    merged out of two arms.
    """

    trial: str
    arm: str
    since: Instant
    effective_at: Instant
    recorded_at: Instant
    because: Because
    crossed: bool = False


class Withheld(Struct, frozen=True, gc=False, tag=True):
    """What the rule or the perk would have given: `points` beside what was given, 0 for a perk."""

    trial: str
    arm: str
    points: int
    effective_at: Instant
    recorded_at: Instant
    because: Because


class ExpiryNoticed(Struct, frozen=True, gc=False, tag=True):
    """So many points will end at `expires_at`, which is exclusive, if nothing comes before: `days` before their last day."""

    points: int
    expires_at: Instant
    days: int
    effective_at: Instant
    recorded_at: Instant
    because: Because


class GameReached(Struct, frozen=True, gc=False, tag=True):
    """A game was finished on `day`, counted in its own periods; the rest says what it gave. Where it is not `given`, it was
    withheld. `lot` is the ordinal of the lot in which its points are.
    """

    game: str
    day: int
    given: bool
    points: int
    lot: int
    badge: str
    perk: str | None
    perk_until: Instant
    effective_at: Instant
    recorded_at: Instant
    because: Because


class GameTakenBack(Struct, frozen=True, gc=False, tag=True):
    """The last time that a game was finished does not hold any more, since something went back. `fact` had finished it; what of
    its points is left is taken by postings.
    """

    game: str
    fact: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


class PerkUsed(Struct, frozen=True, gc=False, tag=True):
    """A perk that may be used once was used: the one that was given by `fact`."""

    perk: str
    fact: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


class ClubTermSet(Struct, frozen=True, gc=False, tag=True):
    """The member is in the club until then, exclusive: it was paid for (`started`, `renewed`), paid back for its last term
    (`refunded`), or will not go on after that (`cancelled`).
    """

    club: str
    until: Instant
    why: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


class ClubEnded(Struct, frozen=True, gc=False, tag=True):
    """`why` is `over` or `refunded`."""

    club: str
    why: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


class InterestNoted(Struct, frozen=True, gc=False, tag=True):
    """The customer asked for what is only offered so far: a perk, a club or a game by its name."""

    offer: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


class Opened(Struct, frozen=True, gc=False, tag=True):
    """What the customer had asked for while it was only offered is there now. Only those who asked are told."""

    offer: str
    effective_at: Instant
    recorded_at: Instant
    because: Because


class GamesMoved(Struct, frozen=True, gc=False, tag=True):
    """How all games and clubs of a customer stand who was merged, or went their own way again: a record of `Played`."""

    played: Any
    effective_at: Instant
    recorded_at: Instant
    because: Because


Effect: TypeAlias = (
    Posted
    | TierChanged
    | MembershipStarted
    | Refused
    | Merged
    | SegmentEntered
    | SegmentLeft
    | Returned
    | ReservationMade
    | ReservationEnded
    | Assigned
    | Withheld
    | LevelEarned
    | LevelGiven
    | LevelKept
    | LevelEnding
    | Counted
    | ExpiryNoticed
    | GameReached
    | GameTakenBack
    | PerkUsed
    | ClubTermSet
    | ClubEnded
    | InterestNoted
    | Opened
    | GamesMoved
)
