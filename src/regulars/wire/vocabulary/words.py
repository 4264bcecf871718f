"""Words that many parts of a program document share."""

from regulars.wire.shapes import ListOf, name, text, word

EVENT = text("the name of an event, such as “Order Completed”")
NAME_OF_POINTS = text("a word or two, of at most 100 characters")
ID = name("a name of small letters, digits, “-” and “_”, such as “weekend-doubles”")
YES_NO = word(("yes", "no"))
VALUES = ListOf(
    text("a text or a number of at most 200 characters", longest=200), "a value, or a list of values", or_one=True
)
PIECE = text("a text of at most 200 characters", longest=200)
OF = text("the name of a property of at most 70 characters, such as “amount” or “products.category”", longest=70)
NAME_OF_TRAIT = text("the name of a trait of at most 70 characters, such as “city”", longest=70)
