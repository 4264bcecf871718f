"""Facts as sentences: what somebody did, in the words of a shopkeeper, with what matters of what the event said.

Each event has one or more sentences; the first holds whose every name in braces is a property that says something. `{title|path}`
takes the first of both that does, `{price:money}` writes it as one of the forms below, and what stands in brackets is left out
where anything in it is missing. An event that is not in the table keeps its name, and shows its first few properties.

What a property says is cut, escaped and isolated, so that neither its length, its letters nor its direction touch the page.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, NamedTuple

from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.kernel.facts import BalanceBroughtOver, Behaved, Fact, LevelSet, MemberJoined, OrderCompleted
from regulars.kernel.terms import Currency, listed
from regulars.wire.enrichment import machine_open

MOST_CHARACTERS: Final = 80
MOST_OF_WORDS: Final = 200
MOST_PROPERTIES: Final = 4
ITEMS_SHOWN: Final = 4

_PRODUCT: Final = "name|product_name|title|product_id|sku"
_NAMES_OF_A_LINE: Final = ("name", "product_name", "title", "category", "product_id", "sku", "product")
_PRICE: Final = "[, {price:money}]"
_OF_ORDER: Final = "{total|revenue|value:money}"
_LETTER: Final = "{channel:letter} “{campaign|subject|name}”"
_FORM: Final = "form_name|form|name|form_id"
_PROMOTION: Final = "name|promotion_name|creative|promotion_id"
_COUPON: Final = "coupon_name|coupon|code|coupon_id"
_ABOUT: Final = "[ about {topic}][ (order {order_id})]"

SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    # who it is
    "Identified": ("Became known by name",),
    "Aliased": ("Another name of theirs became known",),
    "Grouped": ("Joined the group “{group}”", "Joined a group"),
    "Signed In": ("Signed in[ by {method}]",),
    "Signed Out": ("Signed out",),
    "Signed Up": ("Made an account[ by {method}]",),
    "Email Confirmed": ("Confirmed the e-mail address",),
    "Phone Confirmed": ("Confirmed the phone number",),
    "Member Joined": ("Joined the program",),
    "Consent Granted": ("Agreed to {purpose:purpose}[ ({place})]", "Agreed to something that was not named"),
    "Consent Withdrawn": ("No longer agrees to {purpose:purpose}[ ({place})]", "Took a consent back"),
    # looking around
    "Page Viewed": ("Looked at “{title|name|path|url}”", "Looked at a page"),
    "Screen Viewed": ("Looked at “{title|name|path}” in the app", "Looked at a screen of the app"),
    "Product Viewed": (f"Looked at “{{{_PRODUCT}}}”{_PRICE}", "Looked at a product"),
    "Product Clicked": (f"Chose “{{{_PRODUCT}}}” from a list{_PRICE}", "Chose a product from a list"),
    "Product Shared": (f"Shared “{{{_PRODUCT}}}”[ by {{share_via}}]", "Shared a product"),
    "Product Reviewed": (f"Reviewed “{{{_PRODUCT}}}”[: {{rating|score}}]", "Reviewed a product[: {rating|score}]"),
    "Product List Viewed": ("Looked through “{category|list_name|list_id}”", "Looked through a list of products"),
    "Product List Filtered": ("Narrowed down “{category|list_name|list_id}”", "Narrowed down a list of products"),
    "Products Searched": ("Searched for “{query}”", "Searched the shop"),
    "Promotion Viewed": (f"Saw “{{{_PROMOTION}}}”", "Saw a promotion"),
    "Promotion Clicked": (f"Clicked on “{{{_PROMOTION}}}”", "Clicked on a promotion"),
    "Form Shown": (f"Was shown the form “{{{_FORM}}}”", "Was shown a form"),
    "Form Submitted": (f"Filled in the form “{{{_FORM}}}”", "Filled in a form"),
    "Lead Generated": ("Asked to be contacted",),
    "Experiment Viewed": (
        "Took part in the experiment “{experiment_name|experiment_id}”[, shown “{variation_name|variation_id}”]",
        "Took part in an experiment",
    ),
    # basket and order
    "Product Added": (
        f"Put [{{quantity:many}} × ]“{{{_PRODUCT}}}” into the basket{_PRICE}",
        "Put something into the basket",
    ),
    "Product Removed": (
        f"Took [{{quantity:many}} × ]“{{{_PRODUCT}}}” out of the basket{_PRICE}",
        "Took something out of the basket",
    ),
    "Product Added to Wishlist": (f"Put “{{{_PRODUCT}}}” on the wish list{_PRICE}", "Put something on the wish list"),
    "Product Removed from Wishlist": (
        f"Took “{{{_PRODUCT}}}” off the wish list",
        "Took something off the wish list",
    ),
    "Wishlist Product Added to Cart": (
        f"Put “{{{_PRODUCT}}}” from the wish list into the basket{_PRICE}",
        "Put something from the wish list into the basket",
    ),
    "Cart Viewed": ("Looked into the basket",),
    "Cart Shared": ("Shared the basket",),
    "Checkout Started": (f"Went to the checkout[ with {_OF_ORDER}]",),
    "Checkout Step Viewed": ("Went on in the checkout[, step {step}]",),
    "Checkout Step Completed": ("Went on in the checkout[, step {step}][: {shipping_method|payment_method}]",),
    "Payment Info Entered": ("Chose how to pay[: {payment_method}]",),
    "Coupon Entered": (f"Entered the coupon “{{{_COUPON}}}”", "Entered a coupon"),
    "Coupon Applied": (f"Used the coupon “{{{_COUPON}}}”[, {{discount:money}} off]", "Used a coupon"),
    "Coupon Denied": (f"The coupon “{{{_COUPON}}}” was refused[: {{reason}}]", "A coupon was refused[: {reason}]"),
    "Coupon Removed": (f"Took the coupon “{{{_COUPON}}}” back", "Took a coupon back"),
    "Order Placed": (f"Placed order {{order_id}}[ of {_OF_ORDER}], not paid yet", "Placed an order, not paid yet"),
    "Order Completed": (
        f"Their browser told of order {{order_id}}[, {_OF_ORDER}]",
        f"Their browser told of an order[ of {_OF_ORDER}]",
    ),
    "Order Updated": ("Order {order_id} {status:became}", "Order {order_id} changed", "An order changed"),
    "Order Refunded": (
        "{revenue|total|amount|value:money} of order {order_id} went back",
        "Order {order_id} was paid back",
        "An order was paid back[: {revenue|total|amount|value:money}]",
    ),
    "Order Cancelled": (
        "Order {order_id} was cancelled[ ({reason})]",
        "An order was cancelled[ ({reason})]",
    ),
    "Level Set": (
        "Was given the level {level}[: {reason}]",
        "The level that was given by hand was taken back[: {reason}]",
    ),
    "Points Spent": ("Paid with {points} points[ for “{purpose}”]", "Paid with points"),
    "Points Reserved": ("Had {points} points held", "Had points held"),
    "Points Released": ("No longer needs the points that were held",),
    "Spending Reversed": ("Got {points} points back", "Got points back that were spent"),
    "Points Adjusted": ("{points} points by hand[: “{reason}”]", "Points by hand"),
    "Points Sent": ("Gave {points} points to another customer", "Gave points to another customer"),
    "Points Received": ("Got {points} points from another customer", "Got points from another customer"),
    "Balance Brought Over": ("What was held in the former program was brought over",),
    # what the shop writes, and what becomes of it
    "Message Sent": (f"Was sent the {_LETTER}", "Was sent a {channel:letter}"),
    "Message Delivered": (f"The {_LETTER} arrived", "A {channel:letter} arrived"),
    "Message Opened": (f"Opened the {_LETTER}", "Opened a {channel:letter}"),
    "Message Clicked": (f"Followed a link in the {_LETTER}", "Followed a link in a {channel:letter}"),
    "Message Bounced": (
        f"The {_LETTER} did not arrive[{{bounce:bounce}}]",
        "A {channel:letter} did not arrive[{bounce:bounce}]",
    ),
    "Message Unsubscribed": (
        f"Wants no more: unsubscribed by the {_LETTER}",
        "Wants no more: unsubscribed by a {channel:letter}",
    ),
    # what they say
    "Survey Sent": (
        "Was asked {kind:asked}[ (order {order_id})]",
        "Was sent the survey “{survey|name}”",
        "Was sent a survey",
    ),
    "Survey Shown": (
        "Was asked {kind:asked}, on the page",
        "Was shown the survey “{survey|name}”",
        "Was shown a survey",
    ),
    "Survey Answered": (
        "Asked {kind:asked}, answered {score}[: “{comment|answer|text:words}”]",
        "Answered the survey “{survey|name}”[ with {score}][: “{comment|answer|text:words}”]",
        "Answered a survey[ with {score}][: “{comment|answer|text:words}”]",
    ),
    "Support Case Opened": (f"Asked for help{_ABOUT}[, by {{channel:way}}]",),
    "Support Case Answered": (f"Was helped{_ABOUT}[, by {{agent}}]",),
    "Support Case Closed": ("The case[ about {topic}][ (order {order_id})] was closed",),
    "Referral Shared": ("Shared their code for friends[, {code}]",),
    "Referral Joined": ("Came on the recommendation of {advocate}[, with the code {code}]", "Came by a recommendation"),
    "Referral Rewarded": (
        "Got {amount:money} for having recommended the shop[ to {friend}]",
        "Was rewarded for having recommended the shop[ to {friend}]",
    ),
}

BY_A_MACHINE: Final[Mapping[str, tuple[str, ...]]] = {
    "Message Opened": (f"A machine opened the {_LETTER}", "A machine opened a {channel:letter}"),
    "Message Clicked": (
        f"A machine followed a link in the {_LETTER}",
        "A machine followed a link in a {channel:letter}",
    ),
}


def sentence(fact: Fact, currency: Currency, *, at_once: bool = False) -> Markup:
    """`at_once` says of an opened message that it was so within seconds: then it was a machine."""
    match fact:
        case OrderCompleted():
            return _order(fact, currency)
        case MemberJoined() | BalanceBroughtOver():
            return _fitting(SENTENCES[fact.name], {}, currency)
        case LevelSet():
            said = {"level": fact.level or "", "reason": fact.reason}
            return _fitting(SENTENCES[fact.name], said, currency)
        case Behaved():
            by_machine = fact.name in BY_A_MACHINE and is_machine(fact.properties, at_once=at_once)
            table = BY_A_MACHINE if by_machine else SENTENCES
            if fact.name in table:
                return _fitting(table[fact.name], fact.properties, currency)
            return _unknown(fact)
        case _:
            return _fitting(
                SENTENCES[fact.name], {**fact.properties, "order_id": getattr(fact, "order_id", "")}, currency
            )


def is_machine(properties: Mapping[str, str], *, at_once: bool = False) -> bool:
    """Where the event says so itself, or its user agent does."""
    said = properties.get("machine", "false")
    seconds = 0 if at_once else None
    return said not in ("", "false", "0") or machine_open(properties.get("user_agent", ""), "", seconds) is not None


def quoted(text: str, most: int = MOST_CHARACTERS) -> Markup:
    """Somebody's words, cut, escaped and isolated."""
    return Markup("<bdi>{}</bdi>").format(words.shortened(text, most))


# --- orders, and what has no sentence ----------------------------------------------------------------------------------


def _order(order: OrderCompleted, currency: Currency) -> Markup:
    items = _items(order)
    shown = [_item(name, quantity) for name, quantity in list(items.items())[:ITEMS_SHOWN]]
    if len(items) > len(shown):
        shown.append(Markup("{} more").format(words.count(len(items) - len(shown))))
    money = words.money(order.amount_minor, currency)
    said = Markup("Ordered for {} (order {})").format(money, quoted(order.order_id))
    return said + Markup(": {}").format(Markup(listed(shown))) if shown else said


def _items(order: OrderCompleted) -> dict[str, int]:
    """How many of each, by name; where lines have none, by category, which counts as one; or by the product's id."""
    items: dict[str, int] = {}
    for line in order.lines:
        name = next((line.properties[key] for key in _NAMES_OF_A_LINE if line.properties.get(key)), "")
        if name:
            items[name] = items.get(name, 0) + line.quantity if name != line.properties.get("category") else 1
    return items


def _item(name: str, quantity: int) -> Markup:
    many = f"{words.count(quantity)} × " if quantity > 1 else ""
    return Markup("{}“{}”").format(many, quoted(name))


def _unknown(fact: Behaved) -> Markup:
    said = list(fact.properties.items())[:MOST_PROPERTIES]
    parts = [Markup("{} {}").format(quoted(name.replace("_", " ")), quoted(value)) for name, value in said]
    name = quoted(fact.name)
    return name + Markup(": ") + Markup(", ").join(parts) if parts else name


# --- sentences with gaps -----------------------------------------------------------------------------------------------


class _Gap(NamedTuple):
    names: tuple[str, ...]
    form: str


class _Piece(NamedTuple):
    """Words, gaps and words; left out where a gap of it stays empty, if it is `optional`."""

    optional: bool
    parts: tuple[str | _Gap, ...]


_OPTIONAL: Final = re.compile(r"\[([^\]]*)\]")
_GAP: Final = re.compile(r"\{([^}:]*)(?::([a-z]+))?\}")


def _fitting(sentences: tuple[str, ...], said: Mapping[str, str], currency: Currency) -> Markup:
    for one in sentences:
        pieces = [(piece.optional, _filled(piece, said, currency)) for piece in _pieces(one)]
        if all(optional or text is not None for optional, text in pieces):
            return Markup("").join([text for _, text in pieces if text is not None])
    raise AssertionError(f"the last of these sentences needs nothing: {sentences}")


@cache
def _pieces(one: str) -> tuple[_Piece, ...]:
    return tuple([_Piece(n % 2 == 1, _parts(text)) for n, text in enumerate(_OPTIONAL.split(one)) if text])


def _parts(text: str) -> tuple[str | _Gap, ...]:
    parts: list[str | _Gap] = []
    end = 0
    for found in _GAP.finditer(text):
        parts += [text[end : found.start()], _Gap(tuple(found[1].split("|")), found[2] or "")]
        end = found.end()
    return (*parts, text[end:])


def _filled(piece: _Piece, said: Mapping[str, str], currency: Currency) -> Markup | None:
    filled: list[Markup] = []
    for part in piece.parts:
        text = Markup(part) if isinstance(part, str) else _said(part, said, currency)
        if text is None:
            return None
        filled.append(text)
    return Markup("").join(filled)


def _said(gap: _Gap, said: Mapping[str, str], currency: Currency) -> Markup | None:
    value = next((said[name] for name in gap.names if said.get(name)), "")
    if gap.form == "money":
        return _money(value, said.get("currency", currency.code), currency) if value else None
    if gap.form == "letter":
        return Markup(_LETTERS.get(value, "message"))
    return _FORMS[gap.form](value) if value else None


def _money(value: str, code: str, currency: Currency) -> Markup:
    """As it was said, with the decimals that the shop's currency has; not reckoned with."""
    found = _AMOUNT.fullmatch(value)
    if found is None:
        return quoted(value)
    sign, whole, part = found[1], int(found[2]), found[3] or ""
    decimals = part.ljust(currency.exponent, "0") if code == currency.code else part
    amount = f"{words.MINUS if sign else ''}{whole:,}{'.' if decimals else ''}{decimals}"
    return Markup("{}\u00a0{}").format(amount, quoted(code, 8))


def _many(value: str) -> Markup | None:
    """Above one, in words of a sentence that says nothing of one."""
    is_number = value.isascii() and value.isdigit() and len(value) < 10
    return Markup(words.count(int(value))) if is_number and int(value) > 1 else None


def _of(known: Mapping[str, str], otherwise: str | None = None) -> Callable[[str], Markup | None]:
    """Words of a closed set; another one as it is, in the sentence `otherwise`, or not at all."""

    def written(value: str) -> Markup | None:
        if value.casefold() in known:
            return Markup(known[value.casefold()])
        return None if otherwise is None else Markup(otherwise).format(quoted(value))

    return written


_AMOUNT: Final = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,6}))?", re.ASCII)
_LETTERS: Final = {"email": "mail", "sms": "text message", "push": "push message"}
_PURPOSES: Final = {
    "email": "e-mail",
    "sms": "text messages",
    "ads": "ads",
    "profiling": "profiling",
    "analytics": "being counted",
}
_STATUS: Final = {
    "placed": "was placed, not paid yet",
    "paid": "was paid",
    "shipped": "was sent off",
    "delivered": "arrived",
    "partly_refunded": "was paid back in part",
    "refunded": "was paid back",
    "returned": "came back",
    "cancelled": "was cancelled",
}
_BOUNCES: Final = {"hard": ": the address does not exist", "soft": " this time"}
_QUESTIONS: Final = {
    "csat": "how content they are",
    "nps": "whether they would recommend the shop",
    "ces": "how easy it was",
    "cli": "how loyal they are",
}
_WAYS: Final = {"email": "mail", "phone": "phone", "chat": "chat", "form": "form", "social": "social network"}
_FORMS: Final[Mapping[str, Callable[[str], Markup | None]]] = {
    "": quoted,
    "words": lambda value: quoted(value, MOST_OF_WORDS),
    "many": _many,
    "purpose": _of(_PURPOSES, "{}"),
    "became": _of(_STATUS, "is now “{}”"),
    "bounce": _of(_BOUNCES, ": {}"),
    "asked": _of(_QUESTIONS),
    "way": _of(_WAYS, "{}"),
}
