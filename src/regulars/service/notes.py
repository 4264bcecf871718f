"""What is learned about people beside the facts: traits with their origin, consents with their proof, and, of those who do not want
to be told apart, only how often something was done.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import insert, select
from sqlalchemy import text as sql

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import Trust
from regulars.service.known import Request, Told
from regulars.service.people import FIRM, WEAK, Whose
from regulars.store.schema import consents
from regulars.store.transaction import Transaction
from regulars.wire.events.consents import BY_CONTROL, BY_STAMP

DECLARED, IMPORTED, OBSERVED, COMPUTED, ON_SITE = "declared", "imported", "observed", "computed", "site"
"""Origins of a trait: the person said so to the shop; a file said so; it was seen; it was reckoned; a browser said so."""
ORIGINS: Final = (DECLARED, IMPORTED, ON_SITE, OBSERVED, COMPUTED)
"""The first that there is holds: what somebody declares is never overwritten by what was only seen."""

KEEP_TRAIT: Final = sql("""
INSERT INTO traits (record, name, origin, value, source, happened_at)
VALUES (:record, :name, :origin, :value, :source, :happened_at)
ON CONFLICT (record, name, origin) DO UPDATE SET value = excluded.value, source = excluded.source,
happened_at = excluded.happened_at
WHERE excluded.happened_at > traits.happened_at
OR (excluded.happened_at = traits.happened_at AND excluded.value > traits.value)""")
COUNT: Final = sql("""
INSERT INTO impersonal (day, name, number) VALUES (:day, :name, :number)
ON CONFLICT (day, name) DO UPDATE SET number = impersonal.number + excluded.number""")
OTHER: Final = "other"
COUNTED: Final = frozenset(
    {
        "Page Viewed",
        "Screen Viewed",
        "Products Searched",
        "Product List Viewed",
        "Product Viewed",
        "Product Added",
        "Product Removed",
        "Cart Viewed",
        "Checkout Started",
        "Order Completed",
    }
)
"""Names by which impersonal deeds are told apart: a browser may send any, and a table must not grow with them."""


class Noted(Protocol):
    """An arrival that was kept, and whose it is."""

    @property
    def told(self) -> Told: ...
    @property
    def whose(self) -> Whose: ...


def note(tx: Transaction, steps: Iterable[Noted]) -> set[str]:
    """The records about which something was written down."""
    saying = [step for step in steps if step.told.arrival.traits or step.told.arrival.consents]
    return _note_traits(tx, saying) | _note_consents(tx, saying) if saying else set()


def count_impersonal(tx: Transaction, requests: Sequence[Request], calendar: Calendar) -> None:
    numbers: dict[tuple[int, str], int] = {}
    for request in requests:
        for name, happened_at in request.impersonal:
            key = calendar.day_of(happened_at), name if name in COUNTED else OTHER
            numbers[key] = numbers.get(key, 0) + 1
    if numbers:
        rows = [{"day": day, "name": name, "number": number} for (day, name), number in sorted(numbers.items())]
        tx.core.execute(COUNT, rows)


def _note_traits(tx: Transaction, steps: Iterable[Noted]) -> set[str]:
    rows = [
        {
            "record": step.whose.record,
            "name": name,
            "origin": _origin(step),
            "value": value,
            "source": step.told.arrival.source,
            "happened_at": step.told.arrival.happened_at,
        }
        for step in steps
        for name, value in step.told.arrival.traits.items()
    ]
    if rows:
        rows.sort(key=lambda row: (row["record"], row["name"], row["origin"]))
        tx.core.execute(KEEP_TRAIT, rows)
    return {str(row["record"]) for row in rows}


def _origin(step: Noted) -> str:
    if step.whose.trust is not Trust.SHOP:
        return ON_SITE
    return IMPORTED if step.told.arrival.source.startswith("import") else DECLARED


def _note_consents(tx: Transaction, steps: Iterable[Noted]) -> set[str]:
    saying = [(step, record) for step in steps if step.told.arrival.consents and (record := step.whose.speaks_for)]
    if not saying:
        return set()
    standing = _standing(tx, sorted({record for _, record in saying}))
    rows: list[dict[str, Any]] = []
    for step, record in saying:
        one = step.told.arrival
        for said in one.consents:
            if said.place in (BY_STAMP, BY_CONTROL) and standing.get((record, said.purpose)) == said.granted:
                continue
            imported = said.imported or one.source.startswith("import")
            _hold(standing, (record, said.purpose), said.granted, imported)
            rows.append(
                {
                    "fact_id": one.id,
                    "purpose": said.purpose,
                    "record": record,
                    "granted": said.granted,
                    "trust": FIRM if step.whose.trust is Trust.SHOP else WEAK,
                    "ground": said.ground,
                    "wording": said.wording,
                    "place": said.place,
                    "source": one.source,
                    "imported": imported,
                    "happened_at": one.happened_at,
                    "recorded_at": step.told.recorded_at,
                }
            )
    if rows:
        tx.core.execute(insert(consents), rows)
    return {str(row["record"]) for row in rows}


def _standing(tx: Transaction, records: Sequence[str]) -> dict[tuple[str, str], bool]:
    """The last word of each record about each purpose: what a banner stamps on every event is written down when it changes."""
    columns = consents.c
    asked = select(columns.record, columns.purpose, columns.granted, columns.imported)
    asked = asked.where(columns.record.in_(records))
    standing: dict[tuple[str, str], bool] = {}
    for row in tx.core.execute(asked.order_by(columns.happened_at, columns.granted.desc(), columns.fact_id)):
        _hold(standing, (row.record, row.purpose), bool(row.granted), bool(row.imported))
    return standing


def _hold(standing: dict[tuple[str, str], bool], key: tuple[str, str], granted: bool, imported: bool) -> None:
    """As `kernel.consents` has it: an imported grant lifts no withdrawal."""
    if not (granted and imported and standing.get(key) is False):
        standing[key] = granted
