"""Who is who at the end of the year: every device leads to the account that is its user's, and to no other.

Each visit on a tablet that two share is that of who signed in last before it. What is done on it without a name is that of whoever
came to it last: a claim counts from its first time on (docs/people.md), so the tablet leads to the account whose first sign-in is
the latest, and signing in again changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from regulars.kernel.facts import Instant
from regulars.made_year.truths import SignedIn
from regulars.service.people import ANONYMOUS_ID, USER_ID, leads_to
from regulars.service.records import links_among
from regulars.service.shop import Shop
from regulars.store.schema import identities, visits
from regulars.truth_checks.held import Finding, Truths, some
from regulars.wire.instants import rfc3339

EMAIL = "email"
SOON = 60_000_000
"""In microseconds: the first page of a visit comes a second after somebody signed in, by a clock that may be put right."""


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
    yield _tablets(truths, found)
    yield _visits_on_tablets(shop, truths)
    strangers = [
        f"{device} leads to {found[device]}"
        for device in sorted(found.keys() - owner_of.keys())
        if not truths.tablets.get(device)
    ]
    yield _none("devices of strangers that lead to somebody", strangers)
    merged = _under_one_roof(shop, set(truths.second_accounts))
    yield _none("second accounts that are one with another id, though staff merged nobody", merged)


def _tablets(truths: Truths, found: Mapping[str, str]) -> Finding:
    newest = {device: _came_last(signed_in) for device, signed_in in truths.tablets.items() if signed_in}
    astray = [
        f"{device} leads to {found.get(device, 'nobody')}, not to {user_id}"
        for device, user_id in newest.items()
        if found.get(device) != user_id
    ]
    what = "tablets of two that lead to who came to them last"
    return Finding(what, not astray, f"{len(newest):,}", f"{len(newest) - len(astray):,}", some(astray))


def _visits_on_tablets(shop: Shop, truths: Truths) -> Finding:
    told = [(device, one) for device, signed_in in truths.tablets.items() for one in signed_in]
    began = _began(shop, {one.user_id for _, one in told})
    astray = [
        f"{device}: {one.user_id} signed in at {rfc3339(one.at)}, and no visit of theirs follows"
        for device, one in told
        if not any(0 <= at - one.at < SOON for at in began.get(one.user_id, ()))
    ]
    what = "visits on tablets of two that are those of who had signed in"
    return Finding(what, not astray, f"{len(told):,}", f"{len(told) - len(astray):,}", some(astray))


def _began(shop: Shop, accounts: set[str]) -> dict[str, list[Instant]]:
    """When each of their visits did."""
    columns = identities.c
    asked = (
        select(columns.value, visits.c.started_at)
        .join(visits, visits.c.record == columns.record)
        .where(columns.kind == USER_ID)
        .order_by(columns.value, visits.c.started_at)
    )
    began: dict[str, list[Instant]] = {}
    with shop.store.reading() as connection:
        for account, at in connection.execute(asked):
            if account in accounts:
                began.setdefault(account, []).append(at)
    return began


def _came_last(signed_in: Sequence[SignedIn]) -> str:
    """In order of time."""
    return list(dict.fromkeys([one.user_id for one in signed_in]))[-1]


def _none(what: str, which: list[str]) -> Finding:
    return Finding(what, not which, "0", f"{len(which):,}", some(which))


def _owners(shop: Shop) -> dict[str, str]:
    """Whom each claimed device leads to, by the name of the account."""
    rulebook = shop.rulebooks.in_force()
    assert rulebook is not None, "a shop that took a year in has a program"
    limit = rulebook.program.shared_device
    columns = identities.c
    asked = select(columns.kind, columns.value).where(columns.kind == ANONYMOUS_ID).distinct()
    with shop.store.reading() as connection:
        names = _names(connection)
        links = links_among(connection, [(kind, value) for kind, value in connection.execute(asked)])
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
