"""What a program document may say of gaps between orders, and of the stages that follow from them."""

from regulars.wire.shapes import DURATION_SHAPE, Key, Table, number, word
from regulars.wire.vocabulary.times import DAYS

MULTIPLE = number("a number above 0, such as 2 or 1.5", above=0)
RHYTHM = Table(
    {
        "of": Key(
            word(("open_gap", "last_gap")),
            "which gap: that since the last order, as where nothing is said, or that before the last order",
            default="open_gap",
        ),
        "more_than": Key(MULTIPLE, "longer than so many times their usual gap"),
        "at_most": Key(MULTIPLE, "not longer than so many times"),
        "presumed": Key(
            DAYS, "the usual gap of whoever has ordered on fewer than three days; unknown where nothing is said"
        ),
    },
    "a table such as {more_than: 2, at_most: 3}",
    may_be_empty=False,
)

LIFECYCLE = Table(
    {
        "new": Key(DURATION_SHAPE, "how long somebody is new after the first order; 30 days"),
        "usual_gap": Key(DAYS, "the usual gap of whoever has ordered on fewer than three days; 30 days"),
        "slipping": Key(MULTIPLE, "from more than so many times the usual gap on; 2"),
        "at_risk": Key(MULTIPLE, "from more than so many times; 3"),
        "lost": Key(MULTIPLE, "from more than so many times; 6"),
    },
    "a table such as {usual_gap: 45 days, lost: 8}",
    may_be_empty=False,
)
