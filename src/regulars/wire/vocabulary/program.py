"""The whole program document: its sections, in the order in which the reference tells of them.

What the document may one day say and cannot yet is refused by name.
"""

from typing import Final

from regulars.wire.shapes import Key, ListOf, Table, text, word
from regulars.wire.vocabulary.clubs import CLUBS
from regulars.wire.vocabulary.consents import CONSENT
from regulars.wire.vocabulary.currencies import CURRENCY
from regulars.wire.vocabulary.earning import RULE
from regulars.wire.vocabulary.games import GAMES
from regulars.wire.vocabulary.identities import IDENTITIES, SHARED_DEVICE
from regulars.wire.vocabulary.life import PAUSE
from regulars.wire.vocabulary.perks import PERKS
from regulars.wire.vocabulary.points import POINTS
from regulars.wire.vocabulary.retention import RETENTION
from regulars.wire.vocabulary.rfm import RFM
from regulars.wire.vocabulary.rhythm import LIFECYCLE
from regulars.wire.vocabulary.scores import INTERESTS, NAMED_SCORES
from regulars.wire.vocabulary.segments import SEGMENTS
from regulars.wire.vocabulary.sources import SOURCE
from regulars.wire.vocabulary.tiers import TIERS
from regulars.wire.vocabulary.times import ZONE
from regulars.wire.vocabulary.trials import HOLDOUT, TRIALS

NOT_YET: Final = (
    "rewards",
    "coupons",
    "referral",
    "campaigns",
    "surveys",
    "journeys",
)
"""The parts of a program that cannot be written yet."""


NAME_OF_PROGRAM = text("a name of at most 100 characters, in one line")

PROGRAM: Final = Table(
    {
        "program": Key(NAME_OF_PROGRAM, "the program's name", required=True),
        "currency": Key(CURRENCY, "the currency of all amounts", required=True),
        "members": Key(
            word(("everyone", "those_who_join")),
            "who takes part: every customer, as where nothing is said, or those who join",
            default="everyone",
        ),
        "time_zone": Key(ZONE, "the shop's time zone; days, months and years are read in it", required=True),
        "points": Key(POINTS, "what points are called, what they cost and how long they live"),
        "earning": Key(ListOf(RULE, "a list of rules"), "the rules that give points", required=True),
        "tiers": Key(TIERS, "the levels that members reach"),
        "perks": Key(PERKS, "what members may; a perk that no level, club or game names is every member's"),
        "pauses": Key(ListOf(PAUSE, "a list of pauses"), "days on which points, levels or streaks do not run out"),
        "games": Key(GAMES, "challenges, streaks, stamps and milestones, and what they give"),
        "clubs": Key(CLUBS, "memberships that are paid for, and what those in them have"),
        "holdout": Key(HOLDOUT, "who gets nothing but what is exempt, so that what the program brings can be seen"),
        "trials": Key(TRIALS, "what is tried on some: a rule, a perk, a game or a club is `for` one arm of a trial"),
        "scores": Key(NAMED_SCORES, "how much customers do, as numbers that fade"),
        "interests": Key(INTERESTS, "what customers are drawn to: how much they do with each value of a property"),
        "segments": Key(SEGMENTS, "who belongs together, by what they did, are and hold"),
        "lifecycle": Key(LIFECYCLE, "what the stages of `lifecycle` mean in segments"),
        "rfm": Key(RFM, "what the scores and names of `rfm` mean in segments"),
        "identities": Key(IDENTITIES, "what customers are known by besides their own id, the most telling first"),
        "shared_device": Key(SHARED_DEVICE, "from when on a device says nothing about who uses it"),
        "consent": Key(CONSENT, "what may be done with what is known of people, and why"),
        "sources": Key(ListOf(SOURCE, "a list of sources"), "webhooks of other systems, and what they say"),
        "retention": Key(RETENTION, "how long what people did is kept"),
    },
    "a program: a table with “program”, “currency”, “time_zone” and “earning”",
    not_yet=dict.fromkeys(NOT_YET, ""),
)
