"""The shop looked over: is the database as this release needs it, and do facts, states and ledger say the same?"""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, case, func, select
from sqlalchemy import text as sql

from regulars.kernel.effects import AVAILABLE, DEBT, EARN, EARN_REVERSAL, PENDING, Account
from regulars.kernel.facts import Instant
from regulars.kernel.terms import listed
from regulars.service.auditing import last_audit
from regulars.service.books import changed_since_closed
from regulars.service.shop import Shop
from regulars.service.waking import waiting_to_adopt
from regulars.store.schema import closed_months, customers, entries, journal, keys, quarantine
from regulars.wire.instants import rfc3339


class Finding(Struct, frozen=True):
    """`mend` says what to do where it is not good."""

    what: str
    good: bool
    found: str
    mend: str = ""


def examine(shop: Shop, now: Instant) -> list[Finding]:
    return list(_findings(shop, now))


def _findings(shop: Shop, now: Instant) -> Iterator[Finding]:
    migrated = shop.store.is_migrated()
    yield Finding(
        "tables",
        migrated,
        "of this release" if migrated else "of another release",
        "Run this release's `regulars serve`.",
    )
    if not migrated:
        return
    rulebook = shop.rulebooks.in_force()
    in_force = f"{rulebook.program.name}, version {rulebook.version[:12]}" if rulebook else "none in force"
    yield Finding("program", rulebook is not None, in_force, "regulars apply PROGRAM")
    with shop.store.reading() as connection:
        if shop.store.is_sqlite:
            yield _file(connection)
        yield _keys(connection)
        yield _facts(connection)
        yield _ledger(connection)
        yield _closed_months(connection)
        yield _wakings(connection, now)
        yield _refusals(connection)
    yield _segments(shop)
    waiting = waiting_to_adopt(shop)
    yield Finding(
        "adoption",
        waiting == 0,
        f"{waiting:,} customers under an older program",
        "A serving process lets them adopt it; or apply it again.",
    )


def _file(connection: Connection) -> Finding:
    answer = connection.execute(sql("PRAGMA quick_check(1)")).scalar()
    return Finding("file", answer == "ok", str(answer), "Restore the last copy of the file that is whole.")


def _keys(connection: Connection) -> Finding:
    number = connection.execute(select(func.count()).where(keys.c.revoked_at.is_(None))).scalar_one()
    return Finding("keys", number > 0, f"{number} in use", "regulars keys create --kind secret")


def _facts(connection: Connection) -> Finding:
    """Every fact that is stored was counted in its customer's state, once."""
    stored = connection.execute(select(func.count()).where(journal.c.fact_id.is_not(None))).scalar_one()
    columns = customers.c
    counted = connection.execute(select(func.coalesce(func.sum(columns.facts), 0))).scalar_one()
    by_customer = (
        select(journal.c.customer, func.count(journal.c.fact_id).label("facts")).group_by(journal.c.customer).subquery()
    )
    wrong = select(func.count()).select_from(customers.outerjoin(by_customer, by_customer.c.customer == columns.id))
    odd = connection.execute(wrong.where(func.coalesce(by_customer.c.facts, 0) != columns.facts)).scalar_one()
    found = f"{stored:,} stored, {int(counted):,} counted in the states"
    return Finding(
        "facts", stored == counted and not odd, found, f"{odd:,} customers differ. Tell us: this must not happen."
    )


def _ledger(connection: Connection) -> Finding:
    """The balance is the sum of the ledger, customer by customer."""
    entry, points = entries.c.entry, entries.c.points
    sums = (
        select(
            entries.c.customer,
            func.sum(
                case(
                    (entry == EARN, points),
                    (entry == EARN_REVERSAL, -points),
                    (entries.c.source == "merged", points),
                    (entries.c.target == "merged", -points),
                    else_=0,
                )
            ).label("lifetime"),
            _left_in((AVAILABLE, DEBT)).label("available"),
            _left_in((PENDING,)).label("pending"),
        )
        .group_by(entries.c.customer)
        .subquery()
    )
    held = customers.c
    differs = (
        (func.coalesce(sums.c.lifetime, 0) != held.lifetime)
        | (func.coalesce(sums.c.available, 0) != held.available)
        | (func.coalesce(sums.c.pending, 0) != held.pending)
    )
    joined = customers.outerjoin(sums, sums.c.customer == held.id)
    odd = connection.execute(select(func.count()).select_from(joined).where(differs)).scalar_one()
    number = connection.execute(select(func.count()).select_from(entries)).scalar_one()
    found = (
        f"{number:,} entries; the balances of all customers are their sums"
        if not odd
        else f"{odd:,} balances differ from their sums"
    )
    return Finding("ledger", odd == 0, found, "Tell us: this must not happen.")


def _closed_months(connection: Connection) -> Finding:
    """Nothing was written into a month since it was closed."""
    number = connection.execute(select(func.count()).select_from(closed_months)).scalar_one()
    changed = changed_since_closed(connection)
    found = f"{listed(changed)} changed since" if changed else f"{number:,} closed, none changed since"
    return Finding(
        "months", not changed, found, "`regulars books MONTH` says what it holds now. Tell us: this must not happen."
    )


def _left_in(accounts: Sequence[Account]) -> ColumnElement[int]:
    """What came into these accounts, less what left them."""
    points, came, went = entries.c.points, entries.c.target.in_(accounts), entries.c.source.in_(accounts)
    return func.sum(case((came, points), else_=0) - case((went, points), else_=0))


def _segments(shop: Shop) -> Finding:
    """As the last audit found them (`service.auditing`)."""
    last = last_audit(shop)
    if last is None:
        return Finding("segments", True, "not audited yet")
    of_whom = f"{last.compared:,} of {last.customers:,} customers audited {rfc3339(last.at)}"
    found = f"{of_whom}: {f'{last.drifts:,} rows are wrong' if last.drifts else 'all rows are right'}"
    mend = "`regulars segments --audit --all` names them all. Tell us: this must not happen."
    return Finding("segments", last.drifts == 0, found, mend)


def _wakings(connection: Connection, now: Instant) -> Finding:
    due = connection.execute(select(func.count()).where(customers.c.due_at <= now)).scalar_one()
    return Finding("wakings", True, f"{due:,} customers due{' (a serving process wakes them)' if due else ''}")


def _refusals(connection: Connection) -> Finding:
    number = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    return Finding("refused events", True, f"{number:,} kept")
