"""The program says how long each kind of fact is kept; the night keeps to it."""

from sqlalchemy import insert, select

from regulars.service import joining, retention
from regulars.service.doctor import examine
from regulars.store.schema import visits
from regulars.wire.events import Sender
from tests.service.test_memberships import meant
from tests.service.test_memberships import rows as rows_of
from tests.service.town import RULES, Town, did, order
from tests.shop import at

KEEP = RULES + "retention: {behaviour: 2 months}\n"
KEEP_VISITS = RULES + "retention: {visits: 1 months}\n"
SEGMENTS = """
segments:
  lookers: {did: Product Viewed}
  came-from-news: {first_visit: {source: news}}
  back-by-themselves: {visit: {channel: direct}}
"""


def names(town: Town, user: str, kind: str = "user_id") -> list[str]:
    return [step.what for step in town.story(user, kind)]


def test_old_behaviour_goes_and_what_the_books_need_stays(town: Town) -> None:
    town.applies(KEEP)
    town.hears(did("Product Viewed", anonymousId="tablet"), sender=Sender.SITE, now="2017-01-05 12:00")
    town.hears(
        order("ada", "1", 45),
        did("Product Reviewed", userId="ada"),
        did("Product Viewed", userId="ada"),
        now="2017-01-05 12:00",
    )
    town.hears(did("Product Viewed", userId="ada"), now="2017-03-01 00:00")
    assert retention.forget_old(town.shop, at("2017-03-05 23:59")) == 0
    assert retention.forget_old(town.shop, at("2017-03-06 00:00")) == 2
    assert names(town, "ada") == ["order 1 of 45.00 USD", "Product Reviewed", "Product Viewed"]
    assert names(town, "tablet", "anonymous_id") == []
    found = {one.what: one.good for one in examine(town.shop, at("2017-03-06 00:00"))}
    assert found["facts"]
    assert found["ledger"]
    assert retention.forget_old(town.shop, at("2017-03-06 00:00")) == 0


def test_nothing_goes_where_the_program_keeps_everything(town: Town) -> None:
    town.applies()
    town.hears(did("Product Viewed", userId="ada"), now="2017-01-05 12:00")
    assert retention.forget_old(town.shop, at("2037-01-05 12:00")) == 0


def test_a_browser_cannot_keep_its_behaviour_for_ever(town: Town) -> None:
    """That nothing was given for it is no reason to keep it."""
    town.applies(KEEP)
    town.hears(did("Product Reviewed", userId="ada"), sender=Sender.SITE, now="2017-01-05 12:00")
    assert retention.forget_old(town.shop, at("2017-05-01 00:00")) == 1


def test_old_visits_go(town: Town) -> None:
    town.applies(KEEP_VISITS)
    blank: dict[str, object] = {column.name: "" for column in visits.columns if str(column.type) == "TEXT"}
    rows = [
        blank
        | {
            "bot": None,
            "id": day,
            "record": "r",
            "started_at": at(f"{day} 12:00"),
            "last_at": at(f"{day} 12:00"),
            "events": 1,
            "pages": 1,
        }
        for day in ("2017-01-04", "2017-02-20")
    ]
    with town.shop.store.writing() as tx:
        tx.core.execute(insert(visits), rows)
    assert retention.forget_old(town.shop, at("2017-03-01 00:00")) == 1
    with town.shop.store.reading() as connection:
        assert connection.execute(select(visits.c.id)).scalars().all() == ["2017-02-20"]


def sees(town: Town, now: str, campaign: str = "") -> None:
    """A page on the phone."""
    page = {"type": "page", "anonymousId": "phone", "context": {"page": {"url": f"https://shop.example/{campaign}"}}}
    town.hears(page, sender=Sender.SITE, now=now)


def test_segments_forget_a_visit_with_the_record(town: Town) -> None:
    town.applies(KEEP_VISITS + SEGMENTS)
    town.hears({"type": "identify", "userId": "ada", "anonymousId": "phone"}, now="2017-01-01 12:00")
    sees(town, "2017-01-04 12:00", "?utm_source=news&utm_medium=email")
    sees(town, "2017-02-20 12:00")
    assert rows_of(town) == {"came-from-news": {"ada"}, "back-by-themselves": {"ada"}}

    assert retention.forget_old(town.shop, at("2017-03-01 00:00")) == 1
    assert rows_of(town) == meant(town, "2017-03-01 00:00") == {"back-by-themselves": {"ada"}}
    assert retention.forget_old(town.shop, at("2017-05-01 00:00")) == 1
    assert rows_of(town) == meant(town, "2017-05-01 00:00") == {}


def test_segments_forget_what_an_account_did_before_it_was_merged(town: Town) -> None:
    town.applies(KEEP + SEGMENTS)
    town.hears(did("Product Viewed", userId="work"), did("Signed Up", userId="ada"), now="2017-01-05 12:00")
    joining.merge(town.shop, town.customer("work").id, town.customer("ada").id, "staff", "one", at("2017-01-06 12:00"))
    assert len(rows_of(town)["lookers"]) == 1

    assert retention.forget_old(town.shop, at("2017-03-06 00:00")) == 2
    assert rows_of(town) == meant(town, "2017-03-06 00:00") == {}
