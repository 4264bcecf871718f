"""Who is who at the end of the year: every device leads to the account that is its user's, and to no other."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from regulars.kernel.facts import Instant
from regulars.service.people import ANONYMOUS_ID, USER_ID, leads_to
from regulars.service.shop import Shop
from regulars.store.schema import identities
from regulars.store.transaction import links_of
from regulars.truth_checks.held import Finding, Truths, some

EMAIL = "email"


def check(shop: Shop, truths: Truths, _now: Instant) -> Iterator[Finding]:
    found = _owners(shop)
    owner_of = {device: account.user_id or account.email for account in truths.accounts for device in account.devices}
    astray = [
        f"{device} leads to {found.get(device, 'nobody')}, not to {owner}"
        for device, owner in sorted(owner_of.items())
        if found.get(device) != owner
    ]
    number = len(owner_of)
    yield Finding(
        "devices that lead to their user", not astray, f"{number:,}", f"{number - len(astray):,}", some(astray)
    )
    strangers = [
        f"{device} leads to {found[device]}" for device in sorted(found.keys() - owner_of.keys() - truths.tablets)
    ]
    yield _none("devices of strangers that lead to somebody", strangers)
    merged = _under_one_roof(shop, set(truths.second_accounts))
    yield _none("second accounts that are one with another id, though staff merged nobody", merged)


def _none(what: str, which: list[str]) -> Finding:
    return Finding(what, not which, "0", f"{len(which):,}", some(which))


def _owners(shop: Shop) -> dict[str, str]:
    """Whom each claimed device leads to, by the name of the account."""
    rulebook = shop.rulebooks.in_force()
    assert rulebook is not None, "a shop that took a year in has a program"
    limit = rulebook.program.shared_device
    columns = identities.c
    asked = select(
        columns.kind,
        columns.value,
        columns.record,
        columns.customer,
        columns.trust,
        columns.first_at,
        columns.first_fact,
    ).where(columns.kind == ANONYMOUS_ID)
    with shop.store.reading() as connection:
        names = _names(connection)
        links = links_of([tuple(row) for row in connection.execute(asked)])
    leads = {value: leads_to(ANONYMOUS_ID, theirs, limit) for (_, value), theirs in links.items()}
    return {device: names[customer] for device, customer in leads.items() if customer in names}


def _names(connection: Connection) -> dict[str, str]:
    """By customer: the shop's own id, else the address."""
    names: dict[str, str] = {}
    for kind in (EMAIL, USER_ID):
        columns = identities.c
        asked = select(columns.customer, columns.value).where(columns.kind == kind).order_by(columns.value.desc())
        names.update([(customer, value) for customer, value in connection.execute(asked)])
    return names


def _under_one_roof(shop: Shop, accounts: set[str]) -> list[str]:
    """Those of the accounts that stand with another id of the shop's."""
    columns = identities.c
    asked = select(columns.customer, columns.value).where(columns.kind == USER_ID).order_by(columns.value)
    together: dict[str, list[str]] = {}
    with shop.store.reading() as connection:
        for customer, value in connection.execute(asked):
            together.setdefault(customer, []).append(value)
    return sorted(value for values in together.values() if len(values) > 1 for value in values if value in accounts)
