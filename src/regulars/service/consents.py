"""Consents of a person: how each purpose stands now, asked at the moment of use, and every word about it with its proof."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final, cast

from msgspec import Struct
from sqlalchemy import Connection, Select, bindparam, func, select, union_all

from regulars.kernel.consents import CONFIRMED, Consent, Said, Standing, standing
from regulars.kernel.facts import DAWN, Instant
from regulars.kernel.program import Program, Purpose, PurposeRule
from regulars.service.people import FIRM
from regulars.service.records import records_of
from regulars.store.schema import consents, customers, merges

MOST_AT_ONCE: Final = 500
"""Records in one question."""


class ConsentView(Struct, frozen=True):
    """How one purpose stands, and the word that decided it; the proof is empty where nobody said anything."""

    purpose: str
    standing: str
    allows: bool
    ground: str
    since: Instant | None
    wording: str
    place: str
    source: str


class Word(Struct, frozen=True):
    """One word about one purpose."""

    purpose: str
    granted: bool
    trust: str
    ground: str
    wording: str
    place: str
    source: str
    imported: bool
    happened_at: Instant
    recorded_at: Instant


def standings(
    connection: Connection, records: Sequence[str], program: Program, together_since: Instant | None = None
) -> tuple[ConsentView, ...]:
    """Every purpose of the program, for the person to whom these records belong; or would, `together_since` then."""
    said = _said(connection, records)
    since = _together_since(connection, records) if together_since is None else together_since
    return tuple(
        [
            _view(rule.purpose, rule.ground, standing(rule, said.get(rule.purpose, []), since))
            for rule in program.consent
        ]
    )


def allows(connection: Connection, records: Sequence[str], purpose: str, program: Program) -> bool:
    """Whether that may be done with this person's data now. Never remembered: ask again each time."""
    rule = next(rule for rule in program.consent if rule.purpose == purpose)
    said = _said(connection, records).get(purpose, [])
    return standing(rule, said, _together_since(connection, records)).standing.allows


def denied(connection: Connection, records: Collection[str], purpose: str) -> set[str]:
    """Those of these records whose person has withdrawn or objected to this purpose, and not given it again. Who never said a
    word about it is not among them, whatever the ground. One query, unless somebody did.
    """
    found: set[str] = set()
    asked = sorted(records)
    for place in range(0, len(asked), MOST_AT_ONCE):
        found |= _denied(connection, asked[place : place + MOST_AT_ONCE], purpose)
    return found


def words(connection: Connection, records: Sequence[str]) -> tuple[Word, ...]:
    """Everything that was said, newest first."""
    columns = consents.c
    asked = select(
        columns.purpose,
        columns.granted,
        columns.trust,
        columns.ground,
        columns.wording,
        columns.place,
        columns.source,
        columns.imported,
        columns.happened_at,
        columns.recorded_at,
    ).where(columns.record.in_(records))
    rows: Iterable[Any] = connection.execute(
        asked.order_by(columns.happened_at.desc(), columns.fact_id, columns.purpose)
    )
    return tuple([Word(*row) for row in rows])


def _denied(connection: Connection, asked: Sequence[str], purpose: str) -> set[str]:
    said_no = connection.execute(_said_no(), {"asked": asked, "purpose": purpose})
    persons = {row.asked: row.person for row in said_no}
    if not persons:
        return set()
    still = {person for person in set(persons.values()) if _has_withdrawn(connection, person, purpose)}
    return {record for record, person in persons.items() if person in still}


@cache
def _said_no() -> Select[tuple[str, str]]:
    """Which of `asked` belong to somebody who ever said no, and to whom; written once, since every request of a browser asks it."""
    theirs = customers.alias()
    person = func.coalesce(customers.c.person, customers.c.id)
    named = customers.c.id.in_(bindparam("asked", expanding=True))
    people = select(customers.c.id.label("asked"), person.label("person")).where(named).cte("people")
    own = select(people.c.asked, people.c.person, people.c.person.label("record"))
    joined = select(people.c.asked, people.c.person, theirs.c.id).join(theirs, theirs.c.person == people.c.person)
    each = union_all(own, joined).subquery()
    return (
        select(each.c.asked, each.c.person)
        .join(consents, consents.c.record == each.c.record)
        .where(consents.c.purpose == bindparam("purpose"), consents.c.granted.is_(False))
        .distinct()
    )


def _has_withdrawn(connection: Connection, person: str, purpose: str) -> bool:
    """Whatever the program's ground: with this one nothing but a withdrawal stands in the way."""
    rule, records = PurposeRule(cast("Purpose", purpose), "legitimate_interest"), records_of(connection, person)
    said = _said(connection, records).get(purpose, [])
    return standing(rule, said, _together_since(connection, records)).standing is Standing.WITHDRAWN


def _said(connection: Connection, records: Sequence[str]) -> dict[str, list["_Word"]]:
    by_purpose: dict[str, list[_Word]] = {}
    for row in connection.execute(select(consents).where(consents.c.record.in_(records))):
        by_shop = row.trust == FIRM
        confirmed = by_shop and row.place == CONFIRMED
        word = _Word(
            row.record,
            bool(row.granted),
            by_shop,
            bool(row.imported),
            confirmed,
            row.happened_at,
            row.recorded_at,
            row.fact_id,
            row.ground,
            row.wording,
            row.place,
            row.source,
        )
        by_purpose.setdefault(row.purpose, []).append(word)
    return by_purpose


class _Word(Said, frozen=True):
    ground: str
    wording: str
    place: str
    source: str


def _together_since(connection: Connection, records: Sequence[str]) -> Instant:
    """When the last of these records came to the others."""
    asked = select(func.max(merges.c.merged_at)).where(merges.c.record.in_(records), merges.c.parted_at.is_(None))
    found = connection.execute(asked).scalar()
    return DAWN if found is None else found


def _view(purpose: str, ground: str, consent: Consent) -> ConsentView:
    word = consent.because
    at = consent.standing
    if word is None:
        return ConsentView(purpose, at.value, at.allows, ground, None, "", "", "")
    assert isinstance(word, _Word)
    return ConsentView(
        purpose, at.value, at.allows, word.ground, word.happened_at, word.wording, word.place, word.source
    )


__all__ = ["ConsentView", "Standing", "Word", "allows", "denied", "standings", "words"]
