"""Robots: every crawl is labelled as one, and nobody else is."""

from collections.abc import Iterator

from sqlalchemy import select

from regulars.kernel.facts import Instant
from regulars.service.people import ANONYMOUS_ID, ITSELF
from regulars.service.shop import Shop
from regulars.store.schema import identities, visits
from regulars.truth_checks.held import Finding, Truths, some


def check(shop: Shop, truths: Truths, _now: Instant) -> Iterator[Finding]:
    labelled = _labelled(shop)
    unknown = sorted(truths.crawls - labelled)
    people = sorted(labelled - truths.crawls)
    yield Finding(
        "robots", not unknown, f"{len(truths.crawls):,}", f"{len(truths.crawls) - len(unknown):,}", some(unknown)
    )
    yield Finding("people who are taken for robots", not people, "0", f"{len(people):,}", some(people))


def _labelled(shop: Shop) -> set[str]:
    columns = identities.c
    asked = (
        select(columns.value)
        .join(visits, visits.c.record == columns.record)
        .where(columns.kind == ANONYMOUS_ID, columns.trust == ITSELF, visits.c.bot.is_not(None))
        .distinct()
    )
    with shop.store.reading() as connection:
        return set(connection.execute(asked).scalars())
