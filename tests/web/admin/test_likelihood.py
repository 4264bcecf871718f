"""Who is likely to order, on a page: what is missing, who it is and how far to trust it, and nobody who may not be spoken of."""

from collections.abc import Callable, Iterator

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace
from sqlalchemy import select

from regulars.insight.likelihood.findings import Candidate, Latest, Likelihood, Reason, TooLittle
from regulars.service.shop import Shop
from regulars.store.schema import IS_LISTED, customers, identities
from regulars.web.app import create_app
from tests.insight.likelihood.test_model import reckoned
from tests.insight.lives import shoppers
from tests.web.admin.shops import HOSTILE, PASSWORD, Clock, Ids, fill, send
from tests.web.admin.test_segments import text_of
from tests.web.admin.visitor import Visitor

Enter = Callable[[Latest], Visitor]


@pytest.fixture(scope="module")
def year() -> Likelihood:
    return reckoned(shoppers(1_200))


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    fill(empty_shop, customers=40)
    return empty_shop


@pytest.fixture
def enter(shop: Shop) -> Iterator[Enter]:
    clients: list[TestClient] = []

    def enter(latest: Latest) -> Visitor:
        client = TestClient(create_app(shop, Clock(), Ids(20_000), likelihood=latest), raise_server_exceptions=True)
        clients.append(client.__enter__())
        visitor = Visitor(client)
        visitor.signs_in("ada", PASSWORD)
        return visitor

    yield enter
    for client in clients:
        client.__exit__(None, None, None)


def of_this_shop(shop: Shop, year: Likelihood) -> Likelihood:
    """The figures of the made year, and this shop's customers: 30 of them in the top tenth."""
    with shop.store.reading() as connection:
        ids = sorted(connection.execute(select(customers.c.id).where(IS_LISTED)).scalars())
    there = [Candidate(id, "", 0.9 - place / 100, True) for place, id in enumerate(ids[:30])]
    others = [Candidate(f"another-{n}", "", 0.01, True) for n in range(270)]
    return replace(year, candidates=(*there, *others))


def test_before_the_first_night_it_says_so(enter: Enter) -> None:
    page = text_of(enter(Latest()).opens("/likely").text)
    assert "It is being worked out." in page
    assert "Who they are" not in page


def test_without_enough_of_a_past_it_says_what_is_missing(enter: Enter) -> None:
    page = text_of(enter(Latest(too_little=TooLittle(Reason.SHORT_HISTORY, 120, 14))).opens("/likely").text)
    assert "Nothing can be said yet. The first order must be 120 days ago; it is 14." in page
    assert "Orders over 120 days and more." in page
    assert "170 times in the part that is learned from, and 30 times in the part that tests" in page


def test_the_top_tenth_is_shown_a_page_at_a_time(enter: Enter, shop: Shop, year: Likelihood) -> None:
    found = of_this_shop(shop, year)
    visitor = enter(Latest(found))
    first = visitor.opens("/likely").text

    assert "30 customers are the top tenth of those without an order in the last 30 days." in text_of(first)
    assert first.count('href="/customers/') == 25
    assert "90.0" in text_of(first)
    assert HOSTILE not in first
    assert 'href="/likely?from=25#customers"' in first
    second = visitor.opens("/likely?from=25").text
    assert second.count('href="/customers/') == 5
    assert "That is the last." in text_of(second)
    assert "Nobody beyond this place." in text_of(visitor.opens("/likely?from=9000").text)
    assert "90.0" in text_of(visitor.opens("/likely?from=a").text)


def test_the_figures_stand_beside_those_of_the_rule(enter: Enter, shop: Shop, year: Likelihood) -> None:
    page = text_of(enter(Latest(of_this_shop(shop, year))).opens("/likely").text)
    figures = year.waiting

    assert f"Model {year.model.version}" in page
    for grades in (figures.model, figures.rule, year.everybody.model, year.everybody.rule):
        assert f"{grades.auc:.3f} {grades.brier:.4f}" in page
    for tenth in figures.tenths:
        assert f"{tenth.people} {tenth.ordered} {tenth.predicted * 100:.1f} {tenth.observed * 100:.1f}" in page
    assert "What was predicted, and what came about" in page
    beaten = replace(figures, ahead=0.0)
    worse = enter(Latest(replace(of_this_shop(shop, year), waiting=beaten)))
    assert "do not show that the model is better" in text_of(worse.opens("/likely").text)
    assert "do not show that the model is better" not in page


def test_whoever_took_profiling_back_since_is_not_shown(enter: Enter, shop: Shop, year: Likelihood) -> None:
    visitor = enter(Latest(of_this_shop(shop, year)))
    before = visitor.opens("/likely?from=25").text
    assert 'href="/customers/' in before

    withdrawn = {"purpose": "profiling", "wording": "terms-1", "place": "preferences"}
    send(
        shop,
        [
            {
                "userId": user,
                "event": "Consent Withdrawn",
                "messageId": f"withdrawn-{user[:20]}",
                "properties": withdrawn,
            }
            for user in _users(shop)
        ],
    )
    after = visitor.opens("/likely?from=25").text
    assert 'href="/customers/' not in after
    assert "Nobody beyond this place." in text_of(after)


def test_the_pages_of_segments_lead_there(enter: Enter) -> None:
    visitor = enter(Latest())
    for path in ("/segments", "/at-risk"):
        assert 'href="/likely"' in visitor.opens(path).text


def _users(shop: Shop) -> list[str]:
    asked = select(identities.c.value).where(identities.c.kind == "user_id").order_by(identities.c.value)
    with shop.store.reading() as connection:
        return list(connection.execute(asked).scalars())
