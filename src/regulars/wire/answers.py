"""What the HTTP interface answers: the published shapes. Times are RFC 3339 in UTC, points whole numbers, money minor units."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Moment: TypeAlias = Annotated[
    str,
    Meta(extra_json_schema={"format": "date-time"}, description="RFC 3339, in UTC.", examples=["2024-05-17T09:30:00Z"]),
]
Count: TypeAlias = Annotated[int, Meta(ge=0)]


class RejectedEvent(Struct, frozen=True):
    """One event that was not taken. `position` counts from 0 within the batch; a single event has position 0."""

    position: Count
    reason: str
    message: str


class SegmentMove(Struct, frozen=True):
    """Somebody entered or left a segment, `because` of a condition that became another one; `fact_id` is the event that did it,
    null where time did. `customer_id` is ours.
    """

    customer_id: str
    segment: str
    move: Literal["entered", "left"]
    at: Moment
    because: str
    fact_id: str | None


class Taken(Struct, frozen=True, omit_defaults=True):
    """The answer to a tracking request. `accepted` events are stored, now or by an earlier sending; `rejected` never will be.
    `segments` are those that somebody entered or left by it; only a secret key is told.
    """

    success: bool
    accepted: Count
    rejected: tuple[RejectedEvent, ...]
    segments: tuple[SegmentMove, ...] = ()


class IdentityAnswer(Struct, frozen=True):
    """`kind` is `user_id`, `anonymous_id` (a device), `email`, `phone`, `card` or what the program declares.

    `trust` is `confirmed` where the person has shown that it is theirs, `shop` where the shop's server vouched for it, `weak` where
    only a browser did, `visitor` for the own name of whoever has no other. `leads` is false for a device that somebody else
    uses now, or that is `shared` by too many people. `how` is what first told of it, at `first_at`.
    """

    kind: str
    value: str
    trust: str
    leads: bool
    shared: bool
    first_at: str
    how: str


class TraitAnswer(Struct, frozen=True):
    """`origin` is `declared` by the person to the shop, `imported`, declared on the `site`, `observed` or `computed`."""

    name: str
    value: str
    origin: str


class ConsentAnswer(Struct, frozen=True):
    """`standing` is `granted`, `unconfirmed`, `withdrawn`, `assumed` or `missing`; `allows` says what that means now. The proof
    (`since`, `wording`, `place`, `source`) is that of the word that decided it.
    """

    purpose: str
    standing: str
    allows: bool
    ground: str
    since: Moment | None
    wording: str
    place: str
    source: str


class PointsAnswer(Struct, frozen=True):
    """`lifetime` = `issued` + `brought` - `reversed`; `brought` came over from merged accounts. `available` may be spent;
    `pending` becomes available later; `reserved` is held for what is being bought. `adjusted` was given by hand, `transferred` came
    from other customers; both are below 0 where more went. `owed` is filled by the next points.
    """

    available: int
    pending: int
    lifetime: int
    issued: int
    brought: int
    reversed: int
    spent: int
    expired: int
    reserved: int
    adjusted: int
    transferred: int
    owed: int


class BalanceAnswer(Struct, frozen=True):
    """What a customer holds after a command: `reserved` is held for what is being bought, `owed` is what the next points fill."""

    available: int
    pending: int
    reserved: int
    owed: int
    tier: str | None


class ReturnedByRuleAnswer(Struct, frozen=True):
    """Of one rule's points `points` are not deserved any more: `taken` were left of them, `lapsed` had expired already, `charged`
    had been spent and were taken from others or are owed, and `short` is what nothing could be charged with.
    """

    rule: str
    points: int
    taken: int
    lapsed: int
    charged: int
    short: int


class ReturnAnswer(Struct, frozen=True):
    """`amount_minor` went back of the order; with `is_whole` nothing of it is left."""

    id: str
    order_id: str
    amount_minor: int
    is_whole: bool
    points: int
    rules: tuple[ReturnedByRuleAnswer, ...]
    balance: BalanceAnswer
    at: str


class MovementAnswer(Struct, frozen=True):
    """Points that came to a customer, or went (below 0). `id` is what a reservation is spent or released by, and a spending taken
    back.
    """

    id: str
    customer: str
    points: int
    balance: BalanceAnswer
    at: str


class TransferAnswer(Struct, frozen=True):
    """`lots` is what went, each with the last moment before which it can be spent (None: for ever)."""

    id: str
    points: int
    lots: tuple["LotAnswer", ...]
    sender: MovementAnswer
    receiver: MovementAnswer


class AdjustmentAnswer(Struct, frozen=True):
    """`status` is `done`, `waiting` (for a second member of staff), `approved` or `refused`; only what is done or approved has a
    `movement`.
    """

    id: str
    customer: str
    points: int
    reason: str
    status: str
    movement: MovementAnswer | None = None


class ExtensionAnswer(Struct, frozen=True):
    """`points` are those that end at `until`, which is exclusive, and would have ended sooner."""

    id: str
    customer: str
    points: int
    until: Moment
    reason: str


class ForecastByRuleAnswer(Struct, frozen=True):
    """What one rule would give and why, or why it would give nothing (`reason`); `tiers` tells of a level that would be reached."""

    rule: str
    points: int
    reason: str | None
    sentence: str


class ForecastAnswer(Struct, frozen=True):
    """`points` in all: they could be spent from `active_at` on and would end at `expires_at`, both null where nothing is earned,
    the latter also for what never expires. `tier` decides the rate, `tier_after` is the level afterwards. `version` is the program.
    """

    at: Moment
    amount_minor: int
    points: int
    active_at: Moment | None
    expires_at: Moment | None
    tier: str | None
    tier_after: str | None
    rules: tuple[ForecastByRuleAnswer, ...]
    version: str


class NextTierAnswer(Struct, frozen=True):
    """The tier above: reached at `at`, of which `have` is there; minor units of money, points or a number, as `by` says."""

    id: str
    at: int
    have: int
    by: str


class KeptTierAnswer(Struct, frozen=True):
    """The tier ends at `until`, unless `missing` comes before, so that `at` is there; null where nothing that comes before can keep
    it, since only what comes after counts. `in_grace` it would have ended already.
    """

    at: int
    have: int
    missing: int | None
    until: Moment
    in_grace: bool
    by: str


class GivenTierAnswer(Struct, frozen=True):
    """The tier that was given by hand; `until` is null where it holds until it is taken back."""

    id: str
    until: Moment | None


class LevelAnswer(Struct, frozen=True):
    """The tier that a customer has now, null for none, and what of it was given by hand. `customer` is ours."""

    customer: str
    tier: str | None
    given: GivenTierAnswer | None


class TierAnswer(Struct, frozen=True):
    """`id` is null for who has no tier, `next` at the top, `keep` where no time takes the tier away."""

    id: str | None
    since: Moment | None
    next: NextTierAnswer | None
    keep: KeptTierAnswer | None
    given: GivenTierAnswer | None


class LotAnswer(Struct, frozen=True):
    """Points that were earned together. They are pending until `active_at`; `expires_at` is null if they never expire."""

    points: int
    earned_at: Moment
    active_at: Moment
    expires_at: Moment | None
    pending: bool


class CustomerAnswer(Struct, frozen=True):
    """One customer as of `as_of`: what falls due until then has happened. `version` is the program that reckoned it."""

    id: str
    known: bool
    identities: tuple[IdentityAnswer, ...]
    points: PointsAnswer
    tier: TierAnswer
    lots: tuple[LotAnswer, ...]
    traits: tuple[TraitAnswer, ...]
    consents: tuple[ConsentAnswer, ...]
    member_since: Moment | None
    first_seen_at: Moment
    last_seen_at: Moment
    facts: Count
    version: str
    as_of: Moment


class FactAnswer(Struct, frozen=True):
    """What happened, in short. `order_id` and `amount_minor` are null unless it was an order."""

    id: str
    name: str
    happened_at: Moment
    recorded_at: Moment
    source: str
    trust: str
    order_id: str | None
    amount_minor: int | None


class EntryAnswer(Struct, frozen=True):
    """`points` of one lot moved from account `source` to account `target`; `sentence` says why. `fact` is null if time did it."""

    number: str
    entry: str
    points: int
    source: str
    target: str
    lot: str
    effective_at: Moment
    recorded_at: Moment
    rule: str
    version: str
    fact: FactAnswer | None
    sentence: str


class LedgerAnswer(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, null on the last."""

    entries: tuple[EntryAnswer, ...]
    next: str | None


class StepAnswer(Struct, frozen=True):
    """A fact, or time passing, or a new program; and all that followed, in sentences. `points` is earned less expired."""

    seq: int
    what: str
    fact: FactAnswer | None
    at: Moment
    recorded_at: Moment
    version: str
    why: tuple[str, ...]
    points: int


class ExplainAnswer(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, null on the last."""

    steps: tuple[StepAnswer, ...]
    next: str | None


class ErasedAnswer(Struct, frozen=True):
    """How much went: accounts of the person, identities, facts that were stripped, refused events that were thrown away. All 0
    for who was erased before.
    """

    erased: bool
    records: Count
    identities: Count
    facts: Count
    refusals: Count


class ReadmittedAnswer(Struct, frozen=True):
    """`readmitted` is false where nobody by that identity had been erased."""

    readmitted: bool


class PreviewAnswer(Struct, frozen=True):
    """What a merge would do: the account `other` goes up in `id`, which would hold these points and that tier. `stricter` are the
    purposes that it allows now and would not allow any more.
    """

    id: str
    other: str
    available: int
    pending: int
    tier: str | None
    stricter: tuple[str, ...]


class MergedAnswer(Struct, frozen=True):
    """The customer, and the account that went up in it or went its own way again. Both are our own ids."""

    id: str
    record: str


class OwedAnswer(Struct, frozen=True):
    """What customers in `tier` hold that expires within `month`, as `2017-03`. `month` is null for what never expires, `tier` for
    those without one.
    """

    month: str | None
    tier: str | None
    available: Count
    pending: Count
    reserved: Count


class CohortAnswer(Struct, frozen=True):
    """The points that were earned or given by hand in `month`, as `2017-03`: `issued` = `expired` + `used` + `reversed` + `held`.
    `reversed` were taken back.
    """

    month: str
    issued: Count
    expired: Count
    used: Count
    reversed: Count
    held: Count


class ChapterAnswer(Struct, frozen=True):
    """What members are told of one side of the program. `id` is the same for ever: `members`, `earning`, `points`, `levels`, …"""

    id: str
    title: str
    sentences: tuple[str, ...]


class HowItWorksAnswer(Struct, frozen=True):
    """The program as its members read it. What there is nothing to say of has no chapter."""

    program: str
    chapters: tuple[ChapterAnswer, ...]
    as_of: Moment


class LiabilityAnswer(Struct, frozen=True):
    """What the shop owed in points at `as_of`; months are the shop's own. `worth` is what one point costs, in units of `currency`,
    as `0.01`; `most_minor` is what all of them would cost, `expected_minor` what they cost if the share `redeemed`, as `75%`, is
    spent: both as the program in force says. `owed` has the soonest month first and what never expires last, `cohorts` the
    oldest first. All of `available`, `pending` and `reserved` is owed; `debt` is what customers owe in points.
    """

    as_of: Moment
    available: Count
    pending: Count
    most_minor: Count
    expected_minor: Count
    currency: str
    worth: str
    redeemed: str
    owed: tuple[OwedAnswer, ...]
    cohorts: tuple[CohortAnswer, ...]
    reserved: Count
    debt: Count


class BalancesAnswer(Struct, frozen=True):
    """What all customers held in points; `debt` is what they owed. `worth_minor` is what was held, in money."""

    pending: Count
    available: Count
    reserved: Count
    debt: Count
    worth_minor: Count


class BookedAnswer(Struct, frozen=True):
    """So many postings of one kind from one account to another, and their points."""

    entry: str
    source: str
    target: str
    postings: Count
    points: Count


class ClosedAnswer(Struct, frozen=True):
    """`digest` is that of the postings when the month was closed; `holds` says whether it is theirs still."""

    at: Moment
    who: str
    digest: str
    holds: bool


class BooksAnswer(Struct, frozen=True):
    """What was written into the ledger in `month`, as `2017-03`, from `since` until `until`, exclusive. A posting counts where it
    was written down, whenever it took effect. `closed` is null while the month is open.
    """

    month: str
    since: Moment
    until: Moment
    opening: BalancesAnswer
    movements: tuple[BookedAnswer, ...]
    closing: BalancesAnswer
    currency: str
    digest: str
    closed: ClosedAnswer | None


class ShareAnswer(Struct, frozen=True):
    """`part` of `whole`; `low` and `high` are its 95 % interval, in hundredths of a per cent."""

    part: Count
    whole: Count
    low: Count
    high: Count


class DifferenceAnswer(Struct, frozen=True):
    """Of the mean of a customer to that of the first arm, as a decimal, with its 95 % interval. `certain` is whether 0 lies
    outside.
    """

    mean: str
    low: str
    high: str
    certain: bool


class ArmAnswer(Struct, frozen=True):
    """What the customers of an arm did since they count: all of them, whatever they were given. Differences are to the first arm,
    null of itself and where there are too few customers.
    """

    arm: str
    customers: Count
    orders: Count
    revenue_minor: int
    points: Count
    withheld: Count
    crossed: Count
    ordered_again: ShareAnswer
    mean_orders: str
    mean_revenue_minor: str
    mean_points: str
    orders_difference: DifferenceAnswer | None
    revenue_minor_difference: DifferenceAnswer | None
    points_difference: DifferenceAnswer | None


class InterestAnswer(Struct, frozen=True):
    """Of a perk that is only offered, how many of those who count asked for it, by arm."""

    perk: str
    by_arm: dict[str, ShareAnswer]


class TrialAnswer(Struct, frozen=True):
    """What came of a trial until `at`, arm by arm; the first arm is what the others are held against."""

    trial: str
    says: str
    at: Moment
    version: str
    arms: tuple[ArmAnswer, ...]
    interest: tuple[InterestAnswer, ...]


class EntitlementAnswer(Struct, frozen=True):
    """Whether a customer may make use of a perk. `reason` says why, or why not; it is one of a closed list. `opens_at` is there
    where it is not open yet, for them or for all; `until` is how long a yes holds, null without end. `days` and `products` are what
    the perk is about.
    """

    perk: str
    entitled: bool
    reason: Literal[
        "entitled",
        "open_to_all",
        "no_such_perk",
        "unknown_customer",
        "window_over",
        "interest_only",
        "not_a_member",
        "not_your_level",
        "not_in_the_club",
        "not_earned",
        "not_for_them",
        "withheld",
        "not_yet_open",
        "not_this_product",
    ]
    opens_at: Moment | None
    until: Moment | None
    title: str
    days: Count | None
    products: tuple[str, ...]


class ProgressPartAnswer(Struct, frozen=True):
    """One of the things that a game asks: `done` of `needed`, never more."""

    what: str
    done: Count
    needed: Count


class ProgressAnswer(Struct, frozen=True):
    """How far the customer is in a game. `days_left` are those in which the rest must come, today among them, null without an
    end; `times` is how often it was finished. `says` is the same in words: “3 of 5, 12 days left”.
    """

    game: str
    kind: Literal["challenge", "streak", "stamps", "milestone"]
    title: str
    parts: tuple[ProgressPartAnswer, ...]
    times: Count
    over: bool
    days_left: Count | None
    gives: str
    says: str


class ClubAnswer(Struct, frozen=True):
    """A club in which the customer is; `ends` where it will not go on after that."""

    club: str
    title: str
    since: Moment
    until: Moment
    ends: bool


class ToUseAnswer(Struct, frozen=True):
    """A perk that may be used once, before `until`; null without end."""

    perk: str
    until: Moment | None


class GamesAnswer(Struct, frozen=True):
    """Every game of the program, in its order; and what the customer has of games and clubs."""

    id: str
    as_of: Moment
    progress: tuple[ProgressAnswer, ...]
    badges: tuple[str, ...]
    to_use: tuple[ToUseAnswer, ...]
    clubs: tuple[ClubAnswer, ...]


class EntitlementsAnswer(Struct, frozen=True):
    """Every perk of the program, for the customer of this id of ours."""

    id: str
    as_of: Moment
    entitlements: tuple[EntitlementAnswer, ...]
