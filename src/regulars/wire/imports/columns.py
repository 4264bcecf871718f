"""The columns of each kind of file: what each is called, by which other names it is understood, and where it stands."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from regulars.kernel.program import IdentityKind
from regulars.wire.orders.columns import (
    Column,
    OrdersError,
    check_mapping,
    listed_columns,
    missing,
    place_of,
)
from regulars.wire.orders.rows import check_distinct


class Kind(StrEnum):
    """What the rows of a file are."""

    CUSTOMERS = "customers"
    CONSENTS = "consents"
    EVENTS = "events"
    BALANCES = "balances"

    @property
    def source(self) -> str:
        """Whatever begins with `import` is the shop's own word, and what it says of people is told apart from what they say."""
        return f"import:{self.value}"


class ImportsError(OrdersError):
    """A file that cannot be read as what it should be; the message says what to do."""


WHO_NAMES: Final = {
    "user_id": ("customer", "customer_id", "customer_number", "client_id", "household_id", "member_id", "userid"),
    "email": ("e_mail", "email_address", "mail"),
    "phone": ("phone_number", "mobile", "mobile_phone", "telephone"),
    "card": ("card_number", "card_no", "loyalty_card"),
}
WHEN: Final = ("timestamp", "datetime", "date", "time", "when", "created_at")
ROW_ID: Final = Column(
    "id", ("row_id", "event_id", "message_id", "transaction_id"), False, "an id of the row; else its content is its id"
)

_TRAITS: Final = tuple(
    [
        Column(name, synonyms, False, "a trait")
        for name, synonyms in (
            ("first_name", ("firstname", "given_name")),
            ("last_name", ("lastname", "surname", "family_name")),
            ("birthday", ("birthdate", "birth_date", "date_of_birth", "dob")),
            ("language", ("locale", "lang")),
            ("street", ("address_line_1", "street_address")),
            ("postal_code", ("postcode", "postalcode", "zip", "zip_code")),
            ("city", ("town",)),
            ("state", ("province",)),
            ("country", ("country_code",)),
        )
    ]
)
TRAIT_NAMES: Final = tuple([column.name for column in _TRAITS])

OF_KIND: Final[Mapping[Kind, tuple[Column, ...]]] = {
    Kind.CUSTOMERS: (
        Column(
            "created_at", ("registered_at", "joined_at", "customer_since"), False, "when the customer was first known"
        ),
        Column(
            "updated_at", ("changed_at", "modified_at", "last_updated"), False, "when this was last said or changed"
        ),
        *_TRAITS,
        Column("address", (), False, "JSON only: an object of street, postal_code, city, state, country"),
        Column("traits", (), False, "JSON only: an object of further traits"),
    ),
    Kind.CONSENTS: (
        Column("purpose", ("topic",), True, "analytics, profiling, email, sms or ads"),
        Column("state", ("status", "granted", "consent", "opt_in"), True, "granted or withdrawn; yes and no will do"),
        Column("happened_at", (*WHEN, "given_at", "consented_at"), True, "when it was said"),
        Column(
            "ground", ("legal_basis", "basis"), False, "consent, contract or legitimate_interest; consent when left out"
        ),
        Column("wording", ("text", "text_version"), False, "the text that was shown, with its version"),
        Column("place", ("where", "channel"), False, "where it was said: a page, a form, a till"),
        ROW_ID,
    ),
    Kind.EVENTS: (
        Column("event", ("event_name", "name", "action"), True, "the event’s name"),
        Column("happened_at", WHEN, True, "when it happened"),
        Column("properties", (), False, "JSON only: an object of what else it says"),
        ROW_ID,
    ),
    Kind.BALANCES: (
        Column("points", ("balance", "point_balance"), True, "how many, a whole number above 0"),
        Column("earned_at", ("happened_at", "earned_on", *WHEN), True, "when they were earned"),
        Column(
            "expires_at",
            ("expires_on", "expiry", "valid_until"),
            False,
            "when they expire, a bare date to its end; by the program’s rule when left out",
        ),
        ROW_ID,
    ),
}
"""Without those that say who it is, which the program's kinds of identities decide."""

EVERYTHING_ELSE: Final[Mapping[Kind, str]] = {Kind.CUSTOMERS: "a trait", Kind.EVENTS: "a property"}
"""What any further column is; of other kinds it is ignored."""


class Layout(Struct, frozen=True):
    """Where each of our columns stands among the cells, and all others, by the file's name."""

    columns: tuple[str, ...]
    at: Mapping[str, int]
    rest: tuple[tuple[str, int], ...]
    order: int = -1

    def found(self) -> list[str]:
        return list(self.at)

    def needed(self) -> Sequence[int]:
        """All: a row's id hangs on everything that it says."""
        return range(len(self.columns))


class Asked(Struct, frozen=True):
    """What is asked of a file of one kind; `mapping` is our names to the file's columns."""

    kind: Kind
    mapping: Mapping[str, str]
    known: Mapping[str, Column]
    who: tuple[str, ...]
    """The columns that say who it is, the weightiest first."""

    def layout(self, columns: Sequence[str], line_columns: Sequence[str] = ()) -> Layout:
        assert not line_columns, "only orders have lines"
        check_distinct(columns)
        found = [(name, place_of(name, columns, self.mapping, self.known)) for name in self._in_order()]
        at: dict[str, int] = {}
        for name, place in found:
            if place >= 0 and place not in at.values():
                at[name] = place
        taken = set(at.values())
        rest = [(column, place) for place, column in enumerate(columns) if place not in taken and column]
        return Layout(tuple(columns), at, tuple(rest))

    def check(self, columns: Sequence[str], found: Collection[str]) -> None:
        strange = [name for name in self.mapping if name not in self.known]
        if strange:
            raise ImportsError(f"There is no “{strange[0]}” to map. There is {', '.join(self.known)}.")
        check_mapping(columns, self.mapping)
        lacking = [
            missing(name, columns, self.known)
            for name, column in self.known.items()
            if column.needed and name not in found
        ]
        if not any(name in found for name in self.who):
            names = ", ".join([f"`{name}`" for name in self.who])
            lacking.insert(0, f"No column says who it is: there is none of {names}. Map one: --map user_id=COLUMN.")
        if lacking:
            raise ImportsError(" ".join([*lacking, listed_columns(columns)]))

    def places_of_lines_and_event(self, columns: Sequence[str]) -> tuple[int, int]:
        return -1, -1

    def order_names(self) -> Sequence[str]:
        return ()

    def _in_order(self) -> list[str]:
        """What is mapped first, so that no synonym takes its place; then who, then what."""
        return [
            *[name for name in self.known if name in self.mapping],
            *[n for n in self.known if n not in self.mapping],
        ]


def asked_of(kind: Kind, kinds: Sequence[IdentityKind], mapping: Mapping[str, str]) -> Asked:
    """`kinds` are the identities by which the program knows customers, the weightiest first."""
    who = tuple(dict.fromkeys(["user_id", *[one.kind for one in kinds]]))
    columns = [Column(name, _synonyms(kind, name), False, "who it is") for name in who]
    known = {column.name: column for column in (*columns, *OF_KIND[kind])}
    return Asked(kind, dict(mapping), known, who)


def _synonyms(kind: Kind, name: str) -> tuple[str, ...]:
    synonyms = WHO_NAMES.get(name, ())
    return (*synonyms, "id") if kind is Kind.CUSTOMERS and name == "user_id" else synonyms
