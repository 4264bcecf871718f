"""What a program document may say of rules that give points."""

from typing import get_args

from regulars.kernel.program import LeapDay, OnReturn
from regulars.kernel.stacking import Stack
from regulars.kernel.worth import TENDERS
from regulars.wire.shapes import Either, EitherTable, Key, ListOf, MapOf, Table, number, text, word
from regulars.wire.vocabulary.limits import LIMITS
from regulars.wire.vocabulary.numbers import FACTOR
from regulars.wire.vocabulary.occasions import WHEN
from regulars.wire.vocabulary.trials import EXEMPT, FOR
from regulars.wire.vocabulary.words import EVENT, ID

GOODS = MapOf(
    ListOf(
        text("a text or a number of at most 200 characters", longest=200), "a value, or a list of values", or_one=True
    ),
    "a table from a property of the order's lines to values, such as {category: [gift-cards]}",
)

BASIS = Table(
    {
        "of": Key(
            word(("items", "order")),
            "the lines that “only” and “except” leave, or all of an order of which they leave a line; items where nothing is said",
        ),
        "discounts": Key(
            word(("after", "before")),
            "what was left to pay, or that with what was taken off; after where nothing is said",
        ),
        "tax": Key(word(("no", "yes")), "whether tax counts; no where nothing is said"),
        "shipping": Key(word(("no", "yes")), "whether shipping counts; no where nothing is said"),
        "paid_with": Key(
            ListOf(word(TENDERS), "“money”, “gift_card” or “points”, or a list of them", or_one=True),
            "what was paid with these counts; money where nothing is said",
        ),
    },
    "a table such as {of: items, discounts: after, tax: no, shipping: no}",
)

RATE = Either(
    number("an amount above 0, such as 1.00", above=0),
    EitherTable(
        Table(
            {
                "property": Key(
                    text("the name of a property"), "a property of what was done, which is a number", required=True
                ),
                "each": Key(
                    number("a number above 0, such as 5", above=0),
                    "“points” for each whole so many of it",
                    required=True,
                ),
            },
            "one such as {property: km, each: 5}",
        ),
        MapOf(
            number("an amount above 0, such as 0.90", above=0),
            "a table from currencies to amounts, such as {USD: 1.00, EUR: 0.90}",
        ),
    ),
    usually_scalar=True,
)

RULE = Table(
    {
        "id": Key(ID, "the rule's name, which every explanation shows", required=True),
        "on": Key(EVENT, "the event that it looks at, such as “Order Completed”", required=True),
        "points": Key(number("a number above 0", above=0), "how many points, for each “per” or each time"),
        "per": Key(
            RATE,
            "“points” for each whole such amount of an order; in several currencies as {USD: 1.00, EUR: 0.90}, each by its own "
            "rate, and an order in any other currency earns nothing; or for each so many of a property of what was done",
        ),
        "multiply": Key(FACTOR, "multiplies what all other rules give for the same event"),
        "basis": Key(BASIS, "which money “per” counts"),
        "only": Key(GOODS, "only lines with all of these properties count"),
        "except": Key(GOODS, "lines with any of these properties do not count"),
        "when": Key(
            WHEN,
            "when the rule holds: on which days and in which hours, by when the event happened, in the shop's time zone; for whom, "
            "where, and from how much on",
        ),
        "on_return": Key(
            word(get_args(OnReturn)),
            "what an order that goes back in part still deserves: its share, which is so where nothing is said; what the rule "
            "gives for what is left; or all, whatever goes back",
        ),
        "for": Key(FOR, "only for an arm of a trial, or for a share of a segment; for all where nothing is said"),
        "holdout": EXEMPT,
        "limit": Key(LIMITS, "how often it gives, or how many points; as often as it holds where nothing is said"),
        "leap_day": Key(
            word(get_args(LeapDay)),
            "with `Birthday`: when who was born on 29 February has it in common years; 28 February where nothing is said",
        ),
        "traits": Key(
            ListOf(
                text("the name of a trait, such as “city”", longest=70), "a list of traits such as [birthday, city]"
            ),
            "with `Profile Completed`: what must have been told of somebody, in any number of parts",
        ),
        "retroactive": Key(
            word(("yes", "no")),
            "with `Member Joined`: `yes` gives it to those, too, who joined before the rule was there",
        ),
        "stack": Key(
            word(get_args(Stack)),
            "how it stands beside other rules that hold for the same event: it adds, as points do where nothing is said; it "
            "multiplies, as “multiply” does; of those that say `best` only the best one counts; or `exclusive`, nothing else does",
        ),
    },
    "a rule: a table with “id”, “on” and “points” or “multiply”",
)
