"""Segments on the pages: seen, put together without code, applied, taken away as a file."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from litestar.testing import TestClient
from sqlalchemy import insert, select

from regulars.insight.auditing import segments_by_file
from regulars.kernel.calendar import DAY
from regulars.service import programs
from regulars.service.auditing import audit
from regulars.service.refreshing import FILE_NAME, refresh_file
from regulars.service.shop import Shop
from regulars.service.waking import adopt_all
from regulars.store.schema import IS_LISTED, customers, memberships
from regulars.web.analytics import Analytics
from regulars.web.app import create_app
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, NOW, PASSWORD, Clock, Ids, fill, send
from tests.web.admin.visitor import Visitor

SEGMENTS = """
segments:
  # Those who come again.
  twice: {did: Order Completed, at_least: 2}
  gone: {since_last: Order Completed, more_than: 60 days}   # two months
  both:
    all: [{in: twice}, {in: gone}]
"""


SCORES = """
scores: {zeal: {adds: {Order Completed: 50}, levels: [{id: keen, at: 80}]}}
"""


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    fill(empty_shop, customers=12)
    programs.publish(empty_shop, CORNER_SHOP + SEGMENTS, "ada", NOW - DAY)
    adopt_all(empty_shop, NOW - DAY)
    return empty_shop


@pytest.fixture
def file(shop: Shop, tmp_path: Path) -> Path:
    path = tmp_path / FILE_NAME
    assert refresh_file(shop, path, NOW)
    return path


@pytest.fixture
def ada(shop: Shop, file: Path) -> Iterator[Visitor]:
    with TestClient(create_app(shop, Clock(), Ids(20_000), analytics=file), raise_server_exceptions=True) as client:
        visitor = Visitor(client)
        visitor.signs_in("ada", PASSWORD)
        yield visitor


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def builds(ada: Visitor, path: str = "/build-segment", /, **fields: str) -> str:
    return ada.fills_in("/build-segment", path, **{name.replace("__", ":"): one for name, one in fields.items()}).text


GOLD = {
    "id": "gold-sleepers",
    "was": "",
    "c:kind": "all",
    "c.0:kind": "did",
    "c.0:did": "Order Completed",
    "c.0:at_least": "2",
    "c.1:kind": "since_last",
    "c.1:since_last": "Order Completed",
    "c.1:more_than": "60 days",
}


def test_the_list_says_of_each_segment_who_it_is_and_how_many_and_how_many_came(ada: Visitor) -> None:
    page = text_of(ada.opens("/segments").text)
    assert "Those who did “Order Completed” at least 2 times. Nobody entered or left in the last 7 days." in page
    assert "3 segments say who belongs together" in page


def test_a_segment_shows_its_members_and_who_entered(ada: Visitor, shop: Shop) -> None:
    page = ada.opens("/segments/twice").text
    assert "Members by day" in page
    assert HOSTILE not in page
    assert "nobody was told" in page
    assert ada.opens("/segments/thrice").status_code == 404


def test_two_segments_are_held_against_each_other(ada: Visitor) -> None:
    page = text_of(ada.opens("/segments/twice?with=both").text)
    assert "How many they share" in page
    assert "in both" in page


def test_an_export_holds_every_member_no_formula_and_stands_in_the_audit_trail(ada: Visitor, shop: Shop) -> None:
    answer = ada.fills_in("/segments/twice", "/segments/twice/export")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["customer_id", "name", "since"]
    assert len(rows) > 5
    assert answer.headers["content-disposition"] == 'attachment; filename="segment-twice.csv"'
    assert f"twice: {len(rows) - 1} customers" in ada.opens("/audit").text


def test_the_builder_says_who_it_is_how_many_and_as_of_when(ada: Visitor) -> None:
    page = text_of(builds(ada, **GOLD))
    assert (
        "Those who did “Order Completed” at least 2 times and did “Order Completed” for the last time more than 60"
        in page
    )
    assert "As of 31 December 2017, 18:30 , America/New_York." in page


def test_what_was_seen_and_what_the_program_names_is_offered(shop: Shop, tmp_path: Path) -> None:
    joined = {"userId": "1762", "event": "List Joined", "messageId": "l-1", "properties": {"list": "vip"}}
    send(shop, [joined])
    refresh_file(shop, tmp_path / FILE_NAME, NOW)
    choices = Analytics(tmp_path / FILE_NAME).choices()
    assert choices.lists == ("vip",)
    assert choices.events[0] == "Order Completed"
    assert "Product Reviewed" in choices.events
    assert choices.values[:2] == ("BREAD", "TOBACCO OTHER")


def test_a_mistake_stands_at_its_field_with_its_mend(ada: Visitor) -> None:
    page = builds(ada, **{**GOLD, "c.1:more_than": "60 dys"})
    assert re.search(r'id="f-c-1-more_than-trouble">[^<]*did you mean “60 days”\?', page)


def test_a_name_is_asked_for_when_it_is_to_be_planned_and_one_that_is_taken_is_told(ada: Visitor) -> None:
    assert 'name-trouble"></p>' in builds(ada, **{**GOLD, "id": ""})
    page = builds(ada, "/build-segment/plan", **{**GOLD, "id": ""})
    assert 'id="f-name-trouble">A name is missing, such as gold-sleepers.' in page
    assert "There is a segment “twice” already" in builds(ada, **{**GOLD, "id": "twice"})


def test_conditions_are_added_and_taken_away_by_buttons(ada: Visitor) -> None:
    page = builds(ada, do="add:c", **GOLD)
    assert 'name="c.2:kind"' in page
    page = builds(ada, do="drop:c.0", **GOLD)
    assert 'name="c.0:more_than"' in page
    assert 'name="c.1:kind"' not in page
    page = builds(ada, do="row:c.0:where", **GOLD)
    assert 'name="c.0:where.0.property"' in page


def test_what_was_put_together_is_planned_and_applied_and_the_document_stays_as_it_was(
    ada: Visitor, shop: Shop
) -> None:
    before = document(shop)
    planned = builds(ada, "/build-segment/plan", **GOLD)
    assert "Segment “gold-sleepers” is new" in text_of(planned) or "gold-sleepers" in text_of(planned)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', planned))
    answer = ada.sends("/build-segment/apply", {name: unescape(value) for name, value in hidden.items()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/segments/gold-sleepers?done=applied")
    after = document(shop)
    lines = [line for line in after.splitlines() if line not in before.splitlines()]
    assert lines == [
        "  gold-sleepers:",
        "    all:",
        "      - {did: Order Completed, at_least: 2}",
        "      - {since_last: Order Completed, more_than: 60 days}",
    ]
    assert after.startswith(before.rstrip("\n"))


def test_a_plan_that_was_overtaken_is_shown_anew(ada: Visitor, shop: Shop) -> None:
    planned = builds(ada, "/build-segment/plan", **GOLD)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', planned))
    programs.publish(shop, CORNER_SHOP, "bob", NOW)
    page = ada.sends("/build-segment/apply", {name: unescape(value) for name, value in hidden.items()}).text
    assert "Somebody else has applied a program" in page
    assert "gold-sleepers" not in document(shop)


def test_a_segment_that_others_name_is_not_deleted(ada: Visitor, shop: Shop) -> None:
    page = builds(ada, "/build-segment/plan", was="twice", do="delete")
    assert "There is no segment “twice” (at segments.both.all[0].in)." in text_of(page)
    page = builds(ada, "/build-segment/plan", was="both", do="delete")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))
    answer = ada.sends("/build-segment/apply", {name: unescape(value) for name, value in hidden.items()})
    assert answer.headers["location"] == "/segments?done=deleted"
    assert "both" not in document(shop)
    assert "# two months" in document(shop)


@pytest.mark.parametrize(
    "form",
    [
        {"do": "add:c.99"},
        {"do": "drop:c.²"},
        {"do": "row:c.0:../x"},
        {"do": "drop:"},
        {"c.0:kind": "nonsense", "c.7.7.7:kind": "did"},
        {"c:kind": "did", "c:did": "X\x00\r\n"},
        {"c.0:kind": "list", "c.0:list": '"a\r,b'},
        {"c.0:did": HOSTILE, "c.0:where.0.property": HOSTILE, "c.0:where.0.value": HOSTILE, "id": HOSTILE},
        {f"c.{number}:kind": "did" for number in range(999)},
    ],
)
def test_whatever_is_sent_the_builder_comes_back(ada: Visitor, form: dict[str, str]) -> None:
    answer = ada.fills_in("/build-segment", "/build-segment", **{**GOLD, **form})
    assert answer.status_code == 200
    assert "Put a segment together" in answer.text
    assert HOSTILE not in answer.text
    assert ada.fills_in("/build-segment", "/build-segment/plan", **{**GOLD, **form}).status_code in (200, 422)


def test_a_customers_page_says_where_they_belong_since_when_and_why(ada: Visitor, shop: Shop) -> None:
    programs.publish(shop, CORNER_SHOP + SEGMENTS + SCORES, "ada", NOW)
    adopt_all(shop, NOW)
    with shop.store.reading() as connection:
        id = (
            connection.execute(select(memberships.c.customer).where(memberships.c.segment == "twice")).scalars().first()
        )
    assert id is not None
    page = text_of(ada.opens(f"/customers/{id}").text)
    assert "Where this customer belongs at this moment, since when and why." in page
    assert "twice 30 December 2017 The program that was published looks for it." in page
    assert re.search(r"zeal keen [0-9,]+ \(keen\): [0-9]+ × “Order Completed” \+[0-9,]+\.", page)


def test_what_the_last_audit_found_stands_above_the_list(ada: Visitor, shop: Shop) -> None:
    assert "Audited" not in ada.opens("/segments").text
    assert audit(shop, None, lambda: NOW, segments_by_file) is not None
    page = text_of(ada.opens("/segments").text)
    assert re.search(r"Audited 31 December 2017, 18:30 : ([0-9]+) of \1 customers compared, every row is right\.", page)
    with shop.store.writing() as tx:
        inside = select(memberships.c.customer).where(memberships.c.segment == "both")
        outside = select(customers.c.id).where(IS_LISTED, customers.c.id.not_in(inside))
        stranger = tx.core.execute(outside.order_by(customers.c.id)).scalars().first()
        assert stranger is not None
        tx.core.execute(insert(memberships).values(segment="both", customer=stranger, since=0))
    audit(shop, None, lambda: NOW, segments_by_file)
    page = text_of(ada.opens("/segments").text)
    assert "found 1 row that is wrong." in page
    assert "is listed, but not in it." in page


def test_a_shop_without_segments_is_told_what_one_is_and_where_to_begin(
    visit: Callable[[Shop], Visitor], empty_shop: Shop
) -> None:
    programs.publish(empty_shop, CORNER_SHOP, "ada", NOW)
    ada = visit(empty_shop)
    ada.signs_in("ada", PASSWORD)
    page = ada.opens("/segments").text
    assert "No segment</strong> is defined yet" in page
    assert 'href="/build-segment"' in page


def document(shop: Shop) -> str:
    rulebook = shop.rulebooks.in_force()
    assert rulebook is not None
    return programs.document(shop, rulebook.version)


def test_without_the_tables_the_builder_works_and_says_that_they_are_being_made(
    visit: Callable[[Shop], Visitor], shop: Shop
) -> None:
    ada = visit(shop)
    ada.signs_in("ada", PASSWORD)
    page = text_of(builds(ada, **GOLD))
    assert "the tables for it are being made" in page
    assert "Those who did “Order Completed” at least 2 times" in page
