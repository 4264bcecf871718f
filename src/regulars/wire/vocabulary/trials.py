"""What a program document may say of trials: who is held out, what is tried, and on whom."""

from regulars.wire.shapes import Either, Key, ListOf, Table, text, word
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.numbers import PERCENT, SHARE
from regulars.wire.vocabulary.words import ID

SALT = text("any word of at most 100 characters; another one draws other customers")
EXEMPT = Key(word(("exempt",)), "`exempt`: those whom the program holds out get it too")

FOR = Table(
    {
        "trial": Key(ID, "a trial of the program: only one of its arms gets it, it is withheld from the others"),
        "arm": Key(ID, "with `trial`: the arm that gets it"),
        "share": Key(SHARE, "only that share gets it, always the same customers; it is withheld from the rest"),
        "segment": Key(ID, "with `share`: the share of those in this segment; of all customers where nothing is said"),
        "salt": Key(SALT, "with `share`: what draws them; the name of the rule or perk where nothing is said"),
    },
    "a table such as {trial: weekend-doubles, arm: doubled} or {segment: gold-people, share: 10%}",
    may_be_empty=False,
)


HOLDOUT = Table(
    {
        "share": Key(SHARE, "that share of all customers, always the same ones", required=True),
        "salt": Key(SALT, "what draws them; `holdout` where nothing is said", default="holdout"),
    },
    "a table such as {share: 5%, salt: corner-2026}",
)

TRIAL = Table(
    {
        "share": Key(PERCENT, "how many of all customers take part, always the same ones; all where nothing is said"),
        "salt": Key(SALT, "what draws them; the trial's name where nothing is said"),
        "arms": Key(
            Either(
                ListOf(ID, "a list of two arms or more"),
                MapBy(ID, PERCENT, "a table from arms to their share of those who take part"),
            ),
            "the arms among whom those who take part are spread, evenly or by shares; the first is what others are held against",
            required=True,
        ),
    },
    "a trial: a table such as {share: 50%, arms: [plain, doubled]}",
)

TRIALS = MapBy(ID, TRIAL, "a table from trials to their arms, such as {weekend-doubles: {arms: [plain, doubled]}}")
