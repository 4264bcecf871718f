"""What a program document may say of segments: conditions, and conditions within them."""

from typing import Final

from regulars.kernel.segments.lifecycle import STAGES
from regulars.kernel.segments.rfm import GRID
from regulars.wire.shapes import DURATION_SHAPE, Either, Key, ListOf, Named, Table, text, word
from regulars.wire.vocabulary.consents import PURPOSES
from regulars.wire.vocabulary.happenings import COUNTING, SHARE_OF, STEP, TIMES
from regulars.wire.vocabulary.holdings import EXPIRING, HELD, LEVELS
from regulars.wire.vocabulary.identities import IDENTIFIED_BY
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.numbers import SHARE, whole
from regulars.wire.vocabulary.places import NEAR
from regulars.wire.vocabulary.properties import TEST, WHERE
from regulars.wire.vocabulary.rfm import RFM_SCORES
from regulars.wire.vocabulary.rhythm import RHYTHM
from regulars.wire.vocabulary.visits import VISIT
from regulars.wire.vocabulary.words import EVENT, ID, NAME_OF_TRAIT, OF, PIECE, YES_NO

MOST_TOP: Final = 100

LISTS = ListOf(
    text("the name of a list of at most 100 characters, such as “vip”"),
    "a list's name, or a list of names",
    or_one=True,
)
DEEPEST: Final = 8


def _condition() -> Table:
    return CONDITION


INSIDE = ListOf(
    Named(
        "condition",
        lambda: _condition(),
        "a condition",
        DEEPEST,
        "make a segment of a part of it, and say {in: that-segment}",
    ),
    "a list of conditions",
)

CONDITION: Final[Table] = Table(
    {
        "all": Key(INSIDE, "all of these hold"),
        "any": Key(INSIDE, "one of these holds, or several"),
        "none": Key(INSIDE, "none of these holds"),
        "did": Key(EVENT, "how often that happened; once or more where no number is said"),
        "same": Key(OF, "with `did`: so often with one and the same value of this property"),
        "sum": Key(COUNTING, "a property added up"),
        "average": Key(COUNTING, "the average of a property; unknown where there is none"),
        "least": Key(COUNTING, "the least value of a property; unknown where there is none"),
        "greatest": Key(COUNTING, "the greatest value of a property; unknown where there is none"),
        "distinct": Key(COUNTING, "how many different values a property had"),
        "since_last": Key(EVENT, "how long ago that happened last; unknown where it never did"),
        "since_first": Key(EVENT, "how long ago that happened first; unknown where it never did"),
        "more_than": Key(DURATION_SHAPE, "with `since_last` and `since_first`: longer ago than that"),
        "less_than": Key(DURATION_SHAPE, "with `since_last` and `since_first`: within the last so long"),
        "where": Key(WHERE, "only the times that pass these tests"),
        **TIMES,
        "share_of": Key(
            SHARE_OF, "of the times that it happened, the share that passes tests; unknown where it never did"
        ),
        "rhythm": Key(RHYTHM, "a gap between orders, held against their own usual gap; unknown where there is none"),
        "lifecycle": Key(
            ListOf(word(STAGES), f"{word(STAGES).expected}, or a list of them", or_one=True),
            "where they stand, by their own rhythm",
        ),
        "rfm": Key(
            Either(ListOf(word(GRID), "a name such as “champions”, or a list of names", or_one=True), RFM_SCORES),
            "recency, frequency and money of their orders: by name, or by score",
        ),
        "in_order": Key(ListOf(STEP, "a list of steps"), "that happened one after the other"),
        "trait": Key(
            NAME_OF_TRAIT,
            "what is known of the customer under this name; unknown where nothing is",
        ),
        **TEST.keys,
        "visit": Key(VISIT, "how they were last here; unknown where no visit is known"),
        "first_visit": Key(VISIT, "how they first came"),
        "near": Key(NEAR, "where they are, by two traits; unknown where these are not there"),
        "list": Key(LISTS, "the shop has put them on that list, or on one of these"),
        "tier": Key(
            Either(ListOf(ID, "a level, or a list of levels", or_one=True), LEVELS), "the level, or `none` for no level"
        ),
        "points": Key(HELD, "the points held"),
        "expiring_points": Key(EXPIRING, "the points that expire soon"),
        "member": Key(YES_NO, "whether they take part in the program"),
        "in": Key(ID, "they are in that segment"),
        "consent": Key(word(PURPOSES), "that may be done with what is known of them"),
        "known_by": Key(IDENTIFIED_BY, "there is an identity of that kind"),
        "score": Key(ID, "that score of theirs is so high, or at that `level`"),
        "level": Key(
            ListOf(ID, "a level, or a list of levels", or_one=True), "with `score`: a level, `none` for below all"
        ),
        "interest": Key(ID, "an interest of theirs is so strong"),
        "value": Key(PIECE, "with `interest`: what they are interested in, such as a category"),
        "top": Key(whole("a whole number", 1, MOST_TOP), "with `interest`: it is among so many of their strongest"),
        "share": Key(SHARE, "that share of all customers, always the same ones"),
        "salt": Key(PIECE, "with `share`: another text draws other customers"),
        "include": Key(LISTS, "beside a condition: whoever is on that list, or on one of these, belongs to it as well"),
        "exclude": Key(LISTS, "beside a condition: whoever is on that list, or on one of these, does not"),
    },
    "a condition such as {did: Order Completed, at_least: 2, within: 60 days}",
    may_be_empty=False,
)

SEGMENTS = MapBy(
    ID, INSIDE.item, "a table from segments to conditions, such as {loyal: {did: Order Completed, at_least: 3}}"
)
