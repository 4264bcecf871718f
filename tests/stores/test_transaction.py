"""What the service asks of the record, and what both databases must answer alike."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select

from regulars.kernel.facts import FOREVER
from regulars.store.database import Store
from regulars.store.schema import customers, entries, identities, journal, programs, publications, quarantine
from regulars.store.schema import source_keys as keys
from regulars.store.transaction import CustomerRow, IdentityRow, Known, Linked, Transaction

AWKWARD = ["", "'; DROP TABLE customers; --", '"quoted"', "a\\b", "[1, 2]", "null", "0042", "1e3", "{}", "Żółć", "🍵"]


def blank(id: str, facts: int = 0) -> CustomerRow:
    return CustomerRow(id, False, None, "v1", 0, facts, 0, 0, 0, None, None, None, FOREVER, 5, 5)


def named(kind: str, value: str, record: str) -> IdentityRow:
    return kind, value, record, record, "shop", 5, "fact", "shop: Identified"


def persons(store: Store) -> dict[str, str | None]:
    with store.reading() as connection:
        return {row.id: row.person for row in connection.execute(select(customers.c.id, customers.c.person))}


def count(store: Store, table: Table) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def all_rows(store: Store, table: Table) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(table))]


def test_a_source_key_is_taken_once_and_for_ever(store: Store) -> None:
    with store.writing() as tx:
        assert tx.claim([("a", "fact-1", b"first"), ("b", "fact-2", b"second")]) == {}
    with store.writing() as tx:
        again = tx.claim([("a", "fact-9", b"other"), ("c", "fact-3", b"third")])
    assert again == {"a": Known("fact-1", b"first")}
    assert sorted(all_rows(store, keys)) == [
        ("a", "fact-1", b"first"),
        ("b", "fact-2", b"second"),
        ("c", "fact-3", b"third"),
    ]


def test_what_is_rolled_back_was_never_there(store: Store) -> None:
    def fails() -> None:
        with store.writing() as tx:
            tx.claim([("a", "fact-1", b"")])
            tx.add_customers([blank("ada")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert (count(store, keys), count(store, customers)) == (0, 0)
    with store.writing() as tx:
        assert tx.claim([("a", "fact-2", b"")]) == {}


def test_thousands_travel_at_once(store: Store) -> None:
    rows = [(f"{number:032x}", f"{number:032x}", b"") for number in range(5_000)]
    with store.writing() as tx:
        assert tx.claim(rows) == {}
        assert len(tx.claim(rows)) == 5_000
        tx.add_customers([blank(key) for key, _, _ in rows])
        assert len(tx.lock_customers([key for key, _, _ in rows])) == 5_000


def test_an_identity_has_a_row_for_each_record_that_it_was_named_with(store: Store) -> None:
    with store.writing() as tx:
        tx.add_identities([("email", "a@", "ada", "ada", "shop", 5, "f1", "shop: Identified")])
    with store.writing() as tx:
        tx.add_identities(
            [
                ("anonymous_id", "a@", "eve", "ben", "weak", 6, "f2", "site: Identified"),
                ("email", "a@", "ABBA", "ABBA", "shop", 6, "f3", "shop: Identified"),
            ]
        )
        found = tx.identities({("anonymous_id", "a@"), ("email", "a@"), ("email", "b@")})
    assert found == {
        ("anonymous_id", "a@"): (Linked("eve", "ben", "weak", 6, "f2"),),
        ("email", "a@"): (Linked("ABBA", "ABBA", "shop", 6, "f3"), Linked("ada", "ada", "shop", 5, "f1")),
    }


CLAIMS = [("weak", 5, "f5", "site: e"), ("confirmed", 4, "f7", "shop: d"), ("shop", 4, "f4", "shop: c")]


@pytest.mark.parametrize("claims", list(permutations(CLAIMS)), ids=lambda claims: "-".join(one[2] for one in claims))
def test_of_claims_for_one_record_the_earliest_moment_and_the_greatest_trust_are_kept(
    store: Store, claims: list[tuple[str, int, str, str]]
) -> None:
    """In whatever order they come; `how` is that of the earliest. Whom the record belongs to is not for a claim to say."""
    for place, claim in enumerate(claims):
        with store.writing() as tx:
            tx.add_identities([("card", "1", "ada", "ada" if place == 0 else "elsewhere", *claim)])
    assert all_rows(store, identities) == [("card", "1", "ada", "ada", "confirmed", 4, "f4", "shop: c")]


def test_a_record_that_comes_to_belong_to_somebody_takes_all_its_identities_along(store: Store) -> None:
    with store.writing() as tx:
        tx.add_customers([blank("ada"), blank("ben"), blank("till")])
        tx.add_identities([named("card", "1", "till"), named("card", "2", "ben"), named("phone", "+1", "till")])
        tx.lead([("nobody", "ada"), ("till", "ada")])
    led = [("card", "1", "till", "ada"), ("card", "2", "ben", "ben"), ("phone", "+1", "till", "ada")]
    assert sorted([row[:4] for row in all_rows(store, identities)]) == led
    assert persons(store) == {"ada": None, "ben": None, "till": "ada"}
    with store.writing() as tx:
        tx.lead([("till", "till")])
    assert persons(store) == {"ada": None, "ben": None, "till": None}
    assert {row[3] for row in all_rows(store, identities)} == {"ben", "till"}


def test_whatever_a_shop_calls_somebody_is_found_again_as_it_was_written(store: Store) -> None:
    """Nothing is taken for a number, for JSON or for SQL; nothing that only looks alike is the same."""
    looks_alike = ["42", "042", "42.0", "Ada", "ada", "é", "é"]
    names = sorted({*AWKWARD, *looks_alike})
    with store.writing() as tx:
        tx.add_identities([named("user_id", name, f"customer of {name}") for name in names])
    with store.writing() as tx:
        found = tx.identities([("user_id", name) for name in names])
    owners = {name: f"customer of {name}" for name in names}
    assert found == {("user_id", name): (Linked(owner, owner, "shop", 5, "fact"),) for name, owner in owners.items()}


def test_customers_are_made_once_locked_in_order_and_saved_whole(store: Store) -> None:
    ids = sorted(["Zoë", "ada", "ben", "École", "zoë", "éa"])
    with store.writing() as tx:
        tx.add_customers([blank(id) for id in ids])
        tx.add_customers([blank(id, facts=99) for id in ids])
    saved = [
        CustomerRow(id, True, b"\x00state", "v2", 3, 2, 2**62, 7, 2**62, "gold", 11, 12, 2**62, -5, 13, "zoë")
        for id in ids
    ]
    with store.writing() as tx:
        locked = tx.lock_customers([*reversed(ids), "nobody"])
        assert list(locked.items()) == [(id, blank(id)) for id in ids]
        tx.save_customers(saved)
    with store.writing() as tx:
        assert list(tx.lock_customers(ids).values()) == saved


def test_the_record_keeps_what_was_written(store: Store) -> None:
    steps = [
        ("ada", 1, "f1", "Order Completed", "shop", 5, 6, "v1", 4580, b"\x01", b"\x90", "till"),
        ("ada", 2, None, "Time Passed", "regulars", -5, 6, "v1", None, None, b"\x90", None),
    ]
    postings = [
        ("ada", 1, 0, "earn", 45, "program", "pending", "f1", 0, "purchase", True, 5, 6, 2**62, 17_000, b"\x01"),
        ("ada", 2, 0, "activate", 45, "pending", "available", "f1", 0, "hold", False, 6, 6, 2**62, None, None),
    ]
    aside = [(5, "shop", 3, "failed", "“odd”", None, b"\x00\xff"), (5, "site", 0, "bad_json", "", "m", b"")]
    with store.writing() as tx:
        tx.add_journal(steps)
        tx.add_entries(postings)
        tx.add_quarantine(aside)
    assert [row[1:] for row in all_rows(store, journal)] == steps
    assert all_rows(store, entries) == postings
    assert [row[1:] for row in all_rows(store, quarantine)] == aside


def test_a_step_of_a_customer_is_told_once(store: Store) -> None:
    step = ("ada", 1, "f1", "Order Completed", "shop", 5, 6, "v1", 4580, b"\x01", b"\x90", None)
    with store.writing() as tx:
        tx.add_journal([step])
    with pytest.raises(Exception, match=r"(?i)unique"), store.writing() as tx:
        tx.add_journal([("ada", 1, "f2", *step[3:])])
    assert count(store, journal) == 1


def test_the_last_publication_is_in_force(store: Store) -> None:
    with store.writing() as tx:
        assert tx.active_version() is None
        for version in ("v1", "v2", "v1"):
            _publish(tx, version)
        assert tx.active_version() == "v1"
        _publish(tx, "v2")
        assert tx.active_version() == "v2"


def _publish(tx: Transaction, version: str) -> None:
    if tx.core.execute(select(programs.c.version).where(programs.c.version == version)).scalar() is None:
        tx.core.execute(insert(programs).values(version=version, name="", document="", compiled=b""))
    tx.core.execute(insert(publications).values(version=version, published_at=5, published_by="ada"))


NOTHING: Sequence[Any] = ()


def test_nothing_asked_is_nothing_answered(store: Store) -> None:
    with store.writing() as tx:
        assert tx.claim(NOTHING) == {}
        assert tx.identities(NOTHING) == {}
        assert tx.lock_customers(NOTHING) == {}
        tx.hold_identities(NOTHING)
        tx.add_identities(NOTHING)
        tx.lead(NOTHING)
        tx.add_customers(NOTHING)
        tx.save_customers(NOTHING)
        tx.add_journal(NOTHING)
        tx.add_entries(NOTHING)
        tx.add_quarantine(NOTHING)


def test_what_is_read_within_one_moment_is_of_that_moment(store: Store) -> None:
    with store.one_moment():
        assert count(store, customers) == 0
        with store.writing() as tx:
            tx.add_customers([blank("ada")])
        with store.one_moment():
            assert count(store, customers) == 0
        assert count(store, customers) == 0
    assert count(store, customers) == 1
