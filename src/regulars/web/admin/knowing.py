"""What is known of a customer, beside names and points: traits with their origin, consents with their proof, orders, and the
accounts that were merged in.
"""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.kernel.calendar import Calendar
from regulars.kernel.consents import Standing
from regulars.kernel.rulebook import Rulebook
from regulars.service.accounts import Account
from regulars.service.consents import ConsentView, Word
from regulars.service.customers import Customer
from regulars.service.notes import COMPUTED, DECLARED, IMPORTED, OBSERVED, ON_SITE
from regulars.service.purchases import Purchase
from regulars.service.traits import Trait
from regulars.web.admin import telling
from regulars.web.admin.picture import kind_of

WORDS_SHOWN: Final = 100
PURPOSES: Final = {
    "email": "Sending e-mail",
    "sms": "Sending text messages",
    "ads": "Showing ads",
    "profiling": "Profiling",
    "analytics": "Counting visits",
}
STANDINGS: Final = {
    Standing.GRANTED: "Allowed",
    Standing.WITHDRAWN: "Not allowed: withdrawn",
    Standing.UNCONFIRMED: "Not allowed yet: waits for the second click",
    Standing.ASSUMED: "Allowed: nobody objected",
    Standing.MISSING: "Not allowed: nobody asked",
}
GROUNDS: Final = {"consent": "consent", "contract": "contract", "legitimate_interest": "legitimate interest"}
ORIGINS: Final = {
    DECLARED: "declared to the shop",
    IMPORTED: "from a file",
    ON_SITE: "declared, as a browser says",
    OBSERVED: "observed",
    COMPUTED: "reckoned",
}
STATUSES: Final = {
    "placed": "placed, not paid",
    "paid": "paid",
    "partly_refunded": "partly refunded",
    "refunded": "refunded",
    "cancelled": "cancelled",
}


def trait_table(traits: Sequence[Trait], calendar: Calendar) -> Table:
    columns = [
        Column("What"),
        Column("Value", words=True),
        Column("Origin", words=True),
        Column("Told by", words=True, extra=True),
        Column("Since"),
    ]
    rows = [
        Row(
            [
                words.capitalized(one.name.replace("_", " ")),
                one.value,
                words.capitalized(ORIGINS[one.origin]),
                one.source,
                telling.short_day(one.at, calendar),
            ]
        )
        for one in traits
    ]
    return Table("What is known of this person, and where it comes from", columns, rows)


def consent_table(consents: Sequence[ConsentView], calendar: Calendar) -> Table:
    columns = [
        Column("Purpose"),
        Column("As it stands", words=True),
        Column("Ground", words=True, extra=True),
        Column("Proof", words=True),
    ]
    rows = [
        Row(
            [
                purpose_of(one.purpose),
                _standing(one, calendar),
                words.capitalized(GROUNDS.get(one.ground, one.ground)),
                _proof(one.wording, one.place, one.source),
            ]
        )
        for one in consents
    ]
    return Table("What may be done with what is known of this person", columns, rows)


def words_said(said: Sequence[Word], calendar: Calendar) -> dict[str, object]:
    """The whole history, the newest first; beyond a hundred only how many more there are."""
    columns = [
        Column("When"),
        Column("Purpose", words=True),
        Column("What was said", words=True),
        Column("Ground", words=True, extra=True),
        Column("Proof", words=True),
    ]
    rows = [
        Row(
            [
                telling.short_day(one.happened_at, calendar),
                purpose_of(one.purpose),
                ("Yes" if one.granted else "No")
                + (", from a file" if one.imported else "")
                + ("" if one.trust == "shop" else ", as a browser says"),
                words.capitalized(GROUNDS.get(one.ground, one.ground)),
                _proof(one.wording, one.place, one.source),
            ]
        )
        for one in said[:WORDS_SHOWN]
    ]
    more = max(0, len(said) - WORDS_SHOWN)
    return {
        "number": len(said),
        "table": Table("Every word about a consent, the newest first", columns, rows) if rows else None,
        "more": words.count(more) if more else "",
    }


def order_table(purchases: Sequence[Purchase], program: Rulebook) -> Table:
    currency = program.program.currency
    columns = [
        Column("Order"),
        Column("When"),
        Column("Told by", words=True, extra=True),
        Column("Stands", words=True),
        Column("Lines", extra=True),
        Column("Worth", currency.code),
        Column("Refunded", currency.code, extra=True),
    ]
    rows = [
        Row(
            [
                one.order_id,
                telling.short_day(one.happened_at, program.calendar),
                one.source,
                STATUSES[one.status] if one.status else "counted",
                words.count(one.lines),
                words.amount(one.amount_minor, currency),
                words.amount(one.refunded_minor, currency) if one.refunded_minor else words.NOTHING,
            ]
        )
        for one in purchases
    ]
    return Table("Orders, the newest first", columns, rows)


def merged_list(merged: Sequence[Account], one: Customer, calendar: Calendar) -> list[dict[str, object]]:
    """The accounts that went up in this one, and by what each was known."""
    return [
        {
            "record": account.record,
            "name": _known_as(account.record, one),
            "when": telling.day(account.merged_at, calendar),
            "because": f"by {account.by}: {account.why}"
            if account.by
            else f"because of its {kind_of(account.why)}, by itself",
        }
        for account in merged
    ]


def purpose_of(purpose: str) -> str:
    return PURPOSES.get(purpose, words.capitalized(purpose))


def _standing(one: ConsentView, calendar: Calendar) -> Markup | str:
    says = STANDINGS[Standing(one.standing)]
    return says if one.since is None else Markup("{}, since {}").format(says, telling.day(one.since, calendar))


def _known_as(record: str, one: Customer) -> str:
    names = [identity for identity in one.identities if identity.record == record]
    return ", ".join([f"{kind_of(each.kind)} {each.value}" for each in names[:3]]) or telling.short_id(record)


def _proof(wording: str, place: str, source: str) -> Markup | str:
    """What was said, where, and who told us."""
    parts = [Markup("“{}”").format(wording) if wording else "", place, f"told by {source}" if source else ""]
    return Markup(", ").join([part for part in parts if part]) or words.NOTHING
