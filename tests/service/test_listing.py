"""Customers in lists: in every order, both ways, to the last page; and no question that walks through everybody."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import CompoundSelect, Connection, Select, text

from regulars.service import listing
from regulars.service.listing import Order, Page, Place, Wanted
from regulars.service.timeline import BadCursor
from regulars.wire.events import Sender
from tests.service.town import RULES, Town, did, order
from tests.shop import at

TIERED = """
tiers: {by: spend, over: calendar_year, levels: [{id: green, at: 0}, {id: gold, at: 100.00}]}
"""

FOLK = text("""
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 16000)
INSERT INTO customers (id, known, state, version, seq, facts, available, pending, lifetime, tier, tier_since, member_since,
due_at, first_seen_at, last_seen_at, person)
SELECT 'c' || n, n % 3 <> 0, NULL, 'v', 0, 0, n % 97, 0, n % 89, NULL, NULL, NULL, 0, n * 7 % 9973, n * 11 % 9967,
CASE WHEN n % 50 = 0 THEN 'c' || (n - 1) END FROM counted""")
NAMES = text("""
INSERT INTO identities (kind, value, record, customer, trust, first_at, first_fact, how)
SELECT CASE WHEN available % 5 = 0 THEN 'email' ELSE 'user_id' END, 'u' || id, id, coalesce(person, id), 'shop', 0, '', ''
FROM customers""")
SAID = text("""
INSERT INTO consents (fact_id, purpose, record, granted, trust, ground, wording, place, source, imported, happened_at,
recorded_at) SELECT id, 'email', id, available % 2 = 0, 'shop', '', '', '', 'shop', available < 0, 0, 0 FROM customers""")


@pytest.fixture
def crowd(town: Town) -> Town:
    """Sixteen thousand, a third of whom are visitors without a name."""
    town.applies()
    with town.shop.store.writing() as tx:
        for statement in (FOLK, NAMES, SAID):
            tx.core.execute(statement)
    with town.shop.store.writing() as tx:
        tx.core.execute(text("ANALYZE"))
    return town


def identify(user: str, **more: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, **more}


def names(page: Page) -> list[str]:
    return [one.name[1] if one.name else "" for one in page.customers]


def pages(town: Town, wanted: Wanted, order: Order, place: Place, limit: int) -> Iterator[Page]:
    """One after the other, in the direction in which the first place leads."""
    while True:
        page = listing.page(town.shop, wanted, order, place, limit)
        yield page
        cursor = page.after if place.side == "after" else page.before
        if cursor is None:
            return
        place = Place(place.side, cursor)


def test_pages_forwards_and_backwards_hold_everybody_once_in_order(crowd: Town) -> None:
    with crowd.shop.store.reading() as connection:
        rows = connection.execute(
            text("SELECT id, available FROM customers WHERE known AND person IS NULL ORDER BY available DESC, id DESC")
        ).all()
    everybody = [row.id for row in rows]
    there = [one.id for page in pages(crowd, Wanted(), Order.AVAILABLE, Place(), 997) for one in page.customers]
    back = list(pages(crowd, Wanted(), Order.AVAILABLE, Place("before"), 997))
    assert sorted(there) == sorted(everybody)
    assert [one.available for page in reversed(back[:3]) for one in page.customers] == [
        row.available for row in rows[-3 * 997 :]
    ]
    assert [one.id for one in back[-1].customers] == there[:997]


@pytest.mark.parametrize("order", list(Order))
def test_the_page_after_leads_back_to_the_page_before(crowd: Town, order: Order) -> None:
    first, second, third = [page for page, _ in zip(pages(crowd, Wanted(), order, Place(), 50), range(3), strict=False)]
    assert first.before is None
    assert listing.page(crowd.shop, Wanted(), order, Place("before", third.before), 50).customers == second.customers
    assert listing.page(crowd.shop, Wanted(), order, Place("before", second.before), 50) == first
    last = listing.page(crowd.shop, Wanted(), order, Place("before"), 50)
    assert (last.after, len(last.customers)) == (None, 50)
    nearly = listing.page(crowd.shop, Wanted(), order, Place("before", last.before), 50)
    assert listing.page(crowd.shop, Wanted(), order, Place("after", nearly.after), 50).customers == last.customers


def test_whom_few_fit_is_looked_for_in_portions_and_the_page_says_so(crowd: Town) -> None:
    with crowd.shop.store.writing() as tx:
        tx.core.execute(text("UPDATE customers SET tier = 'gold' WHERE id IN ('c14999', 'c1', 'c10000', 'c10')"))
    found = list(pages(crowd, Wanted(tier="gold"), Order.FIRST_SEEN, Place(), 50))
    assert len(found) > 2
    assert all(page.looked_at <= listing.MOST_LOOKED_AT for page in found)
    assert [page.is_cut for page in found] == [True] * (len(found) - 1) + [False]
    assert sorted([one.id for page in found for one in page.customers]) == ["c1", "c10", "c14999"]


def test_each_consent_is_worked_out_for_so_many_only(crowd: Town) -> None:
    with crowd.shop.store.writing() as tx:
        tx.core.execute(text("UPDATE consents SET granted = (1 = 0)"))
    page = listing.page(crowd.shop, Wanted(allows="email"), Order.LAST_SEEN, Place(), 50)
    assert (page.customers, page.looked_at, page.is_cut) == ((), listing.MOST_ASKED, True)
    assert page.after is not None


def test_a_total_is_exact_or_there_is_none(crowd: Town) -> None:
    assert listing.number(crowd.shop) is None
    with crowd.shop.store.writing() as tx:
        tx.core.execute(text("UPDATE customers SET known = (1 = 0) WHERE id >= 'c2'"))
        few = tx.core.execute(text("SELECT count(*) FROM customers WHERE known AND person IS NULL")).scalar_one()
    assert listing.number(crowd.shop) == few


@pytest.mark.parametrize("cursor", ["", "1", "1.", "x.c1", "1.c'1", "9" * 19 + ".c1", "1.c1\n"])
def test_a_cursor_that_is_none_is_refused(town: Town, cursor: str) -> None:
    with pytest.raises(BadCursor):
        listing.page(town.shop, Wanted(), Order.LAST_SEEN, Place("after", cursor), 50)


# --- whom ------------------------------------------------------------------------------------------------------------


def test_filters_name_those_and_no_others(town: Town) -> None:
    town.applies(RULES + TIERED)
    town.hears(
        order("ada", "1", 250, at="2017-02-01 12:00"),
        order("bob", "2", 10, at="2017-01-15 12:00"),
        {"event": "Member Joined", "userId": "bob", "properties": {}, "at": "2017-02-20 12:00"},
        {"type": "identify", "traits": {"email": "guest@example.com"}, "at": "2017-02-10 12:00"},
        did("Product Viewed", anonymousId="tablet"),
    )
    town.hears(
        {
            "type": "track",
            "event": "Consent Granted",
            "userId": "ada",
            "properties": {"purpose": "email", "wording": "Yes, write to me."},
        }
    )

    def listed(**wanted: Any) -> list[str]:
        return sorted(names(listing.page(town.shop, Wanted(**wanted), Order.LAST_SEEN, Place(), 50)))

    assert listed() == ["ada", "bob", "guest@example.com"]
    assert listed(tier="gold") == ["ada"]
    assert listed(guest=True) == ["guest@example.com"]
    assert listed(guest=False) == ["ada", "bob"]
    assert "bob" in listed(member=True)
    assert sorted(listed(member=True) + listed(member=False)) == listed()
    assert listed(seen_since=at("2017-02-15 00:00")) == ["ada", "bob"]
    assert listed(allows="email") == ["ada"]
    assert listed(allows="analytics") == ["ada", "bob", "guest@example.com"]


def test_whoever_was_merged_into_somebody_else_is_listed_as_that(town: Town) -> None:
    town.applies()
    town.hears({"type": "identify", "traits": {"card": "4711"}})
    town.hears(identify("ada", traits={"card": "4711"}))
    found = listing.page(town.shop, Wanted(), Order.LAST_SEEN, Place(), 50)
    assert names(found) == ["ada"]
    assert [one.shop_id for one in listing.search(town.shop, "4711", 10)] == ["ada"]


# --- found -----------------------------------------------------------------------------------------------------------


def test_every_kind_of_identity_finds_its_customer(town: Town) -> None:
    town.applies()
    traits = {"email": "Countess@example.com", "phone": "+441", "card": "47 11 00"}
    town.hears(identify("ada", anonymousId="tablet", traits={**traits, "phone": "+441234567"}))
    town.hears(identify("adam"))
    for words, kind in {
        "countess@example.com": "email",
        "COUNT": "email",
        "+4412": "phone",
        "4711-00": "card",
        "tab": "anonymous_id",
        town.customer("ada").id: None,
    }.items():
        (found,) = listing.search(town.shop, f" {words} ", 10)
        assert (found.shop_id, found.found_by[0] if found.found_by else None) == ("ada", kind)


def test_who_is_named_exactly_comes_before_those_whose_name_begins_so(town: Town) -> None:
    town.applies()
    town.hears(identify("ada1"), identify("ada2"), {"type": "identify", "traits": {"card": "1"}})
    town.hears(identify("1b"), identify("ada"))
    assert [one.shop_id for one in listing.search(town.shop, "ada", 10)] == ["ada", "ada1", "ada2"]
    assert [one.name for one in listing.search(town.shop, "1", 10)] == [("card", "1"), ("user_id", "1b")]
    assert [one.shop_id for one in listing.search(town.shop, "ada", 2)] == ["ada", "ada1"]


def test_a_visitor_is_found_by_the_device_and_listed_nowhere(town: Town) -> None:
    town.applies()
    town.hears(did("Product Viewed", anonymousId="tablet"), sender=Sender.SITE)
    (found,) = listing.search(town.shop, "tablet", 10)
    assert (found.known, found.name, found.found_by) == (False, None, ("anonymous_id", "tablet"))
    assert listing.page(town.shop, Wanted(), Order.LAST_SEEN, Place(), 50).customers == ()


# --- what it costs ---------------------------------------------------------------------------------------------------

IDS = [f"c{number}" for number in range(1, 251)]
QUESTIONS: dict[str, Select[Any] | CompoundSelect[Any]] = {
    **{f"{order} from the beginning": listing.portion(Wanted(), order, "after", None, 51) for order in Order},
    **{f"{order} from the end": listing.portion(Wanted(), order, "before", None, 51) for order in Order},
    **{f"{order} after a place": listing.portion(Wanted(), order, "after", (500, "c7"), 51) for order in Order},
    **{f"{order} before a place": listing.portion(Wanted(), order, "before", (500, "c7"), 51) for order in Order},
    "seen since": listing.portion(Wanted(seen_since=9000), Order.LAST_SEEN, "before", None, 51),
    "with an id": listing.named_by_the_shop(IDS),
    "merged": listing.merged_into(IDS),
    "who spoke": listing.spoke_of("email", IDS),
    "names": listing.names_of(IDS[:50]),
    "exact": listing.exactly([("user_id", "uc5"), ("email", "uc5")]),
    "prefix of many": listing.beginning([("user_id", "uc"), ("email", "uc")], 200),
}


def test_no_question_walks_through_everybody_or_sorts_them(crowd: Town) -> None:
    with crowd.shop.store.reading() as connection:
        plans = {name: plan(connection, asked) for name, asked in QUESTIONS.items()}
        few = plan(connection, listing.beginning([("email", "uc52")], 200))
    assert {name: found for name, found in plans.items() if walks(found)} == {}
    assert "Seq Scan" not in few
    assert "SCAN" not in few.replace("SCAN anon_", "")
    assert all("ix_customers_by_" in plans[name] for name in plans if name.split()[0] in list(Order))


def test_whoever_is_not_listed_is_not_counted_either(crowd: Town) -> None:
    """Where nearly everybody is a visitor without a name, counting goes along the index of the others."""
    with crowd.shop.store.writing() as tx:
        tx.core.execute(text("UPDATE customers SET known = (1 = 0) WHERE available > 0"))
        tx.core.execute(text("ANALYZE"))
    with crowd.shop.store.reading() as connection:
        assert "ix_customers_by_" in plan(connection, listing.counted())


def walks(plan: str) -> bool:
    """Whether rows are read that no index led to, or put into order afterwards. What `anon_` names was found before."""
    return any(
        "Seq Scan" in line
        or "Sort" in line
        or "TEMP B-TREE" in line
        or (
            "SCAN" in line
            and "USING INDEX ix_customers_by" not in line
            and "VIRTUAL" not in line
            and "SCAN anon_" not in line
        )
        for line in plan.splitlines()
    )


def plan(connection: Connection, asked: Select[Any] | CompoundSelect[Any]) -> str:
    words = str(asked.compile(connection, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    if connection.dialect.name == "sqlite":
        return "\n".join([row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")])
    return "\n".join([row[0] for row in connection.exec_driver_sql(f"EXPLAIN {words}")])
