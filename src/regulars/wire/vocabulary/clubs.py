"""What a program document may say of clubs: what a term costs, and what those in them have."""

from regulars.wire.shapes import DURATION_SHAPE, Key, ListOf, Table, number
from regulars.wire.vocabulary.games import TITLE, WHOM
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.numbers import FACTOR
from regulars.wire.vocabulary.words import ID

CLUB = Table(
    {
        **TITLE,
        "price": Key(number("an amount of 0 or more", at_least=0), "what a term costs", required=True),
        "term": Key(DURATION_SHAPE, "how long what was paid lasts", required=True),
        "perks": Key(ListOf(ID, "a list of perks", or_one=True), "perks that those in the club have"),
        "earn": Key(FACTOR, "multiplies what those in the club earn"),
        "level": Key(ID, "a level at which those in the club are held at least"),
        **WHOM,
    },
    "a club: a table such as {price: 49.00, term: 1 year, perks: [free-shipping], earn: 2}",
)

CLUBS = MapBy(ID, CLUB, "a table from clubs to what they are, such as {tea-club: {price: 49.00, term: 1 year}}")
