"""The audit of segments finds whoever is listed and should not be, and the other way round; and nobody else."""

import random
from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from regulars.insight.auditing import segments_by_file
from regulars.kernel.calendar import DAY, HOUR
from regulars.service import rights
from regulars.service.auditing import KEPT, Audit, Drift, audit, is_due, last_audit
from regulars.service.doctor import Finding, examine
from regulars.store.schema import memberships, segment_audits, segment_drifts
from tests.service.test_memberships import SEGMENTS, view
from tests.service.town import RULES, Town, order
from tests.shop import at

NOW = "2017-03-01 12:00"


def audits(town: Town, now: str = NOW, most: int | None = None) -> Audit:
    done = audit(town.shop, None, lambda: at(now), segments_by_file, most)
    assert done is not None
    return done


def lists(town: Town, segment: str, customer: str) -> None:
    """By hand, past everything that keeps the rows right."""
    with town.shop.store.writing() as tx:
        tx.core.execute(insert(memberships).values(segment=segment, customer=customer, since=0))


def strikes(town: Town, segment: str, customer: str) -> None:
    rows = memberships.c
    with town.shop.store.writing() as tx:
        tx.core.execute(delete(memberships).where(rows.segment == segment, rows.customer == customer))


def opens(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 60), view("tea", userId="ada"), view("tea", userId="ada"), order("ben", "2", 5))
    town.hears({"type": "identify", "userId": "ben", "traits": {"city": "Lund"}}, order("ben", "3", 5))


def segments_finding(town: Town) -> Finding:
    return next(one for one in examine(town.shop, at(NOW)) if one.what == "segments")


def test_what_is_right_is_no_drift(town: Town) -> None:
    opens(town)
    assert segments_finding(town).found == "not audited yet"
    done = audits(town)

    assert (done.customers, done.compared, done.drifts, done.found) == (2, 2, 0, ())
    assert last_audit(town.shop) == done
    assert segments_finding(town).good


def test_what_was_planted_is_found(town: Town) -> None:
    opens(town)
    ada, ben = town.customer("ada").id, town.customer("ben").id
    lists(town, "of-lund", ada)
    lists(town, "gone-long-ago", ada)
    lists(town, "silver", "nobody")
    strikes(town, "twice", ben)
    done = audits(town)

    assert set(done.found) == {
        Drift("of-lund", ada, True),
        Drift("gone-long-ago", ada, True),
        Drift("silver", "nobody", True),
        Drift("twice", ben, False),
    }
    assert done.drifts == 4
    assert last_audit(town.shop) == done
    finding = segments_finding(town)
    assert (finding.good, finding.found) == (
        False,
        "2 of 2 customers audited 2017-03-01T17:00:00Z: 4 rows are wrong",
    )


def test_who_falls_due_and_was_not_woken_is_no_drift(town: Town) -> None:
    """Time goes on for them in the comparison, and only there."""
    opens(town)
    with town.shop.store.reading() as connection:
        before = set(connection.execute(select(memberships.c.segment, memberships.c.customer)))
    done = audits(town, "2017-04-20 12:00")

    assert done.drifts == 0
    with town.shop.store.reading() as connection:
        assert set(connection.execute(select(memberships.c.segment, memberships.c.customer))) == before
    strikes(town, "interested", town.customer("ada").id)
    assert audits(town, "2017-04-20 12:00").drifts == 0, "left meanwhile, and struck rightly"
    strikes(town, "of-lund", town.customer("ben").id)
    assert audits(town, "2017-04-20 12:00").drifts == 1


def test_who_has_not_adopted_the_program_is_left_out(town: Town) -> None:
    opens(town)
    town.applies(SEGMENTS + "  new: {did: Product Viewed}\n")
    assert (audits(town).customers, audits(town).compared, audits(town).drifts) == (2, 0, 0)
    town.adopts(NOW)
    assert (audits(town).compared, audits(town).drifts) == (2, 0)


def test_of_many_some_are_drawn_other_ones_each_day(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(*[order(f"customer-{number}", str(number), 5) for number in range(60)])
    ids = [town.customer(f"customer-{number}").id for number in range(60)]
    for id in ids:
        lists(town, "of-lund", id)

    def drawn(now: str) -> set[str]:
        done = audits(town, now, most=20)
        assert (done.customers, done.compared) == (60, 20)
        return {one.customer for one in done.found}

    first, again, other = drawn(NOW), drawn("2017-03-01 23:00"), drawn("2017-03-02 12:00")
    assert len(first) == 20
    assert first == again != other
    assert len(first | other) > 25


def test_it_is_due_once_a_night_and_made_up_for(town: Town) -> None:
    town.applies(RULES)
    assert not is_due(town.shop, at(NOW)), "there is nothing to audit"
    town.applies(SEGMENTS)
    assert is_due(town.shop, at(NOW))
    audits(town, NOW)
    assert not is_due(town.shop, at("2017-03-02 02:59"))
    assert is_due(town.shop, at("2017-03-02 03:00"))
    assert is_due(town.shop, at("2017-03-05 17:00")), "nights that were missed"
    audits(town, "2017-03-05 17:00")
    assert not is_due(town.shop, at("2017-03-05 23:00"))


def test_audits_are_kept_for_ninety_days_and_forget_who_is_erased(town: Town) -> None:
    opens(town)
    ada = town.customer("ada").id
    lists(town, "of-lund", ada)
    audits(town)
    assert named(town) == [ada]
    rights.erase(town.shop, ada, "a test", at(NOW) + HOUR)
    assert named(town) == []

    lists(town, "silver", ben := town.customer("ben").id)
    audits(town, "2017-03-02 12:00")
    assert named(town) == [ben]
    strikes(town, "silver", ben)
    done = audit(town.shop, None, lambda: at("2017-03-02 12:00") + KEPT + DAY, segments_by_file)
    assert done is not None
    assert done.drifts == 0
    assert named(town) == []
    with town.shop.store.reading() as connection:
        assert connection.execute(select(segment_audits.c.at)).scalars().all() == [done.at]


def named(town: Town) -> Sequence[str]:
    with town.shop.store.reading() as connection:
        return connection.execute(select(segment_drifts.c.customer)).scalars().all()


def test_a_shop_that_nobody_wakes_has_no_drift(town: Town) -> None:
    """At any later moment the rows are as they will be."""
    draw = random.Random(1)
    town.applies(SEGMENTS)
    for day in range(1, 25):
        users = draw.sample(["ada", "ben", "cleo", "dan"], 2)
        town.hears(
            order(users[0], f"{day}", draw.choice([5, 30, 60])),
            *[view(draw.choice(["tea", "cake"]), userId=users[1]) for _ in range(draw.choice([1, 3]))],
            now=f"2017-03-{day:02} {draw.randrange(24):02}:30",
        )
    for later in ("2017-03-25 00:00", "2017-03-31 13:30", "2018-01-01 00:00"):
        assert audits(town, later).found == ()
