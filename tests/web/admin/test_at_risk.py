"""Early warning: whoever is away for longer than they usually are, by what is on record now."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Line, OrderCompleted
from regulars.service import programs
from regulars.service.ingest import ingest_history
from regulars.service.refreshing import FILE_NAME, refresh_file
from regulars.service.shop import Shop
from regulars.web.app import create_app
from tests.web.admin.shops import CORNER_SHOP, NOW, PASSWORD, Clock, Ids
from tests.web.admin.test_segments import text_of
from tests.web.admin.visitor import Visitor


def order(customer: str, days_ago: int, amount_minor: int) -> OrderCompleted:
    at, id = NOW - days_ago * DAY, f"{customer}-{days_ago}"
    line = Line(amount_minor, 1, {"category": "BREAD"})
    return OrderCompleted(id, customer, at, at, "till", id, (line,), amount_minor)


@pytest.fixture
def town(empty_shop: Shop) -> Shop:
    """Ada comes every week, Bea every month, Cal every week for less; all were here last four weeks ago."""
    programs.publish(empty_shop, CORNER_SHOP, "ada", NOW - 400 * DAY)
    orders = [order("weekly-ada", ago, 9_000) for ago in (56, 49, 42, 35, 28)]
    orders += [order("monthly-bea", ago, 90_000) for ago in (118, 88, 58, 28)]
    orders += [order("weekly-cal", ago, 500) for ago in (56, 49, 42, 35, 28)]
    orders += [order("once-dot", 300, 100_000)]
    for one in sorted(orders, key=lambda one: one.happened_at):
        ingest_history(empty_shop, [one], one.happened_at).result()
    return empty_shop


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


@pytest.fixture
def ada(town: Shop, file: Path) -> Iterator[Visitor]:
    with TestClient(create_app(town, Clock(), Ids(20_000), analytics=file)) as client:
        visitor = Visitor(client)
        visitor.signs_in("ada", PASSWORD)
        yield visitor


def test_the_most_valuable_of_those_who_are_late_by_their_own_rhythm_come_first(
    ada: Visitor, town: Shop, file: Path
) -> None:
    refresh_file(town, file, NOW)
    page = text_of(ada.opens("/at-risk").text)
    assert "2 customers are away for longer than usual." in page
    assert page.index("weekly-ada 450.00 5 7 28 3 Dec 2017") < page.index("weekly-cal 25.00 5 7 28 3 Dec 2017")
    assert "monthly-bea" not in page
    assert "once-dot" not in page


def test_whoever_has_ordered_since_the_tables_were_written_is_left_out(ada: Visitor, town: Shop, file: Path) -> None:
    refresh_file(town, file, NOW - DAY)
    ingest_history(town, [order("weekly-ada", 0, 100)], NOW).result()
    page = text_of(ada.opens("/at-risk").text)
    assert "weekly-cal" in page
    assert "weekly-ada" not in page


def test_other_lengths_can_be_asked_for_and_nobody_is_told_as_nobody(ada: Visitor, town: Shop, file: Path) -> None:
    refresh_file(town, file, NOW)
    assert "Nobody is away for that long" in text_of(ada.opens("/at-risk?away=lost").text)
    assert "2 customers are away" in text_of(ada.opens("/at-risk?away=nonsense").text)


def test_while_the_tables_are_being_made_the_page_says_so(ada: Visitor) -> None:
    assert "The tables for this are being made." in text_of(ada.opens("/at-risk").text)
